//! Child processes.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The cargo that runs this.
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    // What `cargo run` says about `xtask` itself is not meant for the crates that are built now.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") {
            command.env_remove(name);
        }
    }
    for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH"] {
        command.env_remove(name);
    }
    command
}

/// Runs a command whose output is for people: all of it goes to the standard error.
pub fn run(command: &mut Command) -> Result<(), String> {
    let shown = shown(command);
    command.stdout(std::io::stderr());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` failed ({status})")),
        Err(error) => Err(format!("`{shown}` did not start: {error}")),
    }
}

/// Runs a command and keeps what it prints, both streams in one, in order.
pub fn captured(command: &mut Command) -> (bool, String) {
    let shown = shown(command);
    let started = std::io::pipe().and_then(|(reader, writer)| {
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        Ok((reader, command.spawn()?))
    });
    let (mut reader, mut child) = match started {
        Ok(started) => started,
        Err(error) => return (false, format!("`{shown}` did not start: {error}\n")),
    };
    // The command holds the writing ends too, and the pipe ends with the last of them.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut bytes = Vec::new();
    let read = reader.read_to_end(&mut bytes);
    let mut output = String::from_utf8_lossy(&bytes).into_owned();
    match (child.wait(), read) {
        (Ok(status), Ok(_)) => (status.success(), output),
        (Err(error), _) | (_, Err(error)) => {
            output.push_str(&format!("\n`{shown}`: {error}\n"));
            (false, output)
        }
    }
}

/// What a short command prints, if it succeeds.
pub fn answer(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Where a program is, by the path.
pub fn find(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The command as one would type it.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
