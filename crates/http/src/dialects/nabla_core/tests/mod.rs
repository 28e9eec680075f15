//! The dialect over stores in memory: what goes in, what comes out.

mod errors;
mod sandbox;
mod sessions;
mod users;
mod version;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use roster_application::authentication::{AccessClaims, Audience};
use roster_application::ports::{Clock, Ids};
use roster_domain::{ApiClientId, Organization, Vendor};
use serde_json::Value;
use tower::ServiceExt;

use super::{Generation, NablaCore, apis};
use crate::dialects::Callers;
use crate::dialects::memory::{Memory, organization};
use crate::dialects::nabla::TokenEndpoint;
use crate::sandbox::Sandbox;

const KEY: &str = "server-key-of-the-organization";

/// Both generations, and one caller for each.
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

pub(super) fn given() -> Given {
    given_in(None)
}

/// The same, while an organization of that sandbox may be the caller's.
pub(super) fn given_in(sandbox: Option<&Sandbox>) -> Given {
    let memory = Arc::new(Memory::default());
    let organization = organization(1);
    memory.add_api_key(KEY, &organization);
    let client = memory.add_oauth_client(&organization);
    let claims = AccessClaims {
        client,
        organization: organization.id,
    };
    let token = Memory::tokens()
        .issue_access(claims, Audience::NablaCoreServer, memory.new_id(), memory.now())
        .expect("a token");
    let callers = Callers {
        authentication: memory.authentication(),
        tokens: Memory::tokens(),
    };
    let dialect = |generation| {
        let dialect = Arc::new(NablaCore {
            generation,
            users: memory.users(),
            sessions: memory.sessions(),
            callers: callers.clone(),
            token: TokenEndpoint {
                vendor: Vendor::NablaCore,
                audience: Audience::NablaCoreServer,
                urls: TokenEndpoint::urls(&["https://roster.example".to_owned()], apis::CURRENT_SERVER.prefix),
                callers: callers.clone(),
                ids: memory.clone(),
                sandbox: sandbox.cloned(),
            },
            sandbox: sandbox.cloned(),
        });
        let server = apis::server(generation).speak(&dialect, sandbox);
        server.merge(apis::user(generation).speak(&dialect, sandbox))
    };
    let router = dialect(Generation::Current).merge(dialect(Generation::Archived));
    Given {
        memory: memory.clone(),
        organization,
        client,
        token,
        router,
    }
}

impl Given {
    /// A request of the current generation's caller, with a JSON body unless that is empty.
    pub(super) async fn current(&self, method: Method, path: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        self.send(request(
            method,
            &format!("/nabla/v1/core/server{path}"),
            body,
            Some(&bearer),
        ))
        .await
    }

    /// A request of the archived generation's caller, with a JSON body unless that is empty.
    pub(super) async fn archived(&self, method: Method, path: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {KEY}");
        self.send(request(
            method,
            &format!("/nabla/v1/copilot-api/server{path}"),
            body,
            Some(&bearer),
        ))
        .await
    }

    /// A request without credentials, with a JSON body unless that is empty.
    pub(super) async fn anonymous(&self, method: Method, path: &str, body: &str) -> Answer {
        self.send(request(method, path, body, None)).await
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

    /// Status and body, for snapshots.
    pub(super) fn whole(&self) -> String {
        format!("{}\n{:#}", self.status, self.json())
    }
}

pub(super) fn request(method: Method, uri: &str, body: &str, authorization: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(uri);
    if !body.is_empty() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    request.body(Body::from(body.to_owned())).expect("a request")
}
