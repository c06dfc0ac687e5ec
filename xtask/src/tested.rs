//! `docs/tested.md`: what the last whole run ran in, part by part, and what it could not run.

use crate::parts::PARTS;
use crate::tally::Tally;
use crate::{files, process};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What a part says of itself: lines of its output that begin so are kept.
const SAID: [(&str, &str); 2] = [("tested: ", "- "), ("not run: ", "- not run: ")];

const HEAD: &str = "# What was tested\n\nWritten by `cargo xtask test --full`: what each part ran in, and what it could not run.\n";

/// The section of a part.
pub fn section(tally: Tally, output: &str, skipped: &[String]) -> String {
    let mut text = format!("{tally}\n\n");
    let kept = output.lines().filter_map(|line| {
        SAID.iter().find_map(|(begins, mark)| line.strip_prefix(begins).map(|rest| format!("{mark}{rest}\n")))
    });
    text.extend(kept);
    text.extend(skipped.iter().map(|why| format!("- not run: {why}\n")));
    text
}

/// Replaces the sections of the parts that ran; those of others stay as they are.
pub fn write(root: &Path, ran: &[(&str, String)]) -> Result<(), String> {
    let path = root.join("docs/tested.md");
    let before =
        files::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let (succeeded, commit) =
        process::captured(Command::new("git").current_dir(root).args(["log", "-1", "--format=%cs, %h"]));
    let commit = if succeeded { commit.trim().to_owned() } else { "an unknown commit".to_owned() };
    files::write(&path, merged(&before, ran, &commit).as_bytes())
}

fn merged(before: &str, ran: &[(&str, String)], commit: &str) -> String {
    let mut sections: BTreeMap<&str, String> = before
        .split("\n## ")
        .skip(1)
        .filter_map(|section| section.split_once('\n'))
        .map(|(name, text)| (name, text.trim().to_owned()))
        .collect();
    for (name, text) in ran {
        sections.insert(name, format!("{commit}: {}", text.trim()));
    }
    let mut text = HEAD.to_owned();
    // In the order of the parts; one that is no more goes.
    for part in PARTS {
        if let Some(section) = sections.get(part.name) {
            text.push_str(&format!("\n## {}\n\n{section}\n", part.name));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_ran_replace_what_was_said_of_them() {
        let output = "tested: Vite 8\nnoise\nnot run: Deno (none here)\n";
        let passed = |passed| Tally { passed, ..Tally::default() };
        let packaging = section(passed(3), output, &["a browser: none".to_owned()]);
        let first =
            merged("", &[("packaging-typescript", packaging), ("rust", section(passed(7), "", &[]))], "one");
        let expected = "\n## rust\n\none: 7 passed, 0 failed, 0 skipped\n\n## packaging-typescript\n\none: 3 passed, 0 failed, 0 skipped\n\n\
            - Vite 8\n- not run: Deno (none here)\n- not run: a browser: none\n";
        assert_eq!(first, format!("{HEAD}{expected}"));
        let second = merged(&first, &[("rust", section(passed(8), "", &[]))], "two");
        assert_eq!(second, first.replace("one: 7", "two: 8"));
    }
}
