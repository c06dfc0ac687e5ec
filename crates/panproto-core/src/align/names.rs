//! Names as people mean them: folded spellings, tokens, words that stand for the same thing.

/// A name without case, separators and plural: `created_at`, `createdAt` and `CreatedAts` fold to the same.
pub(super) fn fold(name: &str) -> String {
    let mut folded: String =
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    singular(&mut folded);
    folded
}

/// The words of a name, folded: `createdAtUTC` → `created`, `at`, `utc`.
pub(super) fn tokens(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = Class::Separator;
    let chars: Vec<char> = name.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let class = Class::of(*c);
        let next_lower = chars.get(at + 1).is_some_and(|next| Class::of(*next) == Class::Lower);
        let starts = match (previous, class) {
            (_, Class::Separator) => false,
            (Class::Upper, Class::Upper) => next_lower,
            (Class::Upper, Class::Lower) => false,
            (before, now) => before != now,
        };
        if starts {
            words.push(String::new());
        }
        if class != Class::Separator
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        previous = class;
    }
    for word in &mut words {
        singular(word);
    }
    words
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Separator,
    Lower,
    Upper,
    Digit,
}

impl Class {
    fn of(c: char) -> Class {
        if c.is_uppercase() {
            Class::Upper
        } else if c.is_numeric() {
            Class::Digit
        } else if c.is_alphabetic() {
            Class::Lower
        } else {
            Class::Separator
        }
    }
}

fn singular(word: &mut String) {
    if word.len() > 4 && word.ends_with("ies") {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if word.len() > 3
        && word.ends_with('s')
        && !word.ends_with("ss")
        && !word.ends_with("us")
        && !word.ends_with("is")
    {
        word.pop();
    }
}

/// Words that often stand for the same thing. They make candidates of questions, never a decision.
const ALIASES: [&[&str]; 24] = [
    &["text", "body", "content", "message", "msg"],
    &["title", "heading", "headline", "subject", "caption"],
    &["name", "label", "display"],
    &["description", "summary", "about", "bio", "abstract", "detail", "note"],
    &["created", "published", "posted", "issued", "added", "start", "started"],
    &["updated", "modified", "changed", "edited"],
    &["date", "time", "timestamp", "datetime", "at", "on"],
    &["value", "amount", "quantity", "qty", "number", "total"],
    &["count", "total", "num", "size", "length"],
    &["id", "identifier", "key", "uid", "uuid", "guid"],
    &["url", "uri", "link", "href", "address"],
    &["mail", "email"],
    &["phone", "telephone", "mobile", "tel"],
    &["user", "account", "member", "person"],
    &["author", "creator", "owner", "writer", "sender"],
    &["image", "picture", "photo", "avatar", "thumbnail", "icon"],
    &["tag", "category", "keyword", "topic"],
    &["type", "kind", "category"],
    &["state", "status", "stage"],
    &["first", "given", "fore"],
    &["last", "family", "sur"],
    &["lang", "language", "locale"],
    &["version", "revision", "rev"],
    &["parent", "container", "group"],
];

/// The clusters of words that a word belongs to.
fn clusters<'w>(word: &'w str, more: &'w [Vec<String>]) -> impl Iterator<Item = usize> + 'w {
    let known = ALIASES.iter().enumerate().filter(move |(_, words)| words.contains(&word)).map(|(at, _)| at);
    let own = more.iter().enumerate().filter(move |(_, words)| words.iter().any(|other| other == word));
    known.chain(own.map(|(at, _)| ALIASES.len() + at))
}

/// A word, and what it may stand for.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) clusters: Vec<usize>,
}

impl Word {
    pub(super) fn new(text: String, more: &[Vec<String>]) -> Word {
        let clusters = clusters(&text, more).collect();
        Word { text, clusters }
    }

    /// From 0 to 1: the same word, one that stands for the same thing, one that begins alike.
    fn alike(&self, other: &Word) -> f64 {
        let (a, b) = (self.text.as_str(), other.text.as_str());
        if a == b {
            1.0
        } else if self.clusters.iter().any(|cluster| other.clusters.contains(cluster)) {
            0.8
        } else if a.len().min(b.len()) >= 3 && (a.starts_with(b) || b.starts_with(a)) {
            0.6
        } else {
            0.0
        }
    }
}

/// How alike two names are, from 0 to 1: words in common, words that stand for the same thing counting less.
pub(super) fn similarity(left: &[Word], right: &[Word]) -> f64 {
    if left.is_empty() || right.is_empty() {
        return 0.0;
    }
    let best = |from: &[Word], to: &[Word]| -> f64 {
        from.iter().map(|a| to.iter().map(|b| a.alike(b)).fold(0.0, f64::max)).sum::<f64>()
    };
    (best(left, right) + best(right, left)) / (left.len() + right.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_and_split() {
        assert_eq!(fold("created_at"), fold("createdAt"));
        assert_eq!(fold("Tags"), fold("tag"));
        assert_ne!(fold("status"), fold("state"));
        assert_eq!(tokens("createdAtUTC"), ["created", "at", "utc"]);
        assert_eq!(tokens("HTMLBody"), ["html", "body"]);
        assert_eq!(tokens("f00"), ["f", "00"]);
        assert_eq!(tokens("like_counts"), ["like", "count"]);
    }
}
