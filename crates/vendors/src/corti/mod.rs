//! The client of Corti's Console Admin API: the users of one customer of a project.

mod answers;
mod calls;
mod check;
mod client;
mod login;
mod walk;

use std::sync::Arc;

use async_trait::async_trait;
use roster_application::credentials::Credentials;
use roster_application::ports::{
    Clock, PreviewedRequest, RemotePage, RemoteUser, Sought, Subject, Target, VendorError, VendorGateway,
};
use roster_domain::capabilities::RequiredField;
use roster_domain::{Capabilities, Connection, KeyKind, OutcomeClass, Step, User, VendorKey, VendorUserId, Violations};
use roster_wire::corti::ReportedUser;

use self::answers::{has_address, has_id, remote, unknown};
use self::calls::Customer;
use self::client::{Client, user_in};
use crate::egress::Egress;

/// What Corti can do. Whether it refuses a second user with the same address is documented nowhere, so Roster looks before
/// it creates. There is no way to ask for one user: whoever is looked for is found by walking the customer's users.
const CAPABILITIES: Capabilities = Capabilities {
    look_up: Some(KeyKind::Email),
    refuses_duplicates: false,
    update: true,
    update_inactive: true,
    deactivate: true,
    reactivate: true,
    delete: true,
    read_back: true,
    initial_password: true,
    required: &[RequiredField::Email, RequiredField::FirstName, RequiredField::LastName],
};

/// Corti, as convergence calls it.
#[derive(Debug, Clone)]
pub struct Corti {
    client: Client,
}

impl Corti {
    /// Makes the client. Clones share their tokens, so make one and clone it.
    #[must_use]
    pub fn new(egress: Egress, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: Client::new(egress, clock),
        }
    }

    /// Switches a user on or off, and takes only the state that was asked for as an answer.
    async fn switch(&self, target: Target<'_>, id: &VendorUserId, enabled: bool) -> Result<(), VendorError> {
        let call = Customer::of(&target.connection.options)?.switch(id, enabled)?;
        let user = self.changed(target, id, &call).await?;
        if user.enabled == enabled {
            return Ok(());
        }
        Err(unknown(if enabled {
            "Corti answered the activation with a user who is still disabled"
        } else {
            "Corti answered the deactivation with a user who is still enabled"
        }))
    }

    /// Changes a user. An answer about another user is no answer.
    async fn changed(
        &self,
        target: Target<'_>,
        id: &VendorUserId,
        call: &calls::Call,
    ) -> Result<ReportedUser, VendorError> {
        let user = user_in(&self.client.call(target, call).await?)?;
        if has_id(&user, id) {
            return Ok(user);
        }
        Err(unknown("Corti answered with another user than the one asked for"))
    }
}

#[async_trait]
impl VendorGateway for Corti {
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
        from: Option<&'a str>,
    ) -> Result<Sought, VendorError> {
        walk::find(&self.client, target, from, user, |found| has_address(found, key)).await
    }

    async fn create<'a>(
        &self,
        target: Target<'a>,
        key: &VendorKey,
        subject: Subject<'a>,
    ) -> Result<RemoteUser, VendorError> {
        let call = Customer::of(&target.connection.options)?.create(key, subject)?;
        let created = user_in(&self.client.call_of_customer(target, &call).await?)?;
        if !has_address(&created, key) {
            return Err(unknown("Corti answered the create with a user of another address"));
        }
        Ok(remote(created, subject.user))
    }

    async fn update<'a>(
        &self,
        target: Target<'a>,
        id: &VendorUserId,
        subject: Subject<'a>,
    ) -> Result<RemoteUser, VendorError> {
        let call = Customer::of(&target.connection.options)?.update(id, subject)?;
        let updated = self.changed(target, id, &call).await?;
        Ok(remote(updated, subject.user))
    }

    async fn read_back<'a>(
        &self,
        target: Target<'a>,
        id: &VendorUserId,
        user: &User,
        from: Option<&'a str>,
    ) -> Result<Sought, VendorError> {
        match walk::find(&self.client, target, from, user, |found| has_id(found, id)).await? {
            Sought::Nobody => Err(VendorError::new(
                OutcomeClass::NotFound,
                "Corti's customer no longer has the user among its users",
            )),
            sought => Ok(sought),
        }
    }

    /// Shows the first page of a walk: whether there is another depends on the answer. So does whether the customer is made.
    fn preview(
        &self,
        target: Target<'_>,
        step: &Step,
        user: &User,
        with_password: bool,
    ) -> Result<Vec<PreviewedRequest>, VendorError> {
        let customer = Customer::of(&target.connection.options)?;
        let subject = Subject { user, password: None };
        let shown = |call: calls::Call| {
            if with_password {
                call.with_masked_password()
            } else {
                call
            }
        };
        let call = match step {
            Step::LookUp(_) | Step::ReadBack(_) => customer.users(1),
            Step::Create(key) => customer.create(key, subject).map(shown),
            Step::Update(id) => customer.update(id, subject).map(shown),
            Step::Activate(id) => customer.switch(id, true),
            Step::Deactivate(id) => customer.switch(id, false),
            Step::Delete(id) => customer.delete(id),
            Step::InSync | Step::Removed | Step::Ask { .. } | Step::Wait { .. } => return Ok(Vec::new()),
        };
        Ok(vec![self.client.preview(target, &call?)?])
    }

    async fn list<'a>(&self, target: Target<'a>, cursor: Option<&'a str>) -> Result<RemotePage, VendorError> {
        walk::list(&self.client, target, cursor).await
    }

    async fn activate<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError> {
        self.switch(target, id, true).await
    }

    async fn deactivate<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError> {
        self.switch(target, id, false).await
    }

    async fn delete<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError> {
        let call = Customer::of(&target.connection.options)?.delete(id)?;
        self.client.call(target, &call).await.map(drop)
    }

    /// Reads a user. Where the customer is missing and would be made, the project is what has to be there.
    async fn test<'a>(&self, target: Target<'a>) -> Result<(), VendorError> {
        self.client.readable(target).await
    }
}
