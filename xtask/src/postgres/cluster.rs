//! One throw-away cluster: made, started, waited for, and gone without a trace when it is dropped.

use std::fs::{self, File, Permissions};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Signal, kill_process, kill_process_group};
use tempfile::TempDir;

use super::binaries::Binaries;
use super::sweep::{self, Claim};
use super::user::User;
use crate::process::{free_port, pause, pid_of};
use crate::workspace::Workspace;
use crate::{process, progress, signals};

/// How long the server may take until it accepts connections.
const START_LIMIT: Duration = Duration::from_mins(1);
/// How long the server may take to end.
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// Somebody else may take the free port before the server does.
const ATTEMPTS: u32 = 3;

/// Durability is off, except that a commit waits for the log as it does in earnest: the tests kill Roster and never
/// this PostgreSQL (those that kill one have their own), and nothing here is worth keeping. Every test has a database and a pool of its own, hence the many
/// connections.
pub(super) const FOR_TESTS: &[&str] = &[
    "max_connections=400",
    "shared_buffers=64MB",
    "fsync=off",
    "synchronous_commit=on",
    "full_page_writes=off",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    LOG_LINE_PREFIX,
];

/// What measurements hold for: PostgreSQL as it comes. Many clients are let in, and the log names the database.
pub(super) const DEFAULTS: &[&str] = &["max_connections=400", LOG_LINE_PREFIX];

/// Time, process and database.
const LOG_LINE_PREFIX: &str = "log_line_prefix=%m [%p] %d ";

/// What the server says, in the cluster's folder.
const LOG: &str = "server.log";

/// A running cluster.
pub(crate) struct Cluster {
    // Dropped in this order: the server is stopped by `drop`, then the folder goes, then the claim on it.
    port: u16,
    server: Child,
    folder: TempDir,
    kept_log: PathBuf,
    _claim: Claim,
}

impl Cluster {
    /// Makes a cluster in the system's temporary folder and starts it.
    pub(super) fn start(binaries: &Binaries, workspace: &Workspace, settings: &[&str]) -> Result<Self> {
        let start = Instant::now();
        let user = User::for_server()?;
        // Not under `target/`: the server's user may not be able to reach the checkout.
        let folder = tempfile::Builder::new()
            .prefix(sweep::PREFIX)
            .permissions(Permissions::from_mode(0o755))
            .tempdir()
            .context("cannot make a folder for PostgreSQL")?;
        let claim = Claim::on(folder.path())?;
        for name in [sweep::DATA, "socket"] {
            let inner = folder.path().join(name);
            fs::create_dir(&inner).with_context(|| format!("cannot make {}", inner.display()))?;
            user.own(&inner)?;
        }
        initialize(binaries, &user, folder.path())?;

        let log = folder.path().join(LOG);
        let (server, port) = launch(binaries, &user, folder.path(), &log, settings)?;
        let cluster = Self {
            port,
            server,
            folder,
            kept_log: workspace.target().join("postgres.log"),
            _claim: claim,
        };
        progress::note(&format!(
            "{}, started on port {port}{} in {:.1} s",
            binaries.describe(),
            user.describe(),
            start.elapsed().as_secs_f64(),
        ));
        Ok(cluster)
    }

    /// The database that every cluster begins with.
    pub(super) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// What the server says.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.path().join(LOG)
    }

    /// Where the server keeps its data.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join(sweep::DATA)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        stop(&mut self.server);
        // What the server said is often what explains a failed test. A log that cannot be kept is no reason to fail.
        let _ = fs::copy(self.log(), &self.kept_log);
    }
}

fn initialize(binaries: &Binaries, user: &User, folder: &Path) -> Result<()> {
    let mut command = binaries.command("initdb");
    command
        .args([
            "--encoding=UTF8",
            "--locale=C",
            "--auth=trust",
            "--username=postgres",
            "--no-sync",
        ])
        .arg("--pgdata")
        .arg(folder.join(sweep::DATA));
    process::output(user.run(&mut command, folder)).context("cannot make a cluster")?;
    Ok(())
}

fn launch(binaries: &Binaries, user: &User, folder: &Path, log: &Path, settings: &[&str]) -> Result<(Child, u16)> {
    let mut attempt = 1;
    loop {
        let port = free_port()?;
        let mut server = spawn(binaries, user, folder, log, (port, settings))?;
        match wait_until_ready(&mut server, folder, port) {
            Ok(()) => return Ok((server, port)),
            Err(error) => {
                stop(&mut server);
                signals::check()?;
                if attempt == ATTEMPTS {
                    let tail = tail(log);
                    return Err(error.context(format!(
                        "{} did not start; the end of its log:\n{tail}\n",
                        binaries.describe(),
                    )));
                }
                attempt += 1;
            }
        }
    }
}

fn spawn(
    binaries: &Binaries,
    user: &User,
    folder: &Path,
    log: &Path,
    (port, settings): (u16, &[&str]),
) -> Result<Child> {
    let output = File::options().create(true).append(true).open(log);
    let output = output.with_context(|| format!("cannot write {}", log.display()))?;
    let mut command = binaries.command("postgres");
    command
        .arg("-D")
        .arg(folder.join(sweep::DATA))
        .args(["-c", "listen_addresses=127.0.0.1", "-c", &format!("port={port}")])
        .arg("-c")
        .arg(format!("unix_socket_directories={}", folder.join("socket").display()));
    for setting in settings {
        command.args(["-c", setting]);
    }
    command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        // A Ctrl-C at the terminal is for the tests; the server goes when they are done.
        .process_group(0);
    user.run(&mut command, folder)
        .spawn()
        .with_context(|| format!("cannot run {}", binaries.describe()))
}

fn wait_until_ready(server: &mut Child, folder: &Path, port: u16) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < START_LIMIT {
        signals::check()?;
        if let Some(status) = server.try_wait()? {
            bail!("it ended at once ({status})");
        }
        if says_ready(folder) && TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(());
        }
        pause(Duration::from_millis(20));
    }
    bail!("it accepted no connection for {} s", START_LIMIT.as_secs());
}

/// The server writes its state into the eighth line of its pid file, which `pg_ctl --wait` reads as well.
fn says_ready(folder: &Path) -> bool {
    fs::read_to_string(folder.join(sweep::DATA).join("postmaster.pid"))
        .is_ok_and(|text| text.lines().nth(7).is_some_and(|state| state.trim() == "ready"))
}

/// Ends the server at once. There is nothing to save, so this is PostgreSQL's "immediate" shutdown.
fn stop(server: &mut Child) {
    let pid = pid_of(server);
    let start = Instant::now();
    let _ = kill_process(pid, Signal::QUIT);
    while matches!(server.try_wait(), Ok(None)) {
        if start.elapsed() > STOP_LIMIT {
            let _ = kill_process_group(pid, Signal::KILL);
            let _ = server.wait();
            return;
        }
        pause(Duration::from_millis(10));
    }
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
