//! The programs that measure: wrk, and PostgreSQL's own pgbench and psql. What is missing is got from the system's
//! package manager.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};
use tempfile::TempDir;

use super::wrk::Wrk;
use crate::packages::Packages;
use crate::postgres::Server;
use crate::{process, progress, signals};

const WRK: Packages = Packages {
    name: "wrk",
    apt: || vec!["wrk".to_owned()],
    dnf: &["wrk"],
    apk: &["wrk"],
    brew: &["wrk"],
};

/// pgbench and psql come with the server nearly everywhere.
const POSTGRES_TOOLS: Packages = Packages {
    name: "pgbench",
    apt: || vec!["postgresql".to_owned(), "postgresql-client".to_owned()],
    dnf: &["postgresql", "postgresql-contrib"],
    apk: &["postgresql-client", "postgresql-contrib"],
    brew: &["postgresql@17"],
};

/// What a run uses, and a folder for its scripts and logs.
pub(super) struct Tools {
    pub(super) wrk: Wrk,
    pgbench: PostgresTool,
    psql: PostgresTool,
    pub(super) folder: PathBuf,
    _scratch: TempDir,
}

/// One of PostgreSQL's programs: beside the server's, where they are of one version, or else wherever it is.
struct PostgresTool {
    name: &'static str,
    server: Option<Command>,
}

impl Tools {
    /// Finds them, or gets them and finds them then.
    pub(super) fn find(server: &Server) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let folder = scratch.path().to_owned();
        if !answers("wrk") {
            install(&WRK)?;
        }
        let missing = ["pgbench", "psql"]
            .iter()
            .any(|name| !PostgresTool::is_there(name, server));
        if missing {
            install(&POSTGRES_TOOLS)?;
        }
        Ok(Self {
            wrk: Wrk {
                program: "wrk".into(),
                folder: folder.clone(),
            },
            pgbench: PostgresTool::find("pgbench", server)?,
            psql: PostgresTool::find("psql", server)?,
            folder,
            _scratch: scratch,
        })
    }

    pub(super) fn pgbench(&self) -> Command {
        self.pgbench.command()
    }

    pub(super) fn psql(&self) -> Command {
        self.psql.command()
    }
}

impl PostgresTool {
    fn is_there(name: &str, server: &Server) -> bool {
        Self::of_server(name, server).is_some() || answers(name)
    }

    fn of_server(name: &str, server: &Server) -> Option<Command> {
        let mut command = server.program(name)?;
        process::output(command.arg("--version")).ok()?;
        server.program(name)
    }

    fn find(name: &'static str, server: &Server) -> Result<Self> {
        let found = Self::of_server(name, server);
        if found.is_none() && !answers(name) {
            bail!("{name} is not there, although its package was installed");
        }
        Ok(Self { name, server: found })
    }

    fn command(&self) -> Command {
        let mut command = match &self.server {
            Some(server) => copy(server),
            _ => Command::new(self.name),
        };
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command
    }
}

fn copy(command: &Command) -> Command {
    let mut same = Command::new(command.get_program());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => same.env(name, value),
            None => same.env_remove(name),
        };
    }
    same
}

/// wrk has no success to tell of when it is asked for its version.
fn answers(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

fn install(packages: &Packages) -> Result<()> {
    progress::note(&format!("{}: not on this machine, so it is fetched now", packages.name));
    let by_apt = packages.install_with_apt();
    signals::check()?;
    let Err(by_apt) = by_apt else { return Ok(()) };
    let Err(by_another) = packages.install_with_another_manager() else {
        return Ok(());
    };
    signals::check()?;
    bail!(
        "{} is needed and could not be had:\n  - {by_apt:#}\n  - {by_another:#}",
        packages.name
    )
}
