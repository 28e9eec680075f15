//! Tokens of a user, for the user API.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::Object;

use crate::nabla::Token;
use crate::schema;

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
    #[schema(schema_with = refresh_token)]
    pub refresh_token: Token,
}

fn refresh_token() -> Object {
    schema::not_empty()
        .description(Some("The refresh token that came with the access token."))
        .build()
}
