//! Access tokens, one a connection: fetched when needed, shared, and dropped shortly before they expire.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use futures::FutureExt;
use http::{Method, StatusCode};
use roster_application::credentials::Credentials;
use roster_application::ports::{Clock, Ids, Target, VendorError};
use roster_domain::{ConnectionId, OutcomeClass, Timestamp, Vendor};
use roster_wire::nabla::{ReportedError, TOKEN_PATH, Token, TokenRequest, TokenResponse};
use secrecy::{ExposeSecret, SecretString};

use super::assertion;
use crate::egress::Egress;
use crate::outcome;
use crate::single_flight::SingleFlight;

/// A token is renewed this long before it expires, or a tenth of its lifetime before, whichever is shorter: a call that
/// is under way when it expires would be refused.
const EARLY: TimeDelta = TimeDelta::seconds(30);
/// The longest lifetime that is believed; nothing is kept for longer than that.
const LONGEST: TimeDelta = TimeDelta::days(1);

/// The access tokens of all connections.
#[derive(Clone)]
pub(crate) struct Tokens(Arc<Inner>);

struct Inner {
    egress: Egress,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    cached: Mutex<HashMap<ConnectionId, Cached>>,
    flights: SingleFlight<(ConnectionId, Identity), Result<Token, Arc<VendorError>>>,
}

struct Cached {
    identity: Identity,
    token: Token,
    renew_at: Timestamp,
}

/// A digest of everything that decides which token comes out, so that changed credentials never use an old one
/// and the credentials themselves are not kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Identity([u8; 32]);

/// What is needed to ask for a token, owned so that callers can share the asking.
struct Request {
    vendor: Vendor,
    url: String,
    client_id: String,
    private_key: SecretString,
    allow_private_addresses: bool,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    pub(crate) fn new(egress: Egress, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let flights = SingleFlight::new();
        Self(Arc::new(Inner {
            egress,
            clock,
            ids,
            cached: Mutex::default(),
            flights,
        }))
    }

    /// The token of a connection: the cached one, or a new one that all who ask at once wait for together. If
    /// fetching fails it fails for all of them, and the next one tries again.
    ///
    /// Whatever is wrong here is wrong with the connection and not with a user, and nothing has happened to any. So what
    /// cannot heal by itself is `Unauthorized`, which pauses the connection.
    pub(crate) async fn token(&self, target: Target<'_>) -> Result<Token, VendorError> {
        let request = Request::of(target)?;
        let (connection, identity) = (target.connection.id, request.identity());
        if let Some(token) = self.0.cached(connection, identity) {
            return Ok(token);
        }
        let inner = Arc::clone(&self.0);
        let fetch = async move {
            let (token, renew_at) = inner.fetch(&request).await.map_err(Arc::new)?;
            inner.keep(
                connection,
                Cached {
                    identity,
                    token: token.clone(),
                    renew_at,
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
    pub(crate) fn forget(&self, connection: ConnectionId, refused: &Token) {
        let mut cached = self.0.lock();
        if cached.get(&connection).is_some_and(|cached| cached.token == *refused) {
            cached.remove(&connection);
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Cached>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cached(&self, connection: ConnectionId, identity: Identity) -> Option<Token> {
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

    async fn fetch(&self, request: &Request) -> Result<(Token, Timestamp), VendorError> {
        let name = request.vendor.title();
        let asked_at = self.clock.now();
        let assertion = assertion::sign(
            &request.client_id,
            &request.private_key,
            &request.url,
            self.ids.new_id(),
            asked_at,
        )
        .map_err(|error| VendorError {
            source: Some(Box::new(error)),
            ..pausing(format!(
                "the private key for {name} is not an RSA key that can sign: replace it"
            ))
        })?;
        let answer = async {
            let call = self
                .egress
                .request(Method::POST, &request.url, request.allow_private_addresses)?;
            self.egress.send(call.json(&TokenRequest::new(assertion))).await
        }
        .await
        .map_err(|error| {
            about_the_connection(outcome::of_no_answer(request.vendor, error, self.egress.call_limit()))
        })?;
        if answer.status != StatusCode::OK {
            let reported = ReportedError::read(&answer.body);
            return Err(about_the_connection(outcome::of_answer(
                request.vendor,
                &answer,
                &reported,
                self.clock.now(),
            )));
        }
        let response: TokenResponse = answer
            .json()
            .map_err(|error| about_the_connection(outcome::of_unreadable(request.vendor, &answer, error)))?;
        Ok((response.access_token, renew_at(asked_at, response.expires_in)))
    }
}

impl Request {
    fn of(target: Target<'_>) -> Result<Self, VendorError> {
        let connection = target.connection;
        let Credentials::OAuthClient { client_id, private_key } = target.credentials else {
            let name = connection.vendor.title();
            return Err(pausing(format!(
                "{name} needs an OAuth client's credentials: replace them"
            )));
        };
        Ok(Self {
            vendor: connection.vendor,
            url: format!("{}{TOKEN_PATH}", connection.base_url),
            client_id: client_id.clone(),
            private_key: private_key.clone(),
            allow_private_addresses: connection.options.allow_private_addresses,
        })
    }

    fn identity(&self) -> Identity {
        let mut hasher = blake3::Hasher::new();
        for part in [&self.url, &self.client_id, self.private_key.expose_secret()] {
            // With its length in front, no part can run into the next.
            hasher.update(&part.len().to_le_bytes()).update(part.as_bytes());
        }
        hasher.update(&[u8::from(self.allow_private_addresses)]);
        Identity(hasher.finalize().into())
    }
}

fn renew_at(asked_at: Timestamp, expires_in: u64) -> Timestamp {
    let lifetime = i64::try_from(expires_in)
        .ok()
        .and_then(TimeDelta::try_seconds)
        .unwrap_or(LONGEST)
        .min(LONGEST);
    asked_at + lifetime - (lifetime / 10).min(EARLY)
}

fn pausing(message: String) -> VendorError {
    VendorError::new(OutcomeClass::Unauthorized, message)
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
    #[case::never_believed_for_ever(u64::MAX, 86_370)]
    fn a_token_is_renewed_shortly_before_it_expires(#[case] expires_in: u64, #[case] seconds: i64) {
        let asked_at = Timestamp::UNIX_EPOCH;

        assert_eq!(renew_at(asked_at, expires_in) - asked_at, TimeDelta::seconds(seconds));
    }
}
