//! Making and changing provider users, in one endpoint.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::{Extension, Json};
use roster_application::authentication::Caller;
use roster_application::{Conflicting, Error};
use roster_domain::{EmailRule, FieldPath, Profile, Surface, UserChanges, Violations};
use roster_wire::field::read_object;
use roster_wire::nabla_connect::{User, UserRequest};
use serde_json::Value;

use super::NablaConnect;
use crate::dialects::request;
use crate::refusal::{Kind, Refusal};

/// The vendor's names for the fields that the domain names otherwise.
const NAMES: &[(&str, &[&str])] = &[
    ("email", &["provider_email"]),
    ("external_id", &["external_provider_id"]),
];

/// Provision a user
///
/// Makes the user of an `external_provider_id`, or changes the one there is. `provider_email` must be the one on file, without
/// regard to case; a user who has none yet gets it, and the user who has it and no external id yet is given this one. `settings`
/// are merged: what is left out stays, null clears. Available from version 2026-03-23.
// The vendor's document has no status for success: 200 holds for a new user and for a known one alike.
#[utoipa::path(post, path = "/users", tag = "users", request_body = UserRequest,
    responses(
        (status = 200, description = "The user as it is now.", body = User),
        (status = 409, description = "The address is not the one on file, or its user has another external id."),
    ),
)]
pub(super) async fn upsert(
    State(dialect): State<Arc<NablaConnect>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<User>, Refusal> {
    let changes = read(request::json(&headers, body).await?)?;
    let Some(external_id) = changes.external_id.as_set() else {
        // Nobody is named. Applying the rest to nobody says what else is wrong.
        let found = Profile::default().apply(&changes).err().unwrap_or_default();
        return Err(refused(Error::Invalid(found)));
    };
    let upserted = dialect
        .users
        .upsert(
            caller.acting(Surface::NablaConnect),
            external_id,
            &changes,
            EmailRule::MustMatch,
        )
        .await
        .map_err(refused)?;
    Ok(Json(User::from(&upserted.revision.user)))
}

fn read(body: Value) -> Result<UserChanges, Refusal> {
    let mut violations = Violations::none();
    let request = read_object::<UserRequest>(body, &FieldPath::root(), &mut violations);
    request
        .map(UserRequest::into)
        .ok_or_else(|| Refusal::invalid(violations))
}

/// The same refusal in the vendor's words.
fn refused(error: Error) -> Refusal {
    let refusal = match error {
        Error::Invalid(violations) => Refusal::invalid(violations.renamed(NAMES)),
        error => Refusal::from(error),
    };
    let message = match refusal.kind {
        Kind::Conflict(Conflicting::EmailDiffers) => {
            "provider_email differs from the one on file for this external_provider_id"
        }
        Kind::Conflict(Conflicting::TwoUsers { .. }) => {
            "external_provider_id and provider_email belong to two different users"
        }
        Kind::Conflict(Conflicting::Email) => "the user of this provider_email has another external_provider_id",
        _ => return refusal,
    };
    Refusal {
        message: message.to_owned(),
        ..refusal
    }
}
