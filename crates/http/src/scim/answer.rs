//! What requests about resources have in common: who asks, where resources are, and how an answer is written.

mod accept;

use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use roster_application::Acting;
use roster_application::authentication::Caller;
use roster_domain::scim::ResourceType;
use roster_domain::{Organization, Surface};
use serde_json::Value as Json;

pub(super) use accept::labelled;

use super::PREFIX;
use crate::Services;

/// SCIM's media type (RFC 7644, section 8.1).
const SCIM_JSON: &str = "application/scim+json";

/// The general one, for callers who ask for it.
const JSON: &str = "application/json";

/// A request: what it is worked out with, and for whom.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    /// Everything that handlers work with.
    pub(super) services: &'a Services,
    /// Who is calling.
    pub(super) caller: &'a Caller,
}

impl<'a> Call<'a> {
    /// Who acts, for the history.
    pub(super) fn acting(&self) -> Acting<'a> {
        self.caller.acting(Surface::Scim)
    }

    /// The organization that is acted for.
    pub(super) fn organization(&self) -> &'a Organization {
        &self.caller.organization
    }

    /// Where SCIM is, as callers know it, without a slash at the end.
    pub(super) fn base(&self) -> String {
        base(self.services)
    }

    /// Where a resource is.
    pub(super) fn location(&self, of: ResourceType, id: impl std::fmt::Display) -> String {
        location(&self.base(), of, id)
    }
}

/// Where SCIM is, as callers know it, without a slash at the end.
pub(super) fn base(services: &Services) -> String {
    let url = services.public_urls.first().map_or("", String::as_str);
    format!("{url}{PREFIX}")
}

/// Where a resource is.
pub(super) fn location(base: &str, of: ResourceType, id: impl std::fmt::Display) -> String {
    format!("{base}{}/{id}", of.endpoint())
}

/// What came of a request about one resource. Requests in bulk have the same, without headers.
#[derive(Debug)]
pub(super) struct Answer {
    /// The status.
    pub(super) status: StatusCode,
    /// Where the resource is; nothing if it is there no more.
    pub(super) location: Option<String>,
    /// The resource's entity tag.
    pub(super) version: Option<String>,
    /// The resource.
    pub(super) body: Option<Json>,
}

impl Answer {
    /// The resource is gone.
    pub(super) fn gone() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            location: None,
            version: None,
            body: None,
        }
    }

    /// The resource's entity tag as a header has it.
    pub(super) fn tag(&self) -> Option<HeaderValue> {
        header(self.version.as_deref())
    }
}

fn header(text: Option<&str>) -> Option<HeaderValue> {
    text.and_then(|text| HeaderValue::from_str(text).ok())
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let tag = self.tag();
        let mut response = match self.body {
            Some(body) => (self.status, written(&body)).into_response(),
            None => self.status.into_response(),
        };
        if let Some(tag) = tag {
            response.headers_mut().insert(ETAG, tag);
        }
        if let (StatusCode::CREATED, Some(location)) = (self.status, header(self.location.as_deref())) {
            response.headers_mut().insert(LOCATION, location);
        }
        response
    }
}

/// JSON as the body of an answer.
pub(super) fn written(body: &Json) -> Response {
    let mut response = body.to_string().into_response();
    media_type(&mut response);
    response
}

/// Says that the body is SCIM's.
pub(super) fn media_type(response: &mut Response) {
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
}
