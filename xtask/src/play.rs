//! `cargo xtask play`: the playground, built from the module and the package that are here, and served.

use crate::{demo, module, process, setup};
use std::path::Path;
use std::process::Command;

/// Where the playground is.
pub const PLAYGROUND: &str = "playground";

/// Builds the playground, and serves it unless `--build` asks for the files alone.
pub fn run(root: &Path, options: &[String]) -> Result<(), String> {
    let serve = match options {
        [] => true,
        [option] if option == "--build" => false,
        _ => return Err("`play` has one option: --build".to_owned()),
    };
    build(root)?;
    let place = root.join(PLAYGROUND);
    if !serve {
        println!("{}", place.join("dist").display());
        return Ok(());
    }
    process::run(Command::new("npm").current_dir(&place).args(["run", "--silent", "preview"]))
}

/// Writes `playground/dist`: the module, the package, the examples, the page.
pub fn build(root: &Path) -> Result<(), String> {
    module::build(root)?;
    setup::npm(root, "sdk/typescript")?;
    demo::typescript(root)?;
    setup::npm(root, PLAYGROUND)?;
    eprintln!("play     the page");
    for script in ["data", "build"] {
        let mut command = Command::new("npm");
        process::run(command.current_dir(root.join(PLAYGROUND)).args(["run", "--silent", script]))?;
    }
    Ok(())
}
