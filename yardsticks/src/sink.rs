//! Four vendors who take everything and keep nothing: nobody is there before a create, and whoever is created is
//! answered as asked for. So what is measured is Roster, and not a vendor.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// How many calls there were, those for tokens aside.
type Calls = &'static AtomicU64;

/// Serves until it is killed.
pub(crate) async fn serve(listen: SocketAddr) -> Result<()> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let router = Router::new().fallback(answer).with_state(&CALLS);
    axum::serve(TcpListener::bind(listen).await?, router).await?;
    Ok(())
}

async fn answer(State(calls): State<Calls>, method: Method, uri: Uri, body: Bytes) -> Response {
    let path = uri.path();
    if path == "/calls" {
        return Json(json!({ "calls": calls.load(Ordering::Relaxed) })).into_response();
    }
    if path.ends_with("/token") {
        return Json(json!({ "access_token": "a-token", "expires_in": 3_600 })).into_response();
    }
    calls.fetch_add(1, Ordering::Relaxed);
    let Ok(asked) = serde_json::from_slice(if body.is_empty() { b"null" } else { &body }) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let mut segments = path.split('/').skip(1);
    let told = match segments.next() {
        Some("core") => core(&method, path, asked),
        Some("connect") => connect(&method, asked),
        Some("upheal") => upheal(&method, path, asked),
        Some("corti") => Some(corti(&method, path, asked)),
        _ => None,
    };
    match told {
        Some(told) => ([(CONTENT_TYPE, "application/json")], told.to_string()).into_response(),
        None => (
            StatusCode::NOT_FOUND,
            Json(json!({ "code": "USER_NOT_FOUND", "message": "nobody is there" })),
        )
            .into_response(),
    }
}

/// Nabla Core: nobody is found, and creates and changes are answered with what they say.
fn core(method: &Method, path: &str, mut asked: Value) -> Option<Value> {
    if *method == Method::GET {
        return None;
    }
    let id = match path.split("/users/").nth(1) {
        Some(id) => json!(id),
        None => asked["external_id"].clone(),
    };
    asked["id"] = id;
    asked["activated"] = json!(true);
    Some(asked)
}

/// Nabla Connect: every upsert is answered with what it says.
fn connect(method: &Method, asked: Value) -> Option<Value> {
    (*method != Method::GET).then_some(asked)
}

/// Upheal: no address is known, and creates and changes are answered with what they say.
fn upheal(method: &Method, path: &str, mut asked: Value) -> Option<Value> {
    if path.ends_with("/users/check") {
        return Some(json!({ "isUserExists": false }));
    }
    if *method == Method::GET {
        return None;
    }
    let id = match path.split("/users/").nth(1) {
        Some("providers") | None => asked["email"].clone(),
        Some(id) => json!(id.trim_start_matches("providers/")),
    };
    asked["userId"] = id;
    asked["inviteUrl"] = json!("https://upheal.example/invite/1");
    Some(asked)
}

/// Corti: the customer has no users, and creates and changes are answered with what they say.
fn corti(method: &Method, path: &str, mut asked: Value) -> Value {
    if *method == Method::GET {
        let none: [Value; 0] = [];
        return json!({ "users": none, "pagination": { "hasNextPage": false, "total": 0 } });
    }
    if path.ends_with("/users") {
        asked["id"] = asked["email"].clone();
    } else {
        asked["id"] = json!(path.rsplit('/').next());
    }
    asked["enabled"] = json!(true);
    asked
}
