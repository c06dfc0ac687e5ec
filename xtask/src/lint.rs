//! Formatting and linters.

use crate::{play, process};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Fails on what a linter finds. A linter of a package that is not installed is named, not missed in silence.
pub fn check(root: &Path) -> Result<(), String> {
    let mut failed = Vec::new();
    for mut command in commands(root) {
        println!("lint     {}", process::shown(&command));
        if let Err(error) = process::run(&mut command) {
            failed.push(error);
        }
    }
    for (name, missing) in missing(root) {
        println!("lint     {name} is not installed ({}): run `cargo xtask setup`", missing.display());
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// Formats what can be formatted here.
pub fn format(root: &Path) -> Result<(), String> {
    process::run(process::cargo(root).args(["fmt", "--all"]))?;
    if let Some(ruff) = ruff(root).filter(|ruff| ruff.is_file()) {
        process::run(Command::new(ruff).current_dir(root).args(["format", "sdk/python-wasm", "bench"]))?;
    }
    Ok(())
}

/// What tests may do and the rest may not: a test that panics has failed, which is what it is for.
const ALLOWED_IN_TESTS: &[&str] = &[
    "clippy::unwrap_used",
    "clippy::expect_used",
    "clippy::panic",
    "clippy::unreachable",
    "clippy::indexing_slicing",
];

/// Formatting and clippy: the Rust part.
pub fn rust(root: &Path) -> [Command; 3] {
    let mut format = process::cargo(root);
    format.args(["fmt", "--all", "--check"]);
    let clippy = |targets: &[&str]| {
        let mut clippy = process::cargo(root);
        clippy.args(["clippy", "--quiet", "--workspace", "--locked"]).args(targets);
        clippy.args(["--", "--deny", "warnings"]);
        clippy
    };
    let mut tests = clippy(&["--tests"]);
    for lint in ALLOWED_IN_TESTS {
        tests.args(["--allow", lint]);
    }
    [format, clippy(&["--lib", "--bins", "--examples"]), tests]
}

fn commands(root: &Path) -> Vec<Command> {
    let mut commands: Vec<Command> = rust(root).into();
    if let Some(ruff) = ruff(root).filter(|ruff| ruff.is_file()) {
        for arguments in
            [&["check", "sdk/python-wasm", "bench"][..], &["format", "--check", "sdk/python-wasm", "bench"]]
        {
            let mut command = Command::new(&ruff);
            command.current_dir(root).args(arguments);
            commands.push(command);
        }
    }
    if let Some(pyright) = pyright(root).filter(|pyright| pyright.is_file()) {
        let python = pyright.with_file_name("python");
        let mut command = Command::new(pyright);
        command.current_dir(root.join("sdk/python-wasm")).arg("--pythonpath").arg(python);
        commands.push(command);
    }
    for package in TYPESCRIPT {
        let Some(tsc) = tsc(root, package).filter(|tsc| tsc.is_file()) else { continue };
        if types(root, package).is_some_and(|types| !types.is_file()) {
            println!(
                "lint     the types that {package} is checked against are not there: run `cargo xtask play --build`"
            );
            continue;
        }
        let mut command = Command::new(tsc);
        command.current_dir(root.join(package)).args(["--noEmit", "--project", "."]);
        commands.push(command);
    }
    commands
}

fn missing(root: &Path) -> Vec<(&'static str, PathBuf)> {
    let python = [("ruff", ruff(root)), ("pyright", pyright(root))];
    python
        .into_iter()
        .chain(TYPESCRIPT.iter().map(|package| ("tsc", tsc(root, package))))
        .filter_map(|(name, path)| path.filter(|path| !path.is_file()).map(|path| (name, path)))
        .collect()
}

/// The environment of the newest Python that `setup` made.
fn environment(root: &Path) -> Option<PathBuf> {
    root.join("sdk/python-wasm").is_dir().then(|| {
        let made = (10..=14)
            .rev()
            .map(|minor| root.join(format!(".cache/venv-3.{minor}")))
            .find(|place| place.is_dir());
        made.unwrap_or_else(|| root.join(".cache/venv"))
    })
}

fn ruff(root: &Path) -> Option<PathBuf> {
    environment(root).map(|place| place.join("bin/ruff"))
}

fn pyright(root: &Path) -> Option<PathBuf> {
    environment(root).map(|place| place.join("bin/pyright"))
}

/// Packages in TypeScript.
const TYPESCRIPT: &[&str] = &["sdk/typescript", play::PLAYGROUND];

/// What a package is checked against besides its own sources: the playground against the package as it is built.
fn types(root: &Path, package: &str) -> Option<PathBuf> {
    (package == play::PLAYGROUND).then(|| root.join("sdk/typescript/dist/index.d.ts"))
}

fn tsc(root: &Path, package: &str) -> Option<PathBuf> {
    let package = root.join(package);
    package.is_dir().then(|| package.join("node_modules/.bin/tsc"))
}
