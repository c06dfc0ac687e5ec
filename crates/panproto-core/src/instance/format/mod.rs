//! Named formats of strings.

mod internet;
mod lexicon;
mod time;

use super::Validity;
use super::pattern::Pattern;

/// A format that can be checked.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    name: &'static str,
    check: Check,
}

#[derive(Clone, Copy, Debug)]
enum Check {
    Decides(fn(&str) -> bool),
    /// Of some texts it does not know.
    Knows(fn(&str) -> Validity),
}

use Check::{Decides, Knows};

/// Formats of Lexicon strings.
const LEXICON: &[Format] = &[
    Format { name: "at-identifier", check: Decides(lexicon::at_identifier) },
    Format { name: "at-uri", check: Decides(lexicon::at_uri) },
    Format { name: "cid", check: Decides(lexicon::cid) },
    Format { name: "datetime", check: Decides(time::lexicon_datetime) },
    Format { name: "did", check: Decides(lexicon::did) },
    Format { name: "handle", check: Decides(lexicon::handle) },
    Format { name: "language", check: Decides(lexicon::language) },
    Format { name: "nsid", check: Decides(lexicon::nsid) },
    Format { name: "record-key", check: Decides(lexicon::record_key) },
    Format { name: "tid", check: Decides(lexicon::tid) },
    Format { name: "uri", check: Decides(lexicon::uri) },
];

/// Formats of JSON Schema strings. The internationalised ones and `uri-template` are deliberately absent: they are
/// *unknown*.
const JSON_SCHEMA: &[Format] = &[
    Format { name: "date", check: Decides(time::date) },
    Format { name: "date-time", check: Decides(time::date_time) },
    Format { name: "duration", check: Decides(time::duration) },
    Format { name: "email", check: Knows(internet::email) },
    Format { name: "hostname", check: Knows(internet::hostname) },
    Format { name: "ipv4", check: Decides(internet::ipv4) },
    Format { name: "ipv6", check: Decides(internet::ipv6) },
    Format { name: "json-pointer", check: Decides(internet::json_pointer) },
    Format { name: "regex", check: Knows(is_regex) },
    Format { name: "relative-json-pointer", check: Decides(internet::relative_json_pointer) },
    Format { name: "time", check: Decides(time::time) },
    Format { name: "uri", check: Decides(internet::uri) },
    Format { name: "uri-reference", check: Decides(internet::uri_reference) },
    Format { name: "uuid", check: Decides(internet::uuid) },
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
    pub fn accepts(self, text: &str) -> Validity {
        match self.check {
            Decides(check) => Validity::decided(check(text)),
            Knows(check) => check(text),
        }
    }
}

pub use lexicon::cid as is_cid;

/// A pattern that we cannot run may still be one.
fn is_regex(text: &str) -> Validity {
    match Pattern::new(text) {
        Ok(_) => Validity::Valid,
        Err(why) if why.is_malformed() => Validity::Invalid,
        Err(_) => Validity::Unknown,
    }
}

#[cfg(test)]
mod tests;
