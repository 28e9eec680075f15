//! `roster secrets`

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Failure, output};
use crate::wiring::Wired;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Seal everything with the present secret key that is sealed with one before it (`ROSTER_PREVIOUS_SECRET_KEYS`)
    ///
    /// A server with both does the same when it starts. Once nothing is left, and tokens that were signed with the old key have
    /// expired (user sessions of Nabla Core last 30 days), the old key can go.
    Reseal(ResealArgs),
}

#[derive(Debug, Args)]
pub(super) struct ResealArgs {
    /// Answer in JSON, for machines
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(wired: &Wired, command: Command) -> Result<(), Failure> {
    let Command::Reseal(ResealArgs { json }) = command;
    let rotated = wired.rotation.run().await?;
    if json {
        return output::json(&json!({
            "resealed": rotated.resealed, "current": rotated.current, "unreadable": rotated.unreadable,
        }));
    }
    if rotated.unreadable > 0 {
        output::hint(&format!(
            "{} cannot be opened with any of the keys: give the one that they were sealed with in \
             ROSTER_PREVIOUS_SECRET_KEYS, or enter those credentials anew",
            rotated.unreadable
        ));
    }
    output::done(&format!(
        "{} were sealed anew, {} had been before",
        rotated.resealed, rotated.current
    ))
}
