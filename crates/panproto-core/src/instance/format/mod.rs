//! Named formats of strings.

mod internet;
mod lexicon;
mod time;

use super::pattern::Pattern;

/// A format that can be checked.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    name: &'static str,
    check: fn(&str) -> bool,
}

/// Formats of Lexicon strings.
const LEXICON: &[Format] = &[
    Format { name: "at-identifier", check: lexicon::at_identifier },
    Format { name: "at-uri", check: lexicon::at_uri },
    Format { name: "cid", check: lexicon::cid },
    Format { name: "datetime", check: time::lexicon_datetime },
    Format { name: "did", check: lexicon::did },
    Format { name: "handle", check: lexicon::handle },
    Format { name: "language", check: lexicon::language },
    Format { name: "nsid", check: lexicon::nsid },
    Format { name: "record-key", check: lexicon::record_key },
    Format { name: "tid", check: lexicon::tid },
    Format { name: "uri", check: lexicon::uri },
];

/// Formats of JSON Schema strings. The internationalised ones and `uri-template` are deliberately absent: they are
/// *unknown*.
const JSON_SCHEMA: &[Format] = &[
    Format { name: "date", check: time::date },
    Format { name: "date-time", check: time::date_time },
    Format { name: "duration", check: time::duration },
    Format { name: "email", check: internet::email },
    Format { name: "hostname", check: internet::hostname },
    Format { name: "ipv4", check: internet::ipv4 },
    Format { name: "ipv6", check: internet::ipv6 },
    Format { name: "json-pointer", check: internet::json_pointer },
    Format { name: "regex", check: is_regex },
    Format { name: "relative-json-pointer", check: internet::relative_json_pointer },
    Format { name: "time", check: time::time },
    Format { name: "uri", check: internet::uri },
    Format { name: "uri-reference", check: internet::uri_reference },
    Format { name: "uuid", check: internet::uuid },
];

impl Format {
    /// The Lexicon format of a name.
    pub fn lexicon(name: &str) -> Option<Format> {
        LEXICON.iter().find(|format| format.name == name).copied()
    }

    /// The JSON Schema format of a name.
    pub fn json_schema(name: &str) -> Option<Format> {
        JSON_SCHEMA.iter().find(|format| format.name == name).copied()
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Whether a text has it.
    pub fn accepts(self, text: &str) -> bool {
        (self.check)(text)
    }
}

pub use lexicon::cid as is_cid;

/// A pattern that we cannot run may still be one: only what reads as a pattern is accepted, and what ends in the
/// middle is refused.
fn is_regex(text: &str) -> bool {
    match Pattern::new(text) {
        Ok(_) => true,
        Err(why) => !why.is_malformed(),
    }
}

#[cfg(test)]
mod tests;
