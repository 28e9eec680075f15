//! `cargo xtask openapi`: the OpenAPI document of `/v1`, as a file that reviewers and client generators can read.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// Where the document is kept.
const PATH: &str = "docs/openapi/v1.json";

/// Write, or with `--check` compare, docs/openapi/v1.json
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing, and fail if anything would change
    #[arg(long)]
    check: bool,
}

impl Arguments {
    /// As the gate runs it.
    pub(crate) const CHECK: Self = Self { check: true };
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let roster = workspace.build_roster()?;
    let document = process::output(Command::new(roster).arg("openapi"))?;
    let path = workspace.root().join(PATH);
    if arguments.check {
        let committed = fs::read_to_string(&path).unwrap_or_default();
        if committed.trim_end() != document.trim_end() {
            bail!("{PATH} is stale: run `cargo xtask openapi` and commit what it changes");
        }
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&path, format!("{}\n", document.trim_end())).with_context(|| format!("cannot write {PATH}"))
}
