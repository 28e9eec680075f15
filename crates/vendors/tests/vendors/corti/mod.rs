//! What is particular to Corti: its tokens, its pages, its customers, its passwords.

mod calls;
mod customers;
mod pages;
mod tokens;
pub(crate) mod world;

use std::sync::Arc;

use roster_application::credentials::Credentials;
use roster_application::ports::{self, AtOnce, Target};
use roster_domain::{Connection, ConnectionOptions, Password, User, Vendor, VendorKey, VendorUserId};
use roster_vendors::Corti;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{SetClock, connection, patient_egress};

/// The password of the account.
pub(crate) const PASSWORD: &str = "the-accounts-own-password";
/// The id of a user.
const ID: &str = "98fce1ef-dbca-41ef-8bc7-4d1621ac07c6";
/// Where users are, behind the base URL; ids are escaped.
const USERS: &str = "/public/projects/p%201/customers/clinic%2Fnorth/users";
/// Where customers are.
const CUSTOMERS: &str = "/public/projects/p%201/customers";

/// A connection to a customer whose id needs escaping.
pub(crate) fn corti_connection(base_url: &str) -> Connection {
    let any = connection(base_url);
    Connection {
        vendor: Vendor::Corti,
        options: ConnectionOptions {
            project_id: Some("p 1".to_owned()),
            customer_id: Some("clinic/north".to_owned()),
            ..any.options.clone()
        },
        ..any
    }
}

/// The account.
pub(crate) fn account() -> Credentials {
    Credentials::ServiceAccount {
        email: "admin@example.org".to_owned(),
        password: PASSWORD.into(),
    }
}

/// A server that hands out tokens, the client under test, and a connection.
struct Setting {
    server: MockServer,
    clock: Arc<SetClock>,
    client: Corti,
    connection: Connection,
    credentials: Credentials,
}

impl Setting {
    async fn new() -> Self {
        let setting = Self::without_tokens().await;
        let token = json!({"accessToken": "token-1", "tokenType": "bearer", "expiresIn": 3600});
        Mock::given(method("POST"))
            .and(path("/public/auth/token"))
            .respond_with(ResponseTemplate::new(200).set_body_json(token))
            .mount(&setting.server)
            .await;
        setting
    }

    async fn without_tokens() -> Self {
        let server = MockServer::start().await;
        let clock = SetClock::new();
        Self {
            client: Corti::new(patient_egress(), clock.clone()),
            clock,
            connection: corti_connection(&format!("{}/public", server.uri())),
            credentials: account(),
            server,
        }
    }

    fn target(&self) -> Target<'_> {
        Target {
            turns: &AtOnce,
            connection: &self.connection,
            credentials: &self.credentials,
        }
    }

    async fn answers(&self, verb: &str, at: &str, answer: ResponseTemplate) {
        Mock::given(method(verb))
            .and(path(at))
            .respond_with(answer)
            .mount(&self.server)
            .await;
    }

    /// Every request but those for tokens: method, path with query, and body.
    async fn sent(&self) -> Vec<(String, String, Value)> {
        let requests = self.server.received_requests().await.unwrap();
        let others = requests
            .iter()
            .filter(|request| !request.url.path().ends_with("/auth/token"));
        others
            .map(|request| {
                let query = request.url.query().map(|query| format!("?{query}"));
                let at = format!("{}{}", request.url.path(), query.unwrap_or_default());
                (request.method.to_string(), at, body_of(request))
            })
            .collect()
    }
}

fn body_of(request: &Request) -> Value {
    if request.body.is_empty() {
        Value::Null
    } else {
        request.body_json().unwrap()
    }
}

fn whom<'a>(user: &'a User, password: Option<&'a Password>) -> ports::Subject<'a> {
    ports::Subject { user, password }
}

fn user_json(id: &str, email: &str) -> Value {
    json!({
        "id": id, "email": email, "firstName": "Ann", "lastName": "Müller", "emailVerified": false, "enabled": true,
        "createdAt": "2023-10-01T12:00:00Z"
    })
}

fn ann() -> Value {
    user_json(ID, "ann@example.org")
}

fn ok(body: impl serde::Serialize) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn refusal(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"code": code, "message": "no", "errors": []}))
}

fn key() -> VendorKey {
    VendorKey::new("ann@example.org")
}

fn id() -> VendorUserId {
    VendorUserId::new(ID)
}
