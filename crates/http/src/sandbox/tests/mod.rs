//! The sandbox with a small dialect of its own, whose one endpoint counts how often it is called.

mod connection;
mod endpoints;
mod faults;
mod requests;
mod vendors;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use roster_domain::{Vendor, Violations};
use tower::ServiceExt;
use utoipa_axum::routes;

use super::Sandbox;
use super::endpoints::{Endpoints, router};
use super::fault::{Effect, Operation};
use super::faults::Aim;
use crate::dialects::memory::{Memory, organization};
use crate::dialects::{Api, Callers, Dialect, ErrorShape, Mount, Scheme};
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

const API: Api = Api {
    name: "vendor",
    prefix: "/vendor",
    title: "A vendor",
    description: "Counts.",
    scheme: Scheme::ApiKey { header: None },
    errors: ErrorShape::of::<String>(shaped),
    versions: None,
    is_limited: false,
};

/// A table of its own, so that what is noted can be told from what was refused.
fn shaped(refusal: &Refusal, _request_id: &str) -> Response {
    match refusal.status {
        StatusCode::UNPROCESSABLE_ENTITY => (StatusCode::IM_A_TEAPOT, "shaped").into_response(),
        status => (status, "shaped").into_response(),
    }
}

struct Counting {
    callers: Callers,
    effects: Arc<AtomicU32>,
}

impl Dialect for Counting {
    fn vendor(&self) -> Vendor {
        Vendor::NablaCore
    }

    fn callers(&self) -> &Callers {
        &self.callers
    }
}

impl Counting {
    async fn count(&self) -> &'static str {
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.effects.fetch_add(1, Ordering::SeqCst);
        "done"
    }
}

#[utoipa::path(post, path = "/users")]
async fn create(State(dialect): State<Arc<Counting>>) -> &'static str {
    dialect.count().await
}

#[utoipa::path(post, path = "/token")]
async fn token(State(dialect): State<Arc<Counting>>) -> &'static str {
    dialect.count().await
}

#[utoipa::path(post, path = "/list")]
async fn list(State(dialect): State<Arc<Counting>>) -> &'static str {
    dialect.count().await
}

#[utoipa::path(post, path = "/refused")]
async fn refuse() -> Refusal {
    Refusal::invalid(Violations::none())
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
    let dialect = Arc::new(Counting {
        callers: Callers {
            authentication: memory.authentication(),
            tokens: Memory::tokens(),
        },
        effects: effects.clone(),
    });
    let dialect = Mount::new(API)
        .guarded(Operation::Create, routes!(create))
        .guarded(Operation::Token, routes!(token))
        .guarded(Operation::List, routes!(list))
        .guarded(Operation::Update, routes!(refuse))
        .speak(&dialect, Some(&sandbox));
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
