//! The client of Nabla Core's Server API, current generation.

mod answers;
mod calls;

use std::sync::Arc;

use async_trait::async_trait;
use roster_application::credentials::Credentials;
use roster_application::ports::{
    Clock, Ids, PreviewedRequest, RemotePage, RemoteUser, Sought, Subject, Target, VendorError, VendorGateway,
};
use roster_domain::{Capabilities, Connection, KeyKind, OutcomeClass, Step, User, VendorKey, VendorUserId, Violations};

use self::answers::{page_of, readable, remote, same_user, unknown, user_of};
use crate::egress::Egress;
use crate::nabla::{self, Client, no_such_route};

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
    read_back: true,
    initial_password: false,
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
            client: Client::new(egress, clock, ids, DEFAULT_API_VERSION),
        }
    }

    /// Switches a user on or off, and takes only the state that was asked for as an answer.
    async fn switch(&self, target: Target<'_>, id: &VendorUserId, active: bool) -> Result<(), VendorError> {
        let user = user_of(&self.client, target, &calls::switch(id, active)?).await?;
        same_user(id, &user)?;
        if user.activated == active {
            return Ok(());
        }
        let state = if active { "inactive" } else { "active" };
        Err(unknown(format!(
            "Nabla Core answered {} with a user who is still {state}",
            calls::verb(active)
        )))
    }
}

#[async_trait]
impl VendorGateway for NablaCore {
    fn capabilities(&self, _: &Connection) -> Capabilities {
        CAPABILITIES
    }

    fn check(&self, connection: &Connection, credentials: &Credentials) -> Violations {
        nabla::check(connection, credentials)
    }

    async fn look_up<'a>(
        &self,
        target: Target<'a>,
        key: &VendorKey,
        user: &User,
        _: Option<&'a str>,
    ) -> Result<Sought, VendorError> {
        match user_of(&self.client, target, &calls::look_up(key)?).await {
            // Whoever else is found must never be taken for this user.
            Ok(found) if found.external_id.as_deref() != Some(key.as_str()) => Err(unknown(
                "Nabla Core answered the look-up with a user of another external id".to_owned(),
            )),
            Ok(found) => Ok(Sought::Found(remote(found, user))),
            Err(error) if error.class == OutcomeClass::NotFound => Ok(Sought::Nobody),
            Err(error) => Err(error),
        }
    }

    async fn create<'a>(
        &self,
        target: Target<'a>,
        key: &VendorKey,
        subject: Subject<'a>,
    ) -> Result<RemoteUser, VendorError> {
        let created = user_of(&self.client, target, &calls::create(key, subject.user)?).await;
        created
            .map(|created| remote(created, subject.user))
            .map_err(|error| no_such_route(target, error))
    }

    async fn update<'a>(
        &self,
        target: Target<'a>,
        id: &VendorUserId,
        subject: Subject<'a>,
    ) -> Result<RemoteUser, VendorError> {
        let updated = user_of(&self.client, target, &calls::update(id, subject.user)?).await?;
        same_user(id, &updated)?;
        Ok(remote(updated, subject.user))
    }

    async fn read_back<'a>(
        &self,
        target: Target<'a>,
        id: &VendorUserId,
        user: &User,
        _: Option<&'a str>,
    ) -> Result<Sought, VendorError> {
        let found = user_of(&self.client, target, &calls::read_back(id)?).await?;
        same_user(id, &found)?;
        Ok(Sought::Found(remote(found, user)))
    }

    fn preview(
        &self,
        target: Target<'_>,
        step: &Step,
        user: &User,
        _: bool,
    ) -> Result<Vec<PreviewedRequest>, VendorError> {
        let client = &self.client;
        let request = match step {
            Step::LookUp(key) => client.preview(target, &calls::look_up(key)?),
            Step::Create(key) => client.preview(target, &calls::create(key, user)?),
            Step::Update(id) => client.preview(target, &calls::update(id, user)?),
            Step::Activate(id) => client.preview(target, &calls::switch(id, true)?),
            Step::Deactivate(id) => client.preview(target, &calls::switch(id, false)?),
            Step::ReadBack(id) => client.preview(target, &calls::read_back(id)?),
            Step::Delete(_) => Err(no_delete()),
            Step::InSync | Step::Removed | Step::Ask { .. } | Step::Wait { .. } => return Ok(Vec::new()),
        };
        Ok(vec![request?])
    }

    async fn list<'a>(&self, target: Target<'a>, cursor: Option<&'a str>) -> Result<RemotePage, VendorError> {
        let page = page_of(&self.client, target, cursor).await;
        page.map_err(|error| no_such_route(target, error))
    }

    async fn activate<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError> {
        self.switch(target, id, true).await
    }

    async fn deactivate<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError> {
        self.switch(target, id, false).await
    }

    async fn delete<'a>(&self, _: Target<'a>, _: &VendorUserId) -> Result<(), VendorError> {
        Err(no_delete())
    }

    async fn test<'a>(&self, target: Target<'a>) -> Result<(), VendorError> {
        let read = readable(&self.client, target).await;
        read.map_err(|error| no_such_route(target, error))
    }
}

fn no_delete() -> VendorError {
    VendorError::new(OutcomeClass::Rejected, "Nabla Core has no way to delete a user")
}
