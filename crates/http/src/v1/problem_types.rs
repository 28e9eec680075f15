//! The kinds of problems that `/v1` names, each with a stable URI and words that explain it.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};

use crate::refusal::{Kind, Refusal};

/// One kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ProblemType {
    /// The stable path of the kind, which is its `type`.
    pub(crate) path: &'static str,
    /// What it is, in a few words that never change.
    pub(crate) title: &'static str,
    /// What it means and what to do about it.
    pub(crate) meaning: &'static str,
}

macro_rules! problem_types {
    ($($name:ident $path:literal $title:literal $meaning:literal;)*) => {
        $(const $name: ProblemType = ProblemType { path: concat!("/problems/", $path), title: $title, meaning: $meaning };)*
        /// Every kind, in the order in which they are documented.
        pub(crate) const ALL: &[ProblemType] = &[$($name),*];
    };
}

problem_types! {
    MALFORMED "malformed-request" "The request cannot be read"
        "The body is no JSON, or the path, the query or the body is not encoded as it should be.";
    QUERY "invalid-parameters" "Query parameters break rules"
        "A parameter is unknown, repeated or breaks its rule. `errors` names each.";
    HEADER "invalid-header" "A header cannot be read"
        "If-Match, If-None-Match or Idempotency-Key does not have the form it should have, or is not supported here.";
    UNAUTHORIZED "unauthorized" "An API key is needed"
        "The Authorization header is missing, or its Bearer token is no API key that is valid now.";
    FORBIDDEN "forbidden" "The caller may not do this"
        "The API key is valid and does not give this right.";
    NOT_FOUND "not-found" "There is no such record"
        "The organization of the API key has no record of this id.";
    UNKNOWN_PATH "unknown-path" "There is no such path"
        "The path is misspelt. /v1/openapi.json lists every path.";
    METHOD "method-not-allowed" "The path does not know the method"
        "The Allow header lists the methods that the path knows.";
    CONFLICT "conflict" "Another record stands against the request"
        "What must be unique belongs to another record already. Nothing was written. `errors` names the fields.";
    CONTENTION "contention" "Others are changing the same record"
        "Nothing was written. Try again.";
    IN_PROGRESS "request-in-progress" "The request is under way"
        "A request with the same Idempotency-Key has not been answered yet. Try again after Retry-After.";
    VERSION "version-mismatch" "The record is at another version"
        "If-Match names a version that the record is not at, or If-None-Match the one that it is at. The ETag header has the current one: read, decide, try again.";
    TOO_LARGE "body-too-large" "The body is too large"
        "A body has at most 1 MiB.";
    MEDIA_TYPE "unsupported-media-type" "The body must be JSON"
        "Send application/json; to PATCH, application/merge-patch+json as well.";
    INVALID "invalid-fields" "Fields break rules"
        "Nothing was written. `errors` names each field, its limit and what was given.";
    KEY_REUSED "idempotency-key-reused" "The Idempotency-Key belongs to another request"
        "The key was used before with another method, path, body, If-Match or If-None-Match. Take a new key for a new request.";
    RATE_LIMITED "rate-limited" "Too many requests"
        "Try again after Retry-After.";
    INTERNAL "internal" "Roster failed"
        "The cause is in Roster's log, under the request id in `instance`.";
    UNAVAILABLE "unavailable" "Roster cannot answer at this moment"
        "The database is not available. Whether a write happened is not known; repeating it with its Idempotency-Key is safe.";
    BODY_TIMED_OUT "body-timed-out" "The body took too long to arrive"
        "A body is waited for 20 seconds. Nothing was done.";
    TIMED_OUT "timed-out" "The request took too long"
        "Whether a write happened is not known; repeating it with its Idempotency-Key is safe.";
}

/// The kind of a refusal, as `/v1` names it.
pub(crate) fn of(kind: Kind) -> ProblemType {
    match kind {
        // No surface but SCIM takes a change in pieces.
        // The last is said by no handler of `/v1`.
        Kind::Malformed | Kind::Scim(_) => MALFORMED,
        Kind::InvalidQuery => QUERY,
        Kind::InvalidHeader => HEADER,
        Kind::UnsupportedMediaType => MEDIA_TYPE,
        Kind::TooLarge => TOO_LARGE,
        Kind::Invalid => INVALID,
        Kind::Unauthorized | Kind::Expired => UNAUTHORIZED,
        Kind::Forbidden | Kind::Deactivated => FORBIDDEN,
        Kind::NotFound(_) => NOT_FOUND,
        Kind::UnknownPath | Kind::NotImplemented => UNKNOWN_PATH,
        Kind::MethodNotAllowed => METHOD,
        Kind::Conflict(_) | Kind::AlreadyActive => CONFLICT,
        Kind::VersionMismatch(_) => VERSION,
        Kind::KeyReused => KEY_REUSED,
        Kind::KeyInProgress => IN_PROGRESS,
        Kind::RateLimited => RATE_LIMITED,
        Kind::Contention => CONTENTION,
        Kind::BodyTimedOut => BODY_TIMED_OUT,
        Kind::TimedOut => TIMED_OUT,
        Kind::Unavailable => UNAVAILABLE,
        Kind::Internal => INTERNAL,
    }
}

/// `GET /problems/{name}`: explains a kind of problem to whoever follows its `type`.
pub(crate) async fn explain(name: Option<Path<String>>) -> Response {
    let found = name.and_then(|Path(name)| {
        ALL.iter()
            .find(|kind| kind.path.strip_prefix("/problems/") == Some(&name))
    });
    match found {
        Some(kind) => format!("{}\n\n{}\n", kind.title, kind.meaning).into_response(),
        None => Refusal::unknown_path().into_response(),
    }
}
