//! Access tokens, one a connection: fetched when needed, shared, and dropped shortly before they expire.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use futures::FutureExt;
use http::{Method, StatusCode};
use roster_application::ports::{Clock, Target, VendorError};
use roster_domain::{ConnectionId, OutcomeClass, Timestamp, Vendor};
use serde::Serialize;

use crate::access_token::{AccessToken, Grant, Granted};
use crate::egress::{Confidential, Egress};
use crate::outcome::{self, Reported};
use crate::single_flight::SingleFlight;

/// A token is renewed this long before it expires, or a tenth of its lifetime before, whichever is shorter: a call that
/// is under way when it expires would be refused.
const EARLY: TimeDelta = TimeDelta::seconds(30);

/// A way to get tokens.
pub(crate) trait TokenSource: Send + Sync + 'static {
    /// What is needed to ask for a token, owned so that callers can share the asking.
    type Request: Send + Sync + 'static;

    /// Takes from a connection and its credentials what is needed. Credentials of another kind are `Unauthorized`.
    fn request(&self, target: Target<'_>) -> Result<Self::Request, VendorError>;

    /// A digest of everything that decides which token comes out.
    fn identity(request: &Self::Request) -> Identity;

    /// Asks for a token.
    fn fetch(
        &self,
        request: &Self::Request,
        egress: &Egress,
        clock: &dyn Clock,
    ) -> impl Future<Output = Result<Granted, VendorError>> + Send;
}

/// The access tokens of all connections.
pub(crate) struct Tokens<S: TokenSource>(Arc<Inner<S>>);

struct Inner<S: TokenSource> {
    source: S,
    egress: Egress,
    clock: Arc<dyn Clock>,
    cached: Mutex<HashMap<ConnectionId, Cached>>,
    flights: SingleFlight<(ConnectionId, Identity), Result<AccessToken, Arc<VendorError>>>,
}

struct Cached {
    identity: Identity,
    token: AccessToken,
    renew_at: Timestamp,
}

/// A digest of everything that decides which token comes out, so that changed credentials never use an old one
/// and the credentials themselves are not kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity([u8; 32]);

/// Where tokens are asked for.
pub(crate) struct Endpoint {
    pub(crate) vendor: Vendor,
    pub(crate) url: String,
    allow_private_addresses: bool,
}

impl<S: TokenSource> Clone for Tokens<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: TokenSource> fmt::Debug for Tokens<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl<S: TokenSource> Tokens<S> {
    pub(crate) fn from(source: S, egress: Egress, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            source,
            egress,
            clock,
            cached: Mutex::default(),
            flights: SingleFlight::new(),
        }))
    }

    /// The token of a connection: the cached one, or a new one that all who ask at once wait for together. If
    /// fetching fails it fails for all of them, and the next one tries again.
    ///
    /// Whatever is wrong here is wrong with the connection and not with a user, and nothing has happened to any. So what
    /// cannot heal by itself is `Unauthorized`, which pauses the connection.
    pub(crate) async fn token(&self, target: Target<'_>) -> Result<AccessToken, VendorError> {
        let request = self.0.source.request(target)?;
        if let Some(token) = self.0.cached(target.connection.id, S::identity(&request)) {
            return Ok(token);
        }
        // Each of those who wait together takes the turn of the one request: it is not known who will drive it.
        target.turns.take().await?;
        self.fetched(target.connection.id, request).await
    }

    /// Gets a new token, whatever is cached, which later calls then use. It fails as [`Self::token`] does.
    pub(crate) async fn renew(&self, target: Target<'_>) -> Result<(), VendorError> {
        let request = self.0.source.request(target)?;
        target.turns.take().await?;
        self.fetched(target.connection.id, request).await.map(drop)
    }

    async fn fetched(&self, connection: ConnectionId, request: S::Request) -> Result<AccessToken, VendorError> {
        let identity = S::identity(&request);
        let inner = Arc::clone(&self.0);
        let fetch = async move {
            let asked_at = inner.clock.now();
            let fetched = inner.source.fetch(&request, &inner.egress, &*inner.clock).await;
            let Granted { token, lifetime } = fetched.map_err(Arc::new)?;
            inner.keep(
                connection,
                Cached {
                    identity,
                    token: token.clone(),
                    renew_at: renew_at(asked_at, lifetime),
                },
            );
            Ok(token)
        };
        let fetched = self.0.flights.run((connection, identity), || fetch.boxed()).await;
        fetched.map_err(|error| VendorError {
            class: error.class,
            status: error.status,
            message: error.message.clone(),
            source: Some(Box::new(error)),
        })
    }

    /// Forgets a token that the vendor refused; a newer one that others have fetched meanwhile stays.
    pub(crate) fn forget(&self, connection: ConnectionId, refused: &AccessToken) {
        let mut cached = self.0.lock();
        if cached.get(&connection).is_some_and(|cached| cached.token == *refused) {
            cached.remove(&connection);
        }
    }
}

