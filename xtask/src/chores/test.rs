//! `cargo xtask test`: every test there is, with a PostgreSQL of its own.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use crate::postgres::Server;
use crate::progress::Steps;
use crate::workspace::Workspace;
use crate::{process, progress};

/// Tells the end-to-end tests which program to run.
pub(super) const BINARY_VARIABLE: &str = "ROSTER_BIN";

/// Run every test, PostgreSQL included
#[derive(Default, clap::Args)]
pub(crate) struct Arguments {
    /// What cargo-nextest gets, such as `-p e2e` or a filter; without it everything runs
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

/// Runs the tests as steps of `steps`.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments, steps: &mut Steps) -> Result<()> {
    // First, because what follows takes minutes and this says within seconds what is missing.
    let server = steps.run("postgres", || Server::provide(workspace))?;
    let roster = steps.run("build", || workspace.build_roster())?;
    steps.run("tests", || {
        let mut command = runner(workspace, &arguments.arguments);
        command.env(BINARY_VARIABLE, &roster);
        server.tell(&mut command);
        process::run(&mut command)
    })?;
    // Whoever chose some tests did not mean the examples in the documentation.
    if arguments.arguments.is_empty() {
        steps.run("doc tests", || {
            process::run(workspace.cargo("test").args(["--locked", "--workspace", "--doc"]))
        })?;
    }
    Ok(())
}

/// cargo-nextest where it is installed, else what comes with Cargo.
fn runner(workspace: &Workspace, arguments: &[OsString]) -> Command {
    let mut command;
    if process::output(workspace.cargo("nextest").arg("--version")).is_ok() {
        command = workspace.cargo("nextest");
        command.arg("run");
        if std::env::var_os("CI").is_some() {
            command.args(["--profile", "ci"]);
        }
    } else {
        progress::note("cargo-nextest is not installed; `cargo test` does, only slower");
        command = workspace.cargo("test");
        command.arg("--all-targets");
    }
    command.arg("--locked");
    // Cargo would take `--workspace -p roster-domain` for the whole workspace.
    if !names_a_package(arguments) {
        command.arg("--workspace");
    }
    command.args(arguments);
    command
}

fn names_a_package(arguments: &[OsString]) -> bool {
    arguments.iter().any(|argument| {
        let argument = argument.to_string_lossy();
        argument.starts_with("-p") || argument.starts_with("--package")
    })
}
