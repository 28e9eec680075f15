//! A running Roster to try things on: with a throw-away folder, an environment of its own, and gone when it is dropped.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::process::{free_port, pause};
use crate::{process, progress, signals};

/// How long it may take until it serves.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How often is looked whether it serves; it is to do so within a tenth of a second.
const LOOK: Duration = Duration::from_millis(2);
/// How long one answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// The first API key of the organization `default`.
pub(crate) const KEY: &str = "a-key-for-throw-away-servers-only";

/// What it seals throw-away secrets with: 32 bytes in base64.
const SECRET_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// A running Roster.
pub(crate) struct Roster {
    // Dropped in this order: the process is killed by `drop`, then its folder goes.
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Roster {
    /// Starts the binary on a database, or without one on a new SQLite, and waits until it serves. What it writes goes to `log`.
    pub(crate) fn start(binary: &Path, database: Option<&str>, log: &Path) -> Result<Self> {
        Self::start_with(binary, database, &[], log)
    }

    /// Starts the binary as [`Roster::start`] does, with arguments of `roster serve` besides.
    pub(crate) fn start_with(binary: &Path, database: Option<&str>, arguments: &[&str], log: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("roster-")
            .tempdir()
            .context("cannot make a folder for Roster")?;
        let port = free_port()?;
        let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = command(binary, folder.path());
        command
            .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
            .args(arguments)
            .env("ROSTER_BOOTSTRAP_KEY", KEY)
            .env("ROSTER_SECRET_KEY", SECRET_KEY)
            // The documented rates are kept to by other tests; here they would only hide what comes after them.
            .env("ROSTER_UPHEAL_REQUESTS_PER_MINUTE", "0")
            .env("ROSTER_DATABASE_URL", database.unwrap_or("sqlite://roster.db"))
            .stdout(output.try_clone()?)
            .stderr(output)
            // A Ctrl-C at the terminal is for what is tried; this goes when that is done.
            .process_group(0);
        let process = command.spawn().context("cannot run Roster")?;
        let mut roster = Self {
            process,
            port,
            _folder: folder,
        };
        roster.wait_until_ready().with_context(|| {
            let said = fs::read_to_string(log).unwrap_or_default();
            format!("Roster did not start; it wrote:\n{said}\n")
        })?;
        progress::note(&format!("Roster, started on port {port}; its log is {}", log.display()));
        Ok(roster)
    }

    /// The URL that it serves under.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The id of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// What it answers to a GET without credentials, which must be a success.
    pub(crate) fn get(&self, path: &str) -> Result<String> {
        self.ask(path, "")
    }

    /// What it answers to a GET with the [`KEY`], which must be a success.
    pub(crate) fn get_with_key(&self, path: &str) -> Result<String> {
        self.ask(path, &format!("Authorization: Bearer {KEY}\r\n"))
    }

    fn ask(&self, path: &str, headers: &str) -> Result<String> {
        let ask = || -> Result<String> {
            let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
            connection.set_read_timeout(Some(ANSWER_LIMIT))?;
            connection.set_write_timeout(Some(ANSWER_LIMIT))?;
            // HTTP/1.0, so that the answer comes whole and ends with the connection.
            write!(connection, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n{headers}\r\n")?;
            let mut answer = String::new();
            connection.read_to_string(&mut answer)?;
            let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
            let status = head.lines().next().unwrap_or_default();
            if !status.contains(" 200 ") {
                bail!("it answered {status}");
            }
            Ok(body.to_owned())
        };
        ask().with_context(|| format!("cannot get {path} of Roster"))
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < START_LIMIT {
            signals::check()?;
            if let Some(status) = self.process.try_wait()? {
                bail!("it ended at once ({status})");
            }
            if self.get("/readyz").is_ok() {
                return Ok(());
            }
            pause(LOOK);
        }
        bail!("it did not become ready within {} s", START_LIMIT.as_secs());
    }
}

impl Drop for Roster {
    fn drop(&mut self) {
        // At once: there is nothing to save, and callers' idle connections would make it wait.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The OpenAPI documents that the binary can print.
pub(crate) struct Documents {
    binary: PathBuf,
}

impl Documents {
    /// Those of a binary.
    pub(crate) fn of(binary: PathBuf) -> Self {
        Self { binary }
    }

    /// Their names, in the binary's order.
    pub(crate) fn names(&self) -> Result<Vec<String>> {
        let listed = process::output(Command::new(&self.binary).args(["openapi", "--list"]))?;
        Ok(listed.lines().map(str::to_owned).collect())
    }

    /// One of them.
    pub(crate) fn print(&self, name: &str) -> Result<String> {
        process::output(Command::new(&self.binary).args(["openapi", name]))
    }
}

/// A command that takes over nothing from the caller's own Roster.
fn command(binary: &Path, folder: &Path) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ROSTER_") {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).stdin(Stdio::null());
    command
}
