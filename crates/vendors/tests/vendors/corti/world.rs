//! Corti as the contract's cases see it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use roster_application::credentials::Credentials;
use roster_application::ports::{AtOnce, Clock, PreviewedRequest, Target, VendorGateway};
use roster_contract::vendor::{Call, RemoteState, Reply, VendorWorld};
use roster_domain::{Capabilities, Connection, Timestamp};
use roster_vendors::Corti;
use roster_wire::corti::User;
use serde_json::{Value, json};

use super::{PASSWORD, account, corti_connection};
use crate::support::script::{Script, answer, misbehave};
use crate::support::server::{Action, Request, Server};
use crate::support::{SetClock, TIME_LIMIT, egress};

const ACCESS_TOKEN: &str = "an-access-token-that-nobody-may-see";

/// A server that speaks Corti's JSON, and the client under test.
pub(crate) struct CortiWorld {
    server: Server,
    script: Script,
    clock: Arc<SetClock>,
    client: Corti,
    connection: Connection,
    unreachable: Connection,
    credentials: Credentials,
}

impl CortiWorld {
    pub(crate) async fn new() -> Self {
        let clock = SetClock::new();
        let client = Corti::new(egress(), clock.clone());
        // Port 1 is reserved, and nothing listens there.
        let unreachable = corti_connection("http://127.0.0.1:1");
        let can = client.capabilities(&unreachable);
        let script = Script::default();
        let scripted = script.clone();
        let server = Server::start(move |request| {
            let call = call_of(&request, scripted.made());
            let echoed = echo(&request);
            if call != Call::Token {
                scripted.receive(request);
            }
            act(call, &scripted.next(call), &can, &echoed)
        })
        .await;
        Self {
            connection: corti_connection(&server.url()),
            server,
            script,
            clock,
            client,
            unreachable,
            credentials: account(),
        }
    }
}

#[async_trait]
impl VendorWorld for CortiWorld {
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
        vec![PASSWORD.to_owned(), ACCESS_TOKEN.to_owned()]
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
        vec!["firstName"]
    }

    /// Who is read back is looked for among all.
    fn names_users(&self, call: Call) -> bool {
        [Call::Update, Call::Activate, Call::Deactivate, Call::Delete].contains(&call)
    }

    fn making(&self, call: Call) {
        self.script.making(call);
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

/// Walks for different ends are the same requests; changes are told apart by their bodies.
fn call_of(request: &Request, making: Option<Call>) -> Call {
    if (request.method.as_str(), request.target.as_str()) == ("POST", "/auth/token") {
        return Call::Token;
    }
    let Some(rest) = request
        .target
        .strip_prefix("/projects/p%201/customers/clinic%2Fnorth/users")
    else {
        return Call::Elsewhere;
    };
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let body: Value = request
        .body
        .as_deref()
        .map_or(Value::Null, |body| serde_json::from_str(body).unwrap());
    match (request.method.as_str(), path, query, making) {
        ("GET", "", "page=1&pageSize=1", _) => Call::Read,
        (
            "GET",
            "",
            "page=1&pageSize=100" | "page=2&pageSize=100",
            Some(call @ (Call::LookUp | Call::ReadBack | Call::List)),
        ) => call,
        ("POST", "", "", _) => Call::Create,
        ("PATCH", id, "", _) if !id.is_empty() => match &body["enabled"] {
            Value::Bool(true) => Call::Activate,
            Value::Bool(false) => Call::Deactivate,
            _ => Call::Update,
        },
        ("DELETE", id, "", _) if !id.is_empty() => Call::Delete,
        _ => Call::Elsewhere,
    }
}

/// What a vendor that has no manners repeats in its errors: whatever it was sent.
fn echo(request: &Request) -> String {
    let authorization = request.headers.iter().find(|(name, _)| name == "authorization");
    let authorization = authorization.map(|(_, value)| value.as_str());
    format!(
        "no: {} {}",
        authorization.unwrap_or_default(),
        request.body.as_deref().unwrap_or_default()
    )
}

fn act(call: Call, reply: &Reply, can: &Capabilities, echoed: &str) -> Action {
    let is_walk = [Call::LookUp, Call::ReadBack, Call::List].contains(&call);
    let error = |code: &str| json!({"code": code, "message": echoed, "errors": []}).to_string();
    let shown = |state: &RemoteState| {
        if is_walk {
            page(std::slice::from_ref(state), false)
        } else {
            user(state)
        }
    };
    match reply {
        Reply::User(state) => answer(200, &[], "application/json", &shown(state).to_string()),
        Reply::Page(states, more) => answer(200, &[], "application/json", &page(states, *more).to_string()),
        Reply::Done if call == Call::Delete => answer(204, &[], "text/plain", ""),
        Reply::Done if call == Call::Token => {
            let token = json!({"accessToken": ACCESS_TOKEN, "tokenType": "bearer", "expiresIn": 3600});
            answer(200, &[], "application/json", &token.to_string())
        }
        Reply::Done => answer(200, &[], "application/json", &page(&[], false).to_string()),
        Reply::Nobody if is_walk => answer(200, &[], "application/json", &page(&[], false).to_string()),
        Reply::Nobody => answer(404, &[], "application/json", &error("not_found")),
        Reply::Status(status @ 200..=299, headers) => {
            let state = RemoteState::in_sync(true, can);
            answer(*status, headers, "application/json", &shown(&state).to_string())
        }
        Reply::Status(status, headers) => {
            answer(*status, headers, "application/json; charset=utf-8", &error("something"))
        }
        other => misbehave(other).unwrap_or_else(|| panic!("Corti has no {other:?}")),
    }
}

fn page(states: &[RemoteState], more: bool) -> Value {
    let users: Vec<Value> = states.iter().map(user).collect();
    json!({"users": users, "pagination": {"page": 1, "pageSize": 100, "hasNextPage": more}})
}

fn user(state: &RemoteState) -> Value {
    let mut user = serde_json::to_value(User::from(&state.fields)).unwrap();
    user["id"] = json!(state.id.as_str());
    user["email"] = json!(state.key.as_str());
    user["enabled"] = json!(state.active);
    user
}
