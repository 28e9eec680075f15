//! The token endpoint: e-mail address and password of a service account for an access token.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use roster_application::Error;
use roster_application::authentication::{AccessClaims, Audience, Caller, Tokens};
use roster_domain::Vendor;
use roster_wire::corti::{LoginRequest, TOKEN_PATH, TokenRequest, TokenResponse};

use super::{Corti, Shared, read};
use crate::refusal::Refusal;
use crate::sandbox::{Call, Operation, intercept};

/// Get an access token
///
/// For the e-mail address and password of a service account. Ten wrong logins of an address a minute are answered, more
/// are not; which of the two was wrong is not said.
#[utoipa::path(
    post,
    path = TOKEN_PATH,
    operation_id = "getToken",
    tag = "auth",
    request_body = TokenRequest,
    responses(
        (status = 200, description = "The token, good for an hour.", body = TokenResponse),
        (status = 401, description = "E-mail address or password is wrong."),
        (status = 429, description = "Too many wrong logins of the address."),
    ),
)]
pub(super) async fn token(State(dialect): State<Shared>, parts: Parts, body: Body) -> Result<Response, Refusal> {
    let (email, password) = read::<LoginRequest>(&parts.headers, body).await?.read()?;
    let caller = dialect
        .logins
        .sign_in(&dialect.callers.authentication, &email, &password)
        .await?;
    let now = dialect.callers.now();
    let call = Call::of(&parts, Vendor::Corti, caller.organization.id, Operation::Token, now);
    let issued = {
        let dialect = dialect.clone();
        async move { issue(&dialect, &caller).unwrap_or_else(IntoResponse::into_response) }
    };
    Ok(intercept(dialect.sandbox.as_ref(), call, issued).await)
}

fn issue(dialect: &Corti, caller: &Caller) -> Result<Response, Refusal> {
    let claims = AccessClaims {
        client: caller.client.id,
        organization: caller.organization.id,
    };
    let now = dialect.callers.now();
    let issued = dialect
        .callers
        .tokens
        .issue_access(claims, Audience::Corti, dialect.ids.new_id(), now);
    // That signing fails says nothing about the caller.
    let token = issued.map_err(|error| Error::Internal(error.to_string()))?;
    let answer = TokenResponse::new(token, Tokens::ACCESS.as_secs());
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}
