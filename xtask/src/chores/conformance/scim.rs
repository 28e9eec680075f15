//! Whether `/scim/v2` is what it says of itself: scim2-tester reads it, and tries every attribute of every resource.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::Store;
use crate::postgres::Server;
use crate::process;
use crate::roster::{KEY, Roster};
use crate::workspace::Workspace;

/// What the surface is called among the documents.
pub(super) const NAME: &str = "scim";

/// Runs every check. One that fails, or is skipped, fails the run: the tester says which.
pub(super) fn run(workspace: &Workspace, program: &Path, binary: &Path, folder: &Path, store: Store) -> Result<()> {
    let server = store.start(workspace)?;
    let database = server.as_ref().map(Server::url);
    let roster = Roster::start(binary, database.as_deref(), &folder.join("scim.log"))?;
    let mut command = Command::new(program);
    command
        .args(["--url", &format!("{}/scim/v2", roster.url()), "test"])
        // Not as an argument, which every process of the machine could read.
        .env("SCIM_CLI_HEADERS", format!("Authorization: Bearer {KEY}"))
        .env("PYTHONPYCACHEPREFIX", folder.join("pycache"))
        .current_dir(folder);
    process::run(&mut command)
}
