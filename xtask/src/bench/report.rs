//! The report: Markdown and charts, written from the results alone.

use super::prepare::venv;
use crate::{interpreters, process, setup};
use std::path::Path;
use std::process::Command;

/// Writes `bench/REPORT.md` and `bench/charts`.
pub fn run(root: &Path, results: &Path) -> Result<(), String> {
    let pythons = interpreters::pythons();
    let newest = pythons.first().ok_or(setup::NO_PYTHON)?;
    let mut command = Command::new(venv(root, newest, false)?);
    command.arg(root.join("bench/report/report.py")).arg(results).arg(root.join("bench"));
    process::run(&mut command)
}
