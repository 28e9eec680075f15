//! `roster connections`

use std::time::Duration;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use roster_application::ports::Hold;
use roster_application::pull::{PullOutcome, Pulled};
use roster_domain::{Connection, Organization};
use roster_http::json;
use serde_json::{Value, json};

use super::{Desired, Failure, input, output};
use crate::wiring::Wired;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List connections to vendors, and what stands in their way
    List {
        #[command(flatten)]
        desired: Desired,
    },
    /// Call a vendor with the cheapest read there is
    Test {
        /// The connection's id, or its vendor where there is one such connection only
        connection: String,
        #[command(flatten)]
        desired: Desired,
    },
    /// Approve the departures that are held since so many users would leave at once
    Approve {
        /// The connection's id, or its vendor where there is one such connection only
        connection: String,
        #[command(flatten)]
        desired: Desired,
    },
    /// Adopt users whom a vendor has already
    Pull(PullArgs),
}

#[derive(Debug, Args)]
pub(super) struct PullArgs {
    /// The connection's id, or its vendor where there is one such connection only
    connection: String,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    desired: Desired,
}

pub(super) async fn run(wired: &Wired, command: Command) -> Result<(), Failure> {
    match command {
        Command::List { desired } => list(wired, &desired).await,
        Command::Test { connection, desired } => {
            let (organization, connection) = find(wired, &connection, &desired).await?;
            let outcome = wired.connections.test(&organization, connection.id).await?;
            if desired.json {
                output::json(&json!({ "ok": outcome.ok, "message": outcome.message }))?;
            } else if outcome.ok {
                output::done(&outcome.message)?;
            }
            if outcome.ok {
                Ok(())
            } else {
                Err(Failure::usage(outcome.message))
            }
        }
        Command::Approve { connection, desired } => {
            let (organization, connection) = find(wired, &connection, &desired).await?;
            let approved = wired.connections.approve(&organization, connection.id).await?;
            if desired.json {
                return output::json(&json!({ "approved": approved }));
            }
            let vendor = connection.vendor.title();
            output::done(&format!("{approved} departures from {vendor} go on"))
        }
        Command::Pull(args) => pull(wired, args).await,
    }
}

/// The connection that somebody names by its id, or by its vendor where that is clear.
async fn find(wired: &Wired, name: &str, desired: &Desired) -> Result<(Organization, Connection), Failure> {
    let organization = wired.desk.organization(&desired.organization).await?;
    let connection = input::connection(&wired.desk, &organization, name).await?;
    Ok((organization, connection))
}

async fn list(wired: &Wired, desired: &Desired) -> Result<(), Failure> {
    let organization = wired.desk.organization(&desired.organization).await?;
    let connections = input::connections(&wired.desk, &organization).await?;
    let holds = wired.connections.holds(&organization).await?;
    let hold_of = |id| holds.iter().find(|hold| hold.connection_id == id).copied();
    if desired.json {
        let data: Vec<Value> = connections
            .iter()
            .map(|connection| json::connection(connection, hold_of(connection.id)))
            .collect();
        return output::json(&json!({ "data": data }));
    }
    let mut table = output::table(&["ID", "VENDOR", "LABEL", "BASE URL", "TAKES", "WHAT STANDS IN THE WAY"]);
    for connection in &connections {
        table.add_row(vec![
            output::optional(Some(connection.id)),
            output::optional(Some(connection.vendor)),
            output::optional(connection.label.as_ref()),
            output::optional(Some(&connection.base_url)),
            output::optional(Some(connection.options.assignment)),
            output::optional(obstacle(connection, hold_of(connection.id))),
        ]);
    }
    output::show(&table, "no connections: make one with POST /v1/connections")
}

fn obstacle(connection: &Connection, hold: Option<Hold>) -> Option<String> {
    let waiting = hold.map(|hold| {
        let (count, id) = (hold.count, connection.id);
        format!("{count} departures are held: `roster connections approve {id}`")
    });
    connection.paused.as_ref().map(|pause| pause.reason.clone()).or(waiting)
}

async fn pull(wired: &Wired, args: PullArgs) -> Result<(), Failure> {
    let (organization, connection) = find(wired, &args.connection, &args.desired).await?;
    let bar = ProgressBar::new_spinner().with_message("reading the vendor's users");
    bar.set_style(
        ProgressStyle::with_template("{spinner} {msg}: {pos}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    bar.enable_steady_tick(Duration::from_millis(100));
    let mut pulled: Vec<Pulled> = Vec::new();
    let outcome = wired
        .pulls
        .run(&organization, connection.id, args.dry_run, |one| {
            bar.inc(1);
            pulled.push(one);
        })
        .await;
    bar.finish_and_clear();
    if args.desired.json {
        let data: Vec<Value> = pulled.iter().map(in_json).collect();
        output::json(&json!({ "dry_run": args.dry_run, "data": data }))?;
        return Ok(outcome?);
    }
    if pulled.is_empty() {
        // Of a vendor that could not be read, nothing is said about whom it has.
        outcome?;
        return output::done("nobody is there");
    }
    let mut table = output::table(&["VENDOR'S ID", "WHO", "ACTIVE", "OUTCOME"]);
    for one in pulled
        .iter()
        .filter(|one| !matches!(one.outcome, PullOutcome::Known(_)))
    {
        table.add_row(vec![
            output::optional(Some(&one.vendor_user_id)),
            output::optional(one.name.as_ref()),
            output::optional(Some(if one.active { "yes" } else { "no" })),
            output::optional(Some(in_words(&one.outcome))),
        ]);
    }
    output::show(&table, "no user there that is not here")?;
    outcome?;
    let count = |is: fn(&PullOutcome) -> bool| pulled.iter().filter(|one| is(&one.outcome)).count();
    let known = count(|outcome| matches!(outcome, PullOutcome::Known(_)));
    let made = count(|outcome| matches!(outcome, PullOutcome::Created(_)));
    let would = count(|outcome| matches!(outcome, PullOutcome::WouldCreate));
    let skipped = count(|outcome| matches!(outcome, PullOutcome::Skipped(_)));
    if args.dry_run {
        output::hint(&format!(
            "{known} are here already, {would} would be made, {skipped} would be skipped; nothing was done"
        ));
        return Ok(());
    }
    output::done(&format!(
        "{known} were here already, {made} were made, {skipped} were skipped"
    ))
}

fn in_words(outcome: &PullOutcome) -> String {
    match outcome {
        PullOutcome::Known(id) => format!("is here as {id}"),
        PullOutcome::Created(id) => format!("made as {id}"),
        PullOutcome::WouldCreate => "would be made".to_owned(),
        PullOutcome::Skipped(reason) => format!("skipped: {reason}"),
    }
}

fn in_json(pulled: &Pulled) -> Value {
    let (outcome, user, reason) = match &pulled.outcome {
        PullOutcome::Known(id) => ("known", Some(id.to_string()), None),
        PullOutcome::Created(id) => ("created", Some(id.to_string()), None),
        PullOutcome::WouldCreate => ("would_create", None, None),
        PullOutcome::Skipped(reason) => ("skipped", None, Some(reason)),
    };
    json!({
        "vendor_user_id": pulled.vendor_user_id.as_str(), "name": pulled.name, "active": pulled.active,
        "outcome": outcome, "user_id": user, "reason": reason,
    })
}
