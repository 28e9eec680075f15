//! Runs other programs: says what is run, passes signals on to it, and turns failure into an error.

use std::ffi::OsStr;
use std::io::{IsTerminal, stdin};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::Pid;

use crate::progress;
use crate::signals::{self, Forwarding, Target};

/// A program ended, but not well.
#[derive(Debug)]
pub(crate) struct Failed {
    line: String,
    status: ExitStatus,
}

impl Failed {
    /// The program's own exit code, if it had one.
    pub(crate) fn exit_code(&self) -> Option<u8> {
        self.status.code().and_then(|code| u8::try_from(code).ok())
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "`{}` failed ({})", self.line, self.status)
    }
}

impl std::error::Error for Failed {}

/// Runs `command` to its end, its output where ours goes; it has no input.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    progress::command(&line(command));
    let child = spawn(command.stdin(Stdio::null()).process_group(0))?;
    let target = Target::Group(pid_of(&child));
    finish(command, child, target)
}

/// Runs `command` as if the person had started it: with our input, and at a terminal in our process group, so that
/// an interactive program works.
pub(crate) fn run_interactively(command: &mut Command) -> Result<()> {
    progress::command(&line(command));
    if stdin().is_terminal() {
        let child = spawn(command)?;
        let target = Target::Sharing(pid_of(&child));
        finish(command, child, target)
    } else {
        let child = spawn(command.process_group(0))?;
        let target = Target::Group(pid_of(&child));
        finish(command, child, target)
    }
}

/// Runs `command` and gives what it printed; for questions, so it says nothing unless it fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run `{}`", line(command)))?;
    signals::check()?;
    if !output.status.success() {
        bail!(
            "`{}` failed ({}): {}",
            line(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim(),
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` printed something that is not UTF-8", line(command)))
}

/// Whether `program` runs when called with `argument`, such as `--version`.
pub(crate) fn answers(program: impl AsRef<OsStr>, argument: &str) -> bool {
    Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Waits without doing anything.
#[expect(
    clippy::disallowed_methods,
    reason = "chores wait for other processes, which cannot be awaited"
)]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// The process id in the form that signals are sent to.
pub(crate) fn pid_of(child: &Child) -> Pid {
    Pid::from_child(child)
}

/// A port of 127.0.0.1 that nobody listens on now, for a server that we start.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("there is no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

fn spawn(command: &mut Command) -> Result<Child> {
    signals::check()?;
    command
        .spawn()
        .with_context(|| format!("cannot run `{}`", line(command)))
}

fn finish(command: &Command, mut child: Child, target: Target) -> Result<()> {
    let forwarding = Forwarding::to(target);
    let status = child
        .wait()
        .with_context(|| format!("cannot wait for `{}`", line(command)))?;
    drop(forwarding);
    signals::check()?;
    if status.success() {
        return Ok(());
    }
    Err(Failed {
        line: line(command),
        status,
    }
    .into())
}

/// The command as one would type it, without the way to the program.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| {
            let word = word.to_string_lossy();
            if word.contains('\n') {
                "'…'".to_owned()
            } else if word.is_empty() || word.contains(char::is_whitespace) {
                format!("'{word}'")
            } else {
                word.into_owned()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}
