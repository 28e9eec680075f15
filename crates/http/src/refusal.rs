//! The one place where errors become status codes: what is refused, before a surface gives it a body.

use axum::http::StatusCode;
use roster_application::authentication::{AssertionError, TokenError};
use roster_application::ports::StoreError;
use roster_application::sessions::SessionError;
use roster_application::{Conflicting, Error, Missing};
use roster_domain::{Version, Violations};
use tracing::error;

/// A request that is refused: what every surface needs to write its own error body.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// The status that the canonical surface answers with. Dialects have their own table where a vendor differs.
    pub(crate) status: StatusCode,
    /// The kind, for surfaces that name it.
    pub(crate) kind: Kind,
    /// What is wrong and what to do about it, for the caller's developer. Never holds a secret or a cause from inside.
    pub(crate) message: String,
    /// Every broken rule, for [`Kind::Invalid`].
    pub(crate) violations: Violations,
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
    /// Rules are broken.
    Invalid,
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
    /// Too many requests.
    #[expect(dead_code, reason = "spoken by the dialects that limit rates")]
    RateLimited,
    /// Others keep changing the record.
    Contention,
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
        Self { status, kind, message: message.into(), violations: Violations::none() }
    }

    /// Refuses because of broken rules.
    pub(crate) fn invalid(violations: Violations) -> Self {
        let count = violations.iter().count();
        let message = match violations.iter().next() {
            Some(only) if count == 1 => only.to_string(),
            _ => format!("{count} rules are broken; see errors"),
        };
        Self { violations, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, Kind::Invalid, message) }
    }

    /// Refuses because credentials are missing or wrong.
    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, Kind::Unauthorized, message)
    }

    /// Refuses because of a fault of Roster, which is logged, and not shown.
    pub(crate) fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        error!(error = cause, "a request failed inside");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Kind::Internal, "Roster failed; the cause is in its log")
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
            Error::Contention => Self::new(StatusCode::CONFLICT, Kind::Contention, message),
            Error::Store(StoreError::Unavailable(cause)) => {
                error!(error = &*cause as &dyn std::error::Error, "the database is not available");
                let message = "the database is not available; try again in a moment";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, Kind::Unavailable, message)
            }
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
            SessionError::Deactivated => {
                Self::new(StatusCode::UNAUTHORIZED, Kind::Deactivated, error.to_string())
            }
            SessionError::Other(error) => error.into(),
        }
    }
}

impl From<AssertionError> for Refusal {
    fn from(error: AssertionError) -> Self {
        match error {
            AssertionError::Internal(error) => error.into(),
            AssertionError::Expired => Self::new(StatusCode::UNAUTHORIZED, Kind::Expired, error.to_string()),
            other => Self::unauthorized(other.to_string()),
        }
    }
}
