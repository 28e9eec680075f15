//! Calls with a token and a version, and what their answers mean.

use std::fmt;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{Method, StatusCode};
use reqwest::RequestBuilder;
use roster_application::ports::{Clock, Ids, PreviewedRequest, Target, VendorError};
use roster_domain::OutcomeClass;
use roster_wire::nabla::{ReportedError, VERSION_HEADER};
use serde::Serialize;

use crate::access_token::AccessToken;
use crate::egress::{Answer, CallError, Confidential, Egress, preview};
use crate::oauth::Tokens;
use crate::outcome;

/// One call: what is sent, but for what the connection adds to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call<B = Nothing> {
    /// The HTTP method.
    pub(crate) method: Method,
    /// What follows the base URL.
    pub(crate) path: String,
    /// The body, where there is one.
    pub(crate) body: Option<B>,
}

/// The body of a call that has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) enum Nothing {}

/// Calls one of Nabla's APIs.
#[derive(Clone)]
pub(crate) struct Client {
    egress: Egress,
    clock: Arc<dyn Clock>,
    tokens: Tokens,
    default_version: &'static str,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("egress", &self.egress)
            .field("default_version", &self.default_version)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a client that asks for a version unless the connection says another.
    pub(crate) fn new(egress: Egress, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, default_version: &'static str) -> Self {
        let tokens = Tokens::new(egress.clone(), clock.clone(), ids);
        Self {
            egress,
            clock,
            tokens,
            default_version,
        }
    }

    /// Makes a call. A token that is refused is fetched anew, and the call repeated, once.
    pub(crate) async fn call(
        &self,
        target: Target<'_>,
        call: &Call<impl Serialize + Sync>,
    ) -> Result<Answer, VendorError> {
        let mut token = self.tokens.token(target).await?;
        let mut answer = self.send(target, call, &token).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            self.tokens.forget(target.connection.id, &token);
            token = self.tokens.token(target).await?;
            answer = self.send(target, call, &token).await?;
        }
        match answer.status {
            // Core documents 200 for everything, Connect no number; 201 for a create is what others would send.
            StatusCode::OK | StatusCode::CREATED => Ok(answer),
            status => {
                if status == StatusCode::UNAUTHORIZED {
                    self.tokens.forget(target.connection.id, &token);
                }
                let reported = ReportedError::read(&answer.refusal());
                let vendor = target.connection.vendor;
                Err(outcome::of_answer(vendor, &answer, &reported, self.clock.now()))
            }
        }
    }

    /// What [`Self::call`] would send, its token masked.
    pub(crate) fn preview(
        &self,
        target: Target<'_>,
        call: &Call<impl Serialize + Sync>,
    ) -> Result<PreviewedRequest, VendorError> {
        self.request(target, call, &AccessToken::unknown_yet())
            .and_then(preview)
            .map_err(|error| self.no_answer(target, error))
    }

    /// Gets a new token, whatever is cached: only that tells whether the credentials are still taken.
    pub(crate) async fn try_credentials(&self, target: Target<'_>) -> Result<(), VendorError> {
        self.tokens.renew(target).await
    }

    async fn send(
        &self,
        target: Target<'_>,
        call: &Call<impl Serialize + Sync>,
        token: &AccessToken,
    ) -> Result<Answer, VendorError> {
        let confidential = Confidential::of(target.credentials);
        target.turns.take().await?;
        let sent = async { self.egress.send(self.request(target, call, token)?, confidential).await };
        sent.await.map_err(|error| self.no_answer(target, error))
    }

    /// The whole request: what is previewed is what is sent.
    fn request(
        &self,
        target: Target<'_>,
        call: &Call<impl Serialize + Sync>,
        token: &AccessToken,
    ) -> Result<RequestBuilder, CallError> {
        let connection = target.connection;
        let version = connection.options.api_version.as_deref();
        let url = format!("{}{}", connection.base_url, call.path);
        let request = self
            .egress
            .request(call.method.clone(), &url, connection.options.allow_private_addresses)?
            .header(VERSION_HEADER, version.unwrap_or(self.default_version))
            .header(AUTHORIZATION, token.header());
        Ok(match &call.body {
            Some(body) => request.json(body),
            None => request,
        })
    }

    fn no_answer(&self, target: Target<'_>, error: CallError) -> VendorError {
        outcome::of_no_answer(target.connection.vendor, error, self.egress.call_limit())
    }
}

/// Where no user is named, "not found" can only be about the address.
pub(crate) fn no_such_route(target: Target<'_>, error: VendorError) -> VendorError {
    // The token endpoint's 404 says already what is wrong.
    let is_route = matches!(
        (error.class, error.status),
        (OutcomeClass::NotFound, _) | (OutcomeClass::Unknown, Some(404))
    );
    if !is_route {
        return error;
    }
    let name = target.connection.vendor.title();
    VendorError {
        class: OutcomeClass::Unauthorized,
        message: format!("there is no {name} API at the connection's base URL: check it"),
        ..error
    }
}
