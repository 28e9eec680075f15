//! The dialect over stores in memory: what goes in, what comes out.

mod bodies;
mod credentials;
mod requests;
mod sandbox;
mod users;
mod version;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Request, StatusCode};
use roster_application::authentication::{AccessClaims, Audience};
use roster_application::ports::{Clock, Ids, UserQuery};
use roster_domain::{ApiClientId, ConnectVersion, Organization, Timestamp, User, Vendor};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{API, AUDIENCE, NablaConnect, mount};
use crate::dialects::Callers;
use crate::dialects::memory::keys::{OTHER, OWN};
use crate::dialects::memory::{Memory, organization};
use crate::dialects::nabla::TokenEndpoint;
use crate::sandbox::Sandbox;

/// Where the dialect is.
pub(super) const BASE: &str = "/nabla/v1/connect/server";

/// Where callers know the token endpoint.
pub(super) const TOKEN_URL: &str = "https://roster.example/nabla/v1/connect/server/oauth/token";

/// The dialect, and one caller.
pub(super) struct Given {
    pub(super) memory: Arc<Memory>,
    pub(super) organization: Organization,
    pub(super) client: ApiClientId,
    token: String,
    router: Router,
}

/// Another caller.
pub(super) struct Stranger {
    pub(super) organization: Organization,
    pub(super) client: ApiClientId,
    token: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

pub(super) fn given() -> Given {
    given_as(None, None)
}

/// The same, for an organization that is pinned to a version.
pub(super) fn given_pinned(version: Option<ConnectVersion>) -> Given {
    given_as(version, None)
}

/// The same, while an organization of that sandbox may be the caller's.
pub(super) fn given_in(sandbox: Option<&Sandbox>) -> Given {
    given_as(None, sandbox)
}

fn given_as(version: Option<ConnectVersion>, sandbox: Option<&Sandbox>) -> Given {
    let memory = Arc::new(Memory::default());
    let organization = Organization {
        nabla_connect_version: version,
        ..organization(1)
    };
    let client = memory.add_signing_client(&OWN.public_pem, &organization);
    let token = token(&memory, client, &organization, AUDIENCE, memory.now());
    let router = router(&memory, sandbox);
    Given {
        memory,
        organization,
        client,
        token,
        router,
    }
}

fn router(memory: &Arc<Memory>, sandbox: Option<&Sandbox>) -> Router {
    let callers = callers(memory);
    let dialect = NablaConnect {
        users: memory.users(),
        callers: callers.clone(),
        token_endpoint: TokenEndpoint {
            vendor: Vendor::NablaConnect,
            audience: AUDIENCE,
            urls: TokenEndpoint::urls(&["https://roster.example".to_owned()], API.prefix),
            callers,
            ids: memory.clone(),
            sandbox: sandbox.cloned(),
        },
    };
    mount().speak(&Arc::new(dialect), sandbox)
}

pub(super) fn callers(memory: &Arc<Memory>) -> Callers {
    Callers {
        authentication: memory.authentication(),
        tokens: Memory::tokens(),
    }
}

/// An access token that was issued at that time.
pub(super) fn token(
    memory: &Memory,
    client: ApiClientId,
    organization: &Organization,
    audience: Audience,
    at: Timestamp,
) -> String {
    let claims = AccessClaims {
        client,
        organization: organization.id,
    };
    Memory::tokens()
        .issue_access(claims, audience, memory.new_id(), at)
        .expect("a token")
}

impl Given {
    /// Somebody else's client, with a token of its own.
    pub(super) fn another_caller(&self) -> Stranger {
        let organization = organization(2);
        let client = self.memory.add_signing_client(&OTHER.public_pem, &organization);
        let now = self.memory.now();
        let token = token(&self.memory, client, &organization, AUDIENCE, now);
        Stranger {
            organization,
            client,
            token,
        }
    }

    /// Makes or changes a user, as the caller.
    pub(super) async fn upsert(&self, body: &Value) -> Answer {
        self.send(self.request(&body.to_string())).await
    }

    /// The same as another caller.
    pub(super) async fn upsert_as(&self, caller: &Stranger, body: &Value) -> Answer {
        let bearer = format!("Bearer {}", caller.token);
        self.send(request(&body.to_string(), Some(&bearer))).await
    }

    /// The caller's request to make or change a user.
    pub(super) fn request(&self, body: &str) -> Request<Body> {
        request(body, Some(&format!("Bearer {}", self.token)))
    }

    /// A POST of JSON without credentials.
    pub(super) async fn anonymous(&self, path: &str, body: &str) -> Answer {
        let mut request = request(body, None);
        *request.uri_mut() = path.parse().expect("a URI");
        self.send(request).await
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

    /// Everybody in the caller's organization.
    pub(super) async fn users(&self) -> Vec<User> {
        let users = self.memory.users();
        let found = users.list(&self.organization, &UserQuery::first(100)).await;
        found.expect("users")
    }

    /// The one user of the caller's organization.
    pub(super) async fn only_user(&self) -> User {
        let mut users = self.users().await;
        assert_eq!(users.len(), 1, "{users:?}");
        users.remove(0)
    }

    /// An assertion of the caller's client that is all right, with some claims replaced or, by null, removed.
    pub(super) fn assertion(&self, changes: &Value) -> String {
        OWN.sign(&self.claims(changes))
    }

    /// What an assertion of the caller's client says.
    pub(super) fn claims(&self, changes: &Value) -> Value {
        let now = self.memory.now().timestamp();
        let client = self.client.to_string();
        let mut claims = json!({"iss": client, "sub": client, "aud": TOKEN_URL, "iat": now, "exp": now + 60});
        for (name, value) in changes.as_object().expect("claims") {
            claims[name] = value.clone();
        }
        claims
            .as_object_mut()
            .expect("claims")
            .retain(|_, value| !value.is_null());
        claims
    }
}

/// The body by which a token is asked for.
pub(super) fn token_request(assertion: &str) -> String {
    let body = json!({
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    });
    body.to_string()
}

/// A request to make or change a user, with a JSON body unless that is empty.
pub(super) fn request(body: &str, authorization: Option<&str>) -> Request<Body> {
    let mut request = Request::post(format!("{BASE}/users"));
    if !body.is_empty() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    request.body(Body::from(body.to_owned())).expect("a request")
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(|value| value.to_str().expect("text"));
        value.unwrap_or_default()
    }

    /// Status and body, for snapshots. The trace id, which is made of the request's id, is replaced.
    pub(super) fn whole(&self) -> String {
        format!("{}\n{:#}", self.status, self.shown())
    }

    /// The same on one line, for tables. A message that only repeats the hints, which is checked, is not shown twice.
    pub(super) fn line(&self) -> String {
        let mut shown = self.shown();
        let hints = shown["debuggingHints"].as_array().expect("hints").iter();
        let hints: Vec<&str> = hints.map(|hint| hint.as_str().expect("text")).collect();
        if !hints.is_empty() {
            assert_eq!(shown["message"], json!(hints.join("; ")));
            shown["message"] = json!("[hints]");
        }
        format!("{} {shown}", self.status)
    }

    fn shown(&self) -> Value {
        let mut shown = self.json();
        if let Some(trace_id) = shown.get_mut("traceId") {
            assert!(
                trace_id
                    .as_str()
                    .is_some_and(|id| id.starts_with("projects/roster/traces/"))
            );
            *trace_id = json!("[trace]");
        }
        shown
    }
}
