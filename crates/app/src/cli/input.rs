//! Reading what people type: ids, pairs, secrets.

use std::io::Read;

use roster_application::{Error, Missing};
use roster_domain::{Connection, ConnectionId, Organization, User};
use secrecy::SecretString;

use super::Failure;
use crate::wiring::Desk;

/// The most connections that are read at once.
const PAGE: u32 = 200;

/// A user by Roster's id or, where there is none such, by external id.
pub(super) async fn user(desk: &Desk, organization: &Organization, given: &str) -> Result<User, Failure> {
    if let Ok(id) = given.parse() {
        match desk.users.get(organization, id).await {
            Err(Error::NotFound(_)) => {}
            outcome => return Ok(outcome?),
        }
    }
    match desk.users.get_by_external_id(organization, given).await {
        Err(Error::NotFound(_)) => Err(Failure::usage(format!(
            "there is no user with the id or external id {given:?}: `roster users list` shows who there is"
        ))),
        outcome => Ok(outcome?),
    }
}

/// All connections of an organization.
pub(super) async fn connections(desk: &Desk, organization: &Organization) -> Result<Vec<Connection>, Failure> {
    let (mut connections, mut after) = (Vec::new(), None);
    loop {
        let page = desk.connections.connections(organization.id, after, PAGE).await;
        let page = page.map_err(Error::from)?;
        let is_full = page.len() == PAGE as usize;
        after = page.last().map(|connection| connection.id);
        connections.extend(page);
        if !is_full {
            return Ok(connections);
        }
    }
}

/// The connection that somebody names by its id, or by its vendor where that is clear.
pub(super) async fn connection(desk: &Desk, organization: &Organization, given: &str) -> Result<Connection, Failure> {
    if let Ok(id) = given.parse::<ConnectionId>() {
        let found = desk.connections.connection(organization.id, id).await;
        let found = found.map_err(Error::from)?;
        return Ok(found.ok_or(Error::NotFound(Missing::Connection))?.0);
    }
    let mut named = connections(desk, organization).await?;
    named.retain(|connection| connection.vendor.name() == given);
    match (named.pop(), named.is_empty()) {
        (Some(connection), true) => Ok(connection),
        (Some(_), false) => Err(Failure::usage(format!(
            "there are several connections to {given}: name one by its id, see `roster connections list`"
        ))),
        (None, _) => Err(Failure::usage(format!(
            "there is no connection {given:?}: see `roster connections list`"
        ))),
    }
}

/// A `key=value` pair.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .ok_or_else(|| "write it as key=value".to_owned())
}

/// A secret from standard input, since everyone on the machine can see a process's flags.
pub(super) fn secret_from_stdin() -> Result<SecretString, Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
}
