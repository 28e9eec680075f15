//! A PostgreSQL server of a test's own, whose process the test may stop, kill and start again.
//!
//! The programs are those in the folder that `PG_BIN` names, which `cargo xtask` sets; else the system's.

use std::fs::{self, File, Permissions};
use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

use crate::server::free_port;
use crate::wait;

/// Names the folder of PostgreSQL's server programs.
pub const PROGRAMS: &str = "PG_BIN";
/// Names the folder of the libraries that they need, where that is not where the system looks.
pub const LIBRARIES: &str = "PG_LIB";

/// Where packages put the programs of each version.
const INSTALLED: &str = "/usr/lib/postgresql";
/// What the folders of clusters are called. `cargo xtask` clears away those that nobody owns any more.
const PREFIX: &str = "roster-postgres-";
/// Whom root runs a server as, which PostgreSQL demands: the packages' own user, or the one who owns nothing.
const USERS: [&str; 2] = ["postgres", "nobody"];
/// How long the server may take to start, recovery included, or to stop.
const LIMIT: Duration = Duration::from_secs(30);

/// How the server goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// "Fast" shutdown: connections are ended, and what is committed is written to its place.
    Fast,
    /// "Immediate" shutdown: everything is dropped, and recovered from the log with the next start.
    Immediate,
    /// `kill -9` of the first process, which the others notice by themselves.
    Kill,
}

impl Blow {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Immediate, Self::Kill];

    const fn signal(self) -> Signal {
        match self {
            Self::Fast => Signal::INT,
            Self::Immediate => Signal::QUIT,
            Self::Kill => Signal::KILL,
        }
    }
}

/// A PostgreSQL server with a folder of its own; both are gone when this is dropped. It writes to the disk like one in
/// earnest.
#[derive(Debug)]
pub struct Cluster {
    // Dropped in this order: the server is stopped by `drop`, then the folder goes, then the lock that says it is owned.
    server: Option<Child>,
    port: u16,
    user: Option<(u32, u32)>,
    folder: TempDir,
    _owner: File,
}

impl Cluster {
    /// Makes a cluster in the system's temporary folder, and starts it.
    pub async fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .permissions(Permissions::from_mode(0o755))
            .tempdir()
            .expect("a temporary folder");
        let owner = owned(folder.path()).expect("a lock in the new folder");
        let mut cluster = Self {
            server: None,
            port: free_port(),
            user: user(),
            folder,
            _owner: owner,
        };
        for name in ["data", "socket"] {
            let inner = cluster.folder.path().join(name);
            fs::create_dir(&inner).expect("a folder is made");
            if let Some((uid, gid)) = cluster.user {
                chown(&inner, Some(uid), Some(gid)).expect("the folder is given to the server's user");
            }
        }
        let made = cluster
            .command("initdb")
            .args(["--encoding=UTF8", "--locale=C", "--auth=trust", "--username=postgres"])
            .arg("--pgdata")
            .arg(cluster.data())
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        cluster.start_again().await;
        cluster
    }

    /// The database that every cluster begins with.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Takes the server down, and returns when its process is gone.
    pub async fn stop(&mut self, how: Blow) {
        kill_process(id_of(self.running()), how.signal()).expect("the server's process is there");
        wait::until(&format!("PostgreSQL stops ({how:?})"), LIMIT, async || {
            match self.running().try_wait() {
                Ok(Some(_)) => Ok(()),
                other => Err(format!("{other:?}: {}", self.log())),
            }
        })
        .await;
        self.server = None;
    }

    /// Starts the server on the same data and port, and returns when it serves.
    pub async fn start_again(&mut self) {
        assert!(self.server.is_none(), "the server runs already");
        self.server = Some(self.launch());
        wait::until("PostgreSQL serves", LIMIT, async || {
            // Processes of a server that was killed keep the next one out until they have noticed.
            if let Ok(Some(_)) = self.running().try_wait() {
                self.server = Some(self.launch());
            }
            let id = self.running().id();
            if self.says_ready(id) && TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                Ok(())
            } else {
                Err(self.log())
            }
        })
        .await;
    }

    fn running(&mut self) -> &mut Child {
        self.server.as_mut().expect("the server runs")
    }

    fn launch(&self) -> Child {
        let log = self.folder.path().join("server.log");
        let output = File::options().create(true).append(true).open(log).expect("a log");
        let mut command = self.command("postgres");
        command
            .arg("-D")
            .arg(self.data())
            .args([
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "jit=off",
                "-c",
                "timezone=UTC",
            ])
            .args(["-c", &format!("port={}", self.port), "-c"])
            .arg(format!(
                "unix_socket_directories={}",
                self.folder.path().join("socket").display()
            ))
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a second handle of the log"))
            .stderr(output)
            .process_group(0);
        command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"))
    }

    /// The server writes its process id into the first line of its pid file, and its state into the eighth.
    fn says_ready(&self, id: u32) -> bool {
        let text = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let mut lines = text.lines().map(str::trim);
        lines.next() == Some(id.to_string().as_str()) && lines.nth(6) == Some("ready")
    }

    /// A command of one of PostgreSQL's programs, as the user whom the data belongs to.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(programs().join(program));
        command.env_clear().env("LC_ALL", "C").current_dir(self.folder.path());
        if let Some(libraries) = std::env::var_os(LIBRARIES) {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> String {
        let text = fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
        crate::server::shortened(&text)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("what PostgreSQL wrote:\n{}", self.log());
        }
        if let Some(mut server) = self.server.take() {
            // There is nothing to save.
            let _ = kill_process(id_of(&server), Signal::QUIT);
            let _ = server.wait();
        }
    }
}

fn id_of(server: &Child) -> Pid {
    Pid::from_child(server)
}

/// The folder of the server programs.
fn programs() -> PathBuf {
    if let Some(folder) = std::env::var_os(PROGRAMS).filter(|folder| !folder.is_empty()) {
        return folder.into();
    }
    let versions = fs::read_dir(INSTALLED).into_iter().flatten().flatten();
    let installed = versions.map(|version| version.path().join("bin"));
    let mut installed: Vec<PathBuf> = installed.filter(|folder| folder.join("initdb").exists()).collect();
    installed.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).find(|folder| folder.join("initdb").exists());
    installed.pop().or(in_path).unwrap_or_else(|| {
        panic!(
            "no PostgreSQL server programs were found, and without them this proves nothing: set {PROGRAMS}, or run \
             `cargo xtask test -- -p e2e`"
        )
    })
}

/// The user and the group to run a server as; `None` for the tests' own.
fn user() -> Option<(u32, u32)> {
    if !geteuid().is_root() {
        return None;
    }
    let known = fs::read_to_string("/etc/passwd").expect("the system's users");
    let entry = |name: &&str| {
        let mut lines = known.lines();
        let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let mut fields = line.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let found = USERS.iter().find_map(entry);
    Some(found.expect("a user `postgres` or `nobody`, since PostgreSQL does not run as root"))
}

/// Says that a live process owns the folder, in the way that `cargo xtask` looks for: by a lock on a file, taken before the
/// file gets its name.
fn owned(folder: &Path) -> io::Result<File> {
    let unnamed = folder.join("owner.lock.new");
    let lock = File::create_new(&unnamed)?;
    lock.lock()?;
    fs::rename(unnamed, folder.join("owner.lock"))?;
    Ok(lock)
}
