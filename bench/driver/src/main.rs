//! The native side of `cargo xtask bench`.
//!
//! `data FOLDER` writes records, schemas and expected results; `serve` answers requests, one JSON object a line
//! (`bench/README.md` has the protocol); `start FOLDER` converts one record and ends, for the time that takes.

mod algebra;
mod benchmarks;
mod data;
mod engine;
mod serve;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match *arguments.as_slice() {
        ["data", folder] => data::write(Path::new(folder)),
        ["serve"] => serve::serve(),
        ["start", folder] => benchmarks::first_record(Path::new(folder)),
        _ => Err("panproto-bench data FOLDER | serve | start FOLDER".to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("bench: {message}");
            ExitCode::FAILURE
        }
    }
}
