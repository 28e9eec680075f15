//! Where the workspace is, and how Cargo is called in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand};

use crate::process;

/// The workspace that the chores work on.
pub(crate) struct Workspace {
    metadata: Metadata,
}

impl Workspace {
    /// Asks Cargo, from wherever the chore was started.
    pub(crate) fn find() -> Result<Self> {
        let metadata = MetadataCommand::new()
            .no_deps()
            .exec()
            .context("cannot ask Cargo about the workspace")?;
        Ok(Self { metadata })
    }

    pub(crate) fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    pub(crate) fn root(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    /// The folder that Cargo builds into, which is not always `target/`.
    pub(crate) fn target(&self) -> &Path {
        self.metadata.target_directory.as_std_path()
    }

    /// Builds the binary `roster`, and says where it is.
    pub(crate) fn build_roster(&self) -> Result<PathBuf> {
        self.build(&["--bin", "roster", "--examples"])?;
        Ok(self.target().join("debug/roster"))
    }

    /// Builds an example, and says where it is.
    pub(crate) fn build_example(&self, name: &str) -> Result<PathBuf> {
        self.build(&["--example", name])?;
        Ok(self.target().join("debug/examples").join(name))
    }

    /// Builds a binary of one package as it is released, and says where it is.
    pub(crate) fn build_release(&self, package: &str, binary: &str) -> Result<PathBuf> {
        let mut command = self.cargo("build");
        process::run(command.args(["--locked", "--release", "--package", package, "--bin", binary]))?;
        Ok(self.target().join("release").join(binary))
    }

    /// Builds with the features that the whole workspace and its tests ask of their dependencies. Cargo compiles a
    /// dependency anew for each set of features; with the set of the tests, they find all of it done. It takes an
    /// example among the targets for the features of the dev-dependencies to count.
    fn build(&self, targets: &[&str]) -> Result<()> {
        let mut command = self.cargo("build");
        process::run(command.args(["--locked", "--workspace"]).args(targets))
    }

    /// `cargo SUBCOMMAND`, at the root of the workspace.
    pub(crate) fn cargo(&self, subcommand: &str) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.arg(subcommand).current_dir(self.root());
        // `cargo run` describes the chores' own package in these; build scripts that watch them would run again.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&*name);
            }
        }
        command
    }
}
