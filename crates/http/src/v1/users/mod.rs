//! `/v1/users`.

mod answer;
mod request;

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use roster_application::Missing;
use roster_application::authentication::Caller;
use roster_application::ports::{Order, UserQuery};
use roster_domain::{
    Change, Email, EmailRule, ExternalId, Fault, FieldPath, Given, Revision, Rule, Surface, User, UserId,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cursor::{self, List};
use super::etag::{self, Preconditions};
use super::query::{NoQuery, Page, Query};
use super::request::{JsonBody, NoBody, ReservedId, Segments, id};
use crate::Services;
use crate::refusal::Refusal;
pub(crate) use answer::{UserAnswer, UserPage};
use request::UserRequest;
#[cfg(test)]
pub(crate) use request::read;

/// The routes, with their specification.
pub(crate) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(routes!(list_users, create_user))
        .routes(routes!(get_user, update_user, delete_user))
        .routes(routes!(upsert_user))
        .routes(routes!(activate_user))
        .routes(routes!(deactivate_user))
}

/// Create a user
///
/// The user gets an account at every connection of the organization, and is provisioned there at once.
#[utoipa::path(post, path = "/users", tag = "users",
    request_body(content = UserRequest, example = json!({
        "external_id": "ehr-4711", "email": "ann.lee@example.org", "first_name": "Ann", "last_name": "Lee",
        "roles": ["PRACTITIONER"], "settings": {"speech_locale": "en-US"}
    })),
    responses(
    (status = 201, description = "The user was created.", body = UserAnswer),
    (status = 409, description = "Another user has the external_id or the email."),
))]
async fn create_user(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    reserved: ReservedId,
    JsonBody(body): JsonBody,
) -> Result<Response, Refusal> {
    let revision = services
        .users
        .create(caller.acting(Surface::V1), &request::read(body), reserved.0)
        .await?;
    Ok(created(revision))
}

/// List users
///
/// In the order in which they were made, page by page. Users who are there throughout are seen exactly once, whatever is
/// created and deleted meanwhile.
#[utoipa::path(get, path = "/users", tag = "users",
    params(
        Page<1>,
        ("external_id" = Option<String>, Query, description = "Only the user with this external id.",
            min_length = 1, max_length = 256, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$"),
        ("email" = Option<String>, Query, description = "Only the user with this e-mail address, without regard to case.",
            format = Email, max_length = 254),
        ("active" = Option<bool>, Query, description = "Only users who are active, or are not."),
    ),
    responses((status = 200, description = "A page of users.", body = UserPage)),
)]
async fn list_users(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    mut query: Query,
) -> Result<Json<UserPage>, Refusal> {
    let page = query.page::<1>(List::Users);
    let wanted = UserQuery {
        after: page.after.map(|[id]| UserId::new(id)),
        order: Order::OldestFirst,
        external_id: query.take("external_id", |value| ExternalId::new(value)),
        email: query.take("email", |value| Email::new(value)),
        active: query.flag("active"),
        ..UserQuery::first(page.asked())
    };
    query.finish()?;
    let users = services.users.list(&caller.organization, &wanted).await?;
    let (users, next_cursor) = cursor::page(users, page.limit, List::Users, |user| [user.id.uuid()]);
    let data = users
        .into_iter()
        .map(|user| UserAnswer::from(unchanged(user)))
        .collect();
    Ok(Json(UserPage { data, next_cursor }))
}

/// Get a user
#[utoipa::path(get, path = "/users/{id}", tag = "users", responses(
    (status = 200, description = "The user.", body = UserAnswer),
    (status = 304, description = "The user is at the version that If-None-Match names."),
    (status = 404, description = "There is no such user."),
    (status = 412, description = "The user is not at a version that If-Match names."),
))]
async fn get_user(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(user): Segments<String>,
    preconditions: Preconditions,
) -> Result<Response, Refusal> {
    let user = services
        .users
        .get(&caller.organization, id(&user, Missing::User)?)
        .await?;
    let tag = etag::etag(user.version);
    if preconditions.check_read(&tag)? {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(found(unchanged(user)))
}

/// Change a user
///
/// A JSON merge patch (RFC 7396): fields that are left out stay, null clears, objects merge; only `metadata` is replaced as a
/// whole. A change that changes nothing leaves the version as it is.
#[utoipa::path(patch, path = "/users/{id}", tag = "users",
    request_body(content(
        (UserRequest = "application/merge-patch+json", example = json!({"last_name": "Lee-Park", "settings": {"secondary_speech_locale": null}})),
        (UserRequest = "application/json", example = json!({"last_name": "Lee-Park", "settings": {"secondary_speech_locale": null}})),
    )),
    responses(
        (status = 200, description = "The user after the change.", body = UserAnswer),
        (status = 404, description = "There is no such user."),
        (status = 409, description = "Another user has the external_id or the email."),
        (status = 412, description = "The user is not at a version that If-Match names, or is at one that If-None-Match names."),
    ),
)]
async fn update_user(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(user): Segments<String>,
    preconditions: Preconditions,
    JsonBody(body): JsonBody,
) -> Result<Response, Refusal> {
    let user = id(&user, Missing::User)?;
    check_change(&services, &caller, user, &preconditions).await?;
    let changes = request::read(body);
    let revision = services
        .users
        .update(caller.acting(Surface::V1), user, &changes, preconditions.expected())
        .await?;
    Ok(found(revision))
}

