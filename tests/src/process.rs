//! The binary under test, as a child process whose end is certain.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::wait;

/// The environment variable that says which binary to run.
pub const VARIABLE: &str = "ROSTER_BIN";

/// The binary: what `ROSTER_BIN` says, else the one that was built into the same folder as these tests.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os(VARIABLE) {
        return path.into();
    }
    let own = std::env::current_exe().expect("the path of this test");
    let target = own
        .parent()
        .and_then(Path::parent)
        .expect("tests are built into target/<profile>/deps");
    let path = target.join(format!("roster{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is not built: run `cargo xtask test -- -p e2e`",
        path.display()
    );
    path
}

/// A command of the binary that inherits nothing of the environment but how to find programs.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(binary());
    command
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .stdin(Stdio::null());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// A running process, killed when this is dropped.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts a command with its output in two files.
    pub fn start(command: &mut Command, stdout: &Path, stderr: &Path) -> Self {
        let file = |path: &Path| File::create(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let child = command.stdout(file(stdout)).stderr(file(stderr)).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}")))
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("the process can be waited for")
    }

    /// `kill -9`: it gets no chance to do anything.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Asks it to stop, as a service manager does.
    pub fn terminate(&self) {
        let id = i32::try_from(self.0.id())
            .ok()
            .and_then(Pid::from_raw)
            .expect("a process id");
        kill_process(id, Signal::TERM).expect("the process is there");
    }

    /// Waits until it has ended.
    pub async fn wait(&mut self, limit: Duration) -> ExitStatus {
        wait::until("the process ends", limit, async || {
            self.ended().ok_or_else(|| "it runs".to_owned())
        })
        .await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
