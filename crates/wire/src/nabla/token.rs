//! Access tokens of OAuth clients (RFC 6749, RFC 7523).

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::Object;

use crate::schema;

/// Where the token endpoint is, behind the base URL. Assertions name base URL and path together as their `aud`.
pub const TOKEN_PATH: &str = "/oauth/token";
/// The one `grant_type` there is.
pub const CLIENT_CREDENTIALS: &str = "client_credentials";
/// The one `client_assertion_type` there is (RFC 7523).
pub const CLIENT_ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A token or an assertion: whoever holds it is let in, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(as = NablaToken, description = "A token: whoever holds it is let in.")]
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
#[schema(as = NablaTokenRequest)]
pub struct TokenRequest {
    /// `client_credentials`.
    #[schema(schema_with = grant_type)]
    pub grant_type: String,
    /// That the assertion is a JWT (RFC 7523).
    #[schema(schema_with = client_assertion_type)]
    pub client_assertion_type: String,
    /// A JWT that the client signed for this one request.
    #[schema(schema_with = client_assertion)]
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

/// An access token: the answer to a `TokenRequest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NablaTokenResponse)]
pub struct TokenResponse {
    /// The Bearer token.
    pub access_token: Token,
    /// How long it is good for, in seconds.
    pub expires_in: u64,
    /// `Bearer`. Required by RFC 6749; the vendor does not document it, so it may be absent when read.
    #[serde(default = "bearer")]
    #[schema(required = true)]
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

fn grant_type() -> Object {
    schema::words(&[CLIENT_CREDENTIALS])
        .description(Some("The kind of grant; there is one."))
        .build()
}

fn client_assertion_type() -> Object {
    schema::words(&[CLIENT_ASSERTION_TYPE])
        .description(Some("That the assertion is a JWT (RFC 7523)."))
        .build()
}

fn client_assertion() -> Object {
    schema::not_empty()
        .description(Some("A JWT that the client signed for this one request."))
        .build()
}
