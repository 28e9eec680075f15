//! A running Roster with a database of its own.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tempfile::TempDir;

use crate::database::Database;
use crate::process::{self, Process};
use crate::random::Random;
use crate::{Api, Cluster, Ran, Sandbox, clock, wait};

/// How long a server may take until it serves; a loaded machine is slow.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long accounts may take to settle at the end of a test.
const SETTLE_LIMIT: Duration = Duration::from_secs(10);

/// Which database the server keeps its data in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// A file.
    Sqlite,
    /// A database on the PostgreSQL of `TEST_DATABASE_URL`.
    Postgres,
}

/// How a server is started.
#[derive(Debug)]
pub struct Setup {
    store: Store,
    postgres: Option<String>,
    sandbox: bool,
    bootstrap_key: Option<String>,
    environment: Vec<(String, String)>,
}

impl Setup {
    /// With the sandbox: organizations that play the vendors, and a connection to each.
    #[must_use]
    pub fn sandbox(mut self) -> Self {
        self.sandbox = true;
        self
    }

    /// With its database on another PostgreSQL than that of `TEST_DATABASE_URL`.
    #[must_use]
    pub fn on_cluster(mut self, cluster: &Cluster) -> Self {
        self.postgres = Some(cluster.url());
        self
    }

    /// With an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without `ROSTER_BOOTSTRAP_KEY`, so that a first key is made and shown.
    #[must_use]
    pub fn without_bootstrap_key(mut self) -> Self {
        self.bootstrap_key = None;
        self
    }

    /// Everything made ready, and the server not started yet.
    pub async fn prepare(self) -> Server {
        let folder = tempfile::Builder::new()
            .prefix("roster-e2e-")
            .tempdir()
            .expect("a temporary folder");
        let mut environment = self.environment;
        let mut give = |name: &str, value: &str| {
            if !environment.iter().any(|(given, _)| given == name) {
                environment.push((name.to_owned(), value.to_owned()));
            }
        };
        let database = match self.store {
            Store::Sqlite => Database::sqlite(folder.path()),
            Store::Postgres => {
                give("ROSTER_SECRET_KEY", &BASE64_STANDARD.encode(&clock::fresh()[..32]));
                match self.postgres {
                    Some(url) => Database::postgres_at(url).await,
                    None => Database::postgres().await,
                }
            }
        };
        if let Some(key) = &self.bootstrap_key {
            give("ROSTER_BOOTSTRAP_KEY", key);
        }
        give("ROSTER_DATABASE_URL", &database.url());
        if self.sandbox {
            give("ROSTER_SANDBOX", "true");
        }
        Server {
            process: None,
            port: free_port(),
            key: self.bootstrap_key.unwrap_or_default(),
            environment,
            starts: 0,
            leaves_accounts: false,
            database,
            folder,
        }
    }

    /// The server, ready to serve.
    pub async fn start(self) -> Server {
        let mut server = self.prepare().await;
        server.start_again().await;
        server
    }
}

/// A running Roster with a database of its own. When it is dropped, the process is gone, the database too, and no account may
/// be left due.
#[derive(Debug)]
pub struct Server {
    // Dropped in this order: nothing is taken away from under a running process.
    process: Option<Process>,
    port: u16,
    key: String,
    environment: Vec<(String, String)>,
    starts: usize,
    leaves_accounts: bool,
    database: Database,
    folder: TempDir,
}

impl Server {
    /// A server on a store, to be set up further.
    pub fn on(store: Store) -> Setup {
        let bootstrap_key = Some(format!("bootstrap-{}", clock::fresh()));
        Setup {
            store,
            postgres: None,
            sandbox: false,
            bootstrap_key,
            environment: Vec::new(),
        }
    }

    /// The URL that it serves under.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A caller with the first API key of the organization `default`.
    pub fn api(&self) -> Api {
        Api::new(&self.url()).bearer(&self.key)
    }

    /// The sandbox.
    pub fn sandbox(&self) -> Sandbox {
        Sandbox::new(self.api())
    }

    /// The first API key of the organization `default`.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Tells which key the server made, where it was given none.
    pub fn learn_key(&mut self, key: &str) {
        key.clone_into(&mut self.key);
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The folder that it runs in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the current start wrote to its standard output: the banner.
    pub fn banner(&self) -> String {
        fs::read_to_string(self.output("stdout", self.starts)).unwrap_or_default()
    }

    /// What all starts wrote to standard output and standard error.
    pub fn log(&self) -> String {
        let texts = (1..=self.starts).flat_map(|start| ["stdout", "stderr"].map(|name| self.output(name, start)));
        texts.map(|path| fs::read_to_string(path).unwrap_or_default()).collect()
    }

    /// Says that this test leaves accounts that are not in sync, on purpose.
    pub fn leaves_accounts(&mut self) {
        self.leaves_accounts = true;
    }

    /// Sets an environment variable for the next start.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.environment.retain(|(given, _)| given != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Takes an environment variable away for the next start.
    pub fn unset_env(&mut self, name: &str) {
        self.environment.retain(|(given, _)| given != name);
    }

    /// The command line, in the server's environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = process::command(self.folder.path());
        command
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .args(arguments);
        command
    }

