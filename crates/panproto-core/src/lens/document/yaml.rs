//! YAML as JSON text, with the places that values have in the YAML.
//!
//! One document of the core schema. Aliases are written out under the limit of a document; keys are scalars.

use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result, Span};
use crate::limits::Limits;
use crate::ordered::BTreeMap;
use crate::value::Json;
use saphyr_parser::{Event, Parser, ScalarStyle};

/// JSON text made of YAML.
pub(crate) struct Converted {
    /// The text.
    pub(crate) json: String,
    /// Starts of values and keys in it, and where they stand in the YAML, in bytes.
    places: Vec<(usize, Span)>,
}

impl Converted {
    /// An error about the JSON as one about the YAML.
    pub(crate) fn locate(&self, mut error: Error) -> Error {
        if let Some(span) = error.span {
            let at = self.places.partition_point(|(start, _)| *start <= span.start as usize);
            error.span = at.checked_sub(1).and_then(|at| self.places.get(at)).map(|(_, span)| *span);
        }
        error
    }
}

enum Frame {
    /// A list, and whether it has items.
    List(bool),
    /// A map, whether it has members, and whether a value is due.
    Map(bool, bool),
}

/// What is being written.
struct Writer<'a> {
    limits: &'a Limits,
    out: String,
    places: Vec<(usize, Span)>,
    open: Vec<(Frame, usize, usize)>,
    /// Texts of what has an anchor.
    anchors: BTreeMap<usize, String>,
}

/// Reads one YAML document.
///
/// # Errors
/// `yaml-syntax`, `yaml-documents`, `yaml-tag`, `yaml-key`, `yaml-number`, `limit-depth`, `limit-size`: with a span in bytes.
pub(crate) fn to_json(text: &str, limits: &Limits) -> Result<Converted> {
    if text.len() as u64 > limits.document_bytes {
        return Err(too_big(limits));
    }
    // Markers count characters.
    let offsets = Offsets::of(text);
    let mut writer =
        Writer { limits, out: String::new(), places: Vec::new(), open: Vec::new(), anchors: BTreeMap::new() };
    let mut parser = Parser::new_from_str(text);
    let mut documents = 0u32;
    while let Some(event) = parser.next_event() {
        let (event, place) = event.map_err(|error| {
            let at = offsets.byte(error.marker().index());
            Diagnostic::new(ErrorKind::Parse, "yaml-syntax", format!("no YAML: {}", error.info()))
                .spanning(Span::new(at, text.len().min(at + 1).max(at)))
                .boxed()
        })?;
        let span = Span::new(offsets.byte(place.start.index()), offsets.byte(place.end.index()));
        match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err(fail("yaml-documents", "there is more than one document here", span));
                }
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            event => writer.event(&event, span)?,
        }
    }
    if writer.out.is_empty() {
        writer.out.push_str("null");
    }
    Ok(Converted { json: writer.out, places: writer.places })
}

