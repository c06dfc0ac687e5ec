//! The parts of a test run. A new one is an entry here.

use crate::conformance::{self, Driver};
use crate::{bench, files, interface, interpreters, lint, module, play, process, setup, sizes};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a part runs in. The lanes run at the same time; parts of a lane in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Native tests.
    Rust,
    /// The module, and the packages on it.
    Hosts,
}

/// What may be missing on a machine. `--no-skip` names them.
pub const KINDS: &[&str] = &["browser", "corpus", "python", "packaging"];

/// One part.
pub struct Part {
    /// What it is called.
    pub name: &'static str,
    /// Where it runs.
    pub lane: Lane,
    /// What it does.
    pub body: fn(&Scene) -> Outcome,
}

/// What parts are told.
pub struct Scene<'a> {
    /// The repository.
    pub root: &'a Path,
    /// The whole matrix?
    pub full: bool,
    /// The folder of the corpus, if there is one.
    pub corpus: Option<&'a Path>,
}

/// How a part went.
pub enum Outcome {
    /// It ran these commands, one after another, until one failed.
    Commands(Vec<Command>),
    /// It did its work itself.
    Done(Result<String, String>),
    /// It cannot run here: which kind is missing, and how to get it.
    Skipped(&'static str, String),
}

/// All parts.
pub const PARTS: &[Part] = &[
    Part { name: "rust", lane: Lane::Rust, body: rust },
    Part { name: "properties", lane: Lane::Rust, body: properties },
    Part { name: "xtask", lane: Lane::Rust, body: xtask },
    Part { name: "rust-lint", lane: Lane::Rust, body: rust_lint },
    Part { name: "module", lane: Lane::Hosts, body: built_module },
    Part { name: "typescript", lane: Lane::Hosts, body: typescript },
    Part { name: "browser", lane: Lane::Hosts, body: browser },
    Part { name: "playground", lane: Lane::Hosts, body: playground },
    Part { name: "python", lane: Lane::Hosts, body: python },
    Part { name: "python-matrix", lane: Lane::Hosts, body: python_matrix },
    Part { name: "packaging-typescript", lane: Lane::Hosts, body: packaging_typescript },
    Part { name: "packaging-python", lane: Lane::Hosts, body: packaging_python },
    Part { name: "conformance", lane: Lane::Hosts, body: conformance },
    Part { name: "bench", lane: Lane::Hosts, body: benchmark },
];

/// Unit, corpus and documentation tests of all crates, quick to build; properties run at their ordinary number of cases.
fn rust(scene: &Scene<'_>) -> Outcome {
    let mut command = process::cargo(scene.root);
    command.args(["test", "--workspace", "--exclude", "xtask", "--locked", "--no-fail-fast"]);
    Outcome::Commands(vec![told(scene, command)])
}

/// What has properties, at depth and optimised.
fn properties(scene: &Scene<'_>) -> Outcome {
    let mut command = process::cargo(scene.root);
    command.args([
        "test",
        "--package",
        "panproto-core",
        "--profile",
        "optimised",
        "--locked",
        "--no-fail-fast",
    ]);
    command.arg("--lib");
    match with_properties(scene.root) {
        Err(why) => return Outcome::Done(Err(why)),
        Ok(tests) => command.args(tests.iter().flat_map(|test| ["--test", test])),
    };
    let cases = if scene.full { "100000" } else { "10000" };
    command.env("PROPTEST_CASES", cases).env("PANPROTO_CASES", cases);
    Outcome::Commands(vec![told(scene, command)])
}

/// Integration tests that take their number of cases from the environment.
fn with_properties(root: &Path) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for file in files::walk(&[root.join("crates/panproto-core/tests")])? {
        let source = String::from_utf8_lossy(&files::read(&file)?).into_owned();
        let test = file.strip_prefix(root.join("crates/panproto-core/tests")).unwrap_or(&file);
        let name = test.components().next().map(|first| Path::new(first.as_os_str()).with_extension(""));
        if let Some(name) = name
            && (source.contains("proptest!") || source.contains("PANPROTO_CASES"))
            && root.join("crates/panproto-core/tests").join(&name).with_extension("rs").is_file()
        {
            found.push(name.to_string_lossy().into_owned());
        }
    }
    found.dedup();
    Ok(found)
}