/// Delete a user
///
/// The user is gone from every surface at once, and is deactivated or deleted at every vendor as the vendor allows;
/// `GET /v1/users/{id}/accounts` shows how far that is.
#[utoipa::path(delete, path = "/users/{id}", tag = "users", responses(
    (status = 204, description = "The user was deleted."),
    (status = 404, description = "There is no such user."),
    (status = 412, description = "The user is not at a version that If-Match names, or is at one that If-None-Match names."),
))]
async fn delete_user(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(user): Segments<String>,
    preconditions: Preconditions,
) -> Result<StatusCode, Refusal> {
    let user = id(&user, Missing::User)?;
    check_change(&services, &caller, user, &preconditions).await?;
    services
        .users
        .delete(caller.acting(Surface::V1), user, preconditions.expected())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Create or change the user of an external id
///
/// Fields that are left out stay as they are. A user who has the `email` and no external id yet is given this one.
#[utoipa::path(put, path = "/users/by-external-id/{external_id}", tag = "users",
    request_body(content = UserRequest, example = json!({
        "email": "ann.lee@example.org", "first_name": "Ann", "last_name": "Lee",
        "roles": ["PRACTITIONER"], "settings": {"speech_locale": "en-US"}
    })),
    responses(
    (status = 200, description = "The user after the change.", body = UserAnswer),
    (status = 201, description = "The user was created.", body = UserAnswer),
    (status = 409, description = "Another user has the email."),
))]
async fn upsert_user(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(external_id): Segments<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Refusal> {
    etag::refuse_preconditions(&headers)?;
    let mut changes = request::read(body);
    let differs = match &changes.external_id {
        Change::Keep => false,
        Change::Clear => true,
        Change::Set(given) => *given != external_id,
    };
    if differs {
        let rule = Rule::Format {
            expected: "left out, or the external id of the path",
        };
        let given = changes
            .external_id
            .as_set()
            .map_or(Given::kind("null"), |given| Given::value(given));
        changes
            .unreadable
            .push(Fault::new(rule, given).at(FieldPath::of("external_id")));
    }
    let rule = EmailRule::MayChange;
    let upserted = services
        .users
        .upsert(caller.acting(Surface::V1), &external_id, &changes, rule)
        .await?;
    Ok(if upserted.created {
        created(upserted.revision)
    } else {
        found(upserted.revision)
    })
}

/// Activate a user
///
/// At every vendor, too. A user who is active already stays as it is.
#[utoipa::path(post, path = "/users/{id}/activate", tag = "users", responses(
    (status = 200, description = "The user, who is active.", body = UserAnswer),
    (status = 404, description = "There is no such user."),
    (status = 412, description = "The user is not at a version that If-Match names, or is at one that If-None-Match names."),
))]
async fn activate_user(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(user): Segments<String>,
    preconditions: Preconditions,
    _: NoBody,
) -> Result<Response, Refusal> {
    let user = id(&user, Missing::User)?;
    check_change(&services, &caller, user, &preconditions).await?;
    let revision = services
        .users
        .set_active(caller.acting(Surface::V1), user, true, preconditions.expected())
        .await?;
    Ok(found(revision))
}

/// Deactivate a user
///
/// At every vendor, too. A user who is inactive already stays as it is.
#[utoipa::path(post, path = "/users/{id}/deactivate", tag = "users", responses(
    (status = 200, description = "The user, who is not active.", body = UserAnswer),
    (status = 404, description = "There is no such user."),
    (status = 412, description = "The user is not at a version that If-Match names, or is at one that If-None-Match names."),
))]
async fn deactivate_user(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(user): Segments<String>,
    preconditions: Preconditions,
    _: NoBody,
) -> Result<Response, Refusal> {
    let user = id(&user, Missing::User)?;
    check_change(&services, &caller, user, &preconditions).await?;
    let revision = services
        .users
        .set_active(caller.acting(Surface::V1), user, false, preconditions.expected())
        .await?;
    Ok(found(revision))
}

/// Refuses a change of a user who is at a version that `If-None-Match` names.
async fn check_change(
    services: &Services,
    caller: &Caller,
    user: UserId,
    preconditions: &Preconditions,
) -> Result<(), Refusal> {
    if preconditions.exclude_some() {
        let current = services.users.get(&caller.organization, user).await?.version;
        preconditions.check_change(&etag::etag(current))?;
    }
    Ok(())
}

fn unchanged(user: User) -> Revision {
    Revision {
        user,
        changed: false,
        suspicions: Vec::new(),
        password: None,
    }
}

fn found(revision: Revision) -> Response {
    let tag = etag::etag(revision.user.version);
    ([(ETAG, tag)], Json(UserAnswer::from(revision))).into_response()
}

fn created(revision: Revision) -> Response {
    let location = HeaderValue::from_str(&format!("/v1/users/{}", revision.user.id)).map(|value| [(LOCATION, value)]);
    (StatusCode::CREATED, location.ok(), found(revision)).into_response()
}
