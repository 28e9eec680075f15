//! What the vendor answers, and what it says of a user.

use std::collections::BTreeMap;

use roster_application::ports::{RemotePage, RemoteRecord, RemoteUser, Target, VendorError};
use roster_domain::{Change, OutcomeClass, User, UserChanges, VendorUserId};
use roster_wire::nabla_core::ReportedUser;
use serde::{Deserialize, Serialize};

use super::calls;
use crate::nabla::{Call, Client};
use crate::outcome;

/// A page of users, as much of it as is needed to go on.
#[derive(Deserialize)]
struct Page {
    data: Vec<ReportedUser>,
    has_more: bool,
    #[serde(default)]
    next_cursor: Option<String>,
}

/// Makes a call that answers with a user.
pub(super) async fn user_of(
    client: &Client,
    target: Target<'_>,
    call: &Call<impl Serialize + Sync>,
) -> Result<ReportedUser, VendorError> {
    let vendor = target.connection.vendor;
    let answer = client.call(target, call).await?;
    let user: ReportedUser = answer
        .json()
        .map_err(|error| outcome::of_unreadable(vendor, &answer, error))?;
    if user.id.is_empty() {
        return Err(outcome::of_unreadable(vendor, &answer, NoId));
    }
    Ok(user)
}

/// Reads a page of users.
pub(super) async fn page_of(
    client: &Client,
    target: Target<'_>,
    cursor: Option<&str>,
) -> Result<RemotePage, VendorError> {
    let vendor = target.connection.vendor;
    let answer = client.call(target, &calls::list(cursor)).await?;
    let page: Page = answer
        .json()
        .map_err(|error| outcome::of_unreadable(vendor, &answer, error))?;
    if page.data.iter().any(|user| user.id.is_empty()) {
        return Err(outcome::of_unreadable(vendor, &answer, NoId));
    }
    if page.has_more && page.next_cursor.is_none() {
        return Err(outcome::of_unreadable(vendor, &answer, NoCursor));
    }
    Ok(RemotePage {
        users: page.data.into_iter().map(record).collect(),
        next: page.next_cursor.filter(|_| page.has_more),
    })
}

/// Reads a page of one user, for nothing but to see whether it can be read.
pub(super) async fn readable(client: &Client, target: Target<'_>) -> Result<(), VendorError> {
    #[derive(Deserialize)]
    struct Any {
        #[serde(rename = "data")]
        _data: Vec<serde_json::Value>,
    }
    let answer = client.call(target, &calls::list_one()).await?;
    let page = answer.json::<Any>();
    page.map(|_| ())
        .map_err(|error| outcome::of_unreadable(target.connection.vendor, &answer, error))
}

/// The vendor's user, compared with the one that should be there. Null and an empty dictionary count as the same:
/// whether the vendor keeps them apart is not documented, and nothing in them differs.
pub(super) fn remote(found: ReportedUser, user: &User) -> RemoteUser {
    let wanted = calls::wanted(user);
    let filled = |metadata: Option<BTreeMap<String, String>>| metadata.unwrap_or_default();
    let mut differing = Vec::new();
    if found.external_id != wanted.external_id {
        differing.push("external_id");
    }
    if filled(found.metadata) != filled(wanted.metadata) {
        differing.push("metadata");
    }
    RemoteUser {
        id: VendorUserId::new(found.id),
        active: found.activated,
        matches: differing.is_empty(),
        invite_url: None,
        differing,
    }
}

/// An answer about another user is no answer. The vendor spells ids in either case.
pub(super) fn same_user(id: &VendorUserId, answered: &ReportedUser) -> Result<(), VendorError> {
    if answered.id.eq_ignore_ascii_case(id.as_str()) {
        return Ok(());
    }
    Err(unknown(
        "Nabla Core answered with another user than the one asked for".to_owned(),
    ))
}

/// A success by its status that is none.
pub(super) fn unknown(message: String) -> VendorError {
    VendorError {
        status: Some(200),
        ..VendorError::new(OutcomeClass::Unknown, message)
    }
}

fn record(user: ReportedUser) -> RemoteRecord {
    RemoteRecord {
        id: VendorUserId::new(user.id),
        active: user.activated,
        fields: UserChanges {
            external_id: Change::from(user.external_id),
            metadata: Change::from(user.metadata),
            ..UserChanges::default()
        },
    }
}

/// A user without an id.
#[derive(Debug, thiserror::Error)]
#[error("the user in it has no id")]
struct NoId;

/// A page that is not the last one, and does not say where the next one is.
#[derive(Debug, thiserror::Error)]
#[error("it says that there are more users, and not how to ask for them")]
struct NoCursor;
