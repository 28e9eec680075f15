//! Reading, changing, activating and deactivating users of any kind.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use roster_application::Error;
use roster_application::authentication::Caller;
use roster_domain::{Change, Surface, User, UserChanges};
use roster_wire::upheal::{UserChangesV1, UserChangesV2, UserRequest, UserV1, UserV2, Version};

use super::{Shared, Upheal};
use crate::dialects::request;
use crate::refusal::{Kind, Refusal};

/// How often a change is decided anew when others change the same user meanwhile.
const ROUNDS: usize = 64;

/// Get a user
#[utoipa::path(get, path = "/users/{userId}", operation_id = "getUser", tag = "users",
    params(("userId" = String, Path, description = "The user's `userId` or `partnerUserId`.")),
    responses(
        (status = 200, description = "The user.", body = UserV1),
        (status = 403, description = "The key knows no such user."),
    ),
)]
pub(super) async fn show_v1(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<UserV1>, Refusal> {
    let user = dialect.users.find(&caller.organization, &segment(id)?).await?;
    let urls = dialect.urls_of(&caller, &user).await?;
    Ok(Json(UserV1::new(&user, urls)))
}

/// Get a user
#[utoipa::path(get, path = "/users/{userId}", operation_id = "getUser", tag = "users",
    params(("userId" = String, Path, description = "The user's `userId` or `partnerUserId`.")),
    responses(
        (status = 200, description = "The user.", body = UserV2),
        (status = 403, description = "The key knows no such user."),
    ),
)]
pub(super) async fn show_v2(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<UserV2>, Refusal> {
    let user = dialect.users.find(&caller.organization, &segment(id)?).await?;
    let urls = dialect.urls_of(&caller, &user).await?;
    Ok(Json(UserV2::new(&user, urls)))
}

/// Change a user
///
/// What is left out stays, null clears. A user who is deactivated cannot be changed.
#[utoipa::path(patch, path = "/users/{userId}", operation_id = "updateUser", tag = "users",
    params(("userId" = String, Path, description = "The user's `userId` or `partnerUserId`.")),
    request_body = UserChangesV1,
    responses(
        (status = 200, description = "The user as it is now.", body = UserV1),
        (status = 403, description = "The key knows no such user."),
    ),
)]
pub(super) async fn update_v1(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<UserV1>, Refusal> {
    let user = update(&dialect, &caller, &segment(id)?, &headers, body, Version::V1).await?;
    let urls = dialect.urls_of(&caller, &user).await?;
    Ok(Json(UserV1::new(&user, urls)))
}

/// Change a user
///
/// What is left out stays, null clears, and note templates are replaced as a whole. A user who is deactivated cannot be
/// changed.
#[utoipa::path(patch, path = "/users/{userId}", operation_id = "updateUser", tag = "users",
    params(("userId" = String, Path, description = "The user's `userId` or `partnerUserId`.")),
    request_body = UserChangesV2,
    responses(
        (status = 200, description = "The user as it is now.", body = UserV2),
        (status = 403, description = "The key knows no such user."),
    ),
)]
pub(super) async fn update_v2(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<UserV2>, Refusal> {
    let user = update(&dialect, &caller, &segment(id)?, &headers, body, Version::V2).await?;
    let urls = dialect.urls_of(&caller, &user).await?;
    Ok(Json(UserV2::new(&user, urls)))
}

async fn update(
    dialect: &Upheal,
    caller: &Caller,
    name: &str,
    headers: &HeaderMap,
    body: Body,
    version: Version,
) -> Result<User, Refusal> {
    let request: UserRequest = request::read(headers, body).await?;
    let changes = request.into_changes(version);
    dialect.change(caller, name, &changes, is_active).await
}

/// Activate a user
///
/// The user must be deactivated; one who is active already is refused.
#[utoipa::path(post, path = "/users/{userId}/activate", operation_id = "activateUser", tag = "users",
    params(("userId" = String, Path, description = "The user's `userId` or `partnerUserId`.")),
    responses(
        (status = 202, description = "The user is active."),
        (status = 403, description = "The key knows no such user."),
    ),
)]
pub(super) async fn activate(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let name = segment(id)?;
    request::empty_object(&headers, body).await?;
    dialect.change(&caller, &name, &active(true), is_inactive).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Deactivate a user
///
/// The user stays, can be activated again, and cannot be changed until then. One who is deactivated already stays so.
#[utoipa::path(delete, path = "/users/{userId}", operation_id = "deactivateUser", tag = "users",
    params(("userId" = String, Path, description = "The user's `userId` or `partnerUserId`.")),
    responses(
        (status = 202, description = "The user is deactivated."),
        (status = 403, description = "The key knows no such user."),
    ),
)]
pub(super) async fn deactivate(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Refusal> {
    dialect
        .change(&caller, &segment(id)?, &active(false), |_| Ok(()))
        .await?;
    Ok(StatusCode::ACCEPTED)
}

impl Upheal {
    /// Changes a user whose state allows it: `allows` is asked about the very version that is then changed.
    pub(super) async fn change(
        &self,
        caller: &Caller,
        name: &str,
        changes: &UserChanges,
        allows: fn(&User) -> Result<(), Refusal>,
    ) -> Result<User, Refusal> {
        let organization = &caller.organization;
        for _ in 0..ROUNDS {
            let user = self.users.find(organization, name).await?;
            allows(&user)?;
            let expected = Some(&[user.version][..]);
            match self
                .users
                .update(caller.acting(Surface::Upheal), user.id, changes, expected)
                .await
            {
                Ok(revision) => return Ok(revision.user),
                Err(Error::VersionMismatch { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contention.into())
    }
}

/// Refuses to change a user who is deactivated, as the vendor does.
pub(super) fn is_active(user: &User) -> Result<(), Refusal> {
    if user.active {
        return Ok(());
    }
    let message = "the user is deactivated and cannot be changed: activate the user first";
    Err(Refusal::new(StatusCode::BAD_REQUEST, Kind::Deactivated, message))
}

/// Refuses to activate a user who is active, as the vendor does.
fn is_inactive(user: &User) -> Result<(), Refusal> {
    if !user.active {
        return Ok(());
    }
    let message = "the user is active already";
    Err(Refusal::new(StatusCode::BAD_REQUEST, Kind::AlreadyActive, message))
}

fn active(active: bool) -> UserChanges {
    UserChanges {
        active: Change::Set(active),
        ..UserChanges::default()
    }
}

/// A part of the path, percent-decoded.
pub(super) fn segment(segment: Result<Path<String>, PathRejection>) -> Result<String, Refusal> {
    let Path(text) = segment.map_err(|_| Refusal::malformed("the path is not UTF-8 after percent-decoding"))?;
    Ok(text)
}
