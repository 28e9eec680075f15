//! The client of Nabla Connect's Server API: one call, an upsert, which makes users and changes them.

mod answer;
mod bodies;

use std::sync::Arc;

use async_trait::async_trait;
use http::Method;
use roster_application::credentials::Credentials;
use roster_application::ports::{
    Clock, Ids, PreviewedRequest, RemotePage, RemoteUser, Sought, Subject, Target, VendorError, VendorGateway,
};
use roster_domain::capabilities::RequiredField;
use roster_domain::{Capabilities, Connection, OutcomeClass, Step, User, VendorKey, VendorUserId, Violations};
use roster_wire::nabla_connect::UserBody;

use self::answer::ReportedUser;
use self::bodies::{correction, for_create, for_update};
use crate::egress::Egress;
use crate::nabla::{self, Call, Client, no_such_route};
use crate::outcome;

/// The version that is asked for unless the connection says another: the first that has users, and the newest that the vendor
/// documents.
pub const DEFAULT_API_VERSION: &str = "2026-03-23";

/// What Nabla Connect can do. There is nothing but the upsert: it finds by the external id whom it made before, so it may be
/// repeated, and answers 409 where that id and the address are not of one user.
const CAPABILITIES: Capabilities = Capabilities {
    look_up: None,
    refuses_duplicates: true,
    update: true,
    update_inactive: false,
    deactivate: false,
    reactivate: false,
    delete: false,
    read_back: false,
    initial_password: false,
    required: &[RequiredField::Email, RequiredField::ExternalId],
};

/// Nabla Connect, as convergence calls it. The vendor's id of a user is the external id that was sent.
///
/// The vendor takes settings only with a speech locale, and merges them into what it has. A user whose record has a speech
/// locale is sent whole, what is not set as null. One without is sent without settings first, and is then given what the
/// record has, beside the speech locale that the vendor told: the clinician's own language is never overwritten by a guess.
#[derive(Debug, Clone)]
pub struct NablaConnect {
    client: Client,
}

impl NablaConnect {
    /// Makes the client. Clones share their tokens, so make one and clone it.
    #[must_use]
    pub fn new(egress: Egress, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self {
            client: Client::new(egress, clock, ids, DEFAULT_API_VERSION),
        }
    }

    async fn upsert(&self, target: Target<'_>, body: UserBody) -> Result<ReportedUser, VendorError> {
        let answer = self.client.call(target, &upsert_call(&body)).await;
        let answer = answer.map_err(|error| refused(target, &body, error))?;
        let vendor = target.connection.vendor;
        let told: ReportedUser = answer
            .json()
            .map_err(|error| outcome::of_unreadable(vendor, &answer, error))?;
        // Whoever else is answered must never be taken for this user.
        if told.external_provider_id != body.external_provider_id {
            return Err(VendorError {
                status: Some(answer.status.as_u16()),
                ..VendorError::new(
                    OutcomeClass::Unknown,
                    "Nabla Connect answered with a user of another external id",
                )
            });
        }
        Ok(told)
    }
}

#[async_trait]
impl VendorGateway for NablaConnect {
    fn capabilities(&self, _: &Connection) -> Capabilities {
        CAPABILITIES
    }

    fn check(&self, connection: &Connection, credentials: &Credentials) -> Violations {
        nabla::check(connection, credentials)
    }

