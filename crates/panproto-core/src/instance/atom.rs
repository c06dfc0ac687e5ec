//! The objects by which Lexicons write what JSON has no token for: bytes, links and blobs.

use super::code;
use super::format::is_cid;
use crate::value::{Decimal, JsonKind, ValueRef};

/// The number of bytes that `{"$bytes": "…"}` stands for.
pub(super) fn bytes_len(value: ValueRef<'_>) -> Option<u64> {
    let content = only_member(value, "$bytes")?;
    let text = content.as_str()?;
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let fits = digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        && digits.len() % 4 != 1
        && (padding == 0 || text.len().is_multiple_of(4) && padding <= 2);
    fits.then_some(digits.len() as u64 * 3 / 4)
}

/// Whether it is `{"$link": "…"}` with a CID.
pub(super) fn is_link(value: ValueRef<'_>) -> bool {
    only_member(value, "$link").and_then(ValueRef::as_str).is_some_and(|cid| is_cid(&cid))
}

/// What a blob says of itself.
pub(super) struct Blob<'a> {
    pub(super) mime_type: std::borrow::Cow<'a, str>,
    /// A number; the early form has none.
    pub(super) size: Option<&'a [u8]>,
}

/// A blob in the present form, or in the early one: `{"cid": "…", "mimeType": "…"}`.
pub(super) fn blob(value: ValueRef<'_>) -> Option<Blob<'_>> {
    if !value.is_object() {
        return None;
    }
    let mime_type = value.get("mimeType")?.as_str()?;
    let Some(tag) = value.get("$type") else {
        let cid = value.get("cid")?.as_str()?;
        return is_cid(&cid).then_some(Blob { mime_type, size: None });
    };
    let size = value.get("size")?;
    let number = (size.kind() == JsonKind::Number).then(|| Decimal::parse(size.raw())).flatten()?;
    let fits = tag.name_is("blob")
        && is_link(value.get("ref")?)
        && !mime_type.is_empty()
        && number.is_integer()
        && !number.is_negative();
    fits.then_some(Blob { mime_type, size: Some(size.raw()) })
}

/// Why an object is not one of unknown content: it is one of the forms above, or means to be.
pub(super) fn plain_object_failure(value: ValueRef<'_>) -> Option<&'static str> {
    let is_form = value.get("$bytes").is_some()
        || value.get("$link").is_some()
        || value.get("$type").is_some_and(|tag| tag.name_is("blob"));
    is_form.then_some(code::NOT_PLAIN_OBJECT)
}

/// Whether a MIME type is among those of a list, in which `*` stands for any rest.
pub(super) fn accepts(accepted: &[Box<str>], mime_type: &str) -> bool {
    accepted.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some("*/") | Some("") => true,
        Some(prefix) => mime_type.starts_with(prefix),
        None => **pattern == *mime_type,
    })
}

fn only_member<'a>(value: ValueRef<'a>, name: &str) -> Option<ValueRef<'a>> {
    let mut members = value.members();
    let (key, content) = members.next()?;
    (members.next().is_none() && key.name_is(name)).then_some(content)
}
