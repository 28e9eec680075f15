//! Upheal as the contract's cases see it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use roster_application::credentials::Credentials;
use roster_application::ports::{AtOnce, Clock, PreviewedRequest, Target, VendorGateway};
use roster_contract::vendor::{Call, RemoteState, Reply, VendorWorld, clinician};
use roster_domain::{Capabilities, Connection, OutcomeClass, Profile, Timestamp, User};
use roster_vendors::Upheal;
use roster_wire::upheal::{CreatedProviderV2, ProviderV2, UserUrls, UserV2};
use serde_json::{Value, json};

use super::{API_KEY, api_key, error, upheal_connection};
use crate::support::script::{Script, answer, misbehave};
use crate::support::server::{Action, Request, Server};
use crate::support::{SetClock, TIME_LIMIT, egress};

/// A server that speaks Upheal's JSON in V2, and the client under test.
pub(crate) struct UphealWorld {
    server: Server,
    script: Script,
    clock: Arc<SetClock>,
    client: Upheal,
    connection: Connection,
    unreachable: Connection,
    credentials: Credentials,
}

impl UphealWorld {
    pub(crate) async fn new() -> Self {
        let script = Script::default();
        let clock = SetClock::new();
        let client = Upheal::new(egress(), clock.clone());
        // Port 1 is reserved, and nothing listens there.
        let unreachable = upheal_connection("http://127.0.0.1:1");
        let upheal = Played {
            script: script.clone(),
            has: Mutex::new(Some(RemoteState::in_sync(true, &client.capabilities(&unreachable)))),
            can: client.capabilities(&unreachable),
        };
        let server = Server::start(move |request| upheal.answer(request)).await;
        Self {
            connection: upheal_connection(&server.url()),
            unreachable,
            credentials: api_key(),
            server,
            script,
            clock,
            client,
        }
    }
}