    async fn look_up<'a>(
        &self,
        _: Target<'a>,
        _: &VendorKey,
        _: &User,
        _: Option<&'a str>,
    ) -> Result<Sought, VendorError> {
        Err(no_way_to("look a user up"))
    }

    async fn create<'a>(
        &self,
        target: Target<'a>,
        key: &VendorKey,
        subject: Subject<'a>,
    ) -> Result<RemoteUser, VendorError> {
        let told = self.upsert(target, for_create(key, subject.user)?).await?;
        // What is left to correct is left to the update that follows, so that a failure of it cannot hide this success.
        Ok(told.compared(subject.user))
    }

    async fn update<'a>(
        &self,
        target: Target<'a>,
        id: &VendorUserId,
        subject: Subject<'a>,
    ) -> Result<RemoteUser, VendorError> {
        let user = subject.user;
        let mut told = self.upsert(target, for_update(id, user)?).await?;
        if let Some(body) = correction(id, user, &told.settings())? {
            told = self.upsert(target, body).await?;
        }
        if !told.has_email_of(user) {
            return Err(VendorError {
                status: Some(200),
                ..VendorError::new(
                    OutcomeClass::Rejected,
                    format!("Nabla Connect has another e-mail address on file for {id}, and no way to change it"),
                )
            });
        }
        Ok(told.compared(user))
    }

    async fn read_back<'a>(
        &self,
        _: Target<'a>,
        _: &VendorUserId,
        _: &User,
        _: Option<&'a str>,
    ) -> Result<Sought, VendorError> {
        Err(no_way_to("read a user"))
    }

    /// Shows what is sent where the vendor has no settings of the user yet. An update of a record without speech locale is
    /// followed by a second request where the vendor turns out to have settings that the record has not.
    fn preview(
        &self,
        target: Target<'_>,
        step: &Step,
        user: &User,
        _: bool,
    ) -> Result<Vec<PreviewedRequest>, VendorError> {
        let bodies = match step {
            Step::Create(key) => {
                let id = VendorUserId::new(key.as_str());
                let mut bodies = vec![for_create(key, user)?];
                if let Some(correction) = correction(&id, user, &answer::Settings::default())? {
                    bodies.extend([for_update(&id, user)?, correction]);
                }
                bodies
            }
            Step::Update(id) => {
                let mut bodies = vec![for_update(id, user)?];
                bodies.extend(correction(id, user, &answer::Settings::default())?);
                bodies
            }
            Step::LookUp(_) => return Err(no_way_to("look a user up")),
            Step::Activate(_) => return Err(no_way_to("activate a user")),
            Step::Deactivate(_) => return Err(no_way_to("deactivate a user")),
            Step::Delete(_) => return Err(no_way_to("delete a user")),
            Step::ReadBack(_) => return Err(no_way_to("read a user")),
            Step::InSync | Step::Removed | Step::Ask { .. } | Step::Wait { .. } => Vec::new(),
        };
        let calls = bodies.iter().map(upsert_call);
        calls.map(|call| self.client.preview(target, &call)).collect()
    }

    async fn list<'a>(&self, _: Target<'a>, _: Option<&'a str>) -> Result<RemotePage, VendorError> {
        Err(VendorError::new(
            OutcomeClass::Rejected,
            "Nabla Connect has no list of users",
        ))
    }

    async fn activate<'a>(&self, _: Target<'a>, _: &VendorUserId) -> Result<(), VendorError> {
        Err(no_way_to("activate a user"))
    }

    async fn deactivate<'a>(&self, _: Target<'a>, _: &VendorUserId) -> Result<(), VendorError> {
        Err(no_way_to("deactivate a user"))
    }

    async fn delete<'a>(&self, _: Target<'a>, _: &VendorUserId) -> Result<(), VendorError> {
        Err(no_way_to("delete a user"))
    }

    /// Gets a token: there is nothing that could be read.
    async fn test<'a>(&self, target: Target<'a>) -> Result<(), VendorError> {
        self.client.try_credentials(target).await
    }
}

fn upsert_call(body: &UserBody) -> Call<&UserBody> {
    Call {
        method: Method::POST,
        path: "/users".to_owned(),
        body: Some(body),
    }
}

/// What a refusal means of an upsert, which names nobody who would have to be there.
fn refused(target: Target<'_>, body: &UserBody, error: VendorError) -> VendorError {
    match (error.class, error.status) {
        (OutcomeClass::Conflict, _) => {
            let UserBody {
                provider_email,
                external_provider_id,
                ..
            } = body;
            let message = format!(
                "{}: it has {external_provider_id} with another address than {provider_email}, or that address with another \
                 external id",
                error.message
            );
            VendorError { message, ..error }
        }
        (_, Some(404)) => no_such_route(target, error),
        // Something that the user leads to is missing there: that is about this user, and not about the connection.
        (OutcomeClass::NotFound, _) => VendorError {
            class: OutcomeClass::Rejected,
            ..error
        },
        _ => error,
    }
}

fn no_way_to(what: &str) -> VendorError {
    VendorError::new(OutcomeClass::Rejected, format!("Nabla Connect has no way to {what}"))
}
