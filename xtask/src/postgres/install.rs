//! Gets PostgreSQL where there is none, with the system's own package manager.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::binaries::{self, Binaries, FOLDER_VARIABLE, OLDEST};
use super::{URL_VARIABLE, unpack};
use crate::workspace::Workspace;
use crate::{process, progress, signals};

/// Installs with APT as root. The packages would make a cluster and start it, which is not what the machine's owner
/// asked for: while they are set up, a policy forbids to start services. `--reinstall` is for packages that the
/// system believes to be installed, although their programs are gone; it is harmless for all others.
const WITH_APT: &str = r#"
set -eu
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
fi
apt-get -qq -o DPkg::Lock::Timeout=120 install --yes --no-install-recommends --reinstall "$@"
"#;

/// Package managers that need no such care: their packages start nothing.
const OTHERS: &[Manager] = &[
    Manager {
        program: "dnf",
        arguments: &["install", "--assumeyes", "postgresql-server", "postgresql-contrib"],
        wants_root: true,
    },
    Manager {
        program: "apk",
        arguments: &["add", "postgresql"],
        wants_root: true,
    },
    Manager {
        program: "brew",
        arguments: &["install", "postgresql@17"],
        wants_root: false,
    },
];

struct Manager {
    program: &'static str,
    arguments: &'static [&'static str],
    wants_root: bool,
}

/// Gets PostgreSQL by the first way that works, and finds it then.
pub(super) fn get(workspace: &Workspace) -> Result<Binaries> {
    progress::note("PostgreSQL: no server programs on this machine, so they are fetched now");
    let mut failures = Vec::new();
    for way in [with_apt, with_another_manager, unpack::get] {
        match way(workspace) {
            Ok(()) => match binaries::find(workspace)? {
                Some(binaries) => return Ok(binaries),
                None => failures.push("a package manager ran, but left no server programs".into()),
            },
            Err(error) => {
                signals::check()?;
                failures.push(format!("{error:#}"));
            }
        }
    }
    bail!(
        "PostgreSQL is needed for the tests and could not be had:\n  - {}\n\
         Do one of these, then run this again:\n  \
         - install the PostgreSQL server, version {OLDEST} or later (Debian and Ubuntu: `sudo apt-get install \
         postgresql`; Fedora: `sudo dnf install postgresql-server`; macOS: `brew install postgresql@17`)\n  \
         - set {FOLDER_VARIABLE} to the folder that holds `initdb` and `postgres`\n  \
         - set {URL_VARIABLE} to a server whose user may create databases, such as \
         postgres://postgres@127.0.0.1:5432/postgres",
        failures.join("\n  - "),
    );
}

fn with_apt(_: &Workspace) -> Result<()> {
    if !process::answers("apt-get", "--version") {
        bail!("apt-get: not on this machine");
    }
    let mut update = privileged("apt-get")?;
    update.args(["-qq", "-o", "DPkg::Lock::Timeout=120", "update"]);
    if let Err(error) = process::run(&mut update) {
        // One bad source among many is enough for that, and need not be the one that has PostgreSQL.
        signals::check()?;
        progress::note(&format!("{error:#}; going on with the index that there is"));
    }
    let mut install = privileged("sh")?;
    install.args(["-c", WITH_APT, "install-postgresql"]);
    install.args(apt_packages(Command::new("apt-cache")));
    process::run(&mut install).context("apt-get could not install PostgreSQL")
}

fn with_another_manager(_: &Workspace) -> Result<()> {
    let Some(manager) = OTHERS
        .iter()
        .find(|manager| process::answers(manager.program, "--version"))
    else {
        bail!("dnf, apk, brew: not on this machine");
    };
    let mut command = if manager.wants_root {
        privileged(manager.program)?
    } else {
        Command::new(manager.program)
    };
    process::run(command.args(manager.arguments))
}

/// The packages with the server itself: `postgresql` has no files and only depends on the release's own version. An
/// index that was never fetched does not know that yet; then the dependency brings the rest.
pub(super) fn apt_packages(mut apt_cache: Command) -> Vec<String> {
    let answer = process::output(apt_cache.args(["depends", "postgresql"]));
    let versioned = answer.ok().as_deref().and_then(versioned_package);
    versioned.map_or_else(
        || vec!["postgresql".to_owned()],
        |server| {
            let client = server.replacen("postgresql-", "postgresql-client-", 1);
            vec![server, client]
        },
    )
}

fn versioned_package(answer: &str) -> Option<String> {
    answer
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "))
        .find(|package| {
            package
                .strip_prefix("postgresql-")
                .is_some_and(|version| version.parse::<u32>().is_ok())
        })
        .map(str::to_owned)
}

/// `program` as root, if we are root or may be without being asked for a password.
fn privileged(program: &str) -> Result<Command> {
    if rustix::process::geteuid().is_root() {
        return Ok(Command::new(program));
    }
    if process::output(Command::new("sudo").args(["-n", "true"])).is_err() {
        bail!("{program}: needs root, and `sudo` does not work without a password");
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::versioned_package;

    #[test]
    fn the_server_package_is_the_one_with_a_version() {
        let answer = "postgresql\n  Depends: postgresql-common\n  Depends: postgresql-15\n  Suggests: postgresql-doc\n";
        assert_eq!(versioned_package(answer).as_deref(), Some("postgresql-15"));
        assert_eq!(versioned_package("postgresql\n"), None);
    }
}
