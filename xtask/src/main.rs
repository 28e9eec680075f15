//! The workspace's chores, one command each; CI runs the same commands as a person does.

mod chores;
mod packages;
mod postgres;
mod process;
mod progress;
mod python;
mod roster;
mod signals;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::progress::Steps;
use crate::workspace::Workspace;

/// The workspace's chores.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    Test(chores::test::Arguments),
    Ci(chores::ci::Arguments),
    /// Check the boundaries between the crates, and the habits of the sources
    Tidy,
    SqlxPrepare(chores::sqlx_prepare::Arguments),
    Openapi(chores::openapi::Arguments),
    Conformance(chores::conformance::Arguments),
    Postgres(chores::postgres::Arguments),
    Storm(chores::storm::Arguments),
    Latency(chores::latency::Arguments),
    Bench(chores::bench::Arguments),
}

impl Chore {
    fn run(&self, workspace: &Workspace) -> anyhow::Result<()> {
        let mut steps = Steps::default();
        let outcome = match self {
            Self::Test(arguments) => chores::test::run(workspace, arguments, &mut steps),
            Self::Ci(arguments) => chores::ci::run(workspace, arguments, &mut steps),
            Self::Tidy => chores::tidy::run(workspace),
            Self::SqlxPrepare(arguments) => chores::sqlx_prepare::run(workspace, arguments),
            Self::Openapi(arguments) => chores::openapi::run(workspace, arguments),
            Self::Conformance(arguments) => chores::conformance::run(workspace, arguments, &mut steps),
            Self::Postgres(arguments) => chores::postgres::run(workspace, arguments),
            Self::Storm(arguments) => chores::storm::run(workspace, arguments, &mut steps),
            Self::Latency(arguments) => chores::latency::run(workspace, arguments, &mut steps),
            Self::Bench(arguments) => chores::bench::run(workspace, arguments, &mut steps),
        };
        steps.summarize();
        outcome
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = signals::listen()
        .and_then(|()| Workspace::find())
        .and_then(|workspace| arguments.chore.run(&workspace));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => progress::give_up(&error),
    }
}
