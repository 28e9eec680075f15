//! PostgreSQL refuses to run as root, so root runs it as somebody else.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// Whom root may run a server as: the packages' own user, or the one who owns nothing.
const NAMES: [&str; 2] = ["postgres", "nobody"];

/// The user that the server runs as.
pub(super) enum User {
    /// Whoever runs the chore.
    Caller,
    /// Somebody with less to lose, because root runs the chore.
    Other { name: &'static str, uid: u32, gid: u32 },
}

impl User {
    /// Chooses for whoever runs the chore.
    pub(super) fn for_server() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Caller);
        }
        for name in NAMES {
            if let (Ok(uid), Ok(gid)) = (id("-u", name), id("-g", name)) {
                return Ok(Self::Other { name, uid, gid });
            }
        }
        bail!(
            "PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as; \
             create one (`useradd --system postgres`), or run this as an ordinary user"
        );
    }

    /// Makes `command` run as this user, in a folder that the user can be in.
    pub(super) fn run<'command>(&self, command: &'command mut Command, folder: &Path) -> &'command mut Command {
        if let Self::Other { uid, gid, .. } = self {
            // The standard library drops root's supplementary groups along with it.
            command.gid(*gid).uid(*uid);
        }
        command.current_dir(folder)
    }

    /// Gives `path` to this user.
    pub(super) fn own(&self, path: &Path) -> Result<()> {
        if let Self::Other { name, uid, gid } = self {
            chown(path, Some(*uid), Some(*gid))
                .with_context(|| format!("cannot give {} to `{name}`", path.display()))?;
        }
        Ok(())
    }

    /// For the terminal.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Caller => String::new(),
            Self::Other { name, .. } => format!(" as user `{name}`"),
        }
    }
}

fn id(flag: &str, name: &str) -> Result<u32> {
    let answer = process::output(Command::new("id").args([flag, name]))?;
    Ok(answer.trim().parse()?)
}