    /// Runs the command line to its end, in the server's environment.
    pub fn cli(&self, arguments: &[&str]) -> Ran {
        Ran::to_end(&mut self.command(arguments))
    }

    /// Starts the process, on the same port and database as before, and waits until it serves.
    pub async fn start_again(&mut self) {
        self.launch();
        let ready = Api::new(&self.url());
        let start = Instant::now();
        loop {
            if let Some(status) = self.process.as_mut().and_then(Process::ended) {
                panic!("the server ended at once ({status}): {}", self.log());
            }
            // The banner is whole when the log says that the server runs.
            let answer = ready.try_send(reqwest::Method::GET, "/readyz", crate::Body::None).await;
            if answer.is_ok_and(|answer| answer.status == 200) && self.says_that_it_runs() {
                return;
            }
            assert!(
                start.elapsed() < START_LIMIT,
                "the server does not serve: {}",
                self.log()
            );
            wait::pause(Duration::from_millis(20)).await;
        }
    }

    fn says_that_it_runs(&self) -> bool {
        fs::read_to_string(self.output("stderr", self.starts)).is_ok_and(|log| log.contains("roster is running"))
    }

    /// Starts the process and does not wait.
    pub fn launch(&mut self) {
        assert!(self.process.is_none(), "the server runs already");
        self.starts += 1;
        let (stdout, stderr) = (self.output("stdout", self.starts), self.output("stderr", self.starts));
        let mut command = self.command(&["serve", "--listen", &format!("127.0.0.1:{}", self.port)]);
        self.process = Some(Process::start(&mut command, &stdout, &stderr));
    }

    /// `kill -9`, at this very moment.
    pub fn kill(&mut self) {
        drop(self.process.take());
    }

    /// Asks the server to stop and waits until it has.
    pub async fn stop(&mut self, limit: Duration) -> ExitStatus {
        let mut process = self.process.take().expect("the server runs");
        process.terminate();
        process.wait(limit).await
    }

    /// Waits until the server has ended by itself.
    pub async fn ends(&mut self, limit: Duration) -> ExitStatus {
        self.process.take().expect("the server runs").wait(limit).await
    }

    /// Makes another organization; a caller with its API key.
    pub fn another_organization(&self, slug: &str) -> Api {
        let made = self.cli(&["organizations", "create", slug, "--json"]).ok().json();
        let key = made["key"]
            .as_str()
            .unwrap_or_else(|| panic!("no key was shown: {made}"));
        Api::new(&self.url()).bearer(key)
    }

    fn output(&self, name: &str, start: usize) -> PathBuf {
        self.folder.path().join(format!("{name}.{start}"))
    }

    /// The accounts of which something is still to be done, as the command line lists them.
    fn left_over(&self) -> Result<(), String> {
        let listed = self.cli(&["accounts", "list", "--all", "--json"]);
        if listed.code != Some(0) {
            return Err(format!("accounts cannot be listed: {}{}", listed.stdout, listed.stderr));
        }
        let listed = listed.json();
        let accounts = listed["data"]
            .as_array()
            .ok_or_else(|| format!("no list of accounts: {listed}"))?;
        let settled = |account: &serde_json::Value| {
            let status = &account["status"];
            // Nabla Connect has no way to deactivate anybody. That is said to a person, and is all that can be done.
            let is_said = account["vendor"] == "nabla_connect" && account["attention"]["cause"] == "unsupported";
            status == "in_sync" || status == "removed" || is_said
        };
        let left: Vec<String> = accounts
            .iter()
            .filter(|account| !settled(account))
            .map(ToString::to_string)
            .collect();
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!("{} accounts: {}", left.len(), left.join("\n")))
        }
    }
}

impl Drop for Server {
    #[expect(clippy::disallowed_methods, reason = "dropping cannot await")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("what the server wrote:\n{}", shortened(&self.log()));
            return;
        }
        if self.leaves_accounts || self.process.is_none() {
            return;
        }
        let start = Instant::now();
        while let Err(left) = self.left_over() {
            assert!(
                start.elapsed() < SETTLE_LIMIT,
                "left over at the end of the test: {left}"
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// The end of a text, which is where failures show.
pub(crate) fn shortened(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(200)..].join("\n")
}

/// A free port below those that the system gives to outgoing connections, so that nobody takes it while the
/// server is down between two starts.
pub(crate) fn free_port() -> u16 {
    let mut random = Random::fresh();
    loop {
        let port = u16::try_from(15_000 + random.below(15_000)).expect("a port");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
