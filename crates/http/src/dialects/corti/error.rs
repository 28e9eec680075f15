//! The vendor's error body, and its own table of status codes.

use axum::Json;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use roster_wire::corti::{ErrorBody, ErrorCode, FieldError};

use crate::refusal::{Kind, Refusal};

/// Writes a refusal as the vendor might: of its errors only the statuses are documented, and that the body differs from
/// that of its other API.
pub(super) fn render(refusal: &Refusal, _request_id: &str) -> Response {
    let (status, code) = classify(refusal);
    let body = ErrorBody {
        code: code.name().to_owned(),
        message: refusal.message.clone(),
        errors: refusal.violations.iter().map(FieldError::from).collect(),
    };
    let mut response = (status, Json(body)).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

fn classify(refusal: &Refusal) -> (StatusCode, ErrorCode) {
    let status = refusal.status;
    match refusal.kind {
        Kind::Invalid | Kind::InvalidQuery => (StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest),
        Kind::Unauthorized | Kind::Expired | Kind::Deactivated => (status, ErrorCode::Unauthorized),
        Kind::Forbidden => (status, ErrorCode::Forbidden),
        Kind::NotFound(_) | Kind::UnknownPath => (status, ErrorCode::NotFound),
        Kind::MethodNotAllowed => (status, ErrorCode::MethodNotAllowed),
        Kind::Conflict(_) => (status, ErrorCode::Conflict),
        Kind::RateLimited => (status, ErrorCode::RateLimited),
        Kind::Internal => (status, ErrorCode::InternalError),
        // A client of the vendor takes a conflict for a duplicate; this one goes away by itself.
        Kind::Contention => (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::ServiceUnavailable),
        Kind::TimedOut | Kind::Unavailable => (status, ErrorCode::ServiceUnavailable),
        _ => (status, ErrorCode::InvalidRequest),
    }
}
