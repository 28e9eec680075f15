//! `cargo xtask openapi`: the OpenAPI documents of all surfaces, as files that reviewers and client generators can read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::roster::Documents;
use crate::workspace::Workspace;

/// Where the documents are kept.
const FOLDER: &str = "docs/openapi";

/// Write, or with `--check` compare, the documents in docs/openapi
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
    let documents = Documents::of(workspace.build_roster()?);
    let folder = workspace.root().join(FOLDER);
    let mut stale = Vec::new();
    let mut current = BTreeSet::new();
    for name in documents.names()? {
        let file = format!("{name}.json");
        let path = folder.join(&file);
        let document = documents.print(&name)?;
        let committed = fs::read_to_string(&path).unwrap_or_default();
        if committed.trim_end() != document.trim_end() {
            if !arguments.check {
                fs::create_dir_all(&folder)?;
                fs::write(&path, format!("{}\n", document.trim_end()))
                    .with_context(|| format!("cannot write {FOLDER}/{file}"))?;
            }
            stale.push(file.clone());
        }
        current.insert(file);
    }
    for file in committed(&folder)?.difference(&current) {
        if !arguments.check {
            fs::remove_file(folder.join(file)).with_context(|| format!("cannot remove {FOLDER}/{file}"))?;
        }
        stale.push(file.clone());
    }
    if arguments.check && !stale.is_empty() {
        let files = stale.join(", ");
        bail!("stale in {FOLDER}: {files}: run `cargo xtask openapi` and commit what it changes");
    }
    Ok(())
}

/// The files that are there; one whose surface is gone is as stale as one that differs.
fn committed(folder: &Path) -> Result<BTreeSet<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.collect()
}
