//! The client of Nabla Core's Server API, current generation.

mod check;
mod client;

use std::sync::Arc;

use async_trait::async_trait;
use http::Method;
use roster_application::credentials::Credentials;
use roster_application::ports::{Clock, Ids, RemoteUser, Target, VendorError, VendorGateway};
use roster_domain::{
    Capabilities, Connection, KeyKind, Metadata, OutcomeClass, User, VendorKey, VendorUserId, Violations,
};
use roster_wire::nabla_core::{Empty, ReportedUser, UserBody};

use self::client::{Client, path};
use crate::egress::Egress;

/// The version that is asked for unless the connection says another: the newest that the vendor documents.
pub const DEFAULT_API_VERSION: &str = "2026-06-12";

/// What Nabla Core can do. Whether it refuses a second user with the same external id is documented nowhere, so
/// Roster looks before it creates; deleting is not offered.
const CAPABILITIES: Capabilities = Capabilities {
    look_up: Some(KeyKind::ExternalId),
    refuses_duplicates: false,
    update: true,
    update_inactive: true,
    deactivate: true,
    reactivate: true,
    delete: false,
    required: &[],
};

/// Nabla Core, as convergence calls it.
#[derive(Debug, Clone)]
pub struct NablaCore {
    client: Client,
}

impl NablaCore {
    /// Makes the client. Clones share their tokens, so make one and clone it.
    #[must_use]
    pub fn new(egress: Egress, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self {
            client: Client::new(egress, clock, ids),
        }
    }

    /// Switches a user on or off, and takes only the state that was asked for as an answer.
    async fn switch(&self, target: Target<'_>, id: &VendorUserId, active: bool) -> Result<(), VendorError> {
        let verb = if active { "activate" } else { "deactivate" };
        let url = path(&["users", id.as_str(), verb])?;
        let user = self.client.user_of(target, Method::POST, &url, Some(&Empty {})).await?;
        same_user(id, &user)?;
        if user.activated == active {
            return Ok(());
        }
        let state = if active { "inactive" } else { "active" };
        Err(unknown(format!(
            "Nabla Core answered {verb} with a user who is still {state}"
        )))
    }
}

#[async_trait]
impl VendorGateway for NablaCore {
    fn capabilities(&self, _: &Connection) -> Capabilities {
        CAPABILITIES
    }

    fn check(&self, connection: &Connection, credentials: &Credentials) -> Violations {
        check::check(connection, credentials)
    }

    async fn look_up<'a>(
        &self,
        target: Target<'a>,
        key: &VendorKey,
        user: &User,
    ) -> Result<Option<RemoteUser>, VendorError> {
        let url = path(&["users", "find_by_external_id", key.as_str()])?;
        match self.client.user_of(target, Method::GET, &url, None::<&Empty>).await {
            // Whoever else is found must never be taken for this user.
            Ok(found) if found.external_id.as_deref() != Some(key.as_str()) => Err(unknown(
                "Nabla Core answered the look-up with a user of another external id".to_owned(),
            )),
            Ok(found) => Ok(Some(remote(found, user))),
            Err(error) if error.class == OutcomeClass::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn create<'a>(&self, target: Target<'a>, key: &VendorKey, user: &User) -> Result<RemoteUser, VendorError> {
        let body = body(key, user);
        let created = self
            .client
            .user_of(target, Method::POST, &path(&["users"])?, Some(&body))
            .await;
        created.map(|created| remote(created, user)).map_err(no_such_route)
    }

    async fn update<'a>(&self, target: Target<'a>, id: &VendorUserId, user: &User) -> Result<RemoteUser, VendorError> {
        let body = body(&own_key(user), user);
        let url = path(&["users", id.as_str()])?;
        let updated = self.client.user_of(target, Method::PATCH, &url, Some(&body)).await?;
        same_user(id, &updated)?;
        Ok(remote(updated, user))
    }

    async fn activate<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError> {
        self.switch(target, id, true).await
    }

    async fn deactivate<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError> {
        self.switch(target, id, false).await
    }

    async fn delete<'a>(&self, _: Target<'a>, _: &VendorUserId) -> Result<(), VendorError> {
        Err(VendorError::new(
            OutcomeClass::Rejected,
            "Nabla Core has no way to delete a user",
        ))
    }

    async fn test<'a>(&self, target: Target<'a>) -> Result<(), VendorError> {
        self.client.list_one(target).await.map_err(no_such_route)
    }
}

/// The key under which a user should be at the vendor.
fn own_key(user: &User) -> VendorKey {
    VendorKey::of(user, KeyKind::ExternalId).unwrap_or_else(|| VendorKey::new(user.id.to_string()))
}

fn body(key: &VendorKey, user: &User) -> UserBody {
    UserBody {
        external_id: Some(key.as_str().to_owned()),
        metadata: user.profile.metadata.as_ref().map(Metadata::entries).cloned(),
    }
}

/// The vendor's user, compared with the one that should be there. Null and an empty dictionary count as the same:
/// whether the vendor keeps them apart is not documented, and nothing in them differs.
fn remote(found: ReportedUser, user: &User) -> RemoteUser {
    let wanted = body(&own_key(user), user);
    let matches = found.external_id == wanted.external_id
        && found.metadata.unwrap_or_default() == wanted.metadata.unwrap_or_default();
    RemoteUser {
        id: VendorUserId::new(found.id),
        active: found.activated,
        matches,
        invite_url: None,
    }
}

/// An answer about another user is no answer. The vendor spells ids in either case.
fn same_user(id: &VendorUserId, answered: &ReportedUser) -> Result<(), VendorError> {
    if answered.id.eq_ignore_ascii_case(id.as_str()) {
        return Ok(());
    }
    Err(unknown(
        "Nabla Core answered with another user than the one asked for".to_owned(),
    ))
}

/// Where no user is named, "not found" can only be about the address.
fn no_such_route(error: VendorError) -> VendorError {
    if error.class != OutcomeClass::NotFound && error.status != Some(404) {
        return error;
    }
    let message = "there is no Nabla Core API at the connection's base URL: check it".to_owned();
    VendorError {
        class: OutcomeClass::Unauthorized,
        message,
        ..error
    }
}

fn unknown(message: String) -> VendorError {
    VendorError {
        status: Some(200),
        ..VendorError::new(OutcomeClass::Unknown, message)
    }
}
