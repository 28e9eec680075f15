//! Extractors: reading query, body and preconditions of a request, refusing in words what cannot be read.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value as Json;

use super::error::ScimType;
use super::project::Projection;
use crate::body;
use crate::refusal::{Kind, Refusal};
use crate::v1::etag::Preconditions;
use crate::v1::query;

/// A JSON object as body, under SCIM's media type or the general one.
pub(super) struct ScimBody(pub(super) Json);

impl<S: Sync> FromRequest<S> for ScimBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        if !is_scim(&parts.headers) {
            return Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                Kind::UnsupportedMediaType,
                "send JSON with Content-Type: application/scim+json or application/json",
            ));
        }
        let bytes = body::bytes(body).await?;
        let value = body::json(&parts.headers, &bytes)?;
        if value.is_object() {
            Ok(Self(value))
        } else {
            Err(ScimType::InvalidSyntax.refuse("the body is a JSON object"))
        }
    }
}

/// Whether the body is said to be SCIM's JSON, or JSON, in UTF-8.
fn is_scim(headers: &HeaderMap) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut parts = given.unwrap_or_default().split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let is_json = ["application/scim+json", "application/json"]
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known));
    let mut parameters = parts.filter_map(|parameter| parameter.split_once('='));
    is_json
        && parameters.all(|(name, value)| {
            !name.trim().eq_ignore_ascii_case("charset") || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
}

/// What the request demands of the resource beforehand. SCIM's tags are all weak.
pub(super) struct Conditions(pub(super) Preconditions);

impl<S: Sync> FromRequestParts<S> for Conditions {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        Preconditions::weak(&parts.headers).map(Self)
    }
}

/// The parameters of the query. Unknown ones are passed over: identity providers add some of their own.
pub(super) struct Parameters(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Parameters {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        Ok(Self(query::Query::parse(&parts.uri)?.into_pairs()))
    }
}

impl Parameters {
    /// A parameter. Of several values under the same name nobody could say which is meant.
    pub(super) fn get(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let mut values = self
            .0
            .iter()
            .filter(|(given, _)| given == name)
            .map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            (_, Some(_)) => Err(ScimType::InvalidValue.refuse(format!("{name} is given more than once"))),
        }
    }

    /// A list of names with commas between them.
    fn names(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let names = |text: &str| {
            let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
            names.map(str::to_owned).collect()
        };
        Ok(self.get(name)?.map(names))
    }

    /// Which attributes are asked for.
    pub(super) fn projection(&self) -> Result<Projection, Refusal> {
        Projection::of(self.names("attributes")?, self.names("excludedAttributes")?)
    }
}

/// Which attributes are asked for.
pub(super) struct Shown(pub(super) Projection);

impl<S: Sync> FromRequestParts<S> for Shown {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let parameters = Parameters::from_request_parts(parts, state).await?;
        parameters.projection().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("application/scim+json", true)]
    #[case("application/json", true)]
    #[case("Application/SCIM+JSON; charset=utf-8", true)]
    #[case("application/json;charset=\"UTF-8\"", true)]
    #[case("application/json; charset=iso-8859-1", false)]
    #[case("application/merge-patch+json", false)]
    #[case("text/plain", false)]
    #[case("", false)]
    fn scims_media_type_and_the_general_one_are_taken(#[case] given: &'static str, #[case] expected: bool) {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(given))]);

        assert_eq!(is_scim(&headers), expected);
    }
}
