//! Problem details (RFC 9457): how `/v1` writes whatever is refused.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use roster_application::Conflicting;
use roster_domain::{Rule, Violation};
use serde::Serialize;
use utoipa::ToSchema;

use super::{etag, problem_types};
use crate::refusal::{Kind, Refusal};

/// The media type of problem details.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// What is wrong with a request (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The kind of problem: a stable path, which explains the kind when it is opened.
    #[schema(format = "uri-reference", example = "/problems/invalid-fields")]
    r#type: &'static str,
    /// The kind in a few words, the same for every problem of the kind.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 422)]
    status: u16,
    /// What is wrong with this request and what to do about it.
    detail: String,
    /// The id of the request: also in the `X-Request-Id` header and in Roster's log.
    #[schema(format = "uri-reference")]
    instance: String,
    /// Each thing that is wrong, where there are several or a place can be named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<ProblemError>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemError {
    /// Where in the body, as a JSON Pointer (RFC 6901); the empty string is the whole body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "/external_id")]
    pointer: Option<String>,
    /// Which query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "limit")]
    parameter: Option<String>,
    /// The broken rule, for machines.
    #[schema(schema_with = codes)]
    code: &'static str,
    /// The field, the rule and its limit, for people.
    #[schema(example = "external_id must have 1 to 256 characters")]
    detail: String,
    /// What was given instead, shortened; never a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "257 characters")]
    given: Option<String>,
}

const CODES: &[&str] = &[
    "required",
    "not_null",
    "type",
    "length",
    "entries",
    "format",
    "one_of",
    "differs_from",
    "only_with",
    "patient_data",
    "unknown_field",
    "unknown_parameter",
    "read_only",
    "taken",
    "differs_from_file",
];

fn codes() -> utoipa::openapi::Object {
    super::schemas::words(CODES)
        .description(Some("The broken rule, for machines."))
        .build()
}

/// Writes a refusal as problem details, with the headers that go with it.
pub(crate) fn render(refusal: &Refusal, request_id: &str) -> Response {
    let kind = problem_types::of(refusal.kind);
    let problem = Problem {
        r#type: kind.path,
        title: kind.title,
        status: refusal.status.as_u16(),
        detail: refusal.message.clone(),
        instance: request_id.to_owned(),
        errors: errors(refusal),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = (refusal.status, headers(refusal.kind), body).into_response();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    response
}

fn headers(kind: Kind) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static("no-store"))]);
    match kind {
        Kind::Unauthorized | Kind::Expired => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"roster\""));
        }
        Kind::VersionMismatch(current) => {
            headers.insert(ETAG, etag::etag(current));
        }
        Kind::KeyInProgress | Kind::RateLimited | Kind::Contention | Kind::TimedOut | Kind::Unavailable => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        _ => {}
    }
    headers
}

fn errors(refusal: &Refusal) -> Vec<ProblemError> {
    match refusal.kind {
        Kind::Conflict(conflict) => conflicts(conflict),
        Kind::InvalidQuery => refusal.violations.iter().map(in_query).collect(),
        _ => refusal.violations.iter().map(in_body).collect(),
    }
}

fn in_body(violation: &Violation) -> ProblemError {
    ProblemError {
        pointer: Some(violation.field.pointer()),
        parameter: None,
        code: code(&violation.rule),
        detail: format!("{} {}", violation.field, violation.rule),
        given: Some(violation.given.to_string()),
    }
}

fn in_query(violation: &Violation) -> ProblemError {
    let unknown = violation.rule == Rule::UnknownField;
    let detail = if unknown {
        format!("{} is not a parameter of this request", violation.field)
    } else {
        format!("{} {}", violation.field, violation.rule)
    };
    ProblemError {
        pointer: None,
        parameter: Some(violation.field.to_string()),
        code: if unknown {
            "unknown_parameter"
        } else {
            code(&violation.rule)
        },
        detail,
        given: Some(violation.given.to_string()),
    }
}

fn conflicts(conflict: Conflicting) -> Vec<ProblemError> {
    let (code, fields): (_, &[&str]) = match conflict {
        Conflicting::ExternalId => ("taken", &["external_id"]),
        Conflicting::Email | Conflicting::ServiceAccountEmail => ("taken", &["email"]),
        Conflicting::TwoUsers { .. } => ("taken", &["external_id", "email"]),
        Conflicting::EmailDiffers => ("differs_from_file", &["email"]),
        Conflicting::ApiKey => ("taken", &["key"]),
        Conflicting::Id => ("taken", &["id"]),
        Conflicting::Slug => ("taken", &["slug"]),
        // No surface but SCIM names users and groups so.
        Conflicting::UserName => ("taken", &["userName"]),
        Conflicting::GroupExternalId => ("taken", &["externalId"]),
        // No surface but Corti's dialect knows customers.
        Conflicting::CustomerId => ("taken", &["customerId"]),
        // They are about the path, not about a field.
        Conflicting::OwnClient
        | Conflicting::DeletedCaller
        | Conflicting::TakesAll
        | Conflicting::CustomerInUse
        | Conflicting::DefaultCustomer
        | Conflicting::AmbiguousId => ("taken", &[]),
    };
    let error = |field: &&str| ProblemError {
        pointer: Some(format!("/{field}")),
        parameter: None,
        code,
        detail: conflict.to_string(),
        given: None,
    };
    fields.iter().map(error).collect()
}

/// The name of a rule, for machines.
pub(crate) fn code(rule: &Rule) -> &'static str {
    match rule {
        Rule::Required => "required",
        Rule::NotNull => "not_null",
        Rule::Type { .. } => "type",
        Rule::Length { .. } => "length",
        Rule::Entries { .. } => "entries",
        Rule::Format { .. } => "format",
        Rule::OneOf { .. } => "one_of",
        Rule::DiffersFrom { .. } => "differs_from",
        Rule::OnlyWith { .. } => "only_with",
        Rule::PatientData { .. } => "patient_data",
        Rule::UnknownField => "unknown_field",
        Rule::ReadOnly => "read_only",
    }
}

#[cfg(test)]
mod tests;
