//! Nabla Core as the contract's cases see it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use roster_application::credentials::Credentials;
use roster_application::ports::{Clock, Target, VendorGateway};
use roster_contract::vendor::{Call, RemoteState, Reply, VendorWorld};
use roster_domain::{Connection, Metadata, Timestamp};
use roster_vendors::NablaCore;
use serde_json::{Value, json};

use super::server::{Action, Request, Server};
use super::{CountingIds, RSA_KEY, SetClock, TIME_LIMIT, connection, credentials, egress};

const ACCESS_TOKEN: &str = "an-access-token-that-nobody-may-see";

/// A server that speaks Nabla Core's JSON, and the client under test.
pub(crate) struct NablaCoreWorld {
    _server: Server,
    script: Arc<Mutex<Script>>,
    clock: Arc<SetClock>,
    client: NablaCore,
    connection: Connection,
    unreachable: Connection,
    credentials: Credentials,
}

#[derive(Default)]
struct Script {
    replies: HashMap<Call, VecDeque<(Reply, bool)>>,
    counts: HashMap<Call, usize>,
}

impl Script {
    /// The reply that is next: the first that was not used yet, or the last again.
    fn next(&mut self, call: Call) -> Reply {
        *self.counts.entry(call).or_default() += 1;
        let replies = self.replies.entry(call).or_default();
        while replies.len() > 1 && replies.front().is_some_and(|(_, used)| *used) {
            replies.pop_front();
        }
        match replies.front_mut() {
            Some((reply, used)) => {
                *used = true;
                reply.clone()
            }
            None if call == Call::Token => Reply::Done,
            None => Reply::status(418),
        }
    }
}

impl NablaCoreWorld {
    pub(crate) async fn new() -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let scripted = Arc::clone(&script);
        let server = Server::start(move |request| {
            let call = call_of(&request);
            act(call, scripted.lock().unwrap().next(call))
        })
        .await;
        let clock = SetClock::new();
        let client = NablaCore::new(egress(), clock.clone(), Arc::new(CountingIds::default()));
        Self {
            script,
            clock,
            client,
            connection: connection(&server.url()),
            // Port 1 is reserved, and nothing listens there.
            unreachable: connection("http://127.0.0.1:1"),
            credentials: credentials(),
            _server: server,
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
            connection: &self.connection,
            credentials: &self.credentials,
        }
    }

    fn unreachable(&self) -> Target<'_> {
        Target {
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

    fn script(&self, call: Call, reply: Reply) {
        self.script
            .lock()
            .unwrap()
            .replies
            .entry(call)
            .or_default()
            .push_back((reply, false));
    }

    fn count(&self, call: Call) -> usize {
        self.script
            .lock()
            .unwrap()
            .counts
            .get(&call)
            .copied()
            .unwrap_or_default()
    }
}

fn call_of(request: &Request) -> Call {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match (request.method.as_str(), &*segments) {
        ("POST", ["oauth", "token"]) => Call::Token,
        ("GET", ["users"]) if query == "limit=1" => Call::Read,
        ("GET", ["users", "find_by_external_id", _]) => Call::LookUp,
        ("POST", ["users"]) => Call::Create,
        ("PATCH", ["users", _]) => Call::Update,
        ("POST", ["users", _, "activate"]) => Call::Activate,
        ("POST", ["users", _, "deactivate"]) => Call::Deactivate,
        _ => Call::Elsewhere,
    }
}

fn act(call: Call, reply: Reply) -> Action {
    let not_found = json!({
        "message": "copilot_api_user was not found", "code": 20000, "name": "ENTITY_NOT_FOUND",
        "traceId": "projects/p/traces/0", "debuggingHints": []
    });
    let error = json!({"message": "no", "code": 1, "name": "SOMETHING", "traceId": "t", "debuggingHints": []});
    match reply {
        Reply::User(state) => answer(200, &[], "application/json", &user(&state).to_string()),
        Reply::Done => answer(200, &[], "application/json", &done(call).to_string()),
        Reply::Nobody => answer(400, &[], "application/json", &not_found.to_string()),
        Reply::Status(status @ 200..=299, headers) => {
            let state = RemoteState::in_sync(
                true,
                &roster_domain::Capabilities {
                    look_up: None,
                    refuses_duplicates: false,
                    update: true,
                    update_inactive: true,
                    deactivate: true,
                    reactivate: true,
                    delete: false,
                    required: &[],
                },
            );
            answer(status, &headers, "application/json", &user(&state).to_string())
        }
        Reply::Status(status, headers) => {
            answer(status, &headers, "application/json; charset=utf-8", &error.to_string())
        }
        Reply::Malformed => answer(200, &[], "application/json", r#"{"id": "98fce1ef-"#),
        Reply::Unexpected => answer(200, &[], "application/json", r#"{"status": "ok"}"#),
        Reply::WebPage => answer(200, &[], "text/html", "<h1>Welcome to the hospital's Wi-Fi</h1>"),
        Reply::CutShort => Action::Send(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"id\":".to_vec(),
        ),
        Reply::Reset => Action::Reset,
        Reply::Silence => Action::Silence,
    }
}

fn done(call: Call) -> Value {
    match call {
        Call::Token => json!({"access_token": ACCESS_TOKEN, "expires_in": 3600}),
        _ => json!({"data": [], "has_more": false, "next_cursor": null}),
    }
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

fn answer(status: u16, headers: &[(&'static str, String)], content_type: &str, body: &str) -> Action {
    let headers: String = headers
        .iter()
        .flat_map(|(name, value)| [*name, ": ", value.as_str(), "\r\n"])
        .collect();
    let length = body.len();
    Action::Send(
        format!(
            "HTTP/1.1 {status} Scripted\r\n{headers}content-type: {content_type}\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
        .into_bytes(),
    )
}
