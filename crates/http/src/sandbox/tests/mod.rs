//! The sandbox with a small dialect of its own, whose one endpoint counts how often it is called.

mod connection;
mod endpoints;
mod faults;
mod requests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use roster_application::authentication::{Authentication, Caller};
use roster_domain::{Timestamp, Vendor};
use tower::ServiceExt;

use super::Sandbox;
use super::endpoints::{Endpoints, router};
use super::fault::{Effect, Operation};
use super::faults::Aim;
use crate::dialects::memory::{Memory, organization};
use crate::dialects::{Dialect, Mount};
use crate::layers::Render;
use crate::refusal::Refusal;

impl Sandbox {
    /// Sets a fault as `POST /sandbox/faults` does.
    pub(crate) fn set_fault_for_test(&self, body: serde_json::Value) {
        self.faults().add(super::request::read(body).expect("a fault"));
    }

    /// Operation, method, path, status and fault of every call.
    pub(crate) fn noted_for_test(&self) -> Vec<String> {
        let words = |noted: &super::calls::Noted| {
            let call = &noted.call;
            let status = noted
                .status
                .map_or("-".to_owned(), |status| status.as_u16().to_string());
            let fault = noted.fault.unwrap_or("-");
            format!("{:?} {} {} {status} {fault}", call.operation, call.method, call.path)
        };
        self.calls().list(None).iter().map(words).collect()
    }
}

/// Keys of the organization that owns the sandbox, of the one that plays the vendor, and of another.
const OWNER: &str = "key-of-the-owner";
const PLAYER: &str = "key-of-the-player";
const STRANGER: &str = "key-of-a-stranger";

struct Counting {
    authentication: Authentication,
}

#[async_trait]
impl Dialect for Counting {
    fn vendor(&self) -> Vendor {
        Vendor::NablaCore
    }

    fn errors(&self) -> Render {
        // A table of its own, so that what is noted can be told from what was refused.
        |refusal, _| match refusal.status {
            StatusCode::UNPROCESSABLE_ENTITY => (StatusCode::IM_A_TEAPOT, "shaped").into_response(),
            status => (status, "shaped").into_response(),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn check(&self, _request: &Parts) -> Result<(), Refusal> {
        Ok(())
    }

    async fn authenticate(&self, request: &Parts) -> Result<Caller, Refusal> {
        let caller = self
            .authentication
            .by_api_key(crate::bearer::bearer(&request.headers)?)
            .await?;
        caller.ok_or_else(|| Refusal::unauthorized("who?"))
    }
}

/// A sandbox, its endpoints and the small dialect.
struct Given {
    memory: Arc<Memory>,
    sandbox: Sandbox,
    effects: Arc<AtomicU32>,
    router: Router,
}

fn given() -> Given {
    let memory = Arc::new(Memory::default());
    memory.add_api_key(OWNER, &organization(1));
    memory.add_api_key(PLAYER, &organization(2));
    memory.add_api_key(STRANGER, &organization(3));
    let sandbox = Sandbox::new(organization(1).id, [(Vendor::NablaCore, organization(2))]);
    let effects = Arc::new(AtomicU32::new(0));
    let count = {
        let effects = effects.clone();
        move || async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            effects.fetch_add(1, Ordering::SeqCst);
            "done"
        }
    };
    let refuse = || async { Refusal::invalid(roster_domain::Violations::none()) };
    let dialect = Arc::new(Counting {
        authentication: memory.authentication(),
    });
    let dialect = Mount::new(dialect, Some(sandbox.clone()))
        .guarded("/users", Operation::Create, post(count.clone()))
        .guarded("/token", Operation::Token, post(count.clone()))
        .guarded("/list", Operation::List, post(count))
        .guarded("/refused", Operation::Update, post(refuse))
        .under("/vendor");
    let state = Endpoints {
        sandbox: sandbox.clone(),
        users: memory.users(),
        authentication: memory.authentication(),
    };
    let router = dialect.nest("/sandbox", router(state));
    Given {
        memory,
        sandbox,
        effects,
        router,
    }
}

impl Given {
    /// Sets a fault for every call.
    fn fault(&self, effect: Effect) {
        self.sandbox.faults().add(aim(effect));
    }

    async fn call(&self, path: &str, key: &str) -> Response {
        self.send("POST", &format!("/vendor{path}?secret=1"), key, "").await
    }

    async fn send(&self, method: &str, uri: &str, key: &str, body: &str) -> Response {
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()))
            .expect("a request");
        self.router.clone().oneshot(request).await.expect("an answer")
    }

    fn effects(&self) -> u32 {
        self.effects.load(Ordering::SeqCst)
    }
}

fn aim(fault: Effect) -> Aim {
    Aim {
        vendor: Vendor::NablaCore,
        operation: None,
        fault,
        every: 1,
        times: None,
    }
}

fn status(status: StatusCode) -> Effect {
    Effect::Status {
        status,
        retry_after: None,
    }
}

async fn text(response: Response) -> String {
    let body = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .expect("a body");
    String::from_utf8(body.to_vec()).expect("UTF-8")
}
