//! The access token of whoever calls: an account of the console, known by e-mail address and password.

use roster_domain::{Email, FieldPath, Violations};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::request::{given, required};
use super::{Secret, SecretField};
use crate::field::Field;

/// Where the token endpoint is, behind the base URL.
pub const TOKEN_PATH: &str = "/auth/token";
/// The one `tokenType` there is, in the vendor's spelling.
pub const BEARER: &str = "bearer";

/// `POST /auth/token`, complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CortiTokenRequest)]
pub struct TokenRequest {
    /// The address that the account signs in with, at most 254 bytes.
    #[schema(format = Email, max_length = 254, example = "admin@example.com")]
    pub email: String,
    /// The account's password.
    #[schema(value_type = String, format = Password, min_length = 1, example = "My$ecureP@ssw0rd123!")]
    pub password: Secret,
}

/// The answer to a [`TokenRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CortiTokenResponse)]
pub struct TokenResponse {
    /// What opens everything else, as a Bearer token.
    #[schema(value_type = String)]
    pub access_token: Secret,
    /// [`BEARER`].
    #[schema(example = "bearer")]
    pub token_type: String,
    /// How long the token is good for, in seconds. There is none to refresh it: ask again.
    #[schema(example = 3600)]
    pub expires_in: u64,
}

impl TokenResponse {
    /// Answers with a token that is good for so many seconds.
    #[must_use]
    pub fn new(access_token: impl Into<String>, expires_in: u64) -> Self {
        Self {
            access_token: Secret::new(access_token),
            token_type: BEARER.to_owned(),
            expires_in,
        }
    }
}

/// A [`TokenRequest`] as it comes in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct LoginRequest {
    email: Field,
    password: SecretField,
}

impl LoginRequest {
    /// Address and password, or everything that is wrong with the request. Nothing is said about the password but
    /// whether it is there: the rules for new ones do not hold for those there are.
    pub fn read(self) -> Result<(Email, Secret), Violations> {
        let mut violations = Violations::none();
        let field = FieldPath::of("email");
        let email = required(self.email.is_absent(), &field, &mut violations)
            .then(|| self.email.text(&field, &mut violations))
            .and_then(|email| given(email, &field, &mut violations))
            .and_then(|email| violations.check(&field, Email::new(email)));
        let field = FieldPath::of("password");
        let password = required(self.password.is_absent(), &field, &mut violations)
            .then(|| self.password.text(&field, &mut violations))
            .and_then(|password| given(password, &field, &mut violations))
            .filter(|password| required(password.is_empty(), &field, &mut violations));
        match (email, password) {
            (Some(email), Some(password)) => Ok((email, Secret::new(password))),
            _ => Err(violations),
        }
    }
}
