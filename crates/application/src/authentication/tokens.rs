//! The tokens that Roster issues: JSON Web Tokens that any process with the same secret key can check.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use roster_domain::{ApiClientId, OrganizationId, Timestamp, UserId};
use secrecy::zeroize::Zeroizing;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const ISSUER: &str = "roster";

/// The key that tokens are signed with (HMAC with SHA-256). `Debug` does not show it.
#[derive(Clone)]
pub struct TokenKey(Zeroizing<[u8; 32]>);

impl TokenKey {
    /// Takes 256 bits that are used for nothing else.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKey(…)")
    }
}

/// What a token opens. A token for one opens none of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The Nabla Core server API.
    NablaCoreServer,
    /// The Nabla Core user API, as an access token.
    NablaCoreUser,
    /// The Nabla Core user API, as a refresh token.
    NablaCoreUserRefresh,
    /// The Nabla Connect server API.
    NablaConnectServer,
    /// Corti's Console Admin API.
    Corti,
}

/// What an access token says of an API client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessClaims {
    /// The client that it was issued to.
    pub client: ApiClientId,
    /// The client's organization.
    pub organization: OrganizationId,
}

/// What a user token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserClaims {
    /// The user that it was issued for.
    pub user: UserId,
    /// The user's organization.
    pub organization: OrganizationId,
    /// The session that stands behind it.
    pub session: Uuid,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of ours, or for something else.
    #[error("the token is not valid here")]
    Invalid,
    /// It was valid once.
    #[error("the token has expired")]
    Expired,
}

/// Issues and checks tokens.
#[derive(Clone)]
pub struct Tokens {
    encoding: EncodingKey,
    /// The present key first.
    decoding: Vec<DecodingKey>,
}

#[derive(Serialize, Deserialize)]
struct Registered {
    iss: String,
    sub: Uuid,
    aud: Audience,
    iat: i64,
    exp: i64,
    jti: Uuid,
    org: Uuid,
}

impl Tokens {
    /// How long an access token of an API client is valid.
    pub const ACCESS: Duration = Duration::from_hours(1);
    /// How long a user's access token is valid (Nabla: 5 minutes).
    pub const USER_ACCESS: Duration = Duration::from_mins(5);
    /// How long a user's refresh token is valid (Nabla: 30 days).
    pub const USER_REFRESH: Duration = Duration::from_hours(30 * 24);

    /// Uses a key.
    #[must_use]
    pub fn new(key: &TokenKey) -> Self {
        Self {
            encoding: EncodingKey::from_secret(&*key.0),
            decoding: vec![DecodingKey::from_secret(&*key.0)],
        }
    }

    /// The same, taking tokens that were signed with a key that was replaced, until they expire.
    #[must_use]
    pub fn also_taking(mut self, previous: &TokenKey) -> Self {
        self.decoding.push(DecodingKey::from_secret(&*previous.0));
        self
    }

    /// Issues an access token to an API client.
    pub fn issue_access(
        &self,
        claims: AccessClaims,
        audience: Audience,
        id: Uuid,
        now: Timestamp,
    ) -> Result<String, TokenError> {
        self.sign(
            claims.client.uuid(),
            claims.organization,
            audience,
            id,
            now,
            Self::ACCESS,
        )
    }

    /// Reads an access token of an API client.
    pub fn read_access(&self, token: &str, audience: Audience, now: Timestamp) -> Result<AccessClaims, TokenError> {
        let claims = self.verify(token, audience, now)?;
        Ok(AccessClaims {
            client: ApiClientId::new(claims.sub),
            organization: OrganizationId::new(claims.org),
        })
    }

    /// Issues a user token. Its `jti` is the session, so that ending the session ends what is refreshed by it.
    pub fn issue_user(&self, claims: UserClaims, audience: Audience, now: Timestamp) -> Result<String, TokenError> {
        let validity = match audience {
            Audience::NablaCoreUserRefresh => Self::USER_REFRESH,
            _ => Self::USER_ACCESS,
        };
        self.sign(
            claims.user.uuid(),
            claims.organization,
            audience,
            claims.session,
            now,
            validity,
        )
    }

    /// Reads a user token.
    pub fn read_user(&self, token: &str, audience: Audience, now: Timestamp) -> Result<UserClaims, TokenError> {
        let claims = self.verify(token, audience, now)?;
        Ok(UserClaims {
            user: UserId::new(claims.sub),
            organization: OrganizationId::new(claims.org),
            session: claims.jti,
        })
    }

    fn sign(
        &self,
        subject: Uuid,
        organization: OrganizationId,
        audience: Audience,
        id: Uuid,
        now: Timestamp,
        validity: Duration,
    ) -> Result<String, TokenError> {
        let claims = Registered {
            iss: ISSUER.to_owned(),
            sub: subject,
            aud: audience,
            iat: now.timestamp(),
            exp: now.timestamp() + i64::try_from(validity.as_secs()).unwrap_or(i64::MAX / 2),
            jti: id,
            org: organization.uuid(),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).map_err(|_| TokenError::Invalid)
    }

    fn verify(&self, token: &str, audience: Audience, now: Timestamp) -> Result<Registered, TokenError> {
        let claims: Registered = self.decode(token)?;
        if claims.iss != ISSUER || claims.aud != audience {
            return Err(TokenError::Invalid);
        }
        if claims.exp <= now.timestamp() {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }

    /// Checks the signature only, with the one algorithm that is ever used; time is judged by our own clock.
    fn decode<T: DeserializeOwned>(&self, token: &str) -> Result<T, TokenError> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        self.decoding
            .iter()
            .find_map(|key| decode(token, key, &validation).ok())
            .map(|token| token.claims)
            .ok_or(TokenError::Invalid)
    }
}
