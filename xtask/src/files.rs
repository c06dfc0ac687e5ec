//! Files: walking, digests, and stamps that say whether there is anything to do.

use std::fs;
use std::path::{Path, PathBuf};

/// All files under `paths`, in order. A path that is not there has none.
pub fn walk(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = paths.to_vec();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path).map_err(|error| at(&path, &error))? {
                open.push(entry.map_err(|error| at(&path, &error))?.path());
            }
        } else if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Digest of the names and contents of all files under `paths`, and of `also`.
pub fn digest(root: &Path, paths: &[&str], also: &str) -> Result<String, String> {
    let paths: Vec<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
    let mut hasher = blake3::Hasher::new();
    hasher.update(also.as_bytes());
    for path in walk(&paths)? {
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        let contents = fs::read(&path).map_err(|error| at(&path, &error))?;
        hasher.update(&(name.len() as u64).to_be_bytes());
        hasher.update(name.as_bytes());
        hasher.update(&(contents.len() as u64).to_be_bytes());
        hasher.update(&contents);
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// Whether the stamp at `path` says `expected`.
pub fn stamped(path: &Path, expected: &str) -> bool {
    fs::read_to_string(path).is_ok_and(|found| found == expected)
}

/// Writes a file, and the folders above it. A file that has these bytes already keeps its time.
pub fn write(path: &Path, contents: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|found| found == contents) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
    }
    // Whoever reads it at the same time sees the old file or the new one.
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    fs::write(&fresh, contents).map_err(|error| at(&fresh, &error))?;
    fs::rename(&fresh, path).map_err(|error| at(path, &error))
}

/// Reads a file.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| at(path, &error))
}

fn at(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
