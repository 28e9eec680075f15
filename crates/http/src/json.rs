//! The JSON of `/v1` for others who show the same things, such as the command line.

use roster_application::ports::{HistoryEntry, Hold};
use roster_application::preview::Preview;
use roster_domain::{Account, Connection, ConnectionId, Group, Revision, User};
use serde_json::{Value, json};

use crate::v1;

/// A user as `/v1` shows it.
#[must_use]
pub fn user(user: &User) -> Value {
    let revision = Revision {
        user: user.clone(),
        changed: false,
        suspicions: Vec::new(),
        password: None,
    };
    json!(v1::users::UserAnswer::from(revision))
}

/// An account as `/v1` shows it.
#[must_use]
pub fn account(account: &Account) -> Value {
    json!(v1::accounts::AccountAnswer::from(account.clone()))
}

/// A connection as `/v1` shows it, with the departures that are held there.
#[must_use]
pub fn connection(connection: &Connection, hold: Option<Hold>) -> Value {
    json!(v1::connections::ConnectionAnswer::of(connection.clone(), hold))
}

/// A group as `/v1` shows it, with the connections that it is tied to.
#[must_use]
pub fn group(group: Group, ties: &[ConnectionId]) -> Value {
    json!(v1::groups::GroupAnswer::of(group, ties))
}

/// An entry of a user's history as `/v1` shows it.
#[must_use]
pub fn history(entry: HistoryEntry) -> Value {
    json!(v1::history::HistoryEntryAnswer::from(entry))
}

/// What would be sent over a connection, as `/v1` shows it.
#[must_use]
pub fn preview(preview: Preview) -> Value {
    json!(v1::preview::PreviewAnswer::from(preview))
}
