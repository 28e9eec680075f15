//! Whether an e-mail address belongs to a user.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::{Extension, Json};
use roster_application::authentication::Caller;
use roster_wire::upheal::{CheckUserBody, CheckUserRequest, CheckedUser};

use super::Shared;
use crate::dialects::request;
use crate::refusal::Refusal;

/// Check a user
///
/// Whether somebody in the key's organization has an e-mail address. Partners are told to ask this before they create a
/// user.
#[utoipa::path(post, path = "/users/check", operation_id = "checkUser", tag = "users",
    request_body = CheckUserBody,
    responses((status = 200, description = "Whether a user has the address, and who.", body = CheckedUser)),
)]
pub(super) async fn check(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<CheckedUser>, Refusal> {
    let request: CheckUserRequest = request::read(&headers, body).await?;
    let email = request.into_email()?;
    let user = dialect.users.by_email(&caller.organization, &email).await?;
    Ok(Json(user.as_ref().into()))
}
