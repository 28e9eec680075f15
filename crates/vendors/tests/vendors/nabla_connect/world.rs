//! Nabla Connect as the contract's cases see it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use roster_application::credentials::Credentials;
use roster_application::ports::{AtOnce, Clock, PreviewedRequest, Target, VendorGateway};
use roster_contract::vendor::{Call, RemoteState, Reply, VendorWorld};
use roster_domain::{Capabilities, Connection, Timestamp, Vendor};
use roster_vendors::NablaConnect;
use roster_wire::nabla_connect::User;
use serde_json::{Value, json};

use crate::support::script::{Script, answer, misbehave};
use crate::support::server::{Action, Request, Server};
use crate::support::{CountingIds, RSA_KEY, SetClock, TIME_LIMIT, connection, credentials, egress};

const ACCESS_TOKEN: &str = "an-access-token-that-nobody-may-see";

/// A server that speaks Nabla Connect's JSON, and the client under test.
pub(crate) struct NablaConnectWorld {
    server: Server,
    script: Script,
    clock: Arc<SetClock>,
    client: NablaConnect,
    connection: Connection,
    unreachable: Connection,
    credentials: Credentials,
}

impl NablaConnectWorld {
    pub(crate) async fn new() -> Self {
        let connect = |url: &str| Connection {
            vendor: Vendor::NablaConnect,
            ..connection(url)
        };
        let clock = SetClock::new();
        let client = NablaConnect::new(egress(), clock.clone(), Arc::new(CountingIds::default()));
        // Port 1 is reserved, and nothing listens there.
        let unreachable = connect("http://127.0.0.1:1");
        let can = client.capabilities(&unreachable);
        let script = Script::default();
        let scripted = script.clone();
        let server = Server::start(move |request| {
            let call = call_of(&request, scripted.made());
            if call != Call::Token {
                scripted.receive(request);
            }
            act(&scripted.next(call), &can)
        })
        .await;
        Self {
            connection: connect(&server.url()),
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
impl VendorWorld for NablaConnectWorld {
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
        call == Call::Token
    }

    fn differing(&self) -> Vec<&'static str> {
        vec!["settings.speech_locale"]
    }

    /// The one URL there is names nobody.
    fn names_users(&self, _: Call) -> bool {
        false
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

/// A create and an update are the same request.
fn call_of(request: &Request, making: Option<Call>) -> Call {
    match (request.method.as_str(), request.target.as_str(), making) {
        ("POST", "/oauth/token", _) => Call::Token,
        ("POST", "/users", Some(call @ (Call::Create | Call::Update))) => call,
        _ => Call::Elsewhere,
    }
}

fn act(reply: &Reply, can: &Capabilities) -> Action {
    let error = json!({"message": "no", "code": 1, "name": "SOMETHING", "traceId": "t", "debuggingHints": []});
    match reply {
        Reply::User(state) => answer(200, &[], "application/json", &user(state).to_string()),
        Reply::Status(status @ 200..=299, headers) => {
            let state = RemoteState::in_sync(true, can);
            answer(*status, headers, "application/json", &user(&state).to_string())
        }
        Reply::Done => {
            let token = json!({"access_token": ACCESS_TOKEN, "expires_in": 3600});
            answer(200, &[], "application/json", &token.to_string())
        }
        Reply::Status(status, headers) => {
            answer(*status, headers, "application/json; charset=utf-8", &error.to_string())
        }
        other => misbehave(other).unwrap_or_else(|| panic!("Nabla Connect has no {other:?}")),
    }
}

fn user(state: &RemoteState) -> Value {
    let mut user = serde_json::to_value(User::from(&state.fields)).unwrap();
    user["external_provider_id"] = json!(state.key.as_str());
    user
}