impl Writer<'_> {
    fn event(&mut self, event: &Event<'_>, span: Span) -> Result<()> {
        match event {
            Event::MappingStart(anchor, tag) | Event::SequenceStart(anchor, tag) => {
                let is_map = matches!(event, Event::MappingStart(..));
                if let Some(tag) = tag.as_ref().filter(|tag| !matches!(tag.suffix.as_str(), "map" | "seq")) {
                    return Err(unknown_tag(&tag.suffix, span));
                }
                self.before(span, None)?;
                self.limits.check_depth(self.open.len() + 1)?;
                let frame = if is_map { Frame::Map(false, false) } else { Frame::List(false) };
                self.open.push((frame, *anchor, self.out.len()));
                self.push(if is_map { "{" } else { "[" })
            }
            Event::MappingEnd | Event::SequenceEnd => {
                self.push(if *event == Event::MappingEnd { "}" } else { "]" })?;
                if let Some((_, anchor, start)) = self.open.pop() {
                    self.keep(anchor, start)?;
                }
                Ok(())
            }
            Event::Alias(anchor) => {
                let Some(text) = self.anchors.get(anchor).cloned() else {
                    return Err(fail("yaml-syntax", "an alias stands inside of what it refers to", span));
                };
                if self.expects_key() {
                    return Err(fail("yaml-key", "an alias cannot be a key", span));
                }
                self.before(span, None)?;
                self.push(&text)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_ref().map(|tag| tag.suffix.as_str());
                if self.expects_key() {
                    return self.before(span, Some(text));
                }
                let value = scalar(text, *style, tag, span)?;
                self.before(span, None)?;
                let start = self.out.len();
                self.push(&value)?;
                self.keep(*anchor, start)
            }
            _ => Ok(()),
        }
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some((Frame::Map(_, false), _, _)))
    }

    /// What goes before a value, or a key with its colon.
    fn before(&mut self, span: Span, key: Option<&str>) -> Result<()> {
        let comma = match self.open.last_mut() {
            Some((Frame::List(some), _, _)) => std::mem::replace(some, true),
            Some((Frame::Map(some, due), _, _)) => match key {
                Some(_) => {
                    *due = true;
                    std::mem::replace(some, true)
                }
                None if *due => {
                    *due = false;
                    false
                }
                None => return Err(fail("yaml-key", "a key is a scalar", span)),
            },
            None => false,
        };
        if comma {
            self.push(",")?;
        }
        self.places.push((self.out.len(), span));
        if let Some(key) = key {
            self.push(Json::string(key).as_str())?;
            self.push(":")?;
        }
        Ok(())
    }

    fn push(&mut self, text: &str) -> Result<()> {
        if (self.out.len() + text.len()) as u64 > self.limits.document_bytes {
            return Err(too_big(self.limits));
        }
        self.out.push_str(text);
        Ok(())
    }

    /// Remembers what an anchor names. All anchors together stay under the limit as well.
    fn keep(&mut self, anchor: usize, start: usize) -> Result<()> {
        if anchor == 0 {
            return Ok(());
        }
        let text = self.out.get(start..).unwrap_or_default().to_owned();
        let kept: usize = self.anchors.values().map(String::len).sum();
        if (kept + text.len()) as u64 > self.limits.document_bytes {
            return Err(too_big(self.limits));
        }
        self.anchors.insert(anchor, text);
        Ok(())
    }
}

/// A scalar's JSON, by the core schema.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&str>, span: Span) -> Result<String> {
    let string = || Ok(Json::string(text).to_string());
    match tag {
        Some("str" | "!") => return string(),
        Some("null" | "bool" | "int" | "float") | None => {}
        Some(tag) => return Err(unknown_tag(tag, span)),
    }
    if style != ScalarStyle::Plain {
        return string();
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok("null".to_owned()),
        "true" | "True" | "TRUE" => return Ok("true".to_owned()),
        "false" | "False" | "FALSE" => return Ok("false".to_owned()),
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "-.inf" | "-.Inf" | "-.INF" | "+.inf" => {
            return Err(fail("yaml-number", "JSON has no such number", span));
        }
        _ => {}
    }
    let radix = |digits: &str, radix| u64::from_str_radix(digits, radix).ok();
    let special = text.strip_prefix("0x").and_then(|digits| radix(digits, 16));
    if let Some(number) = special.or_else(|| text.strip_prefix("0o").and_then(|digits| radix(digits, 8))) {
        return Ok(number.to_string());
    }
    match number(text) {
        Some(number) => Ok(number),
        None => string(),
    }
}

/// A decimal number in JSON's spelling: `+1`, `01`, `.5`, `5.` are numbers in YAML.
fn number(text: &str) -> Option<String> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (rest, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let some = !whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty());
    if !some || !digits(whole) || !fraction.is_none_or(digits) {
        return None;
    }
    let trimmed = whole.trim_start_matches('0');
    let mut out = format!("{sign}{}", if trimmed.is_empty() { "0" } else { trimmed });
    if let Some(fraction) = fraction.filter(|fraction| !fraction.is_empty()) {
        out.push('.');
        out.push_str(fraction);
    }
    if let Some(exponent) = exponent {
        let bare = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if bare.is_empty() || !digits(bare) {
            return None;
        }
        out.push('e');
        out.push_str(exponent);
    }
    Some(out)
}

