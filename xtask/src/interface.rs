//! What the module imports and exports, as text that is kept in git.

use crate::files;
use std::path::Path;
use wasmparser::{ExternalKind, Parser, Payload, TypeRef, ValType};

/// The one import: the initialiser of wasm-bindgen's table of JavaScript values, which stays empty.
pub const TABLE: &str = "__wbindgen_init_externref_table";

/// Imports and exports, one line each.
pub struct Interface {
    /// In the order of the module.
    pub imports: Vec<String>,
    /// Sorted.
    pub exports: Vec<String>,
}

impl Interface {
    /// The text of `crates/panproto-wasm/interface.txt`.
    pub fn text(&self) -> String {
        let lines = self.imports.iter().chain(&self.exports);
        lines.map(|line| format!("{line}\n")).collect()
    }
}

/// Where the text is kept.
const KEPT: &str = "crates/panproto-wasm/interface.txt";

/// Writes the text of a built module where it is kept.
pub fn write(root: &Path, module: &Path) -> Result<(), String> {
    files::write(&root.join(KEPT), read(&files::read(module)?)?.text().as_bytes())
}

/// Compares a built module with the text that is kept; the error lists the lines that differ.
pub fn check(root: &Path, module: &Path) -> Result<(), String> {
    let built = read(&files::read(module)?)?.text();
    let kept = String::from_utf8_lossy(&files::read(&root.join(KEPT))?).into_owned();
    let only = |here: &str, there: &str, mark: char| -> String {
        here.lines()
            .filter(|line| !there.lines().any(|other| other == *line))
            .map(|line| format!("{mark} {line}\n"))
            .collect()
    };
    let changes = only(&kept, &built, '-') + &only(&built, &kept, '+');
    if changes.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the module's interface is not that of {KEPT}:\n{changes}if it is meant: cargo xtask build --interface"
    ))
}

/// Reads a module.
pub fn read(module: &[u8]) -> Result<Interface, String> {
    let said = |error: wasmparser::BinaryReaderError| format!("the module is broken: {error}");
    let mut types = Vec::new();
    let mut functions = Vec::new();
    let mut imports = Vec::new();
    let mut exports = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(said)? {
            Payload::TypeSection(section) => {
                for group in section.into_iter_err_on_gc_types() {
                    types.push(group.map_err(said)?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(said)?;
                    let what = match import.ty {
                        TypeRef::Func(index) => {
                            functions.push(index);
                            signature(&types, index)
                        }
                        other => format!("{other:?}"),
                    };
                    imports.push(format!("import {} {} {what}", import.module, import.name));
                }
            }
            Payload::FunctionSection(section) => {
                for index in section {
                    functions.push(index.map_err(said)?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(said)?;
                    let what = match export.kind {
                        ExternalKind::Func => {
                            let index = functions.get(export.index as usize).copied().unwrap_or(u32::MAX);
                            signature(&types, index)
                        }
                        other => format!("{other:?}").to_lowercase(),
                    };
                    exports.push(format!("export {} {what}", export.name));
                }
            }
            _ => {}
        }
    }
    exports.sort();
    Ok(Interface { imports, exports })
}

fn signature(types: &[wasmparser::FuncType], index: u32) -> String {
    let list = |types: &[ValType]| types.iter().map(ValType::to_string).collect::<Vec<_>>().join(", ");
    match types.get(index as usize) {
        Some(function) => format!("({}) -> ({})", list(function.params()), list(function.results())),
        None => "(?)".to_owned(),
    }
}
