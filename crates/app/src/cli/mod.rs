//! The command line.

mod accounts;
mod clients;
mod config;
mod connections;
mod failure;
mod groups;
mod input;
mod openapi;
mod organizations;
pub(crate) mod output;
mod sandbox;
mod secrets;
mod users;

use std::sync::Arc;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use roster_domain::{Organization, Slug};

pub(crate) use failure::Failure;

use crate::secret_key::{SecretKey, SecretKeyError};
use crate::settings::{ServeArgs, Settings, SettingsArgs};
use crate::wiring::{Desk, OpenStore, Wired};
use crate::{logging, serve};

/// One record per clinician, every clinical-AI vendor.
#[derive(Debug, Parser)]
#[command(
    name = "roster",
    version,
    about,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "Secrets have no flags. They come from the environment (ROSTER_SECRET_KEY, ROSTER_BOOTSTRAP_KEY) or \
                  from the settings file (secret_key, bootstrap_key)."
)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the API and the worker
    Serve(ServeArgs),
    /// Bring the database's tables up to date
    Migrate,
    /// Look at users, or create one
    #[command(subcommand)]
    Users(users::Command),
    /// See where users are at the vendors, or try again
    #[command(subcommand)]
    Accounts(accounts::Command),
    /// Look at connections to vendors, approve what is held, adopt users who are there already
    #[command(subcommand)]
    Connections(connections::Command),
    /// Look at the groups that identity providers keep, or tie one to a connection
    #[command(subcommand)]
    Groups(groups::Command),
    /// Make an API client
    #[command(subcommand)]
    Clients(clients::Command),
    /// Make an organization
    #[command(subcommand)]
    Organizations(organizations::Command),
    /// See what opens the vendors' APIs in the sandbox
    #[command(subcommand)]
    Sandbox(sandbox::Command),
    /// Replace the secret key
    #[command(subcommand)]
    Secrets(secrets::Command),
    /// Print the effective settings, secrets masked
    Config(config::ConfigArgs),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print an OpenAPI document: that of /v1, or of a vendor's API
    Openapi(openapi::OpenapiArgs),
}

/// For whom, and in which form.
#[derive(Debug, Args)]
pub(crate) struct Desired {
    /// Short name of the organization
    #[arg(long, env = "ROSTER_ORGANIZATION", default_value = "default", value_name = "SLUG")]
    organization: String,
    /// Answer in JSON, for machines
    #[arg(long)]
    json: bool,
}

/// Carries out a command.
pub(crate) fn run(command_line: CommandLine) -> Result<(), Failure> {
    let args = command_line.settings;
    match command_line.command {
        Command::Serve(serve_args) => {
            let settings = Settings::load(&args, &serve_args)?;
            settings.check_serving()?;
            logging::start(&settings.log, settings.log_format).map_err(Failure::usage)?;
            runtime()?.block_on(serve::run(settings))
        }
        Command::Migrate => at_desk(&args, Absent::IsMade, async |_, settings| {
            output::done(&format!("the tables in {} are up to date", settings.database.masked()))
        }),
        Command::Users(command) if command.needs_secrets() => at_wired(&args, async |wired| {
            users::run(&wired.desk, Some(&wired), command).await
        }),
        Command::Users(command) => at_desk(&args, Absent::IsRefused, async |desk, _| {
            users::run(&desk, None, command).await
        }),
        Command::Connections(command) => at_wired(&args, async |wired| connections::run(&wired, command).await),
        Command::Secrets(command) => at_wired(&args, async |wired| secrets::run(&wired, command).await),
        Command::Accounts(command) => at_desk(&args, Absent::IsRefused, async |desk, _| {
            accounts::run(&desk, command).await
        }),
        Command::Groups(command) => at_desk(&args, Absent::IsRefused, async |desk, _| {
            groups::run(&desk, command).await
        }),
        Command::Clients(command) => at_desk(&args, Absent::IsRefused, async |desk, _| {
            clients::run(&desk, command).await
        }),
        Command::Organizations(command) => at_desk(&args, Absent::IsMade, async |desk, _| {
            organizations::run(&desk, command).await
        }),
        Command::Sandbox(command) => sandbox::run(&args, command),
        Command::Config(config_args) => config::run(&args, &config_args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut CommandLine::command(), "roster", &mut script);
            output::bytes(&script)
        }
        Command::Openapi(openapi_args) => openapi::run(&openapi_args),
    }
}

/// What becomes of a database file that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Absent {
    /// It is made.
    IsMade,
    /// It is said: whoever looks for users in a new file has most likely mistyped its name.
    IsRefused,
}

/// Carries out a command that needs nothing but the store.
fn at_desk(
    args: &SettingsArgs,
    absent: Absent,
    work: impl AsyncFnOnce(Desk, &Settings) -> Result<(), Failure>,
) -> Result<(), Failure> {
    at_store(args, &ServeArgs::default(), absent, async |store, settings| {
        work(Desk::new(&store.ports()).under(settings), settings).await
    })
}

/// Carries out a command that opens what is sealed, or calls vendors.
fn at_wired(args: &SettingsArgs, work: impl AsyncFnOnce(Wired) -> Result<(), Failure>) -> Result<(), Failure> {
    at_store(
        args,
        &ServeArgs::default(),
        Absent::IsRefused,
        async |store, settings| {
            let found = SecretKey::find(settings.secret_key.as_ref(), &settings.database)?;
            let secret_key = found.ok_or_else(|| match settings.database.key_file() {
                Some(file) => Failure::from(SecretKeyError::Lost(file)),
                None => Failure::from(SecretKeyError::Missing),
            })?;
            work(Wired::new(store.ports(), &secret_key, settings)?).await
        },
    )
}

/// Opens the store for one command, and closes it again.
fn at_store(
    args: &SettingsArgs,
    serve: &ServeArgs,
    absent: Absent,
    work: impl AsyncFnOnce(&OpenStore, &Settings) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let settings = Settings::load(&args.quieter(), serve)?;
    logging::start(&settings.log, settings.log_format).map_err(Failure::usage)?;
    if absent == Absent::IsRefused && settings.database.is_absent() {
        return Err(Failure::no_database(&settings.database));
    }
    runtime()?.block_on(async {
        let store = Arc::new(
            OpenStore::open(&settings)
                .await
                .map_err(|error| Failure::store(&error, &settings))?,
        );
        let outcome = work(&store, &settings).await;
        store.close().await;
        outcome
    })
}

impl Desk {
    async fn organization(&self, slug: &str) -> Result<Organization, Failure> {
        let unknown = || {
            Failure::usage(format!(
                "there is no organization {slug:?}: name another with --organization, or run `roster serve` once to make \
                 the first"
            ))
        };
        let slug = Slug::new(slug).map_err(|_| unknown())?;
        match self.organizations.get(&slug).await {
            Err(roster_application::Error::NotFound(_)) => Err(unknown()),
            outcome => Ok(outcome?),
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_and_subcommand_fits_together() {
        CommandLine::command().debug_assert();
    }
}
