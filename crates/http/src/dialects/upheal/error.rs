//! The vendor's error body, and its own table of status codes.

use axum::Json;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use roster_application::{Conflicting, Missing};
use roster_wire::upheal::{ErrorBody, ErrorCode, FieldError, in_vendors_names};

use crate::refusal::{Kind, Refusal};

/// What the vendor's document says of 403 when a user is created.
const NOT_ALLOWED_TO_CREATE: &str = "Given API key is not allowed to create user with given parameters.";

/// Writes a refusal as the vendor would. Its statuses are documented, its body is not.
pub(super) fn render(refusal: &Refusal, _request_id: &str) -> Response {
    let (status, code) = classify(refusal);
    let errors = errors(refusal);
    let body = ErrorBody {
        status_code: status.as_u16(),
        code: code.name().to_owned(),
        message: message(refusal, &errors),
        errors,
    };
    let mut response = (status, Json(body)).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The vendor documents no 404 for users and no 409 at all: what is not the key's, and what another user has, is not
/// allowed.
fn classify(refusal: &Refusal) -> (StatusCode, ErrorCode) {
    let status = refusal.status;
    match refusal.kind {
        Kind::Invalid | Kind::InvalidQuery => (StatusCode::BAD_REQUEST, ErrorCode::INVALID_REQUEST),
        Kind::Deactivated => (StatusCode::BAD_REQUEST, ErrorCode::USER_DEACTIVATED),
        Kind::AlreadyActive => (StatusCode::BAD_REQUEST, ErrorCode::USER_ACTIVE),
        Kind::Unauthorized | Kind::Expired => (status, ErrorCode::UNAUTHORIZED),
        Kind::Forbidden => (status, ErrorCode::NOT_ALLOWED),
        Kind::NotFound(Missing::User) | Kind::Conflict(Conflicting::AmbiguousId) => {
            (StatusCode::FORBIDDEN, ErrorCode::NOT_ALLOWED)
        }
        Kind::NotFound(_) | Kind::UnknownPath => (status, ErrorCode::NOT_FOUND),
        Kind::Conflict(_) => (StatusCode::FORBIDDEN, ErrorCode::USER_EXISTS),
        Kind::MethodNotAllowed => (status, ErrorCode::METHOD_NOT_ALLOWED),
        Kind::RateLimited => (status, ErrorCode::RATE_LIMITED),
        Kind::Internal => (status, ErrorCode::INTERNAL_ERROR),
        // It goes away by itself, which no documented status says.
        Kind::Contention => (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::UNAVAILABLE),
        Kind::TimedOut | Kind::Unavailable => (status, ErrorCode::UNAVAILABLE),
        _ => (status, ErrorCode::INVALID_REQUEST),
    }
}

/// Every broken rule under the vendor's name for the field, or the field that another user has the same in.
fn errors(refusal: &Refusal) -> Vec<FieldError> {
    let taken = |field: &str| {
        vec![FieldError {
            field: format!("/{field}"),
            message: format!("another user has this {field}"),
        }]
    };
    match refusal.kind {
        Kind::Conflict(Conflicting::ExternalId) => taken("partnerUserId"),
        Kind::Conflict(Conflicting::Email) => taken("email"),
        _ => in_vendors_names(refusal.violations.clone())
            .iter()
            .map(|violation| FieldError {
                field: violation.field.pointer(),
                message: violation.to_string(),
            })
            .collect(),
    }
}

fn message(refusal: &Refusal, errors: &[FieldError]) -> String {
    match (refusal.kind, errors) {
        (Kind::Conflict(Conflicting::AmbiguousId), _) => {
            "This is the userId of one user and the partnerUserId of another: name the user by the other of the two."
                .to_owned()
        }
        (Kind::Conflict(_), _) => NOT_ALLOWED_TO_CREATE.to_owned(),
        (Kind::NotFound(Missing::User), _) => "Given API key is not allowed to access this user.".to_owned(),
        // The refusal's own words have Roster's names for the fields.
        (_, [only]) => only.message.clone(),
        _ => refusal.message.clone(),
    }
}
