//! `cargo xtask storm`: the end-to-end storms, for as long as one likes.

use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;

use super::test::BINARY_VARIABLE;
use crate::postgres::Server;
use crate::process;
use crate::progress::Steps;
use crate::workspace::Workspace;

/// Tells them for how many seconds a storm lasts.
const SECONDS_VARIABLE: &str = "E2E_STORM_SECONDS";
/// Tells them what their random choices are made from.
const SEED_VARIABLE: &str = "E2E_SEED";

/// Kill servers, cut and stop databases under load, and see that nothing is lost
///
/// Each storm prints how it goes on, and the seed that repeats its choices.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How long each storm lasts
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
    /// Only this storm; may be given several times
    #[arg(long = "storm", value_enum, value_name = "STORM")]
    storms: Vec<Storm>,
    /// What the random choices are made from, to repeat those of a run that failed
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Storm {
    /// `kill -9` of a server on SQLite
    Sqlite,
    /// `kill -9` of either of two servers on PostgreSQL
    Postgres,
    /// Outages of PostgreSQL
    Outages,
    /// PostgreSQL itself stopped, or killed, and started again
    Stops,
}

impl Storm {
    const fn title(self) -> &'static str {
        match self {
            Self::Sqlite => "kills on SQLite",
            Self::Postgres => "kills of two replicas on PostgreSQL",
            Self::Outages => "outages of PostgreSQL",
            Self::Stops => "stops of PostgreSQL",
        }
    }

    /// The test that is the storm.
    const fn test(self) -> &'static str {
        match self {
            Self::Sqlite => "storm::a_storm_of_kills_on_sqlite_loses_nothing_and_doubles_nobody",
            Self::Postgres => "storm::a_storm_of_kills_of_two_replicas_on_postgres_loses_nothing_and_doubles_nobody",
            Self::Outages => "storm::a_storm_of_outages_of_postgres_loses_nothing_and_doubles_nobody",
            Self::Stops => "storm::a_storm_of_stops_and_starts_of_postgres_loses_nothing_and_doubles_nobody",
        }
    }

    const fn needs_postgres(self) -> bool {
        !matches!(self, Self::Sqlite)
    }
}

/// Runs the storms as steps of `steps`, one after the other.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments, steps: &mut Steps) -> Result<()> {
    let storms = match arguments.storms.as_slice() {
        [] => Storm::value_variants(),
        chosen => chosen,
    };
    // First, because what follows takes minutes and this says within seconds what is missing.
    let server = if storms.iter().any(|storm| storm.needs_postgres()) {
        Some(steps.run("postgres", || Server::provide(workspace))?)
    } else {
        None
    };
    let roster = steps.run("build", || workspace.build_roster())?;
    let lasting = Duration::from_mins(arguments.minutes.into());
    for storm in storms {
        steps.run(storm.title(), || {
            // Not by cargo-nextest, which would take a long storm for one that hangs, and hide how it goes on.
            let mut command = workspace.cargo("test");
            command
                .args(["--locked", "-p", "e2e", "--test", "it", "--"])
                .args([storm.test(), "--exact", "--nocapture"])
                .env(BINARY_VARIABLE, &roster)
                .env(SECONDS_VARIABLE, lasting.as_secs().to_string());
            if let Some(server) = &server {
                server.tell(&mut command);
            }
            if let Some(seed) = arguments.seed {
                command.env(SEED_VARIABLE, seed.to_string());
            }
            process::run(&mut command)
        })?;
    }
    Ok(())
}
