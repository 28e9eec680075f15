//! The one place where errors become status codes: what is refused, before a surface gives it a body.

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use roster_application::authentication::{AssertionError, TokenError};
use roster_application::ports::StoreError;
use roster_application::sessions::SessionError;
use roster_application::{Conflicting, Error, Missing};
use roster_domain::scim::PatchError;
use roster_domain::{Rule, Version, Violations};
use tracing::error;

use crate::scim::error::ScimType;

/// After how many seconds a client whose key set could not be fetched may try again.
const KEY_SET_RETRY_AFTER: u32 = 5;

/// A request that is refused: what every surface needs to write its own error body.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// The status that the canonical surface answers with. Dialects have their own table where a vendor differs.
    pub(crate) status: StatusCode,
    /// The kind, for surfaces that name it.
    pub(crate) kind: Kind,
    /// What is wrong and what to do about it, for the caller's developer. Never holds a secret or a cause from inside.
    pub(crate) message: String,
    /// Every broken rule, for [`Kind::Invalid`] and [`Kind::InvalidQuery`].
    pub(crate) violations: Violations,
    /// After how many seconds trying again may help, where that is known.
    pub(crate) retry_after: Option<u32>,
}

/// The kinds of refusals. `/v1` names them in the `type` of its problem details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The body is not readable as JSON.
    Malformed,
    /// The body's media type is not JSON.
    UnsupportedMediaType,
    /// The body is too large.
    TooLarge,
    /// Rules are broken by the body.
    Invalid,
    /// Rules are broken by the query; the violations name its parameters.
    InvalidQuery,
    /// What SCIM has a word of its own for.
    Scim(ScimType),
    /// The surface knows of the path, and does nothing there.
    NotImplemented,
    /// A header cannot be read.
    InvalidHeader,
    /// Credentials are missing or wrong.
    Unauthorized,
    /// Credentials have expired.
    Expired,
    /// The caller may not do this.
    Forbidden,
    /// There is no such record.
    NotFound(Missing),
    /// There is no such path.
    UnknownPath,
    /// The path does not know the method.
    MethodNotAllowed,
    /// Another record stands against it.
    Conflict(Conflicting),
    /// The record is at another version.
    VersionMismatch(Version),
    /// The `Idempotency-Key` was used for another request.
    KeyReused,
    /// The request with this `Idempotency-Key` is still under way.
    KeyInProgress,
    /// The user is deactivated.
    Deactivated,
    /// The user is active already, where a vendor refuses to activate such a one.
    AlreadyActive,
    /// Too many requests.
    RateLimited,
    /// Others keep changing the record.
    Contention,
    /// The body took too long to arrive; nothing was done.
    BodyTimedOut,
    /// The request took too long.
    TimedOut,
    /// The database is not available.
    Unavailable,
    /// A fault of Roster.
    Internal,
}

