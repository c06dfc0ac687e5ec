//! The native side of `cargo xtask demo`.
//!
//! `panproto-demo run` migrates the records of every story and prints one report a line; `panproto-demo valid` keeps
//! those of the published examples that are valid under the old schemas.

mod drive;
mod engine;
mod people;
mod story;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use story::Story;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let done = story::read(&here.join("stories.json")).and_then(|stories| match arguments.split_first() {
        Some((command, names)) if command == "run" => run(&stories, names, &here.join("data")),
        Some((command, [])) if command == "valid" => valid(&stories, &here.join("data")),
        _ => Err("say `run`, `run STORY…` or `valid`".to_owned()),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("panproto-demo: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(stories: &[Story], names: &[String], data: &Path) -> Result<(), String> {
    let chosen = stories.iter().filter(|story| names.is_empty() || names.contains(&story.name));
    for story in chosen {
        println!("{}", drive::run(story, data)?);
    }
    Ok(())
}

/// Keeps the valid examples of every part, in files of their own.
fn valid(stories: &[Story], data: &Path) -> Result<(), String> {
    let made_from_examples = |story: &&Story| story.parts.iter().any(|part| drive::examples(part).is_some());
    for story in stories.iter().filter(made_from_examples) {
        let schema = people::schema(&story.language, data, &story.old)?;
        for part in &story.parts {
            let Some(file) = drive::examples(part) else { continue };
            let text = drive::read(data, &file)?;
            let refused = people::refused(&schema, &part.root, &text)?;
            let kept: Vec<&[u8]> = drive::lines(&text)
                .enumerate()
                .filter(|(at, _)| refused.iter().all(|(other, _)| other != at))
                .map(|(_, line)| line)
                .collect();
            eprintln!("{}: {} of {} examples are valid", part.root, kept.len(), kept.len() + refused.len());
            if let Some((at, why)) = refused.first() {
                eprintln!("  example {at}: {why}");
            }
            let path = data.join(file.replace(".ndjson", ".valid.ndjson"));
            std::fs::write(&path, kept.concat()).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(())
}
