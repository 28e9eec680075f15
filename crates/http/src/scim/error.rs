//! SCIM's error body (RFC 7644, section 3.12), and its own table of status codes.

use axum::http::header::{CACHE_CONTROL, ETAG, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use roster_application::Conflicting;
use roster_domain::Violation;
use roster_domain::scim::{USER_FIELDS, entity_tag};
use serde_json::{Value as Json, json};

use super::answer::media_type;
use crate::refusal::{Kind, Refusal};

const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The most broken rules that are told one by one.
const MOST_TOLD: usize = 50;

/// What SCIM tells apart among the requests that cannot be: its `scimType` (RFC 7644, section 3.12; RFC 9865, section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScimType {
    /// The filter is malformed, or its attribute and comparison do not go together.
    InvalidFilter,
    /// More is asked for than is worked out at once.
    TooMany,
    /// Another resource has the value.
    Uniqueness,
    /// The attribute cannot be changed.
    Mutability,
    /// The body does not have the structure that it should have.
    InvalidSyntax,
    /// The path of a PATCH is malformed, or names nothing.
    InvalidPath,
    /// The path of a PATCH chooses nothing.
    NoTarget,
    /// A value is missing, or is none that the attribute takes.
    InvalidValue,
    /// The cursor is none that was given out for this query.
    InvalidCursor,
    /// The count is none that a page can have.
    InvalidCount,
}

impl ScimType {
    /// The word for machines.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidCursor => "invalidCursor",
            Self::InvalidCount => "invalidCount",
        }
    }

    /// Refuses a request, 400, in words for the caller's developer.
    pub(crate) fn refuse(self, message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, Kind::Scim(self), message)
    }
}

/// Writes a refusal as SCIM wants it, with the headers that go with it.
pub(crate) fn render(refusal: &Refusal, _request_id: &str) -> Response {
    let mut response = (status(refusal), headers(refusal), body(refusal).to_string()).into_response();
    media_type(&mut response);
    response
}

/// The status of a refusal. What breaks a rule is 400 here, and a conflict that goes away by itself is none.
pub(super) fn status(refusal: &Refusal) -> StatusCode {
    match refusal.kind {
        Kind::Invalid | Kind::InvalidQuery => StatusCode::BAD_REQUEST,
        Kind::Contention => StatusCode::SERVICE_UNAVAILABLE,
        _ => refusal.status,
    }
}

/// The error body.
pub(super) fn body(refusal: &Refusal) -> Json {
    let mut body = json!({
        "schemas": [SCHEMA],
        "status": status(refusal).as_str(),
        "detail": detail(refusal),
    });
    if let Some(scim_type) = scim_type(refusal) {
        body["scimType"] = Json::from(scim_type.name());
    }
    body
}

fn scim_type(refusal: &Refusal) -> Option<ScimType> {
    match refusal.kind {
        Kind::Scim(scim_type) => Some(scim_type),
        Kind::Invalid | Kind::InvalidQuery => Some(ScimType::InvalidValue),
        Kind::Malformed => Some(ScimType::InvalidSyntax),
        Kind::Conflict(_) => Some(ScimType::Uniqueness),
        _ => None,
    }
}

/// What is wrong, in SCIM's names for the fields: all of it.
fn detail(refusal: &Refusal) -> String {
    if let Kind::Conflict(conflict) = refusal.kind {
        return taken(conflict).map_or_else(|| refusal.message.clone(), str::to_owned);
    }
    if refusal.violations.is_empty() {
        return refusal.message.clone();
    }
    let violations = refusal.violations.clone().renamed(USER_FIELDS);
    let told: Vec<String> = violations.iter().take(MOST_TOLD).map(Violation::to_string).collect();
    let others = violations.iter().count() - told.len();
    let told = told.join("\n");
    if others > 0 {
        format!("{told}\nand {others} more")
    } else {
        told
    }
}

fn taken(conflict: Conflicting) -> Option<&'static str> {
    match conflict {
        Conflicting::ExternalId => Some("another user has this externalId"),
        Conflicting::Email => Some("another user has this address as the one of emails that vendors are given"),
        _ => None,
    }
}

fn headers(refusal: &Refusal) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static("no-store"))]);
    match refusal.kind {
        Kind::Unauthorized | Kind::Expired => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"roster\""));
        }
        Kind::VersionMismatch(current) => {
            if let Ok(tag) = HeaderValue::from_str(&entity_tag(current)) {
                headers.insert(ETAG, tag);
            }
        }
        Kind::RateLimited | Kind::Contention | Kind::TimedOut | Kind::Unavailable => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        _ => {}
    }
    headers
}

#[cfg(test)]
mod tests {
    use roster_application::ports::StoreError;
    use roster_application::{Error, Missing};
    use roster_domain::scim::PatchError;
    use roster_domain::{Fault, FieldPath, Given, Rule};
    use rstest::rstest;

    use super::*;

    fn invalid(fields: &[&'static str]) -> Error {
        let fault = |field: &&'static str| {
            let fault = Fault::new(Rule::Required, Given::nothing());
            field
                .split('.')
                .fold(FieldPath::root(), |path, name| path.then(name))
                .pipe(|path| fault.at(path))
        };
        Error::Invalid(fields.iter().map(fault).collect())
    }

    trait Pipe: Sized {
        fn pipe<T>(self, then: impl FnOnce(Self) -> T) -> T {
            then(self)
        }
    }
    impl<T> Pipe for T {}

    #[rstest]
    #[case::no_such_user(Error::NotFound(Missing::User), 404, None)]
    #[case::taken(Error::Conflict(Conflicting::UserName), 409, Some("uniqueness"))]
    #[case::stale(Error::VersionMismatch { current: 3 }, 412, None)]
    #[case::contention(Error::Contention, 503, None)]
    #[case::too_long(Error::Store(StoreError::TooLong), 400, Some("tooMany"))]
    #[case::rules(invalid(&["user_name"]), 400, Some("invalidValue"))]
    #[case::read_only(Error::Patch(PatchError::ReadOnly("id".to_owned())), 400, Some("mutability"))]
    #[case::no_target(Error::Patch(PatchError::NoTarget("emails".to_owned())), 400, Some("noTarget"))]
    #[case::wrong_value(
        Error::Patch(PatchError::Value { attribute: "active".to_owned(), expected: "true or false" }),
        400,
        Some("invalidValue")
    )]
    fn every_failure_has_its_status_and_its_word(
        #[case] error: Error,
        #[case] status: u16,
        #[case] scim_type: Option<&str>,
    ) {
        let refusal = Refusal::from(error);

        let body = body(&refusal);

        assert_eq!(render(&refusal, "").status(), status);
        assert_eq!(body["status"], status.to_string());
        assert_eq!(body.get("scimType").and_then(Json::as_str), scim_type);
        assert_eq!(body["schemas"], json!([SCHEMA]));
    }

    #[test]
    fn all_that_is_wrong_is_told_in_the_names_that_the_request_has() {
        let error = invalid(&["first_name", "npi", "scim.roles.0.primary"]);

        let body = body(&Refusal::from(error));

        insta::assert_snapshot!(body["detail"].as_str().unwrap(), @r"
        name.givenName is required; given: nothing
        urn:ietf:params:scim:schemas:extension:roster:2.0:User:npi is required; given: nothing
        roles.0.primary is required; given: nothing
        ");
    }
}
