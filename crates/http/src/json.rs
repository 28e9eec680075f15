//! The JSON of `/v1` for others who show the same things, such as the command line.

use roster_domain::{Account, Revision, User};
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
