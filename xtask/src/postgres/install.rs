//! Gets PostgreSQL where there is none, with the system's own package manager.

use std::process::Command;

use anyhow::{Result, bail};

use super::binaries::{self, Binaries, FOLDER_VARIABLE, OLDEST};
use super::{URL_VARIABLE, unpack};
use crate::packages::Packages;
use crate::workspace::Workspace;
use crate::{process, progress, signals};

/// Its packages.
const PACKAGES: Packages = Packages {
    name: "PostgreSQL",
    apt: || apt_packages(Command::new("apt-cache")),
    dnf: &["postgresql-server", "postgresql-contrib"],
    apk: &["postgresql"],
    brew: &["postgresql@17"],
};

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
    PACKAGES.install_with_apt()
}

fn with_another_manager(_: &Workspace) -> Result<()> {
    PACKAGES.install_with_another_manager()
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
