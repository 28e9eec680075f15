//! The client of Upheal's partner API, in either of its two versions.
//!
//! A user is two records there, which change apart: the provider (templates, identifiers, licence) and the generic user
//! (names, pronoun, day of birth). Whether it is active only the check of an address tells.

mod check;
mod client;
mod compare;
mod refusal;
mod requests;

use std::sync::Arc;

use async_trait::async_trait;
use roster_application::credentials::Credentials;
use roster_application::ports::{
    Clock, PreviewedRequest, RemotePage, RemoteUser, Sought, Subject, Target, VendorError, VendorGateway,
};
use roster_domain::capabilities::RequiredField;
use roster_domain::{
    Capabilities, Connection, Email, ExternalId, KeyKind, OutcomeClass, Step, User, VendorKey, VendorUserId, Violations,
};
use roster_wire::upheal::ReportedProvider;

use self::client::{Client, Remote, contradiction};
use self::compare::Differences;
use self::requests::{Request, version_of};
use crate::egress::Egress;

/// What Upheal can do. It documents no 409, so that Roster looks before it creates; that deactivated users cannot be
/// changed, it says itself.
const CAPABILITIES: Capabilities = Capabilities {
    look_up: Some(KeyKind::Email),
    refuses_duplicates: false,
    update: true,
    update_inactive: false,
    deactivate: true,
    reactivate: true,
    delete: false,
    read_back: true,
    initial_password: false,
    required: &[RequiredField::Email, RequiredField::FirstName, RequiredField::LastName],
};

/// Upheal, as convergence calls it.
#[derive(Debug, Clone)]
pub struct Upheal {
    client: Client,
}

impl Upheal {
    /// Makes the client.
    #[must_use]
    pub fn new(egress: Egress, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: Client::new(egress, clock),
        }
    }

    /// Who is there under the user's external id, although not under its address: the address cannot be changed at Upheal,
    /// and may have been another when the user was made. Found so, the user is not made twice.
    async fn look_up_by_partner_id(&self, target: Target<'_>, user: &User) -> Result<Option<RemoteUser>, VendorError> {
        let Some(request) = requests::find_by_partner_id(user) else {
            return Ok(None);
        };
        let Some(provider) = self.client.find_provider(target, &request).await? else {
            return Ok(None);
        };
        let external_id = user.profile.external_id.as_ref().map(ExternalId::as_str);
        if provider.partner_user_id.as_deref() != external_id {
            // The path takes the vendor's own ids as well, and somebody's may be the same as this user's external id.
            if external_id.is_some_and(|id| provider.user_id.eq_ignore_ascii_case(id)) {
                return Ok(None);
            }
            return Err(contradiction("answered with a provider of another partnerUserId"));
        }
        if provider.user_id.is_empty() {
            return Err(contradiction("has a provider without an id"));
        }
        let id = VendorUserId::new(provider.user_id.clone());
        let user_record = self.client.user(target, &id).await?;
        let active = self.client.is_active(target, &id, &provider).await?;
        let remote = Remote {
            provider,
            user: user_record,
        };
        Ok(Some(answer(target, &remote, user, active)))
    }

    /// Switches a user on or off. That it is so already may be refused, and then it is as it should be all the same.
    async fn switch(&self, target: Target<'_>, id: &VendorUserId, active: bool) -> Result<(), VendorError> {
        let error = match self.client.switch(target, id, active).await {
            Err(error) if error.status == Some(400) && error.class == OutcomeClass::Rejected => error,
            outcome => return outcome,
        };
        let provider = self.client.provider(target, id).await?;
        if self.client.is_active(target, id, &provider).await? == active {
            return Ok(());
        }
        Err(error)
    }

    /// What follows from a change that was refused: Upheal takes none of users who are deactivated. Then the user is not
    /// there as Roster knows it, and is looked up anew. One who would not be found so is left to a person.
    async fn refused(
        &self,
        target: Target<'_>,
        id: &VendorUserId,
        (remote, user): (&Remote, &User),
        error: VendorError,
    ) -> VendorError {
        if error.class != OutcomeClass::Rejected {
            return error;
        }
        match self.client.is_active(target, id, &remote.provider).await {
            Ok(true) => error,
            Ok(false) => VendorError {
                class: if would_be_found(&remote.provider, user) {
                    OutcomeClass::NotFound
                } else {
                    OutcomeClass::Rejected
                },
                message: "the user was deactivated at Upheal, which takes no changes until it is active again"
                    .to_owned(),
                ..error
            },
            Err(error) => error,
        }
    }
}

