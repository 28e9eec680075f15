//! The surface over stores in memory: what goes in, what comes out.

mod bulk;
mod discovery;
mod errors;
mod groups;
mod paths;
mod preconditions;
mod search;
mod user_names;
mod users;
mod values;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use roster_domain::{ApiClientId, Organization};
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use super::PREFIX;
use crate::dialects::memory::{Memory, organization};

const KEY: &str = "key-of-the-clinic";
const STRANGERS_KEY: &str = "key-of-strangers";

const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The surface, an organization with a key, and another organization with one.
pub(super) struct Given {
    pub(super) memory: Arc<Memory>,
    pub(super) organization: Organization,
    pub(super) client: ApiClientId,
    router: Router,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

pub(super) fn given() -> Given {
    let memory = Arc::new(Memory::default());
    let organization = organization(1);
    let client = memory.add_api_key(KEY, &organization);
    memory.add_api_key(STRANGERS_KEY, &crate::dialects::memory::organization(2));
    let router = super::routes(&Arc::new(memory.services()));
    Given {
        memory,
        organization,
        client,
        router,
    }
}

impl Given {
    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path, None, &[])).await
    }

    pub(super) async fn post(&self, path: &str, body: &Json) -> Answer {
        self.send(request(Method::POST, path, Some(body), &[])).await
    }

    pub(super) async fn put(&self, path: &str, body: &Json) -> Answer {
        self.send(request(Method::PUT, path, Some(body), &[])).await
    }

    /// Operations of a PATCH.
    pub(super) async fn patch(&self, path: &str, operations: &Json) -> Answer {
        let body = json!({"schemas": [PATCH], "Operations": operations});
        self.send(request(Method::PATCH, path, Some(&body), &[])).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.send(request(Method::DELETE, path, None, &[])).await
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(body.to_vec()).expect("UTF-8"),
        }
    }

    /// A user of this `userName`. The id.
    pub(super) async fn user(&self, name: &str) -> String {
        let made = self.post("/Users", &json!({"userName": name})).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        made.id()
    }

    /// A group with these members. The id.
    pub(super) async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Json> = members.iter().map(|id| json!({"value": id})).collect();
        let made = self
            .post("/Groups", &json!({"displayName": name, "members": members}))
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        made.id()
    }
}

impl Answer {
    pub(super) fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(super) fn id(&self) -> String {
        self.json()["id"].as_str().expect("an id").to_owned()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// Status and `scimType` of an error.
    pub(super) fn refusal(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16().to_string(), "{self:?}");
        assert_eq!(self.header("content-type"), "application/scim+json");
        let word = body["scimType"].as_str().unwrap_or_default();
        (self.status.as_u16(), word.to_owned())
    }

    /// What is at a name in each of what was found.
    pub(super) fn found(&self, name: &str) -> Vec<String> {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        let body = self.json();
        let resources = body["Resources"].as_array().expect("resources").iter();
        resources
            .map(|one| one[name].as_str().expect("text").to_owned())
            .collect()
    }
}

pub(super) fn request(method: Method, path: &str, body: Option<&Json>, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(format!("{PREFIX}{path}"));
    if !headers.iter().any(|(name, _)| *name == "authorization") {
        request = request.header(AUTHORIZATION, format!("Bearer {KEY}"));
    }
    if body.is_some() && !headers.iter().any(|(name, _)| *name == "content-type") {
        request = request.header(CONTENT_TYPE, "application/scim+json");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    request.body(body).expect("a request")
}
