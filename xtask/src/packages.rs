//! Gets what a chore needs from the system's own package manager, where it is not there.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{process, progress, signals};

/// Installs with APT as root. Packages of servers would start them, which is not what the machine's owner asked for:
/// while packages are set up, a policy forbids to start services. `--reinstall` is for packages that the system
/// believes to be installed, although their programs are gone; it is harmless for all others.
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
        arguments: &["install", "--assumeyes"],
        wants_root: true,
        packages: |packages| packages.dnf,
    },
    Manager {
        program: "apk",
        arguments: &["add"],
        wants_root: true,
        packages: |packages| packages.apk,
    },
    Manager {
        program: "brew",
        arguments: &["install"],
        wants_root: false,
        packages: |packages| packages.brew,
    },
];

struct Manager {
    program: &'static str,
    arguments: &'static [&'static str],
    wants_root: bool,
    packages: fn(&Packages) -> &'static [&'static str],
}

/// What one thing is called in the collections of the package managers.
pub(crate) struct Packages {
    /// The thing itself, for people.
    pub(crate) name: &'static str,
    /// Debian, Ubuntu and their kin; asked for late, since it may take a look into APT's index.
    pub(crate) apt: fn() -> Vec<String>,
    /// Fedora and its kin.
    pub(crate) dnf: &'static [&'static str],
    /// Alpine.
    pub(crate) apk: &'static [&'static str],
    /// Homebrew.
    pub(crate) brew: &'static [&'static str],
}

impl Packages {
    /// Installs with APT, if that is here and we may.
    pub(crate) fn install_with_apt(&self) -> Result<()> {
        if !process::answers("apt-get", "--version") {
            bail!("apt-get: not on this machine");
        }
        let mut update = privileged("apt-get")?;
        update.args(["-qq", "-o", "DPkg::Lock::Timeout=120", "update"]);
        if let Err(error) = process::run(&mut update) {
            // One bad source among many is enough for that, and need not be the one that has what is wanted.
            signals::check()?;
            progress::note(&format!("{error:#}; going on with the index that there is"));
        }
        let mut install = privileged("sh")?;
        install.args(["-c", WITH_APT, "install-packages"]).args((self.apt)());
        process::run(&mut install).with_context(|| format!("apt-get could not install {}", self.name))
    }

    /// Installs with the first other package manager that is here, if we may.
    pub(crate) fn install_with_another_manager(&self) -> Result<()> {
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
        process::run(command.args(manager.arguments).args((manager.packages)(self)))
    }
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
