//! Counting tests in what their runners print.

use std::ops::AddAssign;

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Passed.
    pub passed: u64,
    /// Failed.
    pub failed: u64,
    /// Skipped.
    pub skipped: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

impl Tally {
    /// Counts what cargo, node, pytest and our own runners say. A run that counted nothing is one test; a run that
    /// failed has at least one failure.
    pub fn of(output: &str, succeeded: bool) -> Tally {
        let mut tally = Tally::default();
        for line in output.lines() {
            tally += line_tally(&plain(line));
        }
        if succeeded && tally == Tally::default() {
            tally.passed = 1;
        }
        if !succeeded && tally.failed == 0 {
            tally.failed = 1;
        }
        tally
    }
}

fn line_tally(line: &str) -> Tally {
    let line = line.trim();
    // node: `ℹ pass 12`, `# pass 12`
    if let Some(rest) = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# ")) {
        let mut words = rest.split_whitespace();
        let (Some(what), Some(Ok(count)), None) = (words.next(), words.next().map(str::parse), words.next())
        else {
            return Tally::default();
        };
        return match what {
            "pass" => Tally { passed: count, ..Tally::default() },
            "fail" | "cancelled" => Tally { failed: count, ..Tally::default() },
            "skipped" | "todo" => Tally { skipped: count, ..Tally::default() },
            _ => Tally::default(),
        };
    }
    // cargo: `test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.05s`
    // pytest: `===== 5 passed, 1 skipped in 0.10s =====`; ours: `5 passed, 0 failed, 1 skipped`
    let counts = line.strip_prefix("test result:").map(|rest| rest.trim_start_matches([' ', '.']));
    let counts = match counts {
        Some(counts) => counts.trim_start_matches("ok. ").trim_start_matches("FAILED. "),
        None => line.trim_matches([' ', '=']),
    };
    if !counts.starts_with(|c: char| c.is_ascii_digit()) {
        return Tally::default();
    }
    let mut tally = Tally::default();
    for item in counts.split([',', ';']) {
        let mut words = item.split_whitespace();
        let (Some(Ok(count)), Some(what)) = (words.next().map(str::parse::<u64>), words.next()) else {
            // Not a line of counts after all.
            return if item.trim_start().starts_with("finished in") { tally } else { Tally::default() };
        };
        match what {
            "passed" | "xfailed" => tally.passed += count,
            "failed" | "error" | "errors" | "xpassed" => tally.failed += count,
            "skipped" | "ignored" => tally.skipped += count,
            "measured" | "filtered" | "deselected" | "warning" | "warnings" => {}
            _ => return Tally::default(),
        }
    }
    tally
}

/// The line without colours.
fn plain(line: &str) -> String {
    let mut plain = String::new();
    let mut escape = false;
    for c in line.chars() {
        match c {
            '\u{1b}' => escape = true,
            _ if escape => escape = !c.is_ascii_alphabetic(),
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(output: &str, succeeded: bool, passed: u64, failed: u64, skipped: u64) {
        assert_eq!(Tally::of(output, succeeded), Tally { passed, failed, skipped }, "{output}");
    }

    #[test]
    fn runners_are_counted() {
        check(
            "test result: ok. 5 passed; 0 failed; 2 ignored; 0 measured; 3 filtered out; finished in 0.05s",
            true,
            5,
            0,
            2,
        );
        check(
            "test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s",
            false,
            4,
            1,
            0,
        );
        check(
            "ℹ tests 9\nℹ pass 7\nℹ fail 1\nℹ cancelled 0\nℹ skipped 1\nℹ todo 0\nℹ duration_ms 5",
            false,
            7,
            1,
            1,
        );
        check("# tests 2\n# pass 2\n# fail 0", true, 2, 0, 0);
        check(
            "\u{1b}[32m===== \u{1b}[1m5 passed\u{1b}[0m, 1 skipped, 2 warnings in 0.10s =====",
            true,
            5,
            0,
            1,
        );
        check("==== 1 failed, 5 passed, 1 error in 2.10s ====", false, 5, 2, 0);
        check("12 passed, 0 failed, 3 skipped", true, 12, 0, 3);
    }

    #[test]
    fn other_output_counts_as_one_test() {
        check("0 errors, 0 warnings, 0 informations", true, 1, 0, 0);
        check("3 files were checked", true, 1, 0, 0);
        check("", false, 0, 1, 0);
    }
}
