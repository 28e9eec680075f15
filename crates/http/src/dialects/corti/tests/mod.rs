//! The dialect over stores in memory: what goes in, what comes out.

mod credentials;
mod customers;
mod document;
mod errors;
mod pages;
mod paths;
mod sandbox;
mod tenants;
mod tokens;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use roster_application::authentication::{AccessClaims, Audience};
use roster_application::ports::{Clock, Ids};
use roster_domain::{ApiClientId, Organization, UserId};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::logins::Logins;
use super::{API, Corti, mount};
use crate::dialects::Callers;
use crate::dialects::memory::{Memory, organization};
use crate::sandbox::Sandbox;

pub(super) const EMAIL: &str = "admin@example.org";
pub(super) const PASSWORD: &str = "the-password-of-the-account";

/// The dialect, and one caller: a service account of the project `default`.
pub(super) struct Given {
    pub(super) memory: Arc<Memory>,
    pub(super) organization: Organization,
    pub(super) client: ApiClientId,
    token: String,
    router: Router,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

pub(super) async fn given() -> Given {
    given_in(None).await
}

/// The same, while an organization of that sandbox may be the caller's.
pub(super) async fn given_in(sandbox: Option<&Sandbox>) -> Given {
    let memory = Arc::new(Memory::default());
    let organization = organization(1);
    let client = memory.add_service_account(EMAIL, PASSWORD, &organization).await;
    let dialect = Arc::new(Corti {
        users: memory.users(),
        customers: memory.customers(),
        callers: Callers {
            authentication: memory.authentication(),
            tokens: Memory::tokens(),
        },
        ids: memory.clone(),
        logins: Logins::default(),
        sandbox: sandbox.cloned(),
    });
    let router = mount().speak(&dialect, sandbox);
    let token = token_of(&memory, client, &organization, Audience::Corti);
    Given {
        memory,
        organization,
        client,
        token,
        router,
    }
}

/// A token as the token endpoint of an audience would issue it.
pub(super) fn token_of(
    memory: &Memory,
    client: ApiClientId,
    organization: &Organization,
    audience: Audience,
) -> String {
    let claims = AccessClaims {
        client,
        organization: organization.id,
    };
    Memory::tokens()
        .issue_access(claims, audience, memory.new_id(), memory.now())
        .expect("a token")
}

impl Given {
    /// A request of the caller below its project, with a JSON body unless that is empty.
    pub(super) async fn call(&self, method: Method, path: &str, body: &str) -> Answer {
        self.call_with(&self.token, method, &format!("/projects/default{path}"), body)
            .await
    }

    /// A request with another token and a whole path.
    pub(super) async fn call_with(&self, token: &str, method: Method, path: &str, body: &str) -> Answer {
        self.send(with_token(token, request(method, path, body))).await
    }

    /// A request with the caller's token.
    pub(super) fn authorized(&self, request: Request<Body>) -> Request<Body> {
        with_token(&self.token, request)
    }

    pub(super) async fn sign_in(&self, email: &str, password: &str) -> Answer {
        let body = json!({"email": email, "password": password}).to_string();
        self.send(request(Method::POST, "/auth/token", &body)).await
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        let body = String::from_utf8(body.to_vec()).expect("UTF-8");
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// Makes a customer, who must not be there yet.
    pub(super) async fn given_customer(&self, id: &str) {
        let body = json!({"displayName": id, "customerId": id}).to_string();
        let made = self.call(Method::POST, "/customers", &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    }

    /// Makes a user in a customer, whose address must not be taken, and gives the id back.
    pub(super) async fn given_user(&self, customer: &str, email: &str) -> String {
        let body = json!({"email": email, "firstName": "Ann", "lastName": "Lee"}).to_string();
        let path = format!("/customers/{customer}/users");
        let made = self.call(Method::POST, &path, &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        made.json()["id"].as_str().expect("an id").to_owned()
    }

    /// What is kept of a user.
    pub(super) async fn kept(&self, id: &str) -> roster_domain::User {
        let id: UserId = id.parse().expect("an id");
        let found = self.memory.users().get(&self.organization, id).await;
        found.expect("a user")
    }

    /// The addresses of a customer's users.
    pub(super) async fn addresses_in(&self, customer: &str) -> Vec<String> {
        let page = self
            .call(Method::GET, &format!("/customers/{customer}/users"), "")
            .await
            .json();
        let users = page["users"].as_array().expect("users");
        users
            .iter()
            .map(|user| user["email"].as_str().expect("an address").to_owned())
            .collect()
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("ASCII"))
            .unwrap_or_default()
    }

    /// Status and body of a refusal under a name, in a few lines: code and message, then every broken rule. The body has
    /// these keys and no others.
    pub(super) fn refusal(&self, name: &str) -> String {
        assert_eq!(self.header("content-type"), "application/json", "{name}: {self:?}");
        let body = self.json();
        let keys = |value: &Value| -> Vec<String> { value.as_object().expect("an object").keys().cloned().collect() };
        assert_eq!(keys(&body), ["code", "errors", "message"], "{name}");
        let mut lines = vec![
            format!("{name}: {}", self.status),
            format!("  {}: {}", text(&body["code"]), text(&body["message"])),
        ];
        for error in body["errors"].as_array().expect("errors") {
            assert_eq!(keys(error), ["field", "message"], "{name}");
            lines.push(format!("  [{}] {}", text(&error["field"]), text(&error["message"])));
        }
        lines.join("\n")
    }

    /// Status and body, for snapshots.
    pub(super) fn whole(&self) -> String {
        format!("{}\n{:#}", self.status, self.json())
    }
}

fn with_token(token: &str, mut request: Request<Body>) -> Request<Body> {
    let bearer = format!("Bearer {token}").parse().expect("a header");
    request.headers_mut().insert(AUTHORIZATION, bearer);
    request
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// A request without credentials to a path below the prefix, with a JSON body unless that is empty.
pub(super) fn request(method: Method, path: &str, body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(format!("{}{path}", API.prefix));
    if !body.is_empty() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    request.body(Body::from(body.to_owned())).expect("a request")
}
