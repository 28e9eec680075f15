//! Calls with a token, and what their answers mean.

use std::fmt;
use std::sync::Arc;

use futures::FutureExt;
use http::header::AUTHORIZATION;
use http::{Method, StatusCode};
use reqwest::RequestBuilder;
use roster_application::ports::{AtOnce, Clock, PreviewedRequest, Target, VendorError};
use roster_domain::{ConnectionId, OutcomeClass, Vendor};
use roster_wire::corti::{ReportedUser, Secret};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::answers::Refusal;
use super::calls::{Call, Customer};
use super::login::Tokens;
use crate::access_token::AccessToken;
use crate::egress::{Answer, CallError, Confidential, Egress, preview};
use crate::outcome;
use crate::single_flight::SingleFlight;

/// Customers that are being made, by connection and by the path at which that happens.
type Making = SingleFlight<(ConnectionId, String), Result<(), Arc<VendorError>>>;

/// Calls Corti.
#[derive(Clone)]
pub(super) struct Client {
    egress: Egress,
    clock: Arc<dyn Clock>,
    tokens: Tokens,
    making: Arc<Making>,
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
        Self {
            tokens: Tokens::new(egress.clone(), clock.clone()),
            making: Arc::new(Making::new()),
            egress,
            clock,
        }
    }

    /// Makes a call that names no user, so that "not found" is about the customer. It is made, once, where the connection
    /// says so, and the call repeated.
    pub(super) async fn call_of_customer(&self, target: Target<'_>, call: &Call) -> Result<Answer, VendorError> {
        let mut outcome = self.call(target, call).await;
        if target.connection.options.create_customer
            && matches!(&outcome, Err(error) if error.class == OutcomeClass::NotFound)
        {
            self.make_customer(target).await?;
            outcome = self.call(target, call).await;
        }
        outcome.map_err(|error| no_such_customer(target, error))
    }

    /// Makes a call. A token that is refused is fetched anew, and the call repeated, once.
    pub(super) async fn call(&self, target: Target<'_>, call: &Call) -> Result<Answer, VendorError> {
        let mut token = self.tokens.token(target).await?;
        let mut answer = self.send(target, call, &token).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            self.tokens.forget(target.connection.id, &token);
            token = self.tokens.token(target).await?;
            answer = self.send(target, call, &token).await?;
        }
        match answer.status {
            StatusCode::OK => Ok(answer),
            // The vendor tells of a create only that it was successful, and of a delete 204.
            StatusCode::CREATED if call.method != Method::DELETE => Ok(answer),
            StatusCode::NO_CONTENT if call.method == Method::DELETE => Ok(answer),
            status => {
                if status == StatusCode::UNAUTHORIZED {
                    self.tokens.forget(target.connection.id, &token);
                }
                let reported = Refusal::read(&answer.refusal());
                let vendor = target.connection.vendor;
                Err(outcome::of_answer(vendor, &answer, &reported, self.clock.now()))
            }
        }
    }

    /// Whether the customer's users can be read, or where the customer would be made, the project's customers.
    pub(super) async fn readable(&self, target: Target<'_>) -> Result<(), VendorError> {
        #[derive(Deserialize)]
        struct Users {
            #[serde(rename = "users")]
            _users: Vec<IgnoredAny>,
        }
        #[derive(Deserialize)]
        struct Customers {
            #[serde(rename = "customers")]
            _customers: Vec<IgnoredAny>,
        }
        let customer = Customer::of(&target.connection.options)?;
        let would_be_made =
            |error: &VendorError| error.class == OutcomeClass::NotFound && target.connection.options.create_customer;
        let outcome = match self.call(target, &customer.any_user()?).await {
            Err(error) if would_be_made(&error) => self
                .call(target, &customer.any_customer()?)
                .await
                .and_then(|answer| read::<Customers>(&answer).map(drop)),
            outcome => outcome.and_then(|answer| read::<Users>(&answer).map(drop)),
        };
        outcome.map_err(|error| no_such_customer(target, error))
    }

    /// What [`Self::call`] would send, its token masked.
    pub(super) fn preview(&self, target: Target<'_>, call: &Call) -> Result<PreviewedRequest, VendorError> {
        self.request(target, call, &AccessToken::unknown_yet())
            .and_then(preview)
            .map_err(|error| self.no_answer(target, error))
    }

    /// Makes the customer; all who miss it at once wait together.
    async fn make_customer(&self, target: Target<'_>) -> Result<(), VendorError> {
        let customer = Customer::of(&target.connection.options)?;
        let key = (target.connection.id, customer.path(&[])?);
        let call = customer.make()?;
        let (client, connection, credentials) = (self.clone(), target.connection.clone(), target.credentials.clone());
        let fetch = async move {
            let target = Target {
                connection: &connection,
                credentials: &credentials,
                turns: &AtOnce,
            };
            match client.call(target, &call).await {
                // Somebody else has made it meanwhile.
                Err(error) if error.class == OutcomeClass::Conflict => Ok(()),
                outcome => outcome.map(drop).map_err(Arc::new),
            }
        };
        // Whoever waits may be who drives it, and it is not known who: each takes the turn of the one request.
        target.turns.take().await?;
        let fetched = self.making.run(key, || fetch.boxed()).await;
        fetched.map_err(|error| not_made(target, error))
    }

    async fn send(&self, target: Target<'_>, call: &Call, token: &AccessToken) -> Result<Answer, VendorError> {
        let initial = call.password().map_or("", Secret::expose);
        let confidential = Confidential::of(target.credentials).and(initial);
        target.turns.take().await?;
        let sent = async { self.egress.send(self.request(target, call, token)?, confidential).await };
        sent.await.map_err(|error| self.no_answer(target, error))
    }

    /// The whole request: what is previewed is what is sent.
    fn request(&self, target: Target<'_>, call: &Call, token: &AccessToken) -> Result<RequestBuilder, CallError> {
        let connection = target.connection;
        let url = format!("{}{}", connection.base_url, call.path);
        let request = self
            .egress
            .request(call.method.clone(), &url, connection.options.allow_private_addresses)?
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

/// The JSON of an answer.
pub(super) fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, VendorError> {
    answer
        .json()
        .map_err(|error| outcome::of_unreadable(Vendor::Corti, answer, error))
}

/// The user in an answer.
pub(super) fn user_in(answer: &Answer) -> Result<ReportedUser, VendorError> {
    let user: ReportedUser = read(answer)?;
    if user.id.is_empty() {
        return Err(outcome::of_unreadable(Vendor::Corti, answer, NoId));
    }
    Ok(user)
}

/// A user without an id.
#[derive(Debug, thiserror::Error)]
#[error("a user in it has no id")]
pub(super) struct NoId;

/// A customer that could not be made is a matter of the connection. No user was touched: the vendor said that it has no such
/// customer, so nothing is left unknown.
fn not_made(target: Target<'_>, error: Arc<VendorError>) -> VendorError {
    let class = match error.class {
        class @ (OutcomeClass::RateLimited { .. } | OutcomeClass::Transient { .. }) => class,
        OutcomeClass::Unknown => OutcomeClass::Transient { after: None },
        OutcomeClass::Unauthorized | OutcomeClass::NotFound | OutcomeClass::Conflict | OutcomeClass::Rejected => {
            OutcomeClass::Unauthorized
        }
    };
    let error = VendorError {
        class,
        status: error.status,
        message: format!("the customer could not be made: {}", error.message),
        source: Some(Box::new(error)),
    };
    no_such_customer(target, error)
}

/// Where no user is named, "not found" can only be about the customer, the project or the address.
fn no_such_customer(target: Target<'_>, error: VendorError) -> VendorError {
    if error.class != OutcomeClass::NotFound && error.status != Some(404) {
        return error;
    }
    let options = &target.connection.options;
    let named = |id: Option<&String>| id.cloned().unwrap_or_default();
    let message = format!(
        "Corti has no customer {} in project {} at the connection's base URL: check the three, or let the customer be \
         made with the option create_customer",
        named(options.customer_id.as_ref()),
        named(options.project_id.as_ref()),
    );
    VendorError {
        class: OutcomeClass::Unauthorized,
        message,
        ..error
    }
}
