//! `cargo xtask postgres`: runs one command with a PostgreSQL to test against.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use crate::postgres::Server;
use crate::process;
use crate::workspace::Workspace;

/// Run a command with `TEST_DATABASE_URL` set to a throw-away PostgreSQL
///
/// For example: `cargo xtask postgres -- cargo nextest run -p roster-store-postgres`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The command and its arguments
    #[arg(required = true, last = true)]
    command: Vec<OsString>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let server = Server::provide(workspace)?;
    let mut command = Command::new(&arguments.command[0]);
    command.args(&arguments.command[1..]);
    server.tell(&mut command);
    process::run_interactively(&mut command)
}
