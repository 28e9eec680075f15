//! The error body. The vendor documents statuses and prose, and no body at all: this shape is Roster's.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The error body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = UphealError)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// The status of the answer, again.
    #[schema(minimum = 400, maximum = 599)]
    pub status_code: u16,
    /// The kind of error, as a name in capitals: see [`ErrorCode`].
    pub code: String,
    /// What happened, for people.
    pub message: String,
    /// Every broken rule, and where. Empty where it is not about a field.
    pub errors: Vec<FieldError>,
}

/// One broken rule, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = UphealFieldError)]
pub struct FieldError {
    /// The field, as a JSON Pointer (RFC 6901) into the request's body; empty for the body as a whole.
    pub field: String,
    /// The field, the rule, and what was given instead.
    pub message: String,
}

/// A kind of error, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode(&'static str);

impl ErrorCode {
    /// The request breaks rules.
    pub const INVALID_REQUEST: Self = Self("INVALID_REQUEST");
    /// The user is deactivated, and such users cannot be changed.
    pub const USER_DEACTIVATED: Self = Self("USER_DEACTIVATED");
    /// The user is active already, and such users cannot be activated.
    pub const USER_ACTIVE: Self = Self("USER_ACTIVE");
    /// The API key is missing or wrong.
    pub const UNAUTHORIZED: Self = Self("UNAUTHORIZED");
    /// The API key may not do this: above all, the user is none of its organization's.
    pub const NOT_ALLOWED: Self = Self("NOT_ALLOWED");
    /// Another user has the e-mail address or the `partnerUserId`.
    pub const USER_EXISTS: Self = Self("USER_EXISTS");
    /// There is no such organization for this key, or no such path.
    pub const NOT_FOUND: Self = Self("NOT_FOUND");
    /// The path does not know the method.
    pub const METHOD_NOT_ALLOWED: Self = Self("METHOD_NOT_ALLOWED");
    /// Too many requests.
    pub const RATE_LIMITED: Self = Self("RATE_LIMITED");
    /// The server failed.
    pub const INTERNAL_ERROR: Self = Self("INTERNAL_ERROR");
    /// The server cannot serve the request now.
    pub const UNAVAILABLE: Self = Self("UNAVAILABLE");

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }
}
