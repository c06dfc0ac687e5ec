//! The module: compiled, processed by the library form of wasm-bindgen, and copied to where the packages want it.

use crate::{files, interface, process};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use wasm_bindgen_cli_support::Bindgen;

/// What the module is made from.
const INPUTS: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "crates/panproto-core/Cargo.toml",
    "crates/panproto-core/src",
    "crates/panproto-ordered/Cargo.toml",
    "crates/panproto-ordered/src",
    "crates/panproto-wasm/Cargo.toml",
    "crates/panproto-wasm/src",
    "xtask/Cargo.toml",
    "xtask/src/module.rs",
];

/// Where the packages want it.
const COPIES: &[&str] = &["sdk/typescript/wasm", "sdk/python-wasm/src/panproto_wasm"];

/// A built module.
pub struct Module {
    /// The file.
    pub path: PathBuf,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

/// Builds the module and its copies. Does nothing if nothing changed.
pub fn build(root: &Path) -> Result<Module, String> {
    let started = Instant::now();
    let path = root.join("target/panproto/panproto.wasm");
    let stamp = root.join("target/panproto/stamp");
    let inputs = files::digest(root, INPUTS, "")?;

    if let Ok(bytes) = files::read(&path) {
        let sha256 = sha256(&bytes);
        if files::stamped(&stamp, &format!("{inputs} {sha256}\n")) {
            copy(root, &bytes, &sha256)?;
            eprintln!("module   unchanged, {} kB, sha256 {sha256}", bytes.len() / 1000);
            return Ok(Module { path, sha256 });
        }
    }

    let bytes = processed(&compiled(root, &[])?)?;
    let interface = interface::read(&bytes)?;
    let foreign: Vec<&String> =
        interface.imports.iter().filter(|line| !line.contains(interface::TABLE)).collect();
    if !foreign.is_empty() {
        return Err(format!("the module imports what a host without JavaScript lacks: {foreign:?}"));
    }
    let sha256 = sha256(&bytes);
    files::write(&path, &bytes)?;
    copy(root, &bytes, &sha256)?;
    files::write(&stamp, format!("{inputs} {sha256}\n").as_bytes())?;
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("module   built in {seconds:.1} s, {} kB, sha256 {sha256}", bytes.len() / 1000);
    Ok(Module { path, sha256 })
}

/// The module as rustc leaves it, with names; `also` is what cargo is told besides.
pub fn compiled(root: &Path, also: &[&str]) -> Result<Vec<u8>, String> {
    let mut command = process::cargo(root);
    command.args(["build", "--quiet", "--package", "panproto-wasm", "--profile", "module"]);
    command.args(["--target", "wasm32-unknown-unknown", "--locked"]).args(also);
    // Panics name their source file: the same name on every machine, and no folder of the builder's.
    let mut flags = vec![format!("--remap-path-prefix={}=.", root.display())];
    // Sixteen bytes at a time: every host has it.
    flags.push("-Ctarget-feature=+simd128".to_owned());
    if let Some(home) = cargo_home() {
        flags.push(format!("--remap-path-prefix={}=cargo", home.display()));
    }
    if let Some((installed, published)) = standard_sources(root) {
        flags.push(format!("--remap-path-prefix={installed}={published}"));
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    process::run(&mut command).map_err(|error| {
        format!("{error}\nthe target wasm32-unknown-unknown comes with rustup, by rust-toolchain.toml: `rustup show`")
    })?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    files::read(&target.join("wasm32-unknown-unknown/module/panproto_wasm.wasm"))
}

/// Where the sources of the standard library are if they are installed, and the name that they have if they are not.
fn standard_sources(root: &Path) -> Option<(String, String)> {
    let said = |arguments: &[&str]| {
        let output = Command::new("rustc").current_dir(root).args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()
    };
    let (sysroot, version) = (said(&["--print", "sysroot"])?, said(&["-vV"])?);
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: "))?;
    let installed = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
    Some((installed.display().to_string(), format!("/rustc/{commit}")))
}

fn cargo_home() -> Option<PathBuf> {
    let home = || std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| home().map(|home| Path::new(&home).join(".cargo")))
}

/// The same without what wasm-bindgen left for its second step. Every target of wasm-bindgen gives the same bytes.
fn processed(compiled: &[u8]) -> Result<Vec<u8>, String> {
    let said = |error: anyhow::Error| format!("wasm-bindgen: {error:#}");
    let mut output = Bindgen::new()
        .input_bytes("panproto", compiled.to_vec())
        .web(true)
        .map_err(said)?
        .typescript(false)
        .remove_producers_section(true)
        // A third of the file, which only says what functions are called; what rustc left keeps it.
        .remove_name_section(true)
        .generate_output()
        .map_err(said)?;
    Ok(output.wasm_mut().emit_wasm())
}

/// Module and JavaScript glue of wasm-bindgen, into a folder.
pub fn with_glue(compiled: &[u8], folder: &Path) -> Result<(), String> {
    let said = |error: anyhow::Error| format!("wasm-bindgen: {error:#}");
    let mut bindgen = Bindgen::new();
    bindgen.input_bytes("panproto", compiled.to_vec()).web(true).map_err(said)?;
    bindgen.typescript(false).remove_producers_section(true).remove_name_section(true);
    bindgen.generate(folder).map_err(said)
}

fn copy(root: &Path, bytes: &[u8], sha256: &str) -> Result<(), String> {
    for folder in COPIES {
        files::write(&root.join(folder).join("panproto.wasm"), bytes)?;
    }
    let facts = format!("{{\"bytes\": {}, \"sha256\": \"{sha256}\"}}\n", bytes.len());
    files::write(&root.join("target/panproto/panproto.wasm.json"), facts.as_bytes())
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
