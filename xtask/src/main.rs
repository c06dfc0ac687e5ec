//! Set-up, build, demo, test: `cargo xtask …`. Everything that is made goes into ignored folders of the repository.

mod files;
mod interface;
mod module;
mod process;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  build    the module, and its copies in both packages
           --interface also writes crates/panproto-wasm/interface.txt
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = root();
    let result = match arguments.first().map(String::as_str) {
        Some("build") => build(&root, &arguments),
        Some("help" | "--help" | "-h") | None => {
            print!("{USAGE}");
            Ok(())
        }
        Some(other) => Err(format!("there is no command `{other}`\n\n{USAGE}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn build(root: &Path, arguments: &[String]) -> Result<(), String> {
    let module = module::build(root)?;
    if arguments.iter().any(|argument| argument == "--interface") {
        interface::write(root, &module.path)?;
    }
    Ok(())
}

/// The repository.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}
