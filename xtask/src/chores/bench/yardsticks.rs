//! The programs in `yardsticks/`: run to their end for a figure, or in the background until they are dropped.

use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{self, free_port, pause};
use crate::signals;

/// How long one may take until it listens.
const START_LIMIT: Duration = Duration::from_secs(10);

/// The package's binary.
pub(super) struct Yardsticks(pub(super) PathBuf);

impl Yardsticks {
    /// Copies the one user of an SQLite file again and again; how many a second.
    pub(super) fn sqlite_create(&self, file: &Path, token: &str, first: u64, seconds: u32) -> Result<f64> {
        let mut command = Command::new(&self.0);
        command.arg("sqlite-create").arg(file).args(["--token", token]);
        command.args(["--seconds", &seconds.to_string(), "--first", &first.to_string()]);
        rate(&process::output(&mut command)?, "users")
    }

    /// Copies the one user of an SQLite file so many times.
    pub(super) fn sqlite_fill(&self, file: &Path, token: &str, count: u64) -> Result<()> {
        let mut command = Command::new(&self.0);
        command
            .arg("sqlite-fill")
            .arg(file)
            .args(["--token", token, "--count", &count.to_string()]);
        process::output(&mut command).map(drop)
    }

    /// One number of an SQLite file.
    pub(super) fn sqlite_number(&self, file: &Path, sql: &str) -> Result<u64> {
        let answer = process::output(Command::new(&self.0).arg("sqlite-run").arg(file).arg(sql))?;
        answer.trim().parse().with_context(|| format!("no number: {answer}"))
    }

    /// Sends creates to a URL, so many at once; how many a second were answered.
    pub(super) fn sending(&self, url: &str, at_once: u32, seconds: u32) -> Result<f64> {
        let mut command = Command::new(&self.0);
        command.args([
            "sending",
            url,
            "--at-once",
            &at_once.to_string(),
            "--seconds",
            &seconds.to_string(),
        ]);
        rate(&process::output(&mut command)?, "calls")
    }

    /// An assertion for Nabla's token endpoint.
    pub(super) fn assertion(&self, client: &str, audience: &str, key: &Path) -> Result<String> {
        let mut command = Command::new(&self.0);
        command
            .args(["assertion", "--client", client, "--audience", audience, "--key"])
            .arg(key);
        Ok(process::output(&mut command)?.trim().to_owned())
    }

    /// Bare axum, which answers every reader with the same.
    pub(super) fn reading(&self, body: &str) -> Result<Background> {
        Background::start(Command::new(&self.0).args(["reading", "--body", body]))
    }

    /// Four vendors who take everything.
    pub(super) fn sink(&self) -> Result<Background> {
        Background::start(Command::new(&self.0).arg("sink"))
    }
}

/// The count of that name by the seconds that it took.
fn rate(told: &str, name: &str) -> Result<f64> {
    let told: Value = serde_json::from_str(told).with_context(|| format!("a yardstick told {told:?}"))?;
    match (told[name].as_f64(), told["seconds"].as_f64()) {
        (Some(count), Some(seconds)) if count > 0.0 && seconds > 0.0 => Ok(count / seconds),
        _ => bail!("a yardstick told {told}"),
    }
}

/// One that listens, until this is dropped.
pub(super) struct Background {
    process: Child,
    port: u16,
}

impl Background {
    fn start(command: &mut Command) -> Result<Self> {
        let port = free_port()?;
        let process = command
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .stdin(Stdio::null())
            .spawn()
            .context("cannot run a yardstick")?;
        let mut background = Self { process, port };
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            signals::check()?;
            if let Some(status) = background.process.try_wait()? {
                bail!("a yardstick ended at once ({status})");
            }
            if start.elapsed() > START_LIMIT {
                bail!("a yardstick does not listen");
            }
            pause(Duration::from_millis(10));
        }
        Ok(background)
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn a_rate_is_the_count_by_the_seconds() {
        let rate_of = |told| rate(told, "calls");
        assert!((rate_of(r#"{"calls":100,"seconds":0.5}"#).expect("a rate") - 200.0).abs() < f64::EPSILON);
        for told in ["", "{}", r#"{"calls":0,"seconds":1.0}"#, r#"{"users":1,"seconds":1.0}"#] {
            assert!(rate_of(told).is_err(), "{told}");
        }
    }
}
