//! npm and Python packages, from lock files, into ignored folders. What is there already is not installed again.

use crate::interpreters::{self, Python};
use crate::{files, play, process};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders with a `package-lock.json`.
const NPM: &[&str] = &["sdk/typescript", BUNDLERS, "demo", play::PLAYGROUND, "bench/js"];

/// Bundlers and runtimes that the packed package is tried in.
pub const BUNDLERS: &str = "sdk/typescript/test/bundlers";

/// The framework that the whole matrix tries it in besides.
pub const NEXT: &str = "sdk/typescript/test/next";

/// What the Python tests and tools need, with hashes.
pub const REQUIREMENTS: &str = "sdk/python-wasm/requirements-test.txt";

/// Installs everything.
pub fn all(root: &Path) -> Result<(), String> {
    for folder in NPM {
        npm(root, folder)?;
    }
    if root.join(REQUIREMENTS).is_file() {
        let pythons = interpreters::pythons();
        let newest = pythons.first().ok_or(NO_PYTHON)?;
        python(root, newest)?;
    }
    Ok(())
}

/// Why there is no Python part.
pub const NO_PYTHON: &str =
    "there is no Python 3.10 or later with `venv`: on Debian, `apt-get install python3-venv`";

/// The npm packages of a folder, exactly as locked. Their install scripts do not run.
pub fn npm(root: &Path, folder: &str) -> Result<(), String> {
    let place = root.join(folder);
    if !place.join("package-lock.json").is_file() {
        return Ok(());
    }
    interpreters::node()?;
    let names = ["package.json", "package-lock.json", ".npmrc"].map(|name| format!("{folder}/{name}"));
    let wanted = files::digest(root, &names.each_ref().map(String::as_str), "npm ci")?;
    let stamp = place.join("node_modules/.panproto-stamp");
    if files::stamped(&stamp, &wanted) {
        return Ok(());
    }
    eprintln!("setup    npm ci in {folder}");
    let mut command = Command::new("npm");
    command.current_dir(&place).args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]);
    process::run(&mut command)?;
    files::write(&stamp, wanted.as_bytes())
}

/// Packages of the lock that only linters need, or tests of tables: most of its bytes, and needed once.
const ONCE: &[&str] = &[
    "ast-serialize",
    "librt",
    "mypy",
    "mypy-extensions",
    "nodeenv",
    "pyright",
    "ruff",
    "numpy",
    "pandas",
    "polars",
    "polars-runtime-32",
    "pyarrow",
    "python-dateutil",
    "pytz",
    "six",
    "tzdata",
];

/// The virtual environment of a Python, with the locked packages; answers with its interpreter.
pub fn python(root: &Path, python: &Python) -> Result<PathBuf, String> {
    environment(root, python, &root.join(REQUIREMENTS), &place_of(root, python))
}

fn place_of(root: &Path, python: &Python) -> PathBuf {
    let (major, minor) = python.version;
    root.join(format!(".cache/venv-{major}.{minor}"))
}

/// The same without what is needed once.
pub fn python_for_tests(root: &Path, python: &Python) -> Result<PathBuf, String> {
    let lock = files::read(&root.join(REQUIREMENTS))?;
    let mut kept = true;
    let mut lines = String::new();
    for line in String::from_utf8_lossy(&lock).lines() {
        // An entry begins at the margin; its hashes are indented.
        if let Some((name, _)) = line.split_once("==") {
            kept = !ONCE.contains(&name);
        }
        if kept {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    let requirements = root.join(".cache/requirements-of-others.txt");
    files::write(&requirements, lines.as_bytes())?;
    environment(root, python, &requirements, &place_of(root, python))
}

/// A virtual environment at a place, with the packages of a lock; answers with its interpreter.
pub fn environment(
    root: &Path,
    python: &Python,
    requirements: &Path,
    place: &Path,
) -> Result<PathBuf, String> {
    let (major, minor) = python.version;
    let inside = place.join("bin/python");
    let wanted = String::from_utf8_lossy(&files::read(requirements)?).into_owned();
    let wanted = files::digest(root, &[], &format!("{} {wanted}", python.path.display()))?;
    let stamp = place.join(".panproto-stamp");
    if inside.is_file() && files::stamped(&stamp, &wanted) {
        return Ok(inside);
    }
    let shown = requirements.strip_prefix(root).unwrap_or(requirements).display();
    eprintln!("setup    packages of {shown} for Python {major}.{minor}");
    process::run(Command::new(&python.path).args(["-m", "venv", "--clear"]).arg(place))?;
    let mut command = Command::new(&inside);
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
    command.args(["--require-hashes", "--only-binary=:all:", "-r"]).arg(requirements);
    process::run(&mut command)?;
    files::write(&stamp, wanted.as_bytes())?;
    Ok(inside)
}
