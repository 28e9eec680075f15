//! Tokens: of an OAuth client for the server API, and of a user for the user API.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where the token endpoint is, behind the base URL. Assertions name base URL and path together as their `aud`.
pub const TOKEN_PATH: &str = "/oauth/token";
/// The one `grant_type` there is.
pub const CLIENT_CREDENTIALS: &str = "client_credentials";
/// The one `client_assertion_type` there is (RFC 7523).
pub const CLIENT_ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A token or an assertion: whoever holds it is let in, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(as = NablaCoreToken)]
pub struct Token(String);

impl Token {
    /// Takes a token as it is.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token itself, for the one place that sends or checks it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// `POST /oauth/token`: an OAuth client asks for an access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NablaCoreTokenRequest)]
pub struct TokenRequest {
    /// [`CLIENT_CREDENTIALS`].
    pub grant_type: String,
    /// [`CLIENT_ASSERTION_TYPE`].
    pub client_assertion_type: String,
    /// A JWT that the client signed for this one request.
    pub client_assertion: Token,
}

impl TokenRequest {
    /// Asks with an assertion.
    #[must_use]
    pub fn new(client_assertion: Token) -> Self {
        Self {
            grant_type: CLIENT_CREDENTIALS.to_owned(),
            client_assertion_type: CLIENT_ASSERTION_TYPE.to_owned(),
            client_assertion,
        }
    }
}

/// The answer to a [`TokenRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NablaCoreTokenResponse)]
pub struct TokenResponse {
    /// The Bearer token.
    pub access_token: Token,
    /// How long it is good for, in seconds.
    pub expires_in: u64,
    /// `Bearer`. Required by RFC 6749; the vendor does not document it, so it may be absent when read.
    #[serde(default = "bearer")]
    pub token_type: String,
}

impl TokenResponse {
    /// Answers with a token that is good for so many seconds.
    #[must_use]
    pub fn new(access_token: Token, expires_in: u64) -> Self {
        Self {
            access_token,
            expires_in,
            token_type: bearer(),
        }
    }
}

fn bearer() -> String {
    "Bearer".to_owned()
}

/// What a user signs in with: the answer to authenticating a user, and to refreshing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NablaCoreUserTokens)]
pub struct UserTokens {
    /// Good for minutes, and cannot be revoked.
    pub access_token: Token,
    /// Good for weeks, until the user logs out.
    pub refresh_token: Token,
}

/// `POST /jwt/refresh` and `POST /jwt/logout` of the user API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NablaCoreRefreshToken)]
pub struct RefreshToken {
    /// The refresh token that came with the access token.
    pub refresh_token: Token,
}
