//! Creating, reading, changing, activating and deactivating users.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use roster_application::authentication::Caller;
use roster_domain::{FieldPath, Surface, User, UserChanges, UserId, Violations};
use roster_wire::field::read_object;
use roster_wire::nabla_core::{self, ArchivedUserRequest, Empty, UserBody, UserRequest};
use serde::de::DeserializeOwned;

use super::{Generation, Shared};
use crate::dialects::request;
use crate::refusal::Refusal;

/// Create a user
///
/// Every field may be left out.
#[utoipa::path(post, path = "/users", tag = "users", request_body = UserBody, responses(
    (status = 200, description = "The user.", body = nabla_core::User),
    (status = 409, description = "Another user has the external_id, or the e-mail address."),
))]
// Roles that are left out are an empty list, which is what was given; the vendor does not document a default.
pub(super) async fn create(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let changes = match dialect.generation {
        Generation::Current => read::<UserRequest>(&headers, body).await?,
        Generation::Archived => read::<ArchivedUserRequest>(&headers, body).await?,
    };
    let revision = dialect
        .users
        .create(caller.acting(Surface::NablaCore), &changes, None)
        .await?;
    Ok(dialect.generation.user(&revision.user))
}

/// Get a user
#[utoipa::path(get, path = "/users/{id}", tag = "users",
    params(("id" = Uuid, Path, description = "The user's id.")),
    responses((status = 200, description = "The user.", body = nabla_core::User)),
)]
pub(super) async fn show(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let user = dialect.users.get(&caller.organization, user_id(id)?).await?;
    Ok(dialect.generation.user(&user))
}

/// Find a user by its id in the customer's own system
#[utoipa::path(get, path = "/users/find_by_external_id/{*external_id}", tag = "users",
    params(("external_id" = String, Path, min_length = 1, max_length = 256, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$",
        description = "The id; it may be percent-encoded.")),
    responses((status = 200, description = "The user.", body = nabla_core::User)),
)]
// Clients do not percent-encode the id, those that are careful do: it is the rest of the path, decoded where it can be.
pub(super) async fn find_by_external_id(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    external_id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let user = dialect
        .users
        .get_by_external_id(&caller.organization, &segment(external_id)?)
        .await?;
    Ok(dialect.generation.user(&user))
}

/// Change a user
///
/// Fields that are left out stay, null clears, and metadata is replaced whole.
#[utoipa::path(patch, path = "/users/{id}", tag = "users",
    params(("id" = Uuid, Path, description = "The user's id.")),
    request_body = UserBody,
    responses(
        (status = 200, description = "The user after the change.", body = nabla_core::User),
        (status = 409, description = "Another user has the external_id."),
    ),
)]
// E-mail address and roles can only be set when a user is created; here they are fields that the vendor does not know,
// and passes over.
pub(super) async fn update(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let id = user_id(id)?;
    let changes = read::<UserRequest>(&headers, body).await?;
    let revision = dialect
        .users
        .update(caller.acting(Surface::NablaCore), id, &changes, None)
        .await?;
    Ok(dialect.generation.user(&revision.user))
}

/// Activate a user
///
/// A user who is active stays so.
#[utoipa::path(post, path = "/users/{id}/activate", tag = "users",
    params(("id" = Uuid, Path, description = "The user's id.")),
    request_body = Option<Empty>,
    responses((status = 200, description = "The user.", body = nabla_core::User)),
)]
pub(super) async fn activate(
    state: State<Shared>,
    caller: Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    set_active(state, caller, id, headers, body, true).await
}

/// Deactivate a user
///
/// A user who is not active stays so.
#[utoipa::path(post, path = "/users/{id}/deactivate", tag = "users",
    params(("id" = Uuid, Path, description = "The user's id.")),
    request_body = Option<Empty>,
    responses((status = 200, description = "The user.", body = nabla_core::User)),
)]
pub(super) async fn deactivate(
    state: State<Shared>,
    caller: Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    set_active(state, caller, id, headers, body, false).await
}

async fn set_active(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
    active: bool,
) -> Result<Response, Refusal> {
    let id = user_id(id)?;
    request::empty_object(&headers, body).await?;
    let revision = dialect
        .users
        .set_active(caller.acting(Surface::NablaCore), id, active, None)
        .await?;
    Ok(dialect.generation.user(&revision.user))
}

impl Generation {
    /// A user as the generation writes it.
    fn user(self, user: &User) -> Response {
        match self {
            Self::Current => Json(nabla_core::User::from(user)).into_response(),
            Self::Archived => Json(nabla_core::ArchivedUser::from(user)).into_response(),
        }
    }
}

/// The user that a path names, in upper or lower case. What is not a UUID breaks a rule, rather than naming nobody.
pub(super) fn user_id(id: Result<Path<String>, PathRejection>) -> Result<UserId, Refusal> {
    let mut violations = Violations::none();
    let id = violations.check(&FieldPath::of("id"), segment(id)?.parse());
    id.ok_or_else(|| Refusal::invalid(violations))
}

fn segment(segment: Result<Path<String>, PathRejection>) -> Result<String, Refusal> {
    let Path(text) = segment.map_err(|_| Refusal::malformed("the path is not UTF-8 after percent-decoding"))?;
    Ok(text)
}

async fn read<T: DeserializeOwned + Into<UserChanges>>(
    headers: &HeaderMap,
    body: Body,
) -> Result<UserChanges, Refusal> {
    let value = request::json(headers, body).await?;
    let mut violations = Violations::none();
    let request = read_object::<T>(value, &FieldPath::root(), &mut violations);
    request.map(T::into).ok_or_else(|| Refusal::invalid(violations))
}
