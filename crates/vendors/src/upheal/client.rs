//! Calls with an API key, and what their answers mean.

use std::fmt;
use std::sync::Arc;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use reqwest::RequestBuilder;
use roster_application::credentials::Credentials;
use roster_application::ports::{Clock, PreviewedRequest, Target, VendorError};
use roster_domain::{Email, ExternalId, OutcomeClass, User, Vendor, VendorUserId};
use roster_wire::upheal::{
    API_KEY_HEADER, ReportedCheck, ReportedError, ReportedProvider, ReportedSwitch, ReportedUser, Version,
};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;

use super::refusal::{self, About};
use super::requests::{self, Request, version_of};
use crate::egress::{Answer, CallError, Confidential, Egress, preview};
use crate::outcome;

/// Calls Upheal.
#[derive(Clone)]
pub(super) struct Client {
    egress: Egress,
    clock: Arc<dyn Clock>,
}

/// A user as its two records have it.
#[derive(Debug, Clone)]
pub(super) struct Remote {
    /// The provider.
    pub(super) provider: ReportedProvider,
    /// The generic user; `None` where it cannot be read.
    pub(super) user: Option<ReportedUser>,
}

/// Whom the check of an address found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The vendor's id.
    pub(super) id: VendorUserId,
    /// Whether the user may work.
    pub(super) active: bool,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("egress", &self.egress)
            .finish_non_exhaustive()
    }
}

impl Client {
    pub(super) fn new(egress: Egress, clock: Arc<dyn Clock>) -> Self {
        Self { egress, clock }
    }

    /// Who has an address.
    pub(super) async fn check(&self, target: Target<'_>, address: &str) -> Result<Option<Found>, VendorError> {
        let request = requests::check(address)?;
        let answer = self.call(target, &request, About::Anybody).await?;
        let checked: ReportedCheck = read(&answer)?;
        // Whoever else is found must never be taken for this user.
        if checked
            .email
            .as_deref()
            .is_some_and(|told| !is_same_address(told, address))
        {
            return Err(contradiction("answered the check of an address with another one"));
        }
        if !checked.is_user_exists {
            return Ok(None);
        }
        let id = checked.user_id.filter(|id| !id.is_empty()).map(VendorUserId::new);
        match (id, checked.is_active) {
            (Some(id), Some(active)) => Ok(Some(Found { id, active })),
            (None, _) => Err(contradiction(
                "says that the address belongs to a user, but not to which",
            )),
            (_, None) => Err(contradiction("does not say whether the user is active")),
        }
    }

    /// Whether a provider may work, by the address that it has there, which need not be the one that it should have.
    pub(super) async fn is_active(
        &self,
        target: Target<'_>,
        id: &VendorUserId,
        provider: &ReportedProvider,
    ) -> Result<bool, VendorError> {
        let Some(address) = provider.email.as_deref().filter(|address| !address.is_empty()) else {
            return Err(contradiction("does not say under which e-mail address it has the user"));
        };
        match self.check(target, address).await? {
            Some(found) if is_same_id(found.id.as_str(), id) => Ok(found.active),
            _ => Err(contradiction(
                "has a provider with an address that it says is not the provider's",
            )),
        }
    }

    /// Both records of a user.
    pub(super) async fn read(&self, target: Target<'_>, id: &VendorUserId) -> Result<Remote, VendorError> {
        let provider = self.provider(target, id).await?;
        let user = self.user(target, id).await?;
        Ok(Remote { provider, user })
    }

    /// The provider.
    pub(super) async fn provider(
        &self,
        target: Target<'_>,
        id: &VendorUserId,
    ) -> Result<ReportedProvider, VendorError> {
        self.of_user(target, &requests::provider(id)?, id).await
    }

