//! What is installed here and what tests take from the machine: Python interpreters, Node, a browser, the corpus.

use crate::process;
use std::path::{Path, PathBuf};

/// A Python that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Python {
    /// Major and minor version.
    pub version: (u32, u32),
    /// The program.
    pub path: PathBuf,
}

/// Oldest Python that the package supports.
const PYTHON_LEAST: (u32, u32) = (3, 10);

/// Every supported Python, newest first, one for each version. Found by running them: some shims only fail.
pub fn pythons() -> Vec<Python> {
    let mut candidates: Vec<PathBuf> =
        (10..=14).rev().filter_map(|minor| process::find(&format!("python3.{minor}"))).collect();
    candidates.extend(["python3", "python"].iter().filter_map(|name| process::find(name)));
    if let Some(pyenv) = process::find("pyenv")
        && let Some(root) = process::answer(&pyenv, &["root"])
        && let Some(versions) = process::answer(&pyenv, &["versions", "--bare"])
    {
        let versions = versions.lines().map(|version| Path::new(&root).join("versions").join(version.trim()));
        candidates.extend(versions.map(|version| version.join("bin/python")));
    }
    let mut found: Vec<Python> = Vec::new();
    for path in candidates {
        if let Some(version) = python_version(&path)
            && version >= PYTHON_LEAST
            && !found.iter().any(|python| python.version == version)
        {
            found.push(Python { version, path });
        }
    }
    found.sort_by_key(|python| std::cmp::Reverse(python.version));
    found
}

fn python_version(path: &Path) -> Option<(u32, u32)> {
    // `venv` and `ensurepip` are packages of their own on some systems.
    let script = "import sys, venv, ensurepip; print(*sys.version_info[:2])";
    let answer = process::answer(path, &["-c", script])?;
    let (major, minor) = answer.split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Fails unless there is a Node that is new enough.
pub fn node() -> Result<(), String> {
    let least = (20, 19);
    let how = "install Node 20.19 or later: https://nodejs.org";
    let node = process::find("node").ok_or_else(|| format!("there is no `node` on the path\n{how}"))?;
    let version = process::answer(&node, &["--version"]).unwrap_or_default();
    let mut numbers = version.trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < least {
        return Err(format!("`{}` is version {version}\n{how}", node.display()));
    }
    Ok(())
}

/// A Chromium, from `PANPROTO_CHROMIUM` or the path.
pub fn chromium() -> Result<PathBuf, String> {
    let how = "get one with `apt-get install chromium`, or name one in PANPROTO_CHROMIUM";
    if let Some(named) = std::env::var_os("PANPROTO_CHROMIUM") {
        let named = PathBuf::from(named);
        return if named.is_file() {
            Ok(named)
        } else {
            Err(format!("PANPROTO_CHROMIUM names no file; {how}"))
        };
    }
    ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .find_map(|name| process::find(name))
        .ok_or_else(|| format!("there is no browser: {how}"))
}

/// The corpus of real schemas and records, which is not part of the repository.
pub fn corpus(root: &Path) -> Result<PathBuf, String> {
    let named = std::env::var_os("PANPROTO_CORPUS").map(PathBuf::from);
    let places =
        named.into_iter().chain(["../shared/corpus", "../../shared/corpus"].map(|place| root.join(place)));
    places.into_iter().find(|place| place.is_dir()).and_then(|place| place.canonicalize().ok()).ok_or_else(
        || "there is no corpus beside the repository: name its folder in PANPROTO_CORPUS".to_owned(),
    )
}