impl<S: TokenSource> Inner<S> {
    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Cached>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cached(&self, connection: ConnectionId, identity: Identity) -> Option<AccessToken> {
        let now = self.clock.now();
        let cached = self.lock();
        let cached = cached.get(&connection)?;
        (cached.identity == identity && now < cached.renew_at).then(|| cached.token.clone())
    }

    fn keep(&self, connection: ConnectionId, fetched: Cached) {
        let now = self.clock.now();
        let mut cached = self.lock();
        // Connections come and go; what has expired is not kept.
        cached.retain(|_, cached| now < cached.renew_at);
        cached.insert(connection, fetched);
    }
}

impl Endpoint {
    /// The endpoint of a connection, below its base URL.
    pub(crate) fn of(target: Target<'_>, path: &str) -> Self {
        let connection = target.connection;
        Self {
            vendor: connection.vendor,
            url: format!("{}{path}", connection.base_url),
            allow_private_addresses: connection.options.allow_private_addresses,
        }
    }

    /// The identity of a token that is asked for here with these credentials.
    pub(crate) fn identity(&self, credentials: [&str; 2]) -> Identity {
        let mut hasher = blake3::Hasher::new();
        for part in [self.url.as_str()].into_iter().chain(credentials) {
            // With its length in front, no part can run into the next.
            hasher.update(&part.len().to_le_bytes()).update(part.as_bytes());
        }
        hasher.update(&[u8::from(self.allow_private_addresses)]);
        Identity(hasher.finalize().into())
    }

    /// Asks for a token, with a body and what is confidential in it; `read` reads an error body.
    pub(crate) async fn ask<R: Reported>(
        &self,
        egress: &Egress,
        clock: &dyn Clock,
        (body, confidential): (&(impl Serialize + Sync), Confidential),
        read: impl Fn(&[u8]) -> R + Send,
    ) -> Result<Granted, VendorError> {
        let vendor = self.vendor;
        let sent = async {
            let call = egress.request(Method::POST, &self.url, self.allow_private_addresses)?;
            egress.send(call.json(body), confidential).await
        };
        let answer = sent
            .await
            .map_err(|error| about_the_connection(outcome::of_no_answer(vendor, error, egress.call_limit())))?;
        if !matches!(answer.status, StatusCode::OK | StatusCode::CREATED) {
            let reported = read(&answer.refusal());
            let error = outcome::of_answer(vendor, &answer, &reported, clock.now());
            return Err(about_the_connection(error));
        }
        let grant: Grant = answer
            .json()
            .map_err(|error| about_the_connection(outcome::of_unreadable(vendor, &answer, error)))?;
        grant
            .read()
            .map_err(|error| about_the_connection(outcome::of_unreadable(vendor, &answer, error)))
    }
}

/// Credentials with which no token can be asked for: nothing is sent, and the connection waits for others.
pub(crate) fn unusable(message: String) -> VendorError {
    VendorError::new(OutcomeClass::Unauthorized, message)
}

fn renew_at(asked_at: Timestamp, lifetime: Duration) -> Timestamp {
    let lifetime = TimeDelta::from_std(lifetime).unwrap_or(EARLY);
    asked_at + lifetime - (lifetime / 10).min(EARLY)
}

/// A failure to get a token: no user was touched, so nothing is left unknown, and what cannot heal pauses the connection.
fn about_the_connection(error: VendorError) -> VendorError {
    if error.status == Some(404) {
        let message =
            "no access token: there is no token endpoint below the connection's base URL: check it".to_owned();
        return VendorError {
            class: OutcomeClass::Unauthorized,
            message,
            ..error
        };
    }
    let class = match error.class {
        class @ (OutcomeClass::RateLimited { .. } | OutcomeClass::Transient { .. }) => class,
        OutcomeClass::Unknown => OutcomeClass::Transient { after: None },
        OutcomeClass::Unauthorized | OutcomeClass::NotFound | OutcomeClass::Conflict | OutcomeClass::Rejected => {
            OutcomeClass::Unauthorized
        }
    };
    VendorError {
        class,
        message: format!("no access token: {}", error.message),
        ..error
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::thirty_seconds_before(3_600, 3_570)]
    #[case::a_tenth_before_where_that_is_less(60, 54)]
    #[case::at_once(0, 0)]
    fn a_token_is_renewed_shortly_before_it_expires(#[case] lifetime: u64, #[case] seconds: i64) {
        let asked_at = Timestamp::UNIX_EPOCH;

        let renewed_at = renew_at(asked_at, Duration::from_secs(lifetime));

        assert_eq!(renewed_at - asked_at, TimeDelta::seconds(seconds));
    }
}
