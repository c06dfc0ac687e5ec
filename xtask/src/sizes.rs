//! What the packages weigh, as committed in `sizes.json`: growth is seen in a diff, not by users.

use crate::{files, module};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::Path;

const FILE: &str = "sizes.json";

/// What may be on top of a committed figure, in hundredths of it.
const MARGIN: u64 = 2;

/// Writes the module's size into the file, and leaves what others keep there.
pub fn write(root: &Path, module: &module::Module) -> Result<(), String> {
    let mut sizes = committed(root).unwrap_or_default();
    let [raw, brotli] = measured(root, module)?;
    sizes.insert("module".to_owned(), json!({"raw": raw, "brotli": brotli}));
    let text = serde_json::to_string_pretty(&sizes).map_err(|error| error.to_string())?;
    files::write(&root.join(FILE), format!("{text}\n").as_bytes())
}

/// Compares the module with what is committed.
pub fn check(root: &Path, module: &module::Module) -> Result<String, String> {
    let sizes = committed(root)?;
    let found = measured(root, module)?;
    let mut grown = Vec::new();
    for (kind, found) in ["raw", "brotli"].into_iter().zip(found) {
        let Some(known) = sizes.get("module").and_then(|module| module.get(kind)).and_then(Value::as_u64)
        else {
            return Err(format!("{FILE} has no size `{kind}` of the module: `cargo xtask build --sizes`"));
        };
        if let Some(why) = growth(kind, known, found) {
            grown.push(why);
        }
    }
    if grown.is_empty() {
        Ok(format!("{} kB, {} kB brotli", found[0] / 1000, found[1] / 1000))
    } else {
        Err(grown.join("; "))
    }
}

fn growth(kind: &str, known: u64, found: u64) -> Option<String> {
    (found * 100 > known * (100 + MARGIN)).then(|| {
        format!(
            "the module grew from {known} to {found} bytes ({kind}), by more than {MARGIN} %: docs/size.md says what \
             weighs much; if it has to be, `cargo xtask build --sizes` and say why in the commit"
        )
    })
}

fn committed(root: &Path) -> Result<Map<String, Value>, String> {
    let bytes = files::read(&root.join(FILE))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{FILE}: {error}"))
}

/// Bytes of the module as it is and as a server sends it. Compressing takes seconds, so it is done once for a module.
fn measured(root: &Path, module: &module::Module) -> Result<[u64; 2], String> {
    let known = root.join("target/panproto/brotli");
    let bytes = files::read(&module.path)?;
    let noted = files::read(&known).ok().and_then(|text| String::from_utf8(text).ok());
    if let Some(brotli) =
        noted.as_deref().and_then(|noted| noted.strip_prefix(&module.sha256)?.trim().parse().ok())
    {
        return Ok([bytes.len() as u64, brotli]);
    }
    let brotli = compressed(&bytes).map_err(|error| format!("brotli: {error}"))?;
    files::write(&known, format!("{} {brotli}\n", module.sha256).as_bytes())?;
    Ok([bytes.len() as u64, brotli])
}

fn compressed(bytes: &[u8]) -> std::io::Result<u64> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 11, 24);
    encoder.write_all(bytes)?;
    Ok(encoder.into_inner().len() as u64)
}

#[cfg(test)]
mod tests {
    use super::{compressed, growth};

    #[test]
    fn two_hundredths_are_no_growth() {
        assert_eq!(growth("raw", 1000, 1020), None);
        assert_eq!(growth("raw", 1000, 10), None);
        assert!(growth("raw", 1000, 1021).is_some_and(|why| why.contains("from 1000 to 1021 bytes (raw)")));
    }

    #[test]
    fn what_repeats_itself_compresses() {
        let size = compressed(&b"records ".repeat(10_000)).unwrap_or(0);
        assert!((10..100).contains(&size), "{size}");
    }
}
