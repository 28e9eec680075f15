//! A PostgreSQL to test against: the one that is named, or a throw-away cluster from whatever binaries there are.

mod binaries;
mod cluster;
mod install;
mod sweep;
mod unpack;
mod user;

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use self::binaries::Binaries;
use self::cluster::Cluster;
use crate::progress;
use crate::workspace::Workspace;

/// Names a running server; its user must be able to create databases.
pub(crate) const URL_VARIABLE: &str = "TEST_DATABASE_URL";

/// A running server, for as long as this is held.
pub(crate) struct Server {
    whose: Whose,
    /// The server programs of this machine, with which tests run servers of their own.
    binaries: Option<Binaries>,
}

enum Whose {
    /// Somebody else's, which is left alone.
    Named(String),
    /// Our own, which is stopped and removed when this is dropped.
    Private(Cluster),
}

impl Server {
    /// Finds a server, or finds or gets the binaries and starts one.
    pub(crate) fn provide(workspace: &Workspace) -> Result<Self> {
        if let Some(url) = env::var(URL_VARIABLE).ok().filter(|url| !url.is_empty()) {
            progress::note(&format!("PostgreSQL: the server that {URL_VARIABLE} names"));
            return Ok(Self {
                whose: Whose::Named(url),
                // Whoever names a server may have no programs, and need none.
                binaries: binaries::find(workspace)?,
            });
        }
        Self::start(workspace)
    }

    /// Starts one of our own, whose first database nobody else uses.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        Self::start_with(workspace, cluster::FOR_TESTS)
    }

    /// Starts one of our own as PostgreSQL comes, durable and with its own defaults, but for how many may connect.
    pub(crate) fn start_with_defaults(workspace: &Workspace) -> Result<Self> {
        Self::start_with(workspace, cluster::DEFAULTS)
    }

    fn start_with(workspace: &Workspace, settings: &[&str]) -> Result<Self> {
        sweep::remove_abandoned_clusters();
        let binaries = match binaries::find(workspace)? {
            Some(binaries) => binaries,
            None => install::get(workspace)?,
        };
        let cluster = Cluster::start(&binaries, workspace, settings)?;
        Ok(Self {
            whose: Whose::Private(cluster),
            binaries: Some(binaries),
        })
    }

    /// The URL of a database that exists, from which others can be created.
    pub(crate) fn url(&self) -> String {
        match &self.whose {
            Whose::Named(url) => url.clone(),
            Whose::Private(cluster) => cluster.url(),
        }
    }

    /// One of the programs that came with the server's own, which may not be there.
    pub(crate) fn program(&self, name: &str) -> Option<Command> {
        self.binaries.as_ref().map(|binaries| binaries.command(name))
    }

    /// The log and the folder of the data of a server of our own.
    pub(crate) fn files(&self) -> Option<(PathBuf, PathBuf)> {
        match &self.whose {
            Whose::Named(_) => None,
            Whose::Private(cluster) => Some((cluster.log(), cluster.data())),
        }
    }

    /// Tells tests where this server is, and the programs to run others with.
    pub(crate) fn tell(&self, command: &mut Command) {
        command.env(URL_VARIABLE, self.url());
        if let Some(binaries) = &self.binaries {
            binaries.tell(command);
        }
    }
}