#[async_trait]
impl VendorWorld for UphealWorld {
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
        vec![API_KEY.to_owned()]
    }

    fn time_limit(&self) -> Duration {
        TIME_LIMIT
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn has(&self, call: Call) -> bool {
        call == Call::Read
    }

    fn differing(&self) -> Vec<&'static str> {
        vec!["firstName", "noteIdentifier"]
    }

    fn left_by_create(&self) -> Vec<&'static str> {
        vec!["pronoun", "dateOfBirth"]
    }

    fn has_body(&self, call: Call) -> bool {
        !matches!(call, Call::Activate | Call::Deactivate)
    }

    fn forbidden(&self, call: Call) -> OutcomeClass {
        match call {
            Call::LookUp | Call::Read => OutcomeClass::Unauthorized,
            _ => OutcomeClass::Rejected,
        }
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

/// What the server is: the script, and whom Upheal has as far as the script has told.
struct Played {
    script: Script,
    has: Mutex<Option<RemoteState>>,
    can: Capabilities,
}

impl Played {
    fn answer(&self, request: Request) -> Action {
        let made = self.script.made().unwrap_or(Call::Elsewhere);
        let (method, path) = (request.method.clone(), request.target.clone());
        self.script.receive(request);
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match (method.as_str(), &*segments) {
            ("POST", ["v2", "users", "check"]) => match made {
                Call::LookUp | Call::Read => self.decide(made, checked),
                _ => self.tell(made, checked),
            },
            ("GET", ["v2", "users", "providers", _]) if made == Call::ReadBack => self.decide(made, provider),
            ("GET", ["v2", "users", "providers", _]) => self.tell(made, provider),
            ("GET", ["v2", "users", _]) => self.tell(made, person),
            ("POST", ["v2", "users", "providers"]) => self.decide(Call::Create, created),
            ("PATCH", ["v2", "users", "providers", _]) => self.decide(Call::Update, provider),
            ("PATCH", ["v2", "users", _]) => self.tell(Call::ReadBack, person),
            ("POST", ["v2", "users", _, "activate"]) => self.decide(Call::Activate, nothing),
            ("DELETE", ["v2", "users", _]) => self.decide(Call::Deactivate, nothing),
            _ => self.decide(Call::Elsewhere, nothing),
        }
    }

    /// Answers the request of a call that decides, as the script says.
    fn decide(&self, call: Call, show: fn(Option<&RemoteState>) -> Value) -> Action {
        let reply = self.script.next(call);
        if let Some(action) = misbehave(&reply) {
            return action;
        }
        let has = &mut *self.has.lock().unwrap();
        let status = match reply {
            Reply::User(state) => {
                *has = Some(*state);
                200
            }
            Reply::Nobody | Reply::Done => {
                *has = None;
                200
            }
            Reply::Status(status, headers) if status >= 300 => {
                let body = error(status, "SOMETHING").to_string();
                return answer(status, &headers, "application/json; charset=utf-8", &body);
            }
            Reply::Status(status, _) => {
                *has = Some(RemoteState::in_sync(true, &self.can));
                status
            }
            other => panic!("Upheal has no such answer: {other:?}"),
        };
        if has.is_none() && !matches!(call, Call::LookUp | Call::Read) {
            let body = error(403, "NOT_ALLOWED").to_string();
            return answer(403, &[], "application/json", &body);
        }
        match show(has.as_ref()) {
            Value::Null if status == 200 => answer(202, &[], "text/plain", ""),
            body => answer(status, &[], "application/json", &body.to_string()),
        }
    }

    /// Answers another request of a call, so that it comes to the one that decides, or ends.
    fn tell(&self, made: Call, show: fn(Option<&RemoteState>) -> Value) -> Action {
        let has = self.has.lock().unwrap().clone();
        let state = match made {
            // There is everything to change.
            Call::Update => Some(RemoteState {
                fields: nobody_in_particular(),
                ..RemoteState::in_sync(true, &self.can)
            }),
            // What was refused has not happened.
            Call::Activate => Some(RemoteState::in_sync(false, &self.can)),
            Call::Deactivate => Some(RemoteState::in_sync(true, &self.can)),
            _ => has,
        };
        match show(state.as_ref()) {
            Value::Null => answer(403, &[], "application/json", &error(403, "NOT_ALLOWED").to_string()),
            body => answer(200, &[], "application/json", &body.to_string()),
        }
    }
}

/// A user of whom nothing is known.
fn nobody_in_particular() -> User {
    User {
        profile: Profile::default(),
        ..clinician()
    }
}

fn checked(state: Option<&RemoteState>) -> Value {
    match state {
        Some(state) => json!({
            "isUserExists": true, "userId": state.id.as_str(), "email": state.key.as_str(), "isActive": state.active
        }),
        None => json!({"isUserExists": false}),
    }
}

fn provider(state: Option<&RemoteState>) -> Value {
    let Some(state) = state else { return Value::Null };
    let mut shown = serde_json::to_value(ProviderV2::from(&state.fields)).unwrap();
    shown["userId"] = json!(state.id.as_str());
    shown["email"] = json!(state.key.as_str());
    shown
}

fn person(state: Option<&RemoteState>) -> Value {
    let Some(state) = state else { return Value::Null };
    let mut shown = serde_json::to_value(UserV2::new(&state.fields, urls())).unwrap();
    shown["userId"] = json!(state.id.as_str());
    shown["email"] = json!(state.key.as_str());
    shown
}

fn created(state: Option<&RemoteState>) -> Value {
    let Some(state) = state else { return Value::Null };
    let mut shown = serde_json::to_value(CreatedProviderV2::new(&state.fields, urls())).unwrap();
    shown["userId"] = json!(state.id.as_str());
    shown
}

fn urls() -> UserUrls {
    UserUrls {
        invite_url: "https://app.upheal.example/invite/1".to_owned(),
        private_room_link: "https://upheal.example/ann".to_owned(),
    }
}

/// Upheal documents no body for switching a user.
fn nothing(_: Option<&RemoteState>) -> Value {
    Value::Null
}
