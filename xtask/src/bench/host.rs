//! A host: a process that answers requests, one JSON object a line.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// Longer than any honest answer takes.
const PATIENCE: Duration = Duration::from_secs(600);

/// A running host. Ends with its input.
pub struct Host {
    /// Versions of what it is made of.
    pub versions: Value,
    child: Child,
    input: Option<ChildStdin>,
    answers: Receiver<String>,
    /// The process that works: another one for a browser.
    worker: u32,
}

impl Host {
    /// Starts it and says what the run is about.
    pub fn start(mut command: Command, hello: &Value) -> Result<Host, String> {
        let shown = crate::process::shown(&command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().map_err(|error| format!("`{shown}` did not start: {error}"))?;
        let (send, answers) = channel();
        let input = child.stdin.take();
        if let Some(output) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if send.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        let worker = child.id();
        let mut host = Host { versions: Value::Null, child, input, answers, worker };
        let said = host.ask(hello).map_err(|error| format!("`{shown}`: {error}"))?;
        if let Some(pid) = said.get("pid").and_then(Value::as_u64) {
            host.worker = u32::try_from(pid).unwrap_or(worker);
        }
        host.versions = said.get("versions").cloned().unwrap_or_else(|| json!({}));
        Ok(host)
    }

    /// A request and its answer.
    pub fn ask(&mut self, request: &Value) -> Result<Value, String> {
        let input = self.input.as_mut().ok_or("it has ended")?;
        writeln!(input, "{request}")
            .and_then(|()| input.flush())
            .map_err(|error| format!("it ended: {error}"))?;
        let line = match self.answers.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => return Err("it ended without an answer".to_owned()),
            Err(RecvTimeoutError::Timeout) => {
                self.end();
                return Err(format!("no answer for {} s", PATIENCE.as_secs()));
            }
        };
        let answer: Value = serde_json::from_str(&line).map_err(|error| format!("{error}: {line}"))?;
        match answer.get("error").and_then(Value::as_str) {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer),
        }
    }

    /// Forgets the most that was resident until now. Only Linux can.
    pub fn forget_peak(&self) {
        // Where it cannot, the peak is that of the whole life of the process.
        let _ = std::fs::write(format!("/proc/{}/clear_refs", self.worker), "5");
    }

    /// The most that was resident since.
    pub fn peak(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.worker)).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
    }

    fn end(&mut self) {
        self.input = None;
        let _ = self.child.kill();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // A host ends with its input; one that does not is ended.
        self.input = None;
        for _ in 0..100 {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        self.end();
        let _ = self.child.wait();
    }
}
