//! The dialect over stores in memory: what goes in, what comes out.

mod activation;
mod document;
mod errors;
mod limit;
mod links;
mod new_providers;
mod providers;
mod sandbox;
mod tenants;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, Method, Request, StatusCode};
use roster_application::Acting;
use roster_application::ports::UserStore;
use roster_domain::{ApiClientId, Organization, Slug, Surface, User, UserChanges, UserId};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::answer::UrlBases;
use super::limit::Limit;
use super::{Upheal, v1, v2};
use crate::dialects::Callers;
use crate::dialects::memory::{Memory, organization};
use crate::sandbox::Sandbox;

const KEY: &str = "key-of-the-clinic";
const ANOTHER_KEY: &str = "another-key-of-the-clinic";
const STRANGERS_KEY: &str = "key-of-strangers";

const V1: &str = "/upheal/v1";
const V2: &str = "/upheal/v2";

/// Both versions, an organization with two keys, and another organization with one.
pub(super) struct Given {
    pub(super) memory: Arc<Memory>,
    pub(super) organization: Organization,
    pub(super) strangers: Organization,
    pub(super) client: ApiClientId,
    router: Router,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

pub(super) fn given() -> Given {
    given_in(None, None)
}

/// The same with a rate limit, and while an organization of that sandbox may be the caller's.
pub(super) fn given_in(sandbox: Option<&Sandbox>, requests_per_minute: Option<u32>) -> Given {
    let memory = Arc::new(Memory::default());
    let named = |number, slug: &str| Organization {
        slug: Slug::new(slug).expect("a slug"),
        ..organization(number)
    };
    let (organization, strangers) = (named(1, "clinic"), named(2, "strangers"));
    let client = memory.add_api_key(KEY, &organization);
    memory.add_api_key(ANOTHER_KEY, &organization);
    memory.add_api_key(STRANGERS_KEY, &strangers);
    let dialect = Arc::new(Upheal {
        users: memory.users(),
        links: Memory::links(),
        urls: UrlBases {
            invite: "https://app.upheal.io/invite".to_owned(),
            room: "https://upheal.io".to_owned(),
        },
        limit: Limit::new(requests_per_minute, sandbox),
        callers: Callers {
            authentication: memory.authentication(),
            tokens: Memory::tokens(),
        },
    });
    let router = v1().speak(&dialect, sandbox).merge(v2().speak(&dialect, sandbox));
    Given {
        memory,
        organization,
        strangers,
        client,
        router,
    }
}

impl Given {
    /// A request with the organization's key, with a JSON body unless that is empty.
    pub(super) async fn call(&self, method: Method, path: &str, body: &str) -> Answer {
        self.with_key(KEY, method, path, body).await
    }

    /// The same with a JSON value.
    pub(super) async fn send_json(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.call(method, path, &body.to_string()).await
    }

    /// A request with some key.
    pub(super) async fn with_key(&self, key: &str, method: Method, path: &str, body: &str) -> Answer {
        self.send(request(method, path, body, &[("x-api-key", key)])).await
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).expect("UTF-8"),
        }
    }

    /// A provider who was made with every field that both versions have. The `userId`.
    pub(super) async fn provider(&self) -> String {
        let body = json!({
            "partnerUserId": "ehr-7",
            "firstName": "Ann",
            "lastName": "Lee",
            "email": "ann.lee@example.org",
        });
        let made = self
            .send_json(Method::POST, &format!("{V2}/users/providers"), &body)
            .await;
        assert_eq!(made.status, StatusCode::OK, "{made:?}");
        made.id()
    }

    /// A user who was made through another surface. The `userId`.
    pub(super) async fn user(&self, changes: &UserChanges) -> String {
        let acting = Acting::inside(&self.organization, Surface::Cli);
        let made = self.memory.users().create(acting, changes, None).await;
        made.expect("a user").user.id.to_string()
    }

    /// The user as Roster keeps it.
    pub(super) async fn kept(&self, id: &str) -> User {
        let id: UserId = id.parse().expect("an id");
        let found = self.memory.user(self.organization.id, id).await.expect("a store");
        found.expect("a user")
    }
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The `userId` of a user who was made.
    pub(super) fn id(&self) -> String {
        self.json()["userId"].as_str().expect("an id").to_owned()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("ASCII"))
            .unwrap_or_default()
    }

    /// Status and body, for snapshots.
    pub(super) fn whole(&self) -> String {
        format!("{}\n{:#}", self.status, self.json())
    }

    /// Status and kind of error.
    pub(super) fn refusal(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(body["statusCode"], json!(self.status.as_u16()));
        (self.status.as_u16(), body["code"].as_str().expect("a code").to_owned())
    }
}

pub(super) fn request(method: Method, uri: &str, body: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(uri);
    if !body.is_empty() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    for (name, value) in headers {
        request = request.header(HeaderName::try_from(*name).expect("a name"), *value);
    }
    request.body(Body::from(body.to_owned())).expect("a request")
}

/// A request with a Bearer token.
pub(super) fn bearing(token: &str, method: Method, uri: &str) -> Request<Body> {
    request(method, uri, "", &[(AUTHORIZATION.as_str(), &format!("Bearer {token}"))])
}
