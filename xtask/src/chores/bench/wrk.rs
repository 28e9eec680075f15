//! wrk, which sends requests to Roster: its script is written here, and what it says is read.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::plan::MARK;
use crate::process;

/// The script; names in capitals are replaced.
const SCRIPT: &str = include_str!("load.lua");
/// What the script's line with the figures begins with.
const TOLD: &str = "wrk {";
/// Fewer answers than this tell nothing about a server.
const FEWEST: u64 = 20;
/// wrk is to use no more threads than the machine that it shares with what it measures can bear.
const THREADS: u32 = 2;

/// One request, which is sent again and again: `{n}` in it is another token each time.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) path: String,
    /// What opens the surface, whole: `Bearer …`.
    pub(super) authorization: String,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

/// What the tokens of a slice are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tokens {
    /// From this number on, each once.
    From(u64),
    /// Any of 1 to this one, again and again.
    Among(u64),
}

/// What one slice of load came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Load {
    /// Requests that were answered.
    pub(super) requests: u64,
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
}

/// wrk, and where its scripts are written.
pub(super) struct Wrk {
    pub(super) program: PathBuf,
    pub(super) folder: PathBuf,
}

impl Wrk {
    /// Sends a request with so many clients for so many seconds. Fails unless every answer was a success.
    pub(super) fn run(&self, url: &str, request: &Request, tokens: Tokens, clients: u32, seconds: u32) -> Result<Load> {
        let script = self.folder.join("load.lua");
        let threads = THREADS.min(clients);
        let host = url.trim_start_matches("http://");
        write(&script, &lua(&request.raw(host), tokens, threads, seconds))?;
        let mut command = Command::new(&self.program);
        command
            .args(["--threads", &threads.to_string(), "--connections", &clients.to_string()])
            .args(["--duration", &format!("{seconds}s"), "--timeout", "10s", "--script"])
            .arg(&script)
            .arg(url);
        let told = process::output(&mut command)?;
        read(&told).with_context(|| format!("{} {} with {clients} clients", request.method, request.path))
    }
}

impl Request {
    /// The whole request. Tokens are as long as each other, so that so is the body.
    fn raw(&self, host: &str) -> String {
        let Self {
            method,
            path,
            authorization,
            content_type,
            body,
        } = self;
        let mut raw = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {authorization}\r\n");
        if !body.is_empty() {
            let length = body.replace(MARK, "000000000000").len();
            let _ = write!(raw, "Content-Type: {content_type}\r\nContent-Length: {length}\r\n");
        }
        raw.push_str("\r\n");
        raw.push_str(body);
        raw
    }
}

fn lua(raw: &str, tokens: Tokens, threads: u32, seed: u32) -> String {
    let pieces: Vec<String> = raw.split(MARK).map(quoted).collect();
    let (first, count) = match tokens {
        Tokens::From(first) => (first.to_string(), 0),
        Tokens::Among(count) => ("-1".to_owned(), count),
    };
    SCRIPT
        .replace("PIECES", &format!("{{ {} }}", pieces.join(", ")))
        .replace("FIRST", &first)
        .replace("COUNT", &count.to_string())
        .replace("THREADS", &threads.to_string())
        .replace("SEED", &seed.to_string())
}

/// As a Lua string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\r' => quoted.push_str("\\r"),
            '\n' => quoted.push_str("\\n"),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// What the script's last line says.
fn read(told: &str) -> Result<Load> {
    let line = told.lines().find(|line| line.starts_with(TOLD));
    let line = line.with_context(|| format!("wrk told no figures:\n{told}"))?;
    let figures: Value = serde_json::from_str(&line[TOLD.len() - 1..])?;
    let figure = |name: &str| figures[name].as_u64().with_context(|| format!("no {name}: {line}"));
    for name in ["connect", "read", "write", "status", "timeout"] {
        let count = figure(name)?;
        if count > 0 {
            bail!("{count} failures of kind `{name}`: {line}");
        }
    }
    let requests = figure("requests")?;
    if requests < FEWEST {
        bail!("no more than {requests} answers: {line}");
    }
    Ok(Load {
        requests,
        per_second: float(requests) * 1e6 / float(figure("microseconds")?),
        p50_ms: float(figure("p50_us")?) / 1e3,
        p99_ms: float(figure("p99_us")?) / 1e3,
    })
}

/// Counts of a run are far below where this loses digits.
#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{Load, Request, Tokens, lua, quoted, read};

    const TOLD: &str = "Running 1s test @ http://127.0.0.1:1\n  2 threads and 32 connections\n\n\
        wrk {\"requests\":1000,\"microseconds\":500000,\"p50_us\":1500,\"p99_us\":9000,\"max_us\":9100,\
        \"connect\":0,\"read\":0,\"write\":0,\"status\":0,\"timeout\":0}\n";

    #[test]
    fn what_wrk_tells_is_read() {
        let expected = Load {
            requests: 1000,
            per_second: 2000.0,
            p50_ms: 1.5,
            p99_ms: 9.0,
        };
        assert_eq!(read(TOLD).expect("figures"), expected);
    }

    #[test]
    fn an_answer_that_is_no_success_fails_the_run() {
        for name in ["connect", "read", "write", "status", "timeout"] {
            let told = TOLD.replace(&format!("\"{name}\":0"), &format!("\"{name}\":1"));
            let error = read(&told).expect_err("a failure");
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn too_few_answers_fail_the_run() {
        assert!(read(&TOLD.replace("1000", "19")).is_err());
        assert!(read("Running 1s test").is_err());
    }

    #[test]
    fn a_request_is_sent_whole_with_the_length_that_its_tokens_give_it() {
        let request = Request {
            method: "POST",
            path: "/v1/users".to_owned(),
            authorization: "Bearer key".to_owned(),
            content_type: "application/json",
            body: "{\"external_id\":\"{n}\"}".to_owned(),
        };

        let raw = request.raw("127.0.0.1:1");

        assert!(
            raw.starts_with("POST /v1/users HTTP/1.1\r\nHost: 127.0.0.1:1\r\n"),
            "{raw}"
        );
        assert!(raw.contains("\r\nContent-Length: 30\r\n\r\n{"), "{raw}");
    }

    #[test]
    fn the_script_has_the_pieces_between_the_tokens() {
        let script = lua("a \"{n}\" b\r\n", Tokens::From(4096), 2, 7);
        assert!(script.contains(r#"{ "a \"", "\" b\r\n" }"#), "{script}");
        assert!(script.contains("= 4096, 0, 2"), "{script}");
        assert_eq!(quoted("\\"), r#""\\""#);
        assert!(lua("", Tokens::Among(10), 1, 7).contains("= -1, 10, 1"));
    }
}
