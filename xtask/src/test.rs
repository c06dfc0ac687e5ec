//! `cargo xtask test`: two lanes of parts, what each took, what was skipped and why, and the totals.

use crate::parts::{KINDS, Lane, Outcome, PARTS, Part, Scene};
use crate::tally::Tally;
use crate::tested;
use crate::{files, interpreters, process};
use std::path::Path;
use std::time::{Duration, Instant};

struct Options {
    filter: String,
    full: bool,
    forbidden: Vec<String>,
}

/// A part that ended.
struct Ended {
    name: &'static str,
    took: Duration,
    tally: Tally,
    skipped: Vec<Skip>,
    /// What `docs/tested.md` says of it.
    told: String,
}

struct Skip {
    kind: &'static str,
    why: String,
}

/// Runs the parts; fails if one does, or if a kind is skipped that must not be.
pub fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    let Some(options) = read_options(arguments)? else { return Ok(()) };
    let corpus = interpreters::corpus(root);
    let scene = Scene { root, full: options.full, corpus: corpus.as_deref().ok() };
    let started = Instant::now();

    let lane = |lane: Lane| -> Vec<Ended> {
        let chosen = PARTS.iter().filter(|part| part.lane == lane && part.name.contains(&options.filter));
        chosen.map(|part| run_part(&scene, part)).collect()
    };
    let (rust, hosts) = std::thread::scope(|scope| {
        let hosts = scope.spawn(|| lane(Lane::Hosts));
        (lane(Lane::Rust), hosts.join())
    });
    let mut ended = rust;
    ended.extend(hosts.map_err(|_| "the lane of the hosts panicked")?);
    if ended.is_empty() {
        return Err(format!("no part has `{}` in its name: cargo xtask test --list", options.filter));
    }

    let mut skips: Vec<Skip> = Vec::new();
    if let Err(why) = &corpus {
        skips.push(Skip { kind: "corpus", why: why.clone() });
    }
    if options.full {
        let ran: Vec<(&str, String)> = ended.iter().map(|part| (part.name, part.told.clone())).collect();
        tested::write(root, &ran)?;
    }
    let mut total = Tally::default();
    println!("\npart                 minutes  tests");
    for part in ended {
        println!("{:20} {:7.1}  {}", part.name, part.took.as_secs_f64() / 60.0, part.tally);
        total += part.tally;
        skips.extend(part.skipped);
    }
    println!("{:20} {:7.1}", "all", started.elapsed().as_secs_f64() / 60.0);

    for skip in &skips {
        let forbidden = options.forbidden.iter().any(|kind| kind == skip.kind);
        total.skipped += 1;
        if forbidden {
            total.failed += 1;
        }
        println!("skipped: {}: {}{}", skip.kind, skip.why, if forbidden { " (and must not be)" } else { "" });
    }
    println!("{total}");
    // The totals are the last line on purpose: a failure says no more than they do.
    if total.failed > 0 { std::process::exit(1) } else { Ok(()) }
}

fn read_options(arguments: &[String]) -> Result<Option<Options>, String> {
    let mut options = Options { filter: String::new(), full: false, forbidden: Vec::new() };
    for argument in arguments {
        if argument == "--list" {
            for part in PARTS {
                println!("{}", part.name);
            }
            return Ok(None);
        } else if argument == "--full" {
            options.full = true;
        } else if let Some(filter) = argument.strip_prefix("--filter=") {
            options.filter = filter.to_owned();
        } else if let Some(kinds) = argument.strip_prefix("--no-skip=") {
            for kind in kinds.split(',') {
                if !KINDS.contains(&kind) {
                    return Err(format!("--no-skip knows no kind `{kind}`: {}", KINDS.join(", ")));
                }
                options.forbidden.push(kind.to_owned());
            }
        } else {
            return Err(format!("`test` has no option `{argument}`: cargo xtask help"));
        }
    }
    Ok(Some(options))
}

fn run_part(scene: &Scene<'_>, part: &Part) -> Ended {
    let started = Instant::now();
    println!("start    {}", part.name);
    let mut ended = Ended {
        name: part.name,
        took: Duration::ZERO,
        tally: Tally::default(),
        skipped: Vec::new(),
        told: String::new(),
    };
    let mut output = String::new();
    match (part.body)(scene) {
        Outcome::Skipped(kind, why) => {
            println!("skip     {}: {why}", part.name);
            ended.skipped.push(Skip { kind, why });
        }
        Outcome::Done(Ok(said)) => {
            ended.tally = Tally::of(&said, true);
            output = said;
        }
        Outcome::Done(Err(why)) => {
            ended.tally = Tally::of(&why, false);
            output = why;
        }
        Outcome::Commands(commands) => {
            for mut command in commands {
                let (succeeded, said) = process::captured(&mut command);
                ended.tally += Tally::of(&said, succeeded);
                output.push_str(&format!("$ {}\n{said}", process::shown(&command)));
                if !succeeded {
                    break;
                }
            }
        }
    }
    ended.took = started.elapsed();
    let skipped: Vec<String> =
        ended.skipped.iter().map(|skip| format!("{}: {}", skip.kind, skip.why)).collect();
    ended.told = tested::section(ended.tally, &output, &skipped);
    let log = scene.root.join(format!("target/panproto/logs/{}.log", part.name));
    if let Err(error) = files::write(&log, output.as_bytes()) {
        println!("xtask: the log was not kept: {error}");
    }
    let took = ended.took.as_secs_f64();
    if ended.tally.failed > 0 {
        // One write, so that the lanes do not mix.
        println!(
            "FAILED   {} after {took:.1} s: {}\n{output}\nFAILED   {} (above)",
            part.name, ended.tally, part.name
        );
    } else {
        println!(
            "done     {} in {took:.1} s: {} (target/panproto/logs/{}.log)",
            part.name, ended.tally, part.name
        );
    }
    ended
}