    /// The generic user of a provider who was just read; `None` where there is nothing to read: Upheal documents the
    /// reading in V1 alone.
    pub(super) async fn user(
        &self,
        target: Target<'_>,
        id: &VendorUserId,
    ) -> Result<Option<ReportedUser>, VendorError> {
        match self.of_user(target, &requests::user(id)?, id).await {
            Ok(user) => Ok(Some(user)),
            Err(error) if matches!(error.status, Some(404 | 405)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The provider that a path names by another id than the vendor's; `None` for nobody. Just before, the API was there and
    /// took the key: what it refuses is the id.
    pub(super) async fn find_provider(
        &self,
        target: Target<'_>,
        request: &Request,
    ) -> Result<Option<ReportedProvider>, VendorError> {
        match self.call(target, request, About::User).await {
            Ok(answer) => read(&answer).map(Some),
            Err(error) if matches!(error.status, Some(400 | 403 | 404)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates a provider.
    pub(super) async fn create(
        &self,
        target: Target<'_>,
        request: &Request,
        user: &User,
    ) -> Result<ReportedProvider, VendorError> {
        let in_organization = target.connection.options.organization_id.is_some();
        let answer = self.call(target, request, About::NewUser { in_organization }).await?;
        let created: ReportedProvider = read(&answer)?;
        let external_id = user.profile.external_id.as_ref().map(ExternalId::as_str);
        if created.user_id.is_empty() {
            return Err(contradiction("made a user without an id"));
        }
        if created.partner_user_id.is_some() && created.partner_user_id.as_deref() != external_id {
            return Err(contradiction(
                "answered the create with a provider of another partnerUserId",
            ));
        }
        Ok(created)
    }

    /// Changes a provider.
    pub(super) async fn update_provider(
        &self,
        target: Target<'_>,
        id: &VendorUserId,
        request: &Request,
    ) -> Result<ReportedProvider, VendorError> {
        self.of_user(target, request, id).await
    }

    /// Changes a generic user.
    pub(super) async fn update_user(
        &self,
        target: Target<'_>,
        id: &VendorUserId,
        request: &Request,
    ) -> Result<ReportedUser, VendorError> {
        self.of_user(target, request, id).await
    }

    /// Activates or deactivates a user. Upheal documents 202, and no body: that status says all. What others would
    /// send for it is believed only after the user was read back. Where there is a body all the same it must not say otherwise.
    pub(super) async fn switch(&self, target: Target<'_>, id: &VendorUserId, active: bool) -> Result<(), VendorError> {
        let answer = self.send(target, &requests::switch(id, active)?).await?;
        if !matches!(
            answer.status,
            StatusCode::OK | StatusCode::ACCEPTED | StatusCode::NO_CONTENT
        ) {
            return Err(refusal::of_answer(About::User, &answer, self.clock.now()));
        }
        if !answer.is_empty() {
            agrees(&answer, id, active)?;
        }
        if answer.status == StatusCode::ACCEPTED {
            return Ok(());
        }
        let provider = self.provider(target, id).await?;
        if self.is_active(target, id, &provider).await? == active {
            return Ok(());
        }
        Err(outcome::of_answer(
            Vendor::Upheal,
            &answer,
            &ReportedError::default(),
            self.clock.now(),
        ))
    }

    /// What [`Self::send`] would send, its key masked.
    pub(super) fn preview(&self, target: Target<'_>, request: &Request) -> Result<PreviewedRequest, VendorError> {
        preview(self.prepare(target, request)?).map_err(|error| self.no_answer(error))
    }

    /// Makes a call that answers with one of the user's records.
    async fn of_user<T: DeserializeOwned + HasId>(
        &self,
        target: Target<'_>,
        request: &Request,
        id: &VendorUserId,
    ) -> Result<T, VendorError> {
        let answer = self.call(target, request, About::User).await?;
        let record: T = read(&answer)?;
        // An answer about another user is no answer.
        if !is_same_id(record.id(), id) {
            return Err(contradiction("answered with another user than the one asked for"));
        }
        Ok(record)
    }

    async fn call(&self, target: Target<'_>, request: &Request, about: About) -> Result<Answer, VendorError> {
        let answer = self.send(target, request).await?;
        match answer.status {
            // The vendor documents 200 for everything with a body; 201 for a create is what others would send.
            StatusCode::OK | StatusCode::CREATED => Ok(answer),
            _ => Err(refusal::of_answer(about, &answer, self.clock.now())),
        }
    }

    async fn send(&self, target: Target<'_>, request: &Request) -> Result<Answer, VendorError> {
        let prepared = self.prepare(target, request)?;
        target.turns.take().await?;
        let sent = self.egress.send(prepared, Confidential::of(target.credentials)).await;
        sent.map_err(|error| self.no_answer(error))
    }

    /// The whole request: what is previewed is what is sent.
    fn prepare(&self, target: Target<'_>, request: &Request) -> Result<RequestBuilder, VendorError> {
        let connection = target.connection;
        let Credentials::ApiKey { api_key } = target.credentials else {
            let message = "the connection has no API key for Upheal: check its credentials";
            return Err(VendorError::new(OutcomeClass::Unauthorized, message));
        };
        let version = match version_of(connection) {
            Version::V1 => "v1",
            Version::V2 => "v2",
        };
        let url = format!("{}/{version}{}", connection.base_url, request.path);
        let header = connection.options.api_key_header.as_deref().unwrap_or(API_KEY_HEADER);
        let prepare = || {
            let (name, value) = key_header(header, api_key.expose_secret())?;
            let prepared = self
                .egress
                .request(request.method.clone(), &url, connection.options.allow_private_addresses)?
                .header(name, value);
            Ok(match &request.body {
                Some(body) => prepared
                    .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                    .body(body.clone()),
                None => prepared,
            })
        };
        prepare().map_err(|error| self.no_answer(error))
    }

    fn no_answer(&self, error: CallError) -> VendorError {
        outcome::of_no_answer(Vendor::Upheal, error, self.egress.call_limit())
    }
}

/// The key in its header. In `Authorization` a scheme stands in front, which is that of tokens (RFC 6750).
fn key_header(name: &str, key: &str) -> Result<(HeaderName, HeaderValue), CallError> {
    let name: HeaderName = name.parse().map_err(|error| CallError::Malformed(Box::new(error)))?;
    let value = if name == AUTHORIZATION {
        HeaderValue::from_str(&format!("Bearer {key}"))
    } else {
        HeaderValue::from_str(key)
    };
    let mut value = value.map_err(|error| CallError::Malformed(Box::new(error)))?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// A record that says whose it is.
trait HasId {
    fn id(&self) -> &str;
}

impl HasId for ReportedProvider {
    fn id(&self) -> &str {
        &self.user_id
    }
}

impl HasId for ReportedUser {
    fn id(&self) -> &str {
        &self.user_id
    }
}

/// What a switch says of the user must be what was asked for.
fn agrees(answer: &Answer, id: &VendorUserId, active: bool) -> Result<(), VendorError> {
    let switched: ReportedSwitch = read(answer)?;
    if switched.user_id.is_some_and(|told| !is_same_id(&told, id)) {
        return Err(contradiction("answered with another user than the one asked for"));
    }
    if switched.is_active.is_some_and(|told| told != active) {
        return Err(contradiction("answered with a user who is not as was asked for"));
    }
    Ok(())
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, VendorError> {
    answer
        .json()
        .map_err(|error| outcome::of_unreadable(Vendor::Upheal, answer, error))
}

/// An answer that is well formed and cannot be.
pub(super) fn contradiction(what: &str) -> VendorError {
    VendorError {
        status: Some(200),
        ..VendorError::new(OutcomeClass::Unknown, format!("Upheal {what}"))
    }
}

/// UUIDs are the same in either case.
fn is_same_id(told: &str, id: &VendorUserId) -> bool {
    told.eq_ignore_ascii_case(id.as_str())
}

/// Addresses are the same in any case, by the same rule as everywhere. What is no address is only itself.
fn is_same_address(told: &str, asked: &str) -> bool {
    match (Email::new(told), Email::new(asked)) {
        (Ok(told), Ok(asked)) => told == asked,
        _ => told == asked,
    }
}