impl Refusal {
    /// Refuses with a status, a kind and words.
    pub(crate) fn new(status: StatusCode, kind: Kind, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            message: message.into(),
            violations: Violations::none(),
            retry_after: None,
        }
    }

    /// Refuses because the body breaks rules.
    pub(crate) fn invalid(violations: Violations) -> Self {
        Self::violated(StatusCode::UNPROCESSABLE_ENTITY, Kind::Invalid, violations)
    }

    /// Refuses because the query breaks rules.
    pub(crate) fn invalid_query(violations: Violations) -> Self {
        let refusal = Self::violated(StatusCode::BAD_REQUEST, Kind::InvalidQuery, violations);
        match refusal.violations.iter().next() {
            Some(only) if only.rule == Rule::UnknownField && refusal.violations.iter().count() == 1 => Self {
                message: format!("{} is not a parameter of this request", only.field),
                ..refusal
            },
            _ => refusal,
        }
    }

    fn violated(status: StatusCode, kind: Kind, violations: Violations) -> Self {
        let count = violations.iter().count();
        let message = match violations.iter().next() {
            Some(only) if count == 1 => only.to_string(),
            _ => format!("{count} rules are broken; see errors"),
        };
        Self {
            violations,
            ..Self::new(status, kind, message)
        }
    }

    /// Refuses because a header cannot be read.
    pub(crate) fn invalid_header(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Kind::InvalidHeader, message)
    }

    /// Refuses because the path or the body cannot be read.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Kind::Malformed, message)
    }

    /// Refuses because there is no such path.
    pub(crate) fn unknown_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, Kind::UnknownPath, "there is no such path")
    }

    /// Refuses because the path does not know the method; the `Allow` header says which it knows.
    pub(crate) fn method_not_allowed() -> Self {
        let message = "this path does not know the method; see the Allow header";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, Kind::MethodNotAllowed, message)
    }

    /// Refuses because credentials are missing or wrong.
    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, Kind::Unauthorized, message)
    }

    /// Refuses because of a fault of Roster, which is logged, and not shown.
    pub(crate) fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        error!(error = cause, "a request failed inside");
        Self::fault()
    }

    /// Refuses because of a fault of Roster that was logged already.
    pub(crate) fn fault() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            Kind::Internal,
            "Roster failed; the cause is in its log",
        )
    }
}

/// A bare response that carries the refusal, until the surface gives it a body: see [`crate::layers::guarded`].
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Violations> for Refusal {
    fn from(violations: Violations) -> Self {
        Self::invalid(violations)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Invalid(violations) => Self::invalid(violations),
            Error::NotFound(missing) => Self::new(StatusCode::NOT_FOUND, Kind::NotFound(missing), message),
            Error::Conflict(conflict) => Self::new(StatusCode::CONFLICT, Kind::Conflict(conflict), message),
            Error::VersionMismatch { current } => {
                Self::new(StatusCode::PRECONDITION_FAILED, Kind::VersionMismatch(current), message)
            }
            Error::Patch(error) => {
                let word = match error {
                    PatchError::NoTarget(_) => ScimType::NoTarget,
                    PatchError::ReadOnly(_) | PatchError::Required(_) => ScimType::Mutability,
                    PatchError::Value { .. } => ScimType::InvalidValue,
                };
                word.refuse(message)
            }
            Error::Contention => Self::new(StatusCode::CONFLICT, Kind::Contention, message),
            Error::Store(StoreError::Unavailable(cause)) => {
                error!(
                    error = &*cause as &dyn std::error::Error,
                    "the database is not available"
                );
                let message = "the database is not available; try again in a moment";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, Kind::Unavailable, message)
            }
            Error::Store(StoreError::TooLong) => ScimType::TooMany
                .refuse("the search takes too long: simplify the filter, or look users up by userName or externalId"),
            Error::Vendor(_) => Self::new(StatusCode::BAD_GATEWAY, Kind::Unavailable, message),
            Error::Store(_) | Error::Secrets(_) | Error::Internal(_) => Self::internal(&error),
        }
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        let kind = match error {
            TokenError::Invalid => Kind::Unauthorized,
            TokenError::Expired => Kind::Expired,
        };
        Self::new(StatusCode::UNAUTHORIZED, kind, error.to_string())
    }
}

impl From<SessionError> for Refusal {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Token(error) => error.into(),
            SessionError::Deactivated => Self::new(StatusCode::UNAUTHORIZED, Kind::Deactivated, error.to_string()),
            SessionError::Other(error) => error.into(),
        }
    }
}

impl From<AssertionError> for Refusal {
    fn from(error: AssertionError) -> Self {
        match error {
            AssertionError::Internal(error) => error.into(),
            AssertionError::Expired => Self::new(StatusCode::UNAUTHORIZED, Kind::Expired, error.to_string()),
            // Whoever keeps the keys is away, which says nothing about the caller.
            AssertionError::KeySet(error) => Self {
                retry_after: Some(KEY_SET_RETRY_AFTER),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, Kind::Unavailable, error.to_string())
            },
            other => Self::unauthorized(other.to_string()),
        }
    }
}
