//! Requests and answers, one JSON object a line; calibration, warm-up and clocks.

use crate::benchmarks::{self, Setting};
use cpu_time::ProcessTime;
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A benchmark that is ready to run.
pub(crate) struct Ready {
    /// One iteration.
    pub(crate) run: Box<dyn FnMut() -> Result<(), String>>,
    /// Units of one iteration.
    pub(crate) units: u64,
    /// Bytes of its input.
    pub(crate) bytes: u64,
    /// Bytes of its output, where they are known.
    pub(crate) output: Option<u64>,
    /// What else was counted.
    pub(crate) facts: Value,
}

/// Answers until the input ends.
pub(crate) fn serve() -> Result<(), String> {
    let mut setting: Option<Setting> = None;
    let mut ready: Option<Ready> = None;
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let request: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        let answer =
            answer(&request, &mut setting, &mut ready).unwrap_or_else(|error| json!({"error": error}));
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}").and_then(|()| out.flush()).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn answer(
    request: &Value,
    setting: &mut Option<Setting>,
    ready: &mut Option<Ready>,
) -> Result<Value, String> {
    let number = |key: &str| request.get(key).and_then(Value::as_u64).unwrap_or_default();
    match request.get("do").and_then(Value::as_str).unwrap_or_default() {
        "hello" => {
            let folder = request.get("data").and_then(Value::as_str).ok_or("no folder of data")?;
            let records = request.get("records").cloned().unwrap_or_default();
            let of = |key: &str| records.get(key).and_then(Value::as_u64).unwrap_or(1) as usize;
            let records = [of("w1"), of("w2"), of("w3")];
            *setting = Some(Setting { folder: PathBuf::from(folder), records, stream: number("stream") });
            Ok(json!({"pid": std::process::id(), "versions": {"panproto": panproto_core::boundary::VERSION}}))
        }
        "prepare" => {
            *ready = None;
            let setting = setting.as_ref().ok_or("`hello` comes first")?;
            let id = request.get("id").and_then(Value::as_str).ok_or("no id")?;
            let Some(mut made) = benchmarks::prepare(id, setting)? else {
                return Ok(json!({"skip": "this host has no such benchmark"}));
            };
            let [warm, sample] = ["warm_ms", "sample_ms"].map(|key| Duration::from_millis(number(key)));
            let iterations = calibrate(&mut made, warm, sample)?;
            let answer = json!({"units": made.units, "bytes": made.bytes, "output_bytes": made.output,
                "iterations": iterations, "facts": made.facts});
            *ready = Some(made);
            Ok(answer)
        }
        "sample" => {
            let ready = ready.as_mut().ok_or("nothing is prepared")?;
            let (wall, cpu) = timed(ready, number("iterations").max(1))?;
            Ok(json!({"wall_ns": wall.as_nanos() as u64, "cpu_ns": cpu.as_nanos() as u64}))
        }
        "end" => {
            let facts = ready.take().map_or(Value::Null, |ready| ready.facts);
            Ok(json!({"facts": facts}))
        }
        other => Err(format!("there is no request `{other}`")),
    }
}

/// Runs for the time of the warm-up, and says how many iterations fill a sample.
fn calibrate(ready: &mut Ready, warm: Duration, sample: Duration) -> Result<u64, String> {
    let started = Instant::now();
    let mut iterations = 1;
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

fn timed(ready: &mut Ready, iterations: u64) -> Result<(Duration, Duration), String> {
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    for _ in 0..iterations {
        (ready.run)()?;
    }
    Ok((wall.elapsed(), cpu.elapsed()))
}
