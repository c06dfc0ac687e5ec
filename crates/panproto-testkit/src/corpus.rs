//! The corpus of real schemas and records, which is not part of the repository.

use std::path::{Path, PathBuf};

/// The path of a file or folder of the corpus, if the corpus is there: `PANPROTO_CORPUS`, else `shared/corpus`
/// beside the repository or one folder further up. Says loudly that a test skips where it is not.
pub fn corpus(relative: &str) -> Option<PathBuf> {
    let found = roots().into_iter().map(|root| root.join(relative)).find(|path| path.exists());
    if found.is_none() {
        eprintln!("SKIPPED: the corpus has no `{relative}` (set PANPROTO_CORPUS to its folder)");
    }
    found
}

fn roots() -> Vec<PathBuf> {
    if let Some(set) = std::env::var_os("PANPROTO_CORPUS") {
        return vec![set.into()];
    }
    // INVARIANT: this crate lives in `crates/panproto-testkit` of the repository.
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    vec![repository.join("../shared/corpus"), repository.join("../../shared/corpus")]
}

/// The bytes of a file of the corpus.
pub fn read(relative: &str) -> Option<Vec<u8>> {
    let path = corpus(relative)?;
    Some(std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// The current Lexicons of the corpus, by path.
pub fn lexicons() -> Option<Vec<(PathBuf, Vec<u8>)>> {
    files("atproto/lexicons", "json")
}

/// All files with an extension under a folder of the corpus, by path.
pub fn files(relative: &str, extension: &str) -> Option<Vec<(PathBuf, Vec<u8>)>> {
    let mut open = vec![corpus(relative)?];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let bytes =
                    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                found.push((path, bytes));
            }
        }
    }
    found.sort();
    Some(found)
}
