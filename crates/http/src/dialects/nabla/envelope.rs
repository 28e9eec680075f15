//! The vendor's error envelope, and its own table of status codes.

use axum::Json;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use roster_domain::Violations;
use roster_wire::nabla::{ErrorBody, ErrorKind, VERSION_HEADER, VERSION_QUERY};
use uuid::Uuid;

use crate::refusal::{Kind, Refusal};

/// Writes a refusal as the vendor would.
///
/// One error of the vendor's is on record: what does not exist is 400 with `ENTITY_NOT_FOUND`. The others are in its
/// style. A validation error names every broken rule in `message`, and again, one by one, in `debuggingHints`.
pub(super) fn render(refusal: &Refusal, request_id: &str) -> Response {
    let (status, kind) = classify(refusal);
    let hints: Vec<String> = refusal.violations.iter().map(ToString::to_string).collect();
    let message = if hints.is_empty() {
        refusal.message.clone()
    } else {
        hints.join("; ")
    };
    let trace_id = format!("projects/roster/traces/{}", trace(request_id));
    let body = ErrorBody {
        debugging_hints: hints,
        ..ErrorBody::new(kind, message, trace_id)
    };
    let mut response = (status, Json(body)).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// 32 hexadecimal digits for a request: its id where that is a UUID, else a digest of the id that the caller chose.
fn trace(request_id: &str) -> String {
    let id = Uuid::try_parse(request_id).unwrap_or_else(|_| {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&blake3::hash(request_id.as_bytes()).as_bytes()[..16]);
        Uuid::from_bytes(bytes)
    });
    id.simple().to_string()
}

fn classify(refusal: &Refusal) -> (StatusCode, ErrorKind) {
    let status = refusal.status;
    match refusal.kind {
        Kind::NotFound(_) => (StatusCode::BAD_REQUEST, ErrorKind::ENTITY_NOT_FOUND),
        Kind::Invalid if is_about_version(&refusal.violations) => {
            (StatusCode::BAD_REQUEST, ErrorKind::UNSUPPORTED_API_VERSION)
        }
        Kind::Invalid | Kind::InvalidQuery => (StatusCode::BAD_REQUEST, ErrorKind::INVALID_REQUEST),
        Kind::Conflict(_) => (status, ErrorKind::ENTITY_ALREADY_EXISTS),
        Kind::Unauthorized | Kind::Expired | Kind::Deactivated => (status, ErrorKind::UNAUTHENTICATED),
        Kind::Forbidden => (status, ErrorKind::FORBIDDEN),
        Kind::UnknownPath | Kind::MethodNotAllowed => (status, ErrorKind::ROUTE_NOT_FOUND),
        Kind::RateLimited => (status, ErrorKind::RATE_LIMITED),
        Kind::Internal => (status, ErrorKind::INTERNAL_ERROR),
        // A client of the vendor takes a conflict for a duplicate; this one goes away by itself.
        Kind::Contention => (StatusCode::SERVICE_UNAVAILABLE, ErrorKind::UNAVAILABLE),
        Kind::TimedOut | Kind::Unavailable => (status, ErrorKind::UNAVAILABLE),
        _ => (status, ErrorKind::INVALID_REQUEST),
    }
}

/// Whether it is the version that rules are broken in.
fn is_about_version(violations: &Violations) -> bool {
    violations.iter().any(|violation| {
        violation.field.segments().eq([VERSION_HEADER]) || violation.field.segments().eq([VERSION_QUERY])
    })
}
