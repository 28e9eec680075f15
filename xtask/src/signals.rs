//! Ctrl-C and its kin: what is running is told to stop, and the chore then unwinds and cleans up after itself.
//!
//! Nothing exits from here. A chore that is interrupted sees its current program end, turns that into
//! [`Interrupted`], and returns: what it started is dropped on the way, the throw-away PostgreSQL included.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// How long a program may take to end after it was asked to.
const PATIENCE: Duration = Duration::from_secs(20);

/// The first signal received, or zero.
static RECEIVED: AtomicI32 = AtomicI32::new(0);

/// The program that the chore waits for now.
static CURRENT: Mutex<Option<Target>> = Mutex::new(None);

/// The chore was asked to stop.
#[derive(Debug)]
pub(crate) struct Interrupted(i32);

impl Interrupted {
    /// What a shell reports for a program that a signal ended.
    pub(crate) fn exit_code(&self) -> u8 {
        u8::try_from(128 + self.0).unwrap_or(u8::MAX)
    }
}

impl std::fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Whom a signal is passed on to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A program that leads a process group of its own: the group gets every signal.
    Group(Pid),
    /// A program that shares the terminal with this one, and so has had its Ctrl-C already.
    Sharing(Pid),
}

impl Target {
    fn send(self, signal: Signal) {
        // A program that is gone by now is what the signal was for.
        let _ = match self {
            Self::Group(pid) => kill_process_group(pid, signal),
            Self::Sharing(pid) => kill_process(pid, signal),
        };
    }
}

/// Signals reach `target` until this is dropped.
pub(crate) struct Forwarding;

impl Forwarding {
    pub(crate) fn to(target: Target) -> Self {
        *current() = Some(target);
        // A signal that arrived between the last check and now was sent to nobody.
        if check().is_err() {
            target.send(Signal::TERM);
        }
        Self
    }
}

impl Drop for Forwarding {
    fn drop(&mut self) {
        *current() = None;
    }
}

/// Fails once a signal has arrived; whatever waits or repeats asks this.
pub(crate) fn check() -> Result<(), Interrupted> {
    match RECEIVED.load(Ordering::SeqCst) {
        0 => Ok(()),
        number => Err(Interrupted(number)),
    }
}

/// Starts to listen, for the life of the process.
pub(crate) fn listen() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot listen for signals")?;
    thread::spawn(move || {
        for number in signals.forever() {
            receive(number);
        }
    });
    Ok(())
}

fn receive(number: i32) {
    let is_first = RECEIVED
        .compare_exchange(0, number, Ordering::SeqCst, Ordering::SeqCst)
        .is_ok();
    let Some(target) = *current() else { return };
    if !is_first {
        // Whoever asks twice does not want to wait.
        target.send(Signal::KILL);
        return;
    }
    if !(number == SIGINT && matches!(target, Target::Sharing(_))) {
        target.send(Signal::from_named_raw(number).unwrap_or(Signal::TERM));
    }
    thread::spawn(move || {
        crate::process::pause(PATIENCE);
        if *current() == Some(target) {
            target.send(Signal::KILL);
        }
    });
}

fn current() -> MutexGuard<'static, Option<Target>> {
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
}
