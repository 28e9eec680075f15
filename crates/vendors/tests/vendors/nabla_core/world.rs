//! Nabla Core as the contract's cases see it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use roster_application::credentials::Credentials;
use roster_application::ports::{AtOnce, Clock, PreviewedRequest, Target, VendorGateway};
use roster_contract::vendor::{Call, RemoteState, Reply, VendorWorld};
use roster_domain::{Capabilities, Connection, Metadata, Timestamp};
use roster_vendors::NablaCore;
use serde_json::{Value, json};

use crate::support::script::{Script, answer, misbehave};
use crate::support::server::{Action, Request, Server};
use crate::support::{CountingIds, RSA_KEY, SetClock, TIME_LIMIT, connection, credentials, egress};

const ACCESS_TOKEN: &str = "an-access-token-that-nobody-may-see";

/// A server that speaks Nabla Core's JSON, and the client under test.
pub(crate) struct NablaCoreWorld {
    server: Server,
    script: Script,
    clock: Arc<SetClock>,
    client: NablaCore,
    connection: Connection,
    unreachable: Connection,
    credentials: Credentials,
}

impl NablaCoreWorld {
    pub(crate) async fn new() -> Self {
        let clock = SetClock::new();
        let client = NablaCore::new(egress(), clock.clone(), Arc::new(CountingIds::default()));
        // Port 1 is reserved, and nothing listens there.
        let unreachable = connection("http://127.0.0.1:1");
        let can = client.capabilities(&unreachable);
        let script = Script::default();
        let scripted = script.clone();
        let server = Server::start(move |request| {
            let call = call_of(&request);
            if call != Call::Token {
                scripted.receive(request);
            }
            act(call, &scripted.next(call), &can)
        })
        .await;
        Self {
            connection: connection(&server.url()),
            server,
            script,
            clock,
            client,
            unreachable,
            credentials: credentials(),
        }
    }
}

#[async_trait]
impl VendorWorld for NablaCoreWorld {
    fn gateway(&self) -> &dyn VendorGateway {
        &self.client
    }

    fn target(&self) -> Target<'_> {
        Target {
            turns: &AtOnce,
            connection: &self.connection,
            credentials: &self.credentials,
        }
    }

    fn unreachable(&self) -> Target<'_> {
        Target {
            turns: &AtOnce,
            connection: &self.unreachable,
            credentials: &self.credentials,
        }
    }

    fn secrets(&self) -> Vec<String> {
        let key_material = RSA_KEY.private.lines().nth(1).unwrap().to_owned();
        vec![key_material, ACCESS_TOKEN.to_owned()]
    }

    fn time_limit(&self) -> Duration {
        TIME_LIMIT
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn has(&self, call: Call) -> bool {
        [Call::Token, Call::Read, Call::List].contains(&call)
    }

    fn differing(&self) -> Vec<&'static str> {
        vec!["metadata"]
    }

    fn script(&self, call: Call, reply: Reply) {
        self.script.add(call, reply);
    }

    fn count(&self, call: Call) -> usize {
        self.script.count(call)
    }

    fn received(&self) -> Vec<PreviewedRequest> {
        self.script.received(&self.server.url())
    }
}

fn call_of(request: &Request) -> Call {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match (request.method.as_str(), &*segments) {
        ("POST", ["oauth", "token"]) => Call::Token,
        ("GET", ["users"]) if query == "limit=1" => Call::Read,
        ("GET", ["users"]) if ["limit=100", "limit=100&cursor=next%2Fpage"].contains(&query) => Call::List,
        ("GET", ["users", "find_by_external_id", _]) => Call::LookUp,
        ("GET", ["users", _]) => Call::ReadBack,
        ("POST", ["users"]) => Call::Create,
        ("PATCH", ["users", _]) => Call::Update,
        ("POST", ["users", _, "activate"]) => Call::Activate,
        ("POST", ["users", _, "deactivate"]) => Call::Deactivate,
        _ => Call::Elsewhere,
    }
}

fn act(call: Call, reply: &Reply, can: &Capabilities) -> Action {
    let not_found = json!({
        "message": "copilot_api_user was not found", "code": 20000, "name": "ENTITY_NOT_FOUND",
        "traceId": "projects/p/traces/0", "debuggingHints": []
    });
    let error = json!({"message": "no", "code": 1, "name": "SOMETHING", "traceId": "t", "debuggingHints": []});
    match reply {
        Reply::User(state) => answer(200, &[], "application/json", &user(state).to_string()),
        Reply::Page(states, more) => answer(200, &[], "application/json", &page(states, *more).to_string()),
        Reply::Done => answer(200, &[], "application/json", &done(call).to_string()),
        Reply::Nobody => answer(400, &[], "application/json", &not_found.to_string()),
        Reply::Status(status @ 200..=299, headers) => {
            let state = RemoteState::in_sync(true, can);
            answer(*status, headers, "application/json", &user(&state).to_string())
        }
        Reply::Status(status, headers) => {
            answer(*status, headers, "application/json; charset=utf-8", &error.to_string())
        }
        other => misbehave(other).unwrap_or_else(|| panic!("Nabla Core has no {other:?}")),
    }
}

fn done(call: Call) -> Value {
    match call {
        Call::Token => json!({"access_token": ACCESS_TOKEN, "expires_in": 3600}),
        _ => page(&[], false),
    }
}

fn page(states: &[RemoteState], more: bool) -> Value {
    let users: Vec<Value> = states.iter().map(user).collect();
    // A page that is the last may name a cursor all the same.
    json!({"data": users, "has_more": more, "next_cursor": "next/page"})
}

fn user(state: &RemoteState) -> Value {
    json!({
        "id": state.id.as_str(),
        "activated": state.active,
        "external_id": state.key.as_str(),
        "metadata": state.fields.profile.metadata.as_ref().map(Metadata::entries),
        "created_at": "2022-03-10T19:16:23.456Z"
    })
}
