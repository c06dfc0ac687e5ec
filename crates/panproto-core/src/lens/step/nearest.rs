//! The name that somebody meant.

/// The longest name that is compared.
const LONGEST: usize = 64;

/// The known name that differs least from another one, where a third of it or less differs; the first of equals.
pub(super) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let wanted: Vec<char> = name.chars().take(LONGEST + 1).collect();
    if wanted.len() > LONGEST {
        return None;
    }
    let at_most = (wanted.len() / 3).max(1);
    known
        .iter()
        .map(|other| (edits(&wanted, other), *other))
        .filter(|(edits, _)| *edits <= at_most)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, other)| other)
}

/// How many letters have to be added, removed or changed (Levenshtein), row by row.
fn edits(left: &[char], right: &str) -> usize {
    let mut row: Vec<usize> = (0..=left.len()).collect();
    for (at, letter) in right.chars().enumerate() {
        let mut diagonal = at;
        let mut before = at + 1;
        let mut next = vec![before];
        for (other, above) in left.iter().zip(row.iter().skip(1)) {
            before = (diagonal + usize::from(*other != letter)).min(before + 1).min(above + 1);
            next.push(before);
            diagonal = *above;
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_suggested() {
        let known = ["add_field", "rename_field", "remove_field", "wrap"];
        for (name, expected) in [
            ("rename_feld", Some("rename_field")),
            ("renameField", Some("rename_field")),
            ("removefield", Some("remove_field")),
            ("warp", None),
            ("wrapp", Some("wrap")),
            ("add_field", Some("add_field")),
            ("fly", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, &known), expected, "{name}");
        }
        assert_eq!(nearest(&"a".repeat(1_000_000), &known), None);
        assert_eq!(edits(&['k', 'i', 't', 't', 'e', 'n'], "sitting"), 3);
    }
}
