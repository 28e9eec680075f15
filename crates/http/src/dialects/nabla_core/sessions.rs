//! The tokens by which the user API knows a user.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use roster_application::authentication::{Audience, Caller};
use roster_application::sessions;
use roster_domain::{Vendor, Violations};
use roster_wire::nabla::Token;
use roster_wire::nabla_core::{RefreshToken, UserTokens};

use super::users::user_id;
use super::{NablaCore, Shared};
use crate::body;
use crate::dialects::request;
use crate::refusal::Refusal;
use crate::sandbox::{Call, Operation, intercept};

/// Sign a user in
///
/// Any body is passed over. A user who is deactivated is refused with 401.
#[utoipa::path(post, path = "/jwt/authenticate/{id}", tag = "sessions",
    params(("id" = Uuid, Path, description = "The user's id.")),
    responses(
        (status = 200, description = "What the user signs in with.", body = UserTokens),
        (status = 408, description = "The body took too long to arrive; nothing was done."),
        (status = 413, description = "The body is too large."),
    ),
)]
// A body of any type, or none: clients differ, and nothing is read from it.
pub(super) async fn authenticate(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
    body: Body,
) -> Result<Response, Refusal> {
    let id = user_id(id)?;
    body::bytes(body).await?;
    Ok(answer(dialect.sessions.authenticate(&caller.organization, id).await?))
}

/// Renew a user's tokens
#[utoipa::path(post, path = "/jwt/refresh", tag = "sessions", request_body = RefreshToken, responses(
    (status = 200, description = "A new pair of tokens.", body = UserTokens),
    (status = 401, description = "The refresh token is not valid, or the user is deactivated."),
))]
pub(super) async fn refresh(State(dialect): State<Shared>, parts: Parts, body: Body) -> Result<Response, Refusal> {
    let token = refresh_token(&parts.headers, body).await?;
    let call = call(&dialect, Operation::Refresh, &token, &parts)?;
    let handled = {
        let dialect = dialect.clone();
        async move {
            let refreshed = dialect.sessions.refresh(token.expose()).await;
            refreshed.map_or_else(|error| Refusal::from(error).into_response(), answer)
        }
    };
    Ok(intercept(dialect.sandbox.as_ref(), call, handled).await)
}

/// Sign a user out
#[utoipa::path(post, path = "/jwt/logout", tag = "sessions", request_body = RefreshToken, responses(
    (status = 204, description = "The session is ended."),
    (status = 401, description = "The refresh token is not valid."),
))]
// The vendor shows no status for it; there is nothing to say.
pub(super) async fn logout(State(dialect): State<Shared>, parts: Parts, body: Body) -> Result<Response, Refusal> {
    let token = refresh_token(&parts.headers, body).await?;
    let call = call(&dialect, Operation::Logout, &token, &parts)?;
    let handled = {
        let dialect = dialect.clone();
        async move {
            let ended = dialect.sessions.logout(token.expose()).await;
            ended.map_or_else(
                |error| Refusal::from(error).into_response(),
                |()| StatusCode::NO_CONTENT.into_response(),
            )
        }
    };
    Ok(intercept(dialect.sandbox.as_ref(), call, handled).await)
}

fn answer(tokens: sessions::UserTokens) -> Response {
    let tokens = UserTokens {
        access_token: Token::new(tokens.access_token),
        refresh_token: Token::new(tokens.refresh_token),
    };
    Json(tokens).into_response()
}

async fn refresh_token(headers: &HeaderMap, body: Body) -> Result<Token, Refusal> {
    let mut members = request::object(request::json(headers, body).await?)?;
    let mut violations = Violations::none();
    let token = request::required_text(&mut members, "refresh_token", &mut violations);
    token.map(Token::new).ok_or_else(|| Refusal::invalid(violations))
}

/// The user API has no caller but the token itself, which names the organization.
fn call(dialect: &NablaCore, operation: Operation, token: &Token, parts: &Parts) -> Result<Call, Refusal> {
    let now = dialect.callers.now();
    let claims = dialect
        .callers
        .tokens
        .read_user(token.expose(), Audience::NablaCoreUserRefresh, now)?;
    Ok(Call::of(parts, Vendor::NablaCore, claims.organization, operation, now))
}
