//! Clears away the clusters of runs that were killed before they could.
//!
//! Each run holds a lock on a file in its cluster's folder. The system gives the lock up when the run ends, however
//! it ends, so a folder whose lock can be had is abandoned. Process ids, which are used again, could not tell.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, geteuid, kill_process};

use crate::process::{self, pause};
use crate::progress;

/// What the folders of our clusters are called.
pub(super) const PREFIX: &str = "roster-postgres-";
/// The data folder inside.
pub(super) const DATA: &str = "data";

const LOCK: &str = "owner.lock";
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// Says that a live run owns a cluster's folder.
pub(super) struct Claim {
    _lock: File,
}

impl Claim {
    /// Claims a folder that was just made.
    pub(super) fn on(folder: &Path) -> Result<Self> {
        let claim = || -> io::Result<File> {
            // Locked before it gets its name, so that no other run sees it unlocked.
            let unnamed = folder.join("owner.lock.new");
            let lock = File::create_new(&unnamed)?;
            lock.lock()?;
            fs::rename(unnamed, folder.join(LOCK))?;
            Ok(lock)
        };
        let lock = claim().with_context(|| format!("cannot claim {}", folder.display()))?;
        Ok(Self { _lock: lock })
    }
}

/// Stops and removes the clusters that nobody owns any more. What does not work is left to the next run.
pub(super) fn remove_abandoned_clusters() {
    let entries = fs::read_dir(std::env::temp_dir());
    for entry in entries.into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && is_ours(&entry.path()) {
            remove_if_abandoned(&entry.path());
        }
    }
}

/// Others can make folders of that name, too, and could so have us end a process of theirs or ours.
fn is_ours(folder: &Path) -> bool {
    folder
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == geteuid().as_raw())
}

fn remove_if_abandoned(folder: &Path) {
    let Ok(lock) = File::open(folder.join(LOCK)) else {
        return;
    };
    if let Err(TryLockError::WouldBlock | TryLockError::Error(_)) = lock.try_lock() {
        return;
    }
    let data = folder.join(DATA);
    if let Some(server) = running_server(&data) {
        stop(server, &data);
    }
    if fs::remove_dir_all(folder).is_ok() {
        progress::note(&format!(
            "removed {}, which a run that was killed left behind",
            folder.display(),
        ));
    }
}

/// The server of the data folder, if its pid file names a process that really is it.
fn running_server(data: &Path) -> Option<Pid> {
    let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let number: i32 = text.lines().next()?.trim().parse().ok()?;
    let pid = Pid::from_raw(number)?;
    let line = fs::read(format!("/proc/{number}/cmdline"))
        .map(|line| String::from_utf8_lossy(&line).into_owned())
        .or_else(|_| {
            let mut command = Command::new("ps");
            process::output(command.args(["-o", "args=", "-p", &number.to_string()]))
        })
        .ok()?;
    line.contains(data.to_str()?).then_some(pid)
}

fn stop(server: Pid, data: &Path) {
    let start = Instant::now();
    let _ = kill_process(server, Signal::QUIT);
    while running_server(data) == Some(server) {
        if start.elapsed() > STOP_LIMIT {
            let _ = kill_process(server, Signal::KILL);
            return;
        }
        pause(Duration::from_millis(10));
    }
}
