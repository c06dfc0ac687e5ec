//! String formats of ATProto.

fn is_segment(segment: &str) -> bool {
    (1..=63).contains(&segment.len())
        && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !segment.starts_with('-')
        && !segment.ends_with('-')
}

pub(super) fn handle(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or_default();
    text.len() <= 253
        && text.contains('.')
        && text.split('.').all(is_segment)
        && last.starts_with(|c: char| c.is_ascii_alphabetic())
}

pub(super) fn did(text: &str) -> bool {
    let Some((method, id)) = text.strip_prefix("did:").and_then(|rest| rest.split_once(':')) else {
        return false;
    };
    text.len() <= 2048
        && !method.is_empty()
        && method.bytes().all(|byte| byte.is_ascii_lowercase())
        && !id.is_empty()
        && !id.ends_with([':', '%'])
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'%' | b'-'))
}

pub(super) fn at_identifier(text: &str) -> bool {
    if text.starts_with("did:") { did(text) } else { handle(text) }
}

pub(super) fn nsid(text: &str) -> bool {
    let mut segments = text.split('.');
    let name = segments.next_back().unwrap_or_default();
    let first = segments.clone().next().unwrap_or_default();
    let name_fits = (1..=63).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 317
        && name_fits
        && segments.clone().count() >= 2
        && segments.all(is_segment)
        && first.starts_with(|c: char| c.is_ascii_alphabetic())
}

pub(super) fn record_key(text: &str) -> bool {
    (1..=512).contains(&text.len())
        && text != "."
        && text != ".."
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'~'))
}

pub(super) fn tid(text: &str) -> bool {
    text.len() == 13
        && text.bytes().all(|byte| matches!(byte, b'2'..=b'7' | b'a'..=b'z'))
        && text.starts_with(|c: char| matches!(c, '2'..='7' | 'a'..='j'))
}

/// The restricted form: an authority, at most a collection and a record key, no query and no fragment.
pub(super) fn at_uri(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("at://") else { return false };
    let mut parts = rest.split('/');
    text.len() <= 8192
        && parts.next().is_some_and(at_identifier)
        && parts.next().is_none_or(nsid)
        && parts.next().is_none_or(record_key)
        && parts.next().is_none()
}

/// Any CID of version 1, in any base; what the digits say is not looked at.
pub fn cid(text: &str) -> bool {
    (8..=256).contains(&text.len())
        && !text.starts_with("Qm")
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'=' | b'-' | b'_' | b'/'))
}

pub(super) fn uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    text.len() <= 8192
        && (1..=80).contains(&scheme.len())
        && scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'+' | b'.' | b'-')
        })
        && !rest.is_empty()
        && !rest.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Tags that BCP 47 keeps although they have no regular form.
const IRREGULAR: &[&str] = &[
    "en-gb-oed",
    "i-ami",
    "i-bnn",
    "i-default",
    "i-enochian",
    "i-hak",
    "i-klingon",
    "i-lux",
    "i-mingo",
    "i-navajo",
    "i-pwn",
    "i-tao",
    "i-tay",
    "i-tsu",
    "sgn-be-fr",
    "sgn-be-nl",
    "sgn-ch-de",
    "art-lojban",
    "cel-gaulish",
    "no-bok",
    "no-nyn",
    "zh-guoyu",
    "zh-hakka",
    "zh-min",
    "zh-min-nan",
    "zh-xiang",
];

/// BCP 47: well-formed, and no variant or extension twice. The primary language is in lower case, as it is written.
pub(super) fn language(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if IRREGULAR.contains(&lower.as_str()) {
        return true;
    }
    let mut parts = lower.split('-').peekable();
    let alpha = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let alnum = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let Some(primary) = parts.next() else { return false };
    if primary == "x" {
        return parts.peek().is_some() && parts.all(|part| (1..=8).contains(&part.len()) && alnum(part));
    }
    let as_written = text.get(..primary.len()).unwrap_or_default();
    if !matches!(primary.len(), 2..=3 | 5..=8) || !alpha(primary) || as_written != primary {
        return false;
    }
    if primary.len() <= 3 {
        for _ in 0..3 {
            if parts.next_if(|part| part.len() == 3 && alpha(part)).is_none() {
                break;
            }
        }
    }
    parts.next_if(|part| part.len() == 4 && alpha(part));
    parts.next_if(|part| {
        (part.len() == 2 && alpha(part))
            || (part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let is_variant = |part: &str| {
        alnum(part)
            && (matches!(part.len(), 5..=8)
                || (part.len() == 4 && part.starts_with(|c: char| c.is_ascii_digit())))
    };
    let mut variants = Vec::new();
    while let Some(variant) = parts.next_if(|part| is_variant(part)) {
        if variants.contains(&variant) {
            return false;
        }
        variants.push(variant);
    }
    let mut singletons = Vec::new();
    while let Some(singleton) = parts.next_if(|part| part.len() == 1 && alnum(part) && *part != "x") {
        if singletons.contains(&singleton)
            || parts.next_if(|part| matches!(part.len(), 2..=8) && alnum(part)).is_none()
        {
            return false;
        }
        singletons.push(singleton);
        while parts.next_if(|part| matches!(part.len(), 2..=8) && alnum(part)).is_some() {}
    }
    if parts.next_if_eq(&"x").is_some() {
        return parts.peek().is_some() && parts.all(|part| (1..=8).contains(&part.len()) && alnum(part));
    }
    parts.next().is_none()
}
