//! The three workloads by hand, in Rust over typed serde_json: a host of `cargo xtask bench` (`bench/README.md` has the
//! protocol).

mod workloads;

use cpu_time::ProcessTime;
use serde_json::{Value, json};
use std::error::Error;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use workloads::{Workload, convert};

type Run = Box<dyn FnMut() -> Result<(), Box<dyn Error>>>;

struct Ready {
    run: Run,
    units: usize,
    bytes: usize,
}

struct Setting {
    folder: PathBuf,
    records: Value,
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut setting, mut ready) = (None, None);
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let answer = match answer(&request, &mut setting, &mut ready) {
            Ok(answer) => answer,
            Err(error) => json!({"error": error.to_string()}),
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn answer(
    request: &Value,
    setting: &mut Option<Setting>,
    ready: &mut Option<Ready>,
) -> Result<Value, Box<dyn Error>> {
    let number = |key: &str| request[key].as_u64().unwrap_or_default();
    Ok(match request["do"].as_str().unwrap_or_default() {
        "hello" => {
            let folder = PathBuf::from(request["data"].as_str().ok_or("no folder of data")?);
            *setting = Some(Setting { folder, records: request["records"].clone() });
            json!({"pid": std::process::id(), "versions": {"serde_json": "1.0.154"}})
        }
        "prepare" => {
            *ready = None;
            let setting = setting.as_ref().ok_or("`hello` comes first")?;
            let Some(mut made) = prepare(request["id"].as_str().ok_or("no id")?, setting)? else {
                return Ok(json!({"skip": "this host has no such benchmark"}));
            };
            let iterations = calibrate(&mut made, number("warm_ms"), number("sample_ms"))?;
            let answer = json!({"units": made.units, "bytes": made.bytes, "iterations": iterations});
            *ready = Some(made);
            answer
        }
        "sample" => {
            let (wall, cpu) = timed(ready.as_mut().ok_or("nothing is prepared")?, number("iterations"))?;
            json!({"wall_ns": wall.as_nanos() as u64, "cpu_ns": cpu.as_nanos() as u64})
        }
        "end" => {
            *ready = None;
            json!({"facts": null})
        }
        other => return Err(format!("there is no request `{other}`").into()),
    })
}

fn prepare(id: &str, setting: &Setting) -> Result<Option<Ready>, Box<dyn Error>> {
    let parts: Vec<&str> = id.split('.').collect();
    let (workload, batch) = match *parts.as_slice() {
        [workload, "lift", how @ ("batch" | "record"), "bytes"] => (workload, how == "batch"),
        _ => return Ok(None),
    };
    let kind = match workload {
        "w1" => Workload::Post,
        "w2" => Workload::Wide,
        "w3" => Workload::Deep,
        _ => return Ok(None),
    };
    let count = setting.records[workload].as_u64().unwrap_or(1) as usize;
    let lines = lines(&setting.folder.join(format!("{workload}.ndjson")), count)?;
    let expected = self::lines(&setting.folder.join(format!("{workload}.expected.ndjson")), count)?;
    for (line, expected) in lines.iter().zip(expected) {
        let mut out = Vec::new();
        convert(kind, line, &mut out)?;
        let (found, expected): (Value, Value) =
            (serde_json::from_slice(&out)?, serde_json::from_slice(&expected)?);
        if found != expected {
            return Err(format!("{id}: {found} instead of {expected}").into());
        }
    }
    let (units, bytes) = (lines.len(), lines.iter().map(Vec::len).sum());
    let run: Run = if batch {
        // All of them into one output, whose memory is kept.
        let mut out = Vec::new();
        Box::new(move || {
            out.clear();
            lines.iter().try_for_each(|line| convert(kind, black_box(line), &mut out))?;
            black_box(&out);
            Ok(())
        })
    } else {
        Box::new(move || {
            for line in &lines {
                let mut out = Vec::with_capacity(line.len());
                convert(kind, black_box(line), &mut out)?;
                black_box(out);
            }
            Ok(())
        })
    };
    Ok(Some(Ready { run, units, bytes }))
}

fn lines(path: &Path, count: usize) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let all = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(all
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .take(count)
        .map(<[u8]>::to_vec)
        .collect())
}

/// Runs for the time of the warm-up, and says how many iterations fill a sample.
fn calibrate(ready: &mut Ready, warm_ms: u64, sample_ms: u64) -> Result<u64, Box<dyn Error>> {
    let (warm, sample) = (Duration::from_millis(warm_ms), Duration::from_millis(sample_ms));
    let (started, mut iterations) = (Instant::now(), 1);
    loop {
        let (wall, _) = timed(ready, iterations)?;
        if started.elapsed() >= warm {
            let each = wall.as_secs_f64() / iterations as f64;
            return Ok(((sample.as_secs_f64() / each.max(1e-10)).ceil() as u64).max(1));
        }
        if wall < warm / 8 {
            iterations *= 2;
        }
    }
}

fn timed(ready: &mut Ready, iterations: u64) -> Result<(Duration, Duration), Box<dyn Error>> {
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    for _ in 0..iterations.max(1) {
        (ready.run)()?;
    }
    Ok((wall.elapsed(), cpu.elapsed()))
}
