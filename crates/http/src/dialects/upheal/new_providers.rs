//! Creating providers, alone or in a named organization.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use roster_application::authentication::Caller;
use roster_application::{Error, Missing};
use roster_domain::{OrganizationId, Surface, User};
use roster_wire::upheal::{
    CreatedProviderV1, CreatedProviderV2, NewProviderRequest, NewProviderV1, NewProviderV2, UserUrls, Version,
};

use super::users::segment;
use super::{Shared, Upheal};
use crate::dialects::request;
use crate::refusal::Refusal;

/// Create a provider
#[utoipa::path(post, path = "/users/providers", operation_id = "createProviderUser", tag = "providers",
    request_body = NewProviderV1,
    responses(
        (status = 200, description = "The user was created.", body = CreatedProviderV1),
        (status = 403, description = "Another user has the `email` or the `partnerUserId`."),
    ),
)]
pub(super) async fn create_v1(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<CreatedProviderV1>, Refusal> {
    let (user, urls) = create(&dialect, &caller, &headers, body, Version::V1).await?;
    Ok(Json(CreatedProviderV1::new(&user, urls)))
}

/// Create a provider
#[utoipa::path(post, path = "/users/providers", operation_id = "createProviderUser", tag = "providers",
    request_body = NewProviderV2,
    responses(
        (status = 200, description = "The user was created.", body = CreatedProviderV2),
        (status = 403, description = "Another user has the `email` or the `partnerUserId`."),
    ),
)]
pub(super) async fn create_v2(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<CreatedProviderV2>, Refusal> {
    let (user, urls) = create(&dialect, &caller, &headers, body, Version::V2).await?;
    Ok(Json(CreatedProviderV2::new(&user, urls)))
}

/// Create a provider in an organization
#[utoipa::path(post, path = "/organizations/{orgId}/users/providers", operation_id = "createProviderUserInOrganization",
    tag = "providers",
    params(("orgId" = String, Path, description = "The id or the short name of the key's organization.")),
    request_body = NewProviderV1,
    responses(
        (status = 200, description = "The user was created.", body = CreatedProviderV1),
        (status = 403, description = "Another user has the `email` or the `partnerUserId`."),
        (status = 404, description = "The key knows no such organization."),
    ),
)]
pub(super) async fn create_in_organization_v1(
    state: State<Shared>,
    Extension(caller): Extension<Caller>,
    organization: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<CreatedProviderV1>, Refusal> {
    is_own(&caller, &segment(organization)?)?;
    create_v1(state, Extension(caller), headers, body).await
}

/// Create a provider in an organization
#[utoipa::path(post, path = "/organizations/{orgId}/users/providers", operation_id = "createProviderUserInOrganization",
    tag = "providers",
    params(("orgId" = String, Path, description = "The id or the short name of the key's organization.")),
    request_body = NewProviderV2,
    responses(
        (status = 200, description = "The user was created.", body = CreatedProviderV2),
        (status = 403, description = "Another user has the `email` or the `partnerUserId`."),
        (status = 404, description = "The key knows no such organization."),
    ),
)]
pub(super) async fn create_in_organization_v2(
    state: State<Shared>,
    Extension(caller): Extension<Caller>,
    organization: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<CreatedProviderV2>, Refusal> {
    is_own(&caller, &segment(organization)?)?;
    create_v2(state, Extension(caller), headers, body).await
}

async fn create(
    dialect: &Upheal,
    caller: &Caller,
    headers: &HeaderMap,
    body: Body,
    version: Version,
) -> Result<(User, UserUrls), Refusal> {
    let request: NewProviderRequest = request::read(headers, body).await?;
    let changes = request.into_changes(version);
    let acting = caller.acting(Surface::Upheal);
    let user = dialect.users.create(acting, &changes, None).await?.user;
    let urls = dialect.urls_of(caller, &user).await?;
    Ok((user, urls))
}

/// A key reaches one organization. Whether another one exists is nobody's business.
fn is_own(caller: &Caller, named: &str) -> Result<(), Refusal> {
    let own = &caller.organization;
    let is_id = named.parse::<OrganizationId>().is_ok_and(|id| id == own.id);
    if is_id || named == own.slug.as_str() {
        return Ok(());
    }
    Err(Error::NotFound(Missing::Organization).into())
}
