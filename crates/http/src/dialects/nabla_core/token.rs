//! The token endpoint of the current generation.

use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::Response;
use roster_wire::nabla::{TokenRequest, TokenResponse};

use super::Shared;
use crate::refusal::Refusal;

/// Get an access token
///
/// OAuth 2.0 client credentials with a signed assertion (RFC 6749, RFC 7523).
#[utoipa::path(post, path = "/oauth/token", tag = "authentication",
    request_body(content((TokenRequest = "application/json"), (TokenRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "An access token.", body = TokenResponse),
        (status = 401, description = "The assertion is not valid."),
    ),
)]
pub(super) async fn token(State(dialect): State<Shared>, parts: Parts, body: Body) -> Result<Response, Refusal> {
    dialect.token.answer(parts, body).await
}
