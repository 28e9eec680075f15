//! The error body: written strictly, read leniently.
//!
//! The vendor's own is not documented; it only says that it differs from the one of its other API. This one has the keys that are most
//! common, in the spelling of everything else here.

use roster_domain::Violation;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// An error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CortiError)]
pub struct ErrorBody {
    /// The kind of error, for machines.
    #[schema(example = "invalid_request")]
    pub code: String,
    /// What happened, for people.
    pub message: String,
    /// Every broken rule; empty unless the request breaks some.
    pub errors: Vec<FieldError>,
}

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CortiFieldError)]
pub struct FieldError {
    /// The field that breaks the rule, as a JSON Pointer (RFC 6901) or as a parameter's name behind a slash; empty for the
    /// request as a whole.
    #[schema(example = "/password")]
    pub field: String,
    /// The rule, its limit, and what was given.
    pub message: String,
}

impl From<&Violation> for FieldError {
    fn from(violation: &Violation) -> Self {
        Self {
            field: violation.field.pointer(),
            message: violation.to_string(),
        }
    }
}

/// A kind of error. All of them are Roster's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// The request breaks rules.
    InvalidRequest,
    /// Who calls is not known.
    Unauthorized,
    /// Who calls may not do this.
    Forbidden,
    /// There is no such record or path.
    NotFound,
    /// The path does not know the method.
    MethodNotAllowed,
    /// Another record stands against it.
    Conflict,
    /// Too many requests.
    RateLimited,
    /// The server failed.
    InternalError,
    /// The server cannot serve the request now.
    ServiceUnavailable,
}

impl ErrorCode {
    /// The name that is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Conflict => "conflict",
            Self::RateLimited => "rate_limited",
            Self::InternalError => "internal_error",
            Self::ServiceUnavailable => "service_unavailable",
        }
    }
}

/// What can be made out of an error body, whatever it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportedError {
    /// What happened, for people: one line, cut short. `None` where the body is empty.
    pub message: Option<String>,
    /// The kind of error, where it is named.
    pub code: Option<String>,
}

impl ReportedError {
    /// The most characters that are kept of a message.
    pub const MAX_MESSAGE_CHARACTERS: usize = 300;
    /// Where messages are found, the best first.
    const MESSAGE_KEYS: [&str; 5] = ["message", "error", "detail", "title", "msg"];

    /// Reads an error body. It never fails; what cannot be read is kept as text.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        let Ok(Value::Object(object)) = serde_json::from_slice(body) else {
            return Self {
                message: one_line(&String::from_utf8_lossy(body)),
                code: None,
            };
        };
        // An `error` may be an object that holds all the rest.
        let object = match object.get("error") {
            Some(Value::Object(inner)) => inner,
            _ => &object,
        };
        let text = |key: &str| object.get(key).and_then(Value::as_str).and_then(one_line);
        Self {
            message: Self::MESSAGE_KEYS
                .into_iter()
                .find_map(text)
                .or_else(|| one_line(&String::from_utf8_lossy(body))),
            code: text("code"),
        }
    }
}

/// A text as one line, without control characters, cut after [`ReportedError::MAX_MESSAGE_CHARACTERS`].
fn one_line(text: &str) -> Option<String> {
    let mut characters = text.trim().chars();
    let mut line: String = characters
        .by_ref()
        .take(ReportedError::MAX_MESSAGE_CHARACTERS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if characters.next().is_some() {
        line.push('…');
    }
    (!line.is_empty()).then_some(line)
}
