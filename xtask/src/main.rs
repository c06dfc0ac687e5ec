//! Set-up, build, demo, test, bench: `cargo xtask …`. Everything that is made goes into ignored folders of the repository.

mod bench;
mod conformance;
mod demo;
mod files;
mod interface;
mod interpreters;
mod lint;
mod module;
mod parts;
mod play;
mod process;
mod setup;
mod sizes;
mod tally;
mod test;
mod tested;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  setup    npm and Python packages of the lock files, into ignored folders
  build    the module, and its copies in both packages
           --interface          also writes crates/panproto-wasm/interface.txt
           --sizes              also writes what the module weighs into sizes.json
  demo     real records through real schemas, there and back, in every host
           --json               the table as one JSON object
  play     the playground: builds it and serves it
           --build              only writes playground/dist
  bench    the same work in every host and by hand, measured in one run
           --full               everything, a million records in streams; else under two minutes
           --filter=TEXT        only what has TEXT in `id@host`
           --hosts=NAME,…       only these hosts
           --json=FILE          where the results go; else target/bench/results.json
           --check              one short sample of each: do the hosts work, and are their outputs right?
           --built              builds and installs nothing
           --report             writes the report of what came out
           compare A.json B.json   ratios with their spreads, and what is beyond noise
           report RESULTS.json     bench/REPORT.md and its charts
  test     everything that can be tested here
           --filter=TEXT        only parts whose name has TEXT
           --full               the whole matrix, as before a release
           --no-skip=KIND,…     fails where a kind is skipped: browser, corpus, python, packaging
           --list               names the parts
  lint     formatting, clippy, and the linters of the packages
  fmt      formats all sources
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = root();
    let (command, options) = match arguments.split_first() {
        Some((command, options)) => (command.as_str(), options),
        None => ("help", &[][..]),
    };
    let result = match command {
        "setup" => setup::all(&root),
        "build" => build(&root, options),
        "demo" => demo::run(&root, options),
        "play" => play::run(&root, options),
        "bench" => bench::run(&root, options),
        "test" => test::run(&root, options),
        "lint" => lint::check(&root),
        "fmt" => lint::format(&root),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => Err(format!("there is no command `{other}`\n\n{USAGE}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn build(root: &Path, options: &[String]) -> Result<(), String> {
    let module = module::build(root)?;
    if options.iter().any(|option| option == "--interface") {
        interface::write(root, &module.path)?;
    }
    if options.iter().any(|option| option == "--sizes") {
        sizes::write(root, &module)?;
    }
    Ok(())
}

/// The repository.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}
