//! The workspace's chores, one command each; CI runs the same commands as a person does.

mod chores;
mod postgres;
mod process;
mod progress;
mod signals;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    Postgres(chores::postgres::Arguments),
    SqlxPrepare(chores::sqlx_prepare::Arguments),
}

impl Chore {
    fn run(&self, workspace: &Workspace) -> anyhow::Result<()> {
        match self {
            Self::Postgres(arguments) => chores::postgres::run(workspace, arguments),
            Self::SqlxPrepare(arguments) => chores::sqlx_prepare::run(workspace, arguments),
        }
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
