//! What every section of a run works with.

use std::path::PathBuf;

use anyhow::Result;

use super::plan::Plan;
use super::report::Report;
use super::tools::Tools;
use super::yardsticks::Yardsticks;
use crate::postgres::Server;
use crate::roster::Roster;
use crate::workspace::Workspace;

/// A run under way.
pub(super) struct Bench<'workspace> {
    pub(super) workspace: &'workspace Workspace,
    pub(super) plan: Plan,
    pub(super) server: Server,
    pub(super) tools: Tools,
    pub(super) yardsticks: Yardsticks,
    /// The binary that is measured.
    pub(super) binary: PathBuf,
    pub(super) report: Report,
}

impl Bench<'_> {
    /// A running Roster, on a database or on a new SQLite.
    pub(super) fn roster(&self, database: Option<&str>, arguments: &[&str]) -> Result<Roster> {
        let log = self.workspace.target().join("bench/roster.log");
        Roster::start_with(&self.binary, database, arguments, &log)
    }
}
