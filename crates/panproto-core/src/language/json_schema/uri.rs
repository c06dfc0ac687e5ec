//! URI references: splitting, resolving against a base (RFC 3986 §5), fragments.

/// A URI and its fragment, where it has one.
pub(super) fn split_fragment(uri: &str) -> (&str, Option<&str>) {
    match uri.split_once('#') {
        Some((base, fragment)) => (base, Some(fragment)),
        None => (uri, None),
    }
}

/// Whether a URI begins with a scheme.
pub(super) fn is_absolute(uri: &str) -> bool {
    split_scheme(uri).0.is_some()
}

fn split_scheme(uri: &str) -> (Option<&str>, &str) {
    match uri.split_once(':') {
        Some((scheme, rest))
            if scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')) =>
        {
            (Some(scheme), rest)
        }
        _ => (None, uri),
    }
}

/// Scheme, authority, path and query of a URI without fragment.
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(uri: &'a str) -> Parts<'a> {
        let (scheme, rest) = split_scheme(uri);
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let end = rest.find('/').unwrap_or(rest.len());
                let (authority, path) = rest.split_at(end);
                (Some(authority), path)
            }
            None => (None, rest),
        };
        Parts { scheme, authority, path, query }
    }

    fn join(&self) -> String {
        let mut out = String::new();
        if let Some(scheme) = self.scheme {
            out.push_str(scheme);
            out.push(':');
        }
        if let Some(authority) = self.authority {
            out.push_str("//");
            out.push_str(authority);
        }
        out.push_str(self.path);
        if let Some(query) = self.query {
            out.push('?');
            out.push_str(query);
        }
        out
    }
}

/// The URI that `reference` means at `base`; neither has a fragment.
pub(super) fn resolve(base: &str, reference: &str) -> String {
    let wanted = Parts::of(reference);
    let base = Parts::of(base);
    if wanted.scheme.is_some() {
        let path = without_dots(wanted.path);
        return Parts { path: &path, ..wanted }.join();
    }
    if wanted.authority.is_some() {
        let path = without_dots(wanted.path);
        return Parts { scheme: base.scheme, path: &path, ..wanted }.join();
    }
    if wanted.path.is_empty() {
        return Parts { query: wanted.query.or(base.query), ..base }.join();
    }
    let path = if wanted.path.starts_with('/') {
        without_dots(wanted.path)
    } else {
        let folder = base.path.rfind('/').and_then(|at| base.path.get(..=at));
        let folder = folder.unwrap_or(if base.authority.is_some() { "/" } else { "" });
        without_dots(&format!("{folder}{}", wanted.path))
    };
    Parts { query: wanted.query, path: &path, ..base }.join()
}

/// A path without `.` and `..` segments. Paths that are no hierarchy (`urn:…`) stay as they are.
fn without_dots(path: &str) -> String {
    if !path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return path.to_owned();
    }
    let rooted = path.starts_with('/');
    let mut out: Vec<&str> = Vec::new();
    let mut segments = path.trim_start_matches('/').split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." if last => out.push(""),
            "." => {}
            ".." => {
                out.pop();
                if last {
                    out.push("");
                }
            }
            segment => out.push(segment),
        }
    }
    format!("{}{}", if rooted { "/" } else { "" }, out.join("/"))
}

/// A fragment with its percent escapes decoded; `None` where they are no UTF-8.
pub(super) fn decode(fragment: &str) -> Option<String> {
    if !fragment.contains('%') {
        return Some(fragment.to_owned());
    }
    let mut out = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = |at: usize| after.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        match (byte, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(out).ok()
}

/// Appends `/token` to a JSON pointer.
pub(super) fn push_token(pointer: &mut String, token: &str) {
    pointer.push('/');
    for c in token.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}

/// The member name that a token of a JSON pointer means.
pub(super) fn untoken(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// A JSON pointer as the fragment of a URI.
pub(super) fn encode(pointer: &str) -> String {
    let mut out = String::with_capacity(pointer.len());
    for byte in pointer.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b','
            | b';' | b'=' | b':' | b'@' | b'/' | b'?' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_resolve_as_the_standard_says() {
        let check = |base: &str, reference: &str, wanted: &str| {
            assert_eq!(resolve(base, reference), wanted, "{reference} at {base}");
        };
        check("http://a/b/c/d;p?q", "g", "http://a/b/c/g");
        check("http://a/b/c/d;p?q", "../../../g", "http://a/g");
        check("http://a/b/c/d;p?q", "./", "http://a/b/c/");
        check("http://a/b/c/d;p?q", "", "http://a/b/c/d;p?q");
        check("http://a/b/c/d;p?q", "?y", "http://a/b/c/d;p?y");
        check("http://a/b/c/d;p?q", "//h/x", "http://h/x");
        check("http://a", "g", "http://a/g");
        check("http://a/b", "urn:x:y", "urn:x:y");
        check("urn:uuid:1", "", "urn:uuid:1");
    }

    #[test]
    fn pointers_survive_fragments() {
        let mut pointer = String::new();
        push_token(&mut pointer, "a/b~c %\"é");
        assert_eq!(pointer, "/a~1b~0c %\"é");
        let fragment = encode(&pointer);
        assert_eq!(fragment, "/a~1b~0c%20%25%22%C3%A9");
        assert_eq!(decode(&fragment).unwrap(), pointer);
        assert_eq!(untoken("a~1b~0c"), "a/b~c");
    }
}