/// Byte offsets of characters.
struct Offsets {
    /// Of every 64th character; empty where the text is ASCII.
    marks: Vec<usize>,
    text: Box<str>,
}

impl Offsets {
    fn of(text: &str) -> Offsets {
        if text.is_ascii() {
            return Offsets { marks: Vec::new(), text: text.into() };
        }
        let marks = text.char_indices().map(|(at, _)| at).step_by(64).collect();
        Offsets { marks, text: text.into() }
    }

    fn byte(&self, character: usize) -> usize {
        let Some(mark) = self.marks.get(character / 64).copied() else {
            return character.min(self.text.len());
        };
        let rest = self.text.get(mark..).unwrap_or_default();
        rest.char_indices().nth(character % 64).map_or(self.text.len(), |(at, _)| mark + at)
    }
}

#[cold]
fn fail(code: &'static str, message: &'static str, span: Span) -> Error {
    Diagnostic::new(ErrorKind::Parse, code, message).spanning(span).boxed()
}

#[cold]
fn unknown_tag(tag: &str, span: Span) -> Error {
    let message = format!("the tag `{tag}` is not of the core schema");
    Diagnostic::new(ErrorKind::Parse, "yaml-tag", message).spanning(span).boxed()
}

#[cold]
fn too_big(limits: &Limits) -> Error {
    let message =
        format!("the document passes the limit of {} bytes, aliases written out", limits.document_bytes);
    Diagnostic::new(ErrorKind::Limit, "limit-size", message)
        .help("raise the limit `document_bytes` if the input is trusted")
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(yaml: &str, json: &str) {
        let found = to_json(yaml, &Limits::DEFAULT).map(|converted| converted.json);
        assert_eq!(found.as_deref().unwrap_or_else(|error| error.code), json, "{yaml}");
    }

    #[test]
    fn yaml_is_json() {
        check("", "null");
        check(
            "a: 1\nb: [x, 'y', \"z\\n\", 1.50, 0x1F, +2, .5, 1e3, ~, true]",
            r#"{"a":1,"b":["x","y","z\n",1.50,31,2,0.5,1e3,null,true]}"#,
        );
        check("# c\n- {a: b}\n-\n  - 1\n- |\n  two\n  lines\n", r#"[{"a":"b"},[1],"two\nlines\n"]"#);
        check("a: &x {k: 1}\nb: *x\nc: *x", r#"{"a":{"k":1},"b":{"k":1},"c":{"k":1}}"#);
        check("1: 2", r#"{"1":2}"#);
        check("a: !!str 1", r#"{"a":"1"}"#);
        check("version: 1.2.3", r#"{"version":"1.2.3"}"#);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        check("a: [1", "yaml-syntax");
        check("a: .inf", "yaml-number");
        check("{[a]: b}", "yaml-key");
        check("--- 1\n--- 2", "yaml-documents");
        check("a: !mine 1", "yaml-tag");
        check("a: &x [*x]", "yaml-syntax");
        check(&"[".repeat(600), "yaml-syntax");
        let shallow = Limits { depth: 4, ..Limits::DEFAULT };
        assert_eq!(to_json("[[[[[1]]]]]", &shallow).err().unwrap().code, "limit-depth");
    }

    #[test]
    fn aliases_do_not_explode() {
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for at in 1..12 {
            let below = format!("*a{}", at - 1);
            bomb.push_str(&format!("a{at}: &a{at} [{}]\n", [below.as_str(); 10].join(",")));
        }
        check(&bomb, "limit-size");
    }

    #[test]
    fn errors_point_into_the_yaml() {
        let yaml = "é: 1\nname: 7\n";
        let converted = to_json(yaml, &Limits::DEFAULT).unwrap();
        let start = converted.json.find('7').unwrap();
        let error = Diagnostic::new(ErrorKind::Parse, "x", "x").spanning(Span::new(start, start + 1)).boxed();
        let span = converted.locate(error).span.unwrap();
        assert_eq!(&yaml[span.start as usize..span.end as usize], "7");
    }
}
