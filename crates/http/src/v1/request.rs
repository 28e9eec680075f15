//! Extractors: reading path, body and preconditions of a request, refusing in words what cannot be read.

use std::str::FromStr;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use roster_application::Missing;
use roster_application::idempotency::Reserved;
use roster_domain::{Fault, FieldPath, Given, Rule, Violations};
use roster_wire::field;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::etag::Preconditions;
use super::fields;
use crate::body;
use crate::refusal::{Kind, Refusal};

/// The parameters of the path, decoded.
pub(crate) struct Segments<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segments<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let unreadable = |_| Refusal::malformed("the path is not percent-encoded UTF-8");
        Path::from_request_parts(parts, state)
            .await
            .map(|Path(segments)| Self(segments))
            .map_err(unreadable)
    }
}

/// Reads an id out of the path. What is no id names nothing that there is.
pub(crate) fn id<T: FromStr>(text: &str, missing: Missing) -> Result<T, Refusal> {
    text.parse()
        .map_err(|_| roster_application::Error::NotFound(missing).into())
}

impl<S: Sync> FromRequestParts<S> for Preconditions {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        Self::strong(&parts.headers)
    }
}

/// The id that a new record gets, where the request carries an `Idempotency-Key`.
pub(crate) struct ReservedId(pub(crate) Option<Reserved>);

impl<S: Sync> FromRequestParts<S> for ReservedId {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        Ok(Self(parts.extensions.get::<Reserved>().copied()))
    }
}

/// A JSON object as body. To PATCH, a merge patch (RFC 7396) under either of its names; any other kind of patch means something else.
pub(crate) struct JsonBody(pub(crate) Value);

impl<S: Sync> FromRequest<S> for JsonBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let given = parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let known = match essence.as_str() {
            "application/json" => true,
            "application/merge-patch+json" => parts.method == Method::PATCH,
            _ => false,
        };
        if !known {
            return Err(unsupported(&parts.method));
        }
        let bytes = body::bytes(body).await?;
        let value = body::parse(&bytes)?;
        // Said here, since every field that is required would be missing as well.
        if !value.is_object() {
            let fault = Fault::new(Rule::Type { expected: "an object" }, Given::kind(field::kind(&value)));
            return Err(Refusal::invalid(fault.at(FieldPath::root()).into()));
        }
        Ok(Self(value))
    }
}

fn unsupported(method: &Method) -> Refusal {
    let words = if *method == Method::PATCH {
        "send a JSON merge patch with Content-Type: application/merge-patch+json or application/json"
    } else {
        "send JSON with Content-Type: application/json"
    };
    Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Kind::UnsupportedMediaType, words)
}

/// No body, or `{}`: an action that takes nothing refuses what it would pass over.
pub(crate) struct NoBody;

impl<S: Sync> FromRequest<S> for NoBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let bytes = body::bytes(body).await?;
        if bytes.is_empty() {
            return Ok(Self);
        }
        let mut violations = Violations::none();
        let others: fields::Others = fields::read(body::json(&parts.headers, &bytes)?, &mut violations);
        fields::refuse_others(&others, &[], &FieldPath::root(), &mut violations);
        violations.into_result()?;
        Ok(Self)
    }
}
