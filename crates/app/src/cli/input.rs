//! Reading what people type: ids, pairs, secrets.

use std::io::Read;

use roster_application::Error;
use roster_domain::{Organization, User};
use secrecy::SecretString;

use super::Failure;
use crate::wiring::Desk;

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
