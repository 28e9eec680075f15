//! Client assertions: JSON Web Tokens by which an OAuth client authenticates (RFC 7523).

use chrono::TimeDelta;
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use roster_domain::{ApiClientId, ApiClientKind, ClientKey, Surface, Timestamp};
use serde::Deserialize;

use super::{Authentication, Caller, admit};
use crate::error::Error;
use crate::ports::KeySetError;

/// How far the clocks of client and server may be apart.
const LEEWAY: TimeDelta = TimeDelta::seconds(30);
/// The longest time that an assertion may still be valid for. Known clients sign for up to 5 minutes.
const LONGEST: TimeDelta = TimeDelta::minutes(10);
/// The most bytes of a `jti`, which is stored.
const MAX_JTI_BYTES: usize = 255;
/// What a key set may ask for. Symmetric algorithms and `none` are never among them.
const KEY_SET_ALGORITHMS: [Algorithm; 8] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
];

/// Why an assertion is refused. The words are for the client's developer, who must find the mistake.
#[derive(Debug, thiserror::Error)]
pub enum AssertionError {
    /// Not a JSON Web Token, or one without the claims that are needed.
    #[error("the client assertion is not a JSON Web Token with the claims iss, sub, aud and exp")]
    Malformed,
    /// Signed with an algorithm that is not accepted.
    #[error("the client assertion is signed with an algorithm that is not accepted: {0}")]
    Algorithm(&'static str),
    /// `iss` and `sub` are not the id of a client.
    #[error("the client assertion's iss and sub must both be the id of a registered OAuth client")]
    UnknownClient,
    /// The signature does not fit the client's key.
    #[error("the client assertion's signature does not fit the client's key")]
    Signature,
    /// `aud` is not the URL of the token endpoint.
    #[error("the client assertion's aud must be the URL of this token endpoint: {expected}")]
    Audience {
        /// The URL.
        expected: String,
    },
    /// `exp` has passed.
    #[error("the client assertion has expired")]
    Expired,
    /// `exp` is too far ahead.
    #[error("the client assertion's exp must be at most 10 minutes ahead")]
    TooLong,
    /// `iat` or `nbf` is ahead.
    #[error("the client assertion is not valid yet: check the clock and the claims iat and nbf")]
    NotYet,
    /// The `jti` was used before.
    #[error("the client assertion was used before: each needs a jti of its own")]
    Replayed,
    /// The `jti` is empty, so that it tells no assertion from another, or too long.
    #[error("the client assertion's jti must have 1 to 255 bytes, or be left out")]
    JtiLength,
    /// The client's key set cannot be had.
    #[error(transparent)]
    KeySet(#[from] KeySetError),
    /// The store failed.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// The claims of an assertion.
#[derive(Debug, Clone, Deserialize)]
pub struct Claims {
    /// Who signed.
    pub iss: String,
    /// For whom; the same client.
    pub sub: String,
    /// To whom.
    pub aud: AudienceClaim,
    /// Until when, in seconds since 1970.
    pub exp: f64,
    /// Since when; some clients leave it out.
    pub iat: Option<f64>,
    /// Not before.
    pub nbf: Option<f64>,
    /// The assertion's own id; some clients leave it out.
    pub jti: Option<String>,
}

/// One audience or several (RFC 7519 section 4.1.3).
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum AudienceClaim {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl AudienceClaim {
    fn names(&self, audience: &String) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.contains(audience),
        }
    }
}

/// Judges the claims of an assertion whose signature was checked; returns until when it must be remembered.
pub fn check_claims(claims: &Claims, audiences: &[String], now: Timestamp) -> Result<Timestamp, AssertionError> {
    if !audiences.iter().any(|audience| claims.aud.names(audience)) {
        return Err(AssertionError::Audience {
            expected: audiences.first().cloned().unwrap_or_default(),
        });
    }
    let expires_at = seconds(claims.exp)?;
    if expires_at + LEEWAY <= now {
        return Err(AssertionError::Expired);
    }
    if expires_at > now + LONGEST + LEEWAY {
        return Err(AssertionError::TooLong);
    }
    for claim in [claims.iat, claims.nbf].into_iter().flatten() {
        if seconds(claim)? > now + LEEWAY {
            return Err(AssertionError::NotYet);
        }
    }
    if claims
        .jti
        .as_ref()
        .is_some_and(|jti| !(1..=MAX_JTI_BYTES).contains(&jti.len()))
    {
        return Err(AssertionError::JtiLength);
    }
    Ok(expires_at + LEEWAY)
}

/// A `NumericDate` (RFC 7519 section 2): seconds since 1970, possibly with a fraction.
fn seconds(date: f64) -> Result<Timestamp, AssertionError> {
    // Beyond this no calendar of ours goes; the cast below is exact enough for whole milliseconds.
    const FURTHEST: f64 = 1e12;
    if !(0.0..FURTHEST).contains(&date) {
        return Err(if date >= FURTHEST {
            AssertionError::TooLong
        } else {
            AssertionError::Malformed
        });
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    let millis = (date * 1_000.0) as i64;
    Timestamp::from_timestamp_millis(millis).ok_or(AssertionError::TooLong)
}

pub(super) async fn authenticate(
    authentication: &Authentication,
    assertion: &str,
    audiences: &[String],
    opening: Surface,
) -> Result<Caller, AssertionError> {
    // Which algorithm a token claims is never trusted: it is only compared with what the client may use.
    let header = decode_header(assertion).map_err(|_| AssertionError::Malformed)?;
    let claimed: Claims =
        jsonwebtoken::dangerous::insecure_decode_claims(assertion).map_err(|_| AssertionError::Malformed)?;
    let id: ApiClientId = claimed.iss.parse().map_err(|_| AssertionError::UnknownClient)?;
    if claimed.iss != claimed.sub {
        return Err(AssertionError::UnknownClient);
    }
    let found = authentication.clients.client(id).await.map_err(Error::from)?;
    let caller = found
        .and_then(|found| admit(found, opening))
        .ok_or(AssertionError::UnknownClient)?;
    let claims = match &caller.client.kind {
        ApiClientKind::OAuthClient(ClientKey::PublicKey(pem)) => {
            if header.alg != Algorithm::RS256 {
                return Err(AssertionError::Algorithm("a static key goes with RS256"));
            }
            let key = DecodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| AssertionError::Signature)?;
            verify(assertion, &key, Algorithm::RS256)?
        }
        ApiClientKind::OAuthClient(ClientKey::JwksUrl(url)) => {
            if !KEY_SET_ALGORITHMS.contains(&header.alg) {
                return Err(AssertionError::Algorithm(
                    "a key set goes with RS, PS and ES algorithms",
                ));
            }
            let key = find_key(authentication, url, header.kid.as_deref(), header.alg).await?;
            verify(assertion, &key, header.alg)?
        }
        ApiClientKind::ApiKey | ApiClientKind::ServiceAccount { .. } => {
            return Err(AssertionError::UnknownClient);
        }
    };
    let now = authentication.clock.now();
    let remember_until = check_claims(&claims, audiences, now)?;
    if let Some(jti) = &claims.jti
        && !authentication
            .clients
            .use_assertion(id, jti, remember_until, now)
            .await
            .map_err(Error::from)?
    {
        return Err(AssertionError::Replayed);
    }
    Ok(caller)
}

/// Checks the signature only; the claims are judged by [`check_claims`], with our own clock.
fn verify(assertion: &str, key: &DecodingKey, algorithm: Algorithm) -> Result<Claims, AssertionError> {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    decode::<Claims>(assertion, key, &validation)
        .map(|token| token.claims)
        .map_err(|_| AssertionError::Signature)
}

/// The key of a set that has the `kid`, or the only one if the assertion names none. A set without it is fetched
/// anew, since keys rotate.
async fn find_key(
    authentication: &Authentication,
    url: &str,
    kid: Option<&str>,
    algorithm: Algorithm,
) -> Result<DecodingKey, AssertionError> {
    for fresh in [false, true] {
        let json = authentication.key_sets.key_set(url, fresh).await?;
        let set: JwkSet =
            serde_json::from_str(&json).map_err(|_| KeySetError("it is not a JSON Web Key Set".to_owned()))?;
        let found = match kid {
            Some(kid) => set.find(kid),
            None if set.keys.len() == 1 => set.keys.first(),
            None => None,
        };
        if let Some(jwk) = found.filter(|jwk| allows(jwk, algorithm)) {
            return DecodingKey::from_jwk(jwk).map_err(|_| AssertionError::Signature);
        }
    }
    Err(AssertionError::Signature)
}

/// Whether a key that is bound to an algorithm is bound to this one.
fn allows(jwk: &Jwk, algorithm: Algorithm) -> bool {
    jwk.common.key_algorithm.is_none_or(|bound| {
        matches!(
            (bound, algorithm),
            (KeyAlgorithm::RS256, Algorithm::RS256)
                | (KeyAlgorithm::RS384, Algorithm::RS384)
                | (KeyAlgorithm::RS512, Algorithm::RS512)
                | (KeyAlgorithm::PS256, Algorithm::PS256)
                | (KeyAlgorithm::PS384, Algorithm::PS384)
                | (KeyAlgorithm::PS512, Algorithm::PS512)
                | (KeyAlgorithm::ES256, Algorithm::ES256)
                | (KeyAlgorithm::ES384, Algorithm::ES384)
        )
    })
}