/// The tests of this program. Its dependencies are compiled already, in the profile that it runs in.
fn xtask(scene: &Scene<'_>) -> Outcome {
    let mut command = process::cargo(scene.root);
    command.args(["test", "--package", "xtask", "--locked"]);
    Outcome::Commands(vec![command])
}

fn rust_lint(scene: &Scene<'_>) -> Outcome {
    Outcome::Commands(lint::rust(scene.root).into())
}

fn built_module(scene: &Scene<'_>) -> Outcome {
    Outcome::Done(module::build(scene.root).and_then(|module| {
        interface::check(scene.root, &module.path)?;
        let size = sizes::check(scene.root, &module)?;
        Ok(format!("{}: sha256 {}, interface as committed, {size}", module.path.display(), module.sha256))
    }))
}

const TYPESCRIPT: &str = "sdk/typescript";
const PYTHON: &str = "sdk/python-wasm";

fn typescript(scene: &Scene<'_>) -> Outcome {
    npm(scene, &[&["test"]])
}

fn browser(scene: &Scene<'_>) -> Outcome {
    match interpreters::chromium() {
        Err(why) => Outcome::Skipped("browser", why),
        Ok(chromium) => {
            let mut outcome = npm(scene, &[&["run", "test:browser"]]);
            if let Outcome::Commands(commands) = &mut outcome {
                for command in commands {
                    command.env("PANPROTO_CHROMIUM", &chromium);
                }
            }
            outcome
        }
    }
}

/// The playground as it is built, in a browser.
fn playground(scene: &Scene<'_>) -> Outcome {
    let chromium = match interpreters::chromium() {
        Err(why) => return Outcome::Skipped("browser", why),
        Ok(chromium) => chromium,
    };
    if let Err(why) = play::build(scene.root) {
        return Outcome::Done(Err(why));
    }
    let mut command = Command::new("npm");
    command.current_dir(scene.root.join(play::PLAYGROUND)).arg("test").env("PANPROTO_CHROMIUM", chromium);
    Outcome::Commands(vec![told(scene, command)])
}

/// npm scripts of the TypeScript package.
fn npm(scene: &Scene<'_>, scripts: &[&[&str]]) -> Outcome {
    if let Err(why) = setup::npm(scene.root, TYPESCRIPT) {
        return Outcome::Done(Err(why));
    }
    let commands = scripts.iter().map(|script| {
        let mut command = Command::new("npm");
        command.current_dir(scene.root.join(TYPESCRIPT)).args(*script);
        told(scene, command)
    });
    Outcome::Commands(commands.collect())
}

/// The whole Python suite on the newest interpreter.
fn python(scene: &Scene<'_>) -> Outcome {
    let pythons = interpreters::pythons();
    let Some(newest) = pythons.first() else {
        return Outcome::Skipped("python", setup::NO_PYTHON.to_owned());
    };
    match setup::python(scene.root, newest) {
        Err(why) => Outcome::Done(Err(why)),
        Ok(inside) => Outcome::Commands(vec![pytest(scene, &inside, &["-m", "not packaging"])]),
    }
}

/// Its smoke part, or with `--full` the whole, on the other interpreters.
fn python_matrix(scene: &Scene<'_>) -> Outcome {
    let pythons = interpreters::pythons();
    let Some((_, others)) = pythons.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Outcome::Done(Ok("there is no other interpreter here".to_owned()));
    };
    let mut commands = Vec::new();
    for other in others {
        match setup::python_for_tests(scene.root, other) {
            Err(why) => return Outcome::Done(Err(why)),
            Ok(inside) => {
                let marks = if scene.full { "not packaging" } else { "smoke" };
                commands.push(pytest(scene, &inside, &["-m", marks]));
            }
        }
    }
    Outcome::Commands(commands)
}

