//! Which document is the main one where two bundles are compared.

use super::{Root, Schema};
use std::borrow::Cow;

impl Schema {
    /// Two bundles as they are compared: with the same document as the main one, where both have it.
    ///
    /// A bundle of Lexicons calls its first document `main`, whichever that is: one more document, or another order,
    /// must not pair the records of different ids. Where no document of either main id is on the other side, the main
    /// ones are versions of each other under new names.
    pub fn paired<'a>(old: &'a Schema, new: &'a Schema) -> (Cow<'a, Schema>, Cow<'a, Schema>) {
        let ids = (first_id(old), first_id(new));
        if let (Some(of_old), Some(of_new)) = ids
            && of_old != of_new
        {
            let has = |schema: &Schema, id: &str| schema.documents().iter().any(|document| document.id == id);
            if has(new, of_old) {
                return (Cow::Borrowed(old), Cow::Owned(new.with_main(of_new, of_old)));
            }
            if has(old, of_new) {
                return (Cow::Owned(old.with_main(of_old, of_new)), Cow::Borrowed(new));
            }
        }
        (Cow::Borrowed(old), Cow::Borrowed(new))
    }

    /// The same schema with roots and documents named and ordered as if another document were the first.
    fn with_main(&self, first: &str, other: &str) -> Schema {
        let mut made = self.clone();
        let (main, rest): (Vec<Root>, Vec<Root>) = made
            .roots
            .drain(..)
            .map(|root| {
                let name = name_beside(&name_among(&root.name, first), other);
                Root { name: name.as_str().into(), ..root }
            })
            .partition(|root| is_of_main(&root.name));
        made.roots.extend(main);
        made.roots.extend(rest);
        if let Some(at) = made.documents.iter().position(|document| document.id == other)
            && let Some(before) = made.documents.get_mut(..=at)
        {
            before.rotate_right(1);
        }
        made
    }
}

/// The id of the first document of several Lexicons, or of one.
fn first_id(schema: &Schema) -> Option<&str> {
    (schema.protocol() == "atproto")
        .then(|| schema.documents().first())
        .flatten()
        .map(|document| &*document.id)
}

/// Whether a root is the main definition of the main document, or a body of it.
fn is_of_main(name: &str) -> bool {
    name.strip_prefix("main").is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

/// The whole name of a root in a bundle whose first document has this id.
fn name_among(name: &str, first: &str) -> String {
    if name.starts_with('#') {
        return format!("{first}{name}");
    }
    match name.strip_prefix("main") {
        Some(rest) if is_of_main(name) => format!("{first}{rest}"),
        _ => name.to_owned(),
    }
}

/// What a whole name is in a bundle whose first document has this id.
fn name_beside(name: &str, first: &str) -> String {
    match name.strip_prefix(first) {
        Some(rest) if rest.is_empty() || rest.starts_with(':') => format!("main{rest}"),
        Some(rest) if rest.starts_with('#') => rest.to_owned(),
        _ => name.to_owned(),
    }
}
