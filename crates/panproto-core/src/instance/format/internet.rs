//! Addresses, names and pointers of RFCs that JSON Schema points to.

use super::Validity;

pub(super) fn email(text: &str) -> Validity {
    let Some((local, domain)) = text.rsplit_once('@') else { return Validity::Invalid };
    let local_fits = match local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => is_quoted_content(quoted),
        None => {
            !local.is_empty() && local.split('.').all(|part| !part.is_empty() && part.bytes().all(is_atext))
        }
    };
    let domain = match domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(literal) => Validity::decided(literal.strip_prefix("IPv6:").map_or_else(|| ipv4(literal), ipv6)),
        None => hostname(domain),
    };
    domain.and(Validity::decided(local.len() <= 64 && local_fits))
}

fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

fn is_quoted_content(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'\\' => bytes.next().is_some_and(|next| (0x20..0x7f).contains(&next)),
            b'"' => false,
            other => (0x20..0x7f).contains(&other),
        };
        if !fits {
            return false;
        }
    }
    true
}

/// RFC 1123. Of a label in Punycode it is not known whether what it encodes is allowed.
pub(super) fn hostname(text: &str) -> Validity {
    let fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // Labels with hyphens in their third and fourth place are reserved; of those only encoded ones exist.
    let is_reserved = |label: &str| label.get(2..4) == Some("--");
    let is_encoded = |label: &str| label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
    let mut labels = text.split('.');
    if !(1..=253).contains(&text.len())
        || !labels.clone().all(|label| fits(label) && (is_encoded(label) || !is_reserved(label)))
    {
        return Validity::Invalid;
    }
    if labels.any(is_encoded) { Validity::Unknown } else { Validity::Valid }
}

pub(super) fn ipv4(text: &str) -> bool {
    text.parse::<core::net::Ipv4Addr>().is_ok()
}

pub(super) fn ipv6(text: &str) -> bool {
    text.parse::<core::net::Ipv6Addr>().is_ok()
}

pub(super) fn uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

pub(super) fn json_pointer(text: &str) -> bool {
    (text.is_empty() || text.starts_with('/'))
        && text.split('~').skip(1).all(|after| after.starts_with(['0', '1']))
}

pub(super) fn relative_json_pointer(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    !number.is_empty() && (number == "0" || !number.starts_with('0')) && (rest == "#" || json_pointer(rest))
}

pub(super) fn uri(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else { return false };
    is_scheme(scheme) && uri_reference(text)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// RFC 3986 `URI-reference`.
pub(super) fn uri_reference(text: &str) -> bool {
    let (rest, fragment) = text.split_once('#').map_or((text, ""), |(rest, fragment)| (rest, fragment));
    let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, query)| (rest, query));
    if !is_made_of(fragment, b"/?") || !is_made_of(query, b"/?") {
        return false;
    }
    let (scheme, rest) = match rest.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
        _ => (None, rest),
    };
    let path = match rest.strip_prefix("//") {
        Some(rest) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let (authority, path) = rest.split_at(end);
            if !is_authority(authority) {
                return false;
            }
            path
        }
        None => rest,
    };
    let first = path.split('/').next().unwrap_or_default();
    is_made_of(path, b"/") && (scheme.is_some() || !first.contains(':'))
}

fn is_authority(text: &str) -> bool {
    let (user, host) = text.rsplit_once('@').unwrap_or(("", text));
    let (host, port) = if host.starts_with('[') {
        let Some((literal, port)) = host.split_once(']') else { return false };
        let literal = literal.get(1..).unwrap_or_default();
        if !ipv6(literal) && !literal.starts_with(['v', 'V']) {
            return false;
        }
        ("", port)
    } else {
        host.find(':').map_or((host, ""), |at| host.split_at(at))
    };
    let port_fits = port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    is_made_of(user, b"") && !user.contains('@') && is_made_of(host, b"") && port_fits
}

/// Whether a text is made of `pchar`, percent-encoded bytes and `more`.
fn is_made_of(text: &str, more: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'%' => {
                bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit())
                    && bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit())
            }
            byte => {
                byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte) || more.contains(&byte)
            }
        };
        if !fits {
            return false;
        }
    }
    true
}