fn pytest(scene: &Scene<'_>, inside: &PathBuf, arguments: &[&str]) -> Command {
    let mut command = Command::new(inside);
    command
        .current_dir(scene.root.join(PYTHON))
        .args(["-m", "pytest", "-q", "-rs", "--color=no"])
        .args(arguments);
    told(scene, command)
}

/// The packed tarball, installed clean: bundlers, frameworks and runtimes.
fn packaging_typescript(scene: &Scene<'_>) -> Outcome {
    let tools = if scene.full { &[setup::BUNDLERS, setup::NEXT][..] } else { &[setup::BUNDLERS] };
    for folder in tools {
        if let Err(why) = setup::npm(scene.root, folder) {
            return Outcome::Done(Err(why));
        }
    }
    let mut outcome = npm(scene, &[&["run", "test:packaging"]]);
    if let (Outcome::Commands(commands), Ok(chromium)) = (&mut outcome, interpreters::chromium()) {
        for command in commands {
            command.env("PANPROTO_CHROMIUM", &chromium);
        }
    }
    outcome
}

/// The built wheel, installed clean.
fn packaging_python(scene: &Scene<'_>) -> Outcome {
    let pythons = interpreters::pythons();
    let Some(newest) = pythons.first() else {
        return Outcome::Skipped("packaging", setup::NO_PYTHON.to_owned());
    };
    match setup::python(scene.root, newest) {
        Err(why) => Outcome::Done(Err(why)),
        Ok(inside) => {
            let mut command = pytest(scene, &inside, &["-m", "packaging"]);
            // Each is installed from the wheel and from the sources: minutes, on the machine of a release.
            if let Some(paths) =
                scene.full.then(|| std::env::join_paths(pythons.iter().map(|python| &python.path)))
                && let Ok(paths) = paths
            {
                command.env("PANPROTO_PYTHONS", paths);
            }
            Outcome::Commands(vec![command])
        }
    }
}

/// All hosts answer the same cases with the same bytes.
fn conformance(scene: &Scene<'_>) -> Outcome {
    let mut drivers = vec![conformance::native(scene.root)];
    if let Err(why) = setup::npm(scene.root, TYPESCRIPT) {
        return Outcome::Done(Err(why));
    }
    let mut node = Command::new("node");
    node.current_dir(scene.root.join(TYPESCRIPT)).arg("build/test/conformance.js");
    drivers.push(Driver { host: "node", command: node });
    if let Ok(chromium) = interpreters::chromium() {
        let mut page = Command::new("node");
        page.current_dir(scene.root.join(TYPESCRIPT))
            .arg("test/browser.mjs")
            .env("PANPROTO_CHROMIUM", chromium);
        drivers.push(Driver { host: "chromium", command: page });
    }
    if let Some(newest) = interpreters::pythons().first() {
        match setup::python(scene.root, newest) {
            Err(why) => return Outcome::Done(Err(why)),
            Ok(inside) => {
                let mut python = Command::new(inside);
                python.current_dir(scene.root).arg(format!("{PYTHON}/tests/conformance.py"));
                drivers.push(Driver { host: "python", command: python });
            }
        }
    }
    Outcome::Done(conformance::compare(scene.root, drivers))
}

/// The benchmark's hosts give what they should, and its results are what their schema says. Nothing is timed.
fn benchmark(scene: &Scene<'_>) -> Outcome {
    match interpreters::pythons().first() {
        None => Outcome::Skipped("python", setup::NO_PYTHON.to_owned()),
        Some(newest) => Outcome::Done(bench::check(scene.root, newest)),
    }
}

/// A command that knows where the corpus is and how deep to go.
fn told(scene: &Scene<'_>, mut command: Command) -> Command {
    if let Some(corpus) = scene.corpus {
        command.env("PANPROTO_CORPUS", corpus);
    }
    if scene.full {
        command.env("PANPROTO_FULL", "1");
    }
    command
}