#[async_trait]
impl VendorGateway for Upheal {
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
        _: Option<&'a str>,
    ) -> Result<Sought, VendorError> {
        let Some(found) = self.client.check(target, key.as_str()).await? else {
            let found = self.look_up_by_partner_id(target, user).await?;
            return Ok(found.map_or(Sought::Nobody, Sought::Found));
        };
        let remote = self
            .client
            .read(target, &found.id)
            .await
            .map_err(|error| match error.class {
                OutcomeClass::NotFound | OutcomeClass::Rejected => VendorError {
                    class: OutcomeClass::Conflict,
                    message: format!(
                        "{key} belongs to somebody at Upheal who is no provider that this API key may see ({})",
                        error.message
                    ),
                    ..error
                },
                _ => error,
            })?;
        Ok(Sought::Found(answer(target, &remote, user, found.active)))
    }

    async fn create<'a>(
        &self,
        target: Target<'a>,
        key: &VendorKey,
        subject: Subject<'a>,
    ) -> Result<RemoteUser, VendorError> {
        let request = requests::create(target.connection, key, subject.user)?;
        let created = self.client.create(target, &request, subject.user).await?;
        let differences = compare::created(&created, subject.user, version_of(target.connection));
        Ok(remote_user(
            VendorUserId::new(created.user_id),
            true,
            differences,
            created.invite_url,
        ))
    }

    async fn update<'a>(
        &self,
        target: Target<'a>,
        id: &VendorUserId,
        subject: Subject<'a>,
    ) -> Result<RemoteUser, VendorError> {
        let user = subject.user;
        let version = version_of(target.connection);
        let mut remote = self.client.read(target, id).await?;
        let provider = requests::update_provider(target.connection, id, user, Some(&remote))?;
        let person = requests::update_user(id, user, Some(&remote))?;
        if provider.is_none() && person.is_none() {
            let active = self.client.is_active(target, id, &remote.provider).await?;
            return Ok(answer(target, &remote, user, active));
        }
        if let Some(request) = provider {
            match self.client.update_provider(target, id, &request).await {
                Ok(answered) => compare::merge(&mut remote.provider, answered, user, version),
                Err(error) => return Err(self.refused(target, id, (&remote, user), error).await),
            }
        }
        if let Some(request) = person {
            match self.client.update_user(target, id, &request).await {
                Ok(answered) => remote.user = Some(answered),
                Err(error) => return Err(self.refused(target, id, (&remote, user), error).await),
            }
        }
        // Who was changed is active: Upheal changes nobody else.
        Ok(answer(target, &remote, user, true))
    }

    async fn read_back<'a>(
        &self,
        target: Target<'a>,
        id: &VendorUserId,
        user: &User,
        _: Option<&'a str>,
    ) -> Result<Sought, VendorError> {
        let remote = self.client.read(target, id).await?;
        let active = self.client.is_active(target, id, &remote.provider).await?;
        Ok(Sought::Found(answer(target, &remote, user, active)))
    }

    /// A look-up is shown as one that finds nobody by the address; a change as one of somebody who has nothing set, since
    /// which fields differ is only known when it is made.
    fn preview(
        &self,
        target: Target<'_>,
        step: &Step,
        user: &User,
        _: bool,
    ) -> Result<Vec<PreviewedRequest>, VendorError> {
        let connection = target.connection;
        let requests: Vec<Request> = match step {
            Step::LookUp(key) => [Some(requests::check(key.as_str())?), requests::find_by_partner_id(user)]
                .into_iter()
                .flatten()
                .collect(),
            Step::Create(key) => vec![requests::create(connection, key, user)?],
            Step::Update(id) => [
                Some(requests::provider(id)?),
                Some(requests::user(id)?),
                requests::update_provider(connection, id, user, None)?,
                requests::update_user(id, user, None)?,
            ]
            .into_iter()
            .flatten()
            .collect(),
            Step::Activate(id) => vec![requests::switch(id, true)?],
            Step::Deactivate(id) => vec![requests::switch(id, false)?],
            Step::ReadBack(id) => {
                let address = user.profile.email.as_ref().map_or("", Email::as_str);
                vec![requests::provider(id)?, requests::user(id)?, requests::check(address)?]
            }
            Step::Delete(_) => return Err(no_deletion()),
            Step::InSync | Step::Removed | Step::Ask { .. } | Step::Wait { .. } => Vec::new(),
        };
        requests
            .iter()
            .map(|request| self.client.preview(target, request))
            .collect()
    }

    async fn list<'a>(&self, _: Target<'a>, _: Option<&'a str>) -> Result<RemotePage, VendorError> {
        Err(VendorError::new(OutcomeClass::Rejected, "Upheal has no list of users"))
    }

    async fn activate<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError> {
        self.switch(target, id, true).await
    }

    async fn deactivate<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError> {
        self.switch(target, id, false).await
    }

    async fn delete<'a>(&self, _: Target<'a>, _: &VendorUserId) -> Result<(), VendorError> {
        Err(no_deletion())
    }

    async fn test<'a>(&self, target: Target<'a>) -> Result<(), VendorError> {
        self.client.check(target, requests::NOBODY).await.map(drop)
    }
}

/// The vendor's user, compared with the one that should be there.
fn answer(target: Target<'_>, remote: &Remote, user: &User, active: bool) -> RemoteUser {
    let differences = compare::differences(remote, user, version_of(target.connection));
    let invite_url = remote.user.as_ref().and_then(|user| user.invite_url.clone());
    remote_user(
        VendorUserId::new(remote.provider.user_id.clone()),
        active,
        differences,
        invite_url,
    )
}

fn remote_user(id: VendorUserId, active: bool, differing: Differences, invite_url: Option<String>) -> RemoteUser {
    RemoteUser {
        id,
        active,
        matches: differing.is_empty(),
        invite_url: invite_url.filter(|url| !url.is_empty()),
        differing,
    }
}

/// Whether a look-up would find this very provider for the user: by its address, or by its external id.
fn would_be_found(provider: &ReportedProvider, user: &User) -> bool {
    let profile = &user.profile;
    let by_address = provider
        .email
        .as_deref()
        .and_then(|address| Email::new(address).ok())
        .is_some_and(|address| profile.email.as_ref() == Some(&address));
    let external_id = profile.external_id.as_ref().map(ExternalId::as_str);
    by_address || (external_id.is_some() && provider.partner_user_id.as_deref() == external_id)
}

fn no_deletion() -> VendorError {
    VendorError::new(
        OutcomeClass::Rejected,
        "Upheal has no way to delete a user, only to deactivate",
    )
}
