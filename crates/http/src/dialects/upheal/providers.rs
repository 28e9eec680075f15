//! Reading and changing what is a provider's own. Names and the like are the generic user's: see [`super::users`].

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use roster_application::authentication::Caller;
use roster_domain::User;
use roster_wire::upheal::{
    ProviderChangesV1, ProviderChangesV2, ProviderRequest, ProviderV1, ProviderV2, UpdatedProviderV1, Version,
};

use super::users::{is_active, segment};
use super::{Shared, Upheal};
use crate::dialects::request;
use crate::refusal::Refusal;

/// Get a provider
#[utoipa::path(get, path = "/users/providers/{providerUserId}", operation_id = "getProviderUser", tag = "providers",
    params(("providerUserId" = String, Path, description = "The user's `userId` or `partnerUserId`.")),
    responses(
        (status = 200, description = "The provider.", body = ProviderV1),
        (status = 403, description = "The key knows no such user."),
    ),
)]
pub(super) async fn show_v1(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<ProviderV1>, Refusal> {
    let user = dialect.users.find(&caller.organization, &segment(id)?).await?;
    Ok(Json(ProviderV1::from(&user)))
}

/// Get a provider
#[utoipa::path(get, path = "/users/providers/{providerUserId}", operation_id = "getProviderUser", tag = "providers",
    params(("providerUserId" = String, Path, description = "The user's `userId` or `partnerUserId`.")),
    responses(
        (status = 200, description = "The provider.", body = ProviderV2),
        (status = 403, description = "The key knows no such user."),
    ),
)]
pub(super) async fn show_v2(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<ProviderV2>, Refusal> {
    let user = dialect.users.find(&caller.organization, &segment(id)?).await?;
    Ok(Json(ProviderV2::from(&user)))
}

/// Change a provider
///
/// What is left out stays, null clears. A user who is deactivated cannot be changed.
#[utoipa::path(patch, path = "/users/providers/{providerUserId}", operation_id = "updateProviderUser",
    tag = "providers",
    params(("providerUserId" = String, Path, description = "The user's `userId` or `partnerUserId`.")),
    request_body = ProviderChangesV1,
    responses(
        (status = 200, description = "What the provider's notes are like now.", body = UpdatedProviderV1),
        (status = 403, description = "The key knows no such user."),
    ),
)]
pub(super) async fn update_v1(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<UpdatedProviderV1>, Refusal> {
    let user = update(&dialect, &caller, &segment(id)?, &headers, body, Version::V1).await?;
    Ok(Json(UpdatedProviderV1::from(&user)))
}

/// Change a provider
///
/// What is left out stays, null clears, and note templates are replaced as a whole. A user who is deactivated cannot be
/// changed.
#[utoipa::path(patch, path = "/users/providers/{providerUserId}", operation_id = "updateProviderUser",
    tag = "providers",
    params(("providerUserId" = String, Path, description = "The user's `userId` or `partnerUserId`.")),
    request_body = ProviderChangesV2,
    responses(
        (status = 200, description = "The provider as it is now.", body = ProviderV2),
        (status = 403, description = "The key knows no such user."),
    ),
)]
pub(super) async fn update_v2(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ProviderV2>, Refusal> {
    let user = update(&dialect, &caller, &segment(id)?, &headers, body, Version::V2).await?;
    Ok(Json(ProviderV2::from(&user)))
}

async fn update(
    dialect: &Upheal,
    caller: &Caller,
    name: &str,
    headers: &HeaderMap,
    body: Body,
    version: Version,
) -> Result<User, Refusal> {
    let request: ProviderRequest = request::read(headers, body).await?;
    let changes = request.into_changes(version);
    dialect.change(caller, name, &changes, is_active).await
}
