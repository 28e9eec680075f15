//! What is particular to Upheal: two records of a user, two versions, an address that cannot be changed, and statuses
//! that say little.

mod changes;
mod connections;
mod creates;
mod look_ups;
mod switches;
pub(crate) mod world;

use roster_application::credentials::Credentials;
use roster_application::ports::{AtOnce, Subject, Target, VendorError};
use roster_contract::vendor::clinician;
use roster_domain::{
    Change, Connection, ConnectionOptions, Timestamp, User, UserChanges, Vendor, VendorKey, VendorUserId,
};
use roster_vendors::{Egress, Upheal};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{SetClock, connection, patient_egress};

const ID: &str = "98fce1ef-dbca-41ef-8bc7-4d1621ac07c6";
const API_KEY: &str = "an-api-key-that-nobody-may-see";
const ADDRESS: &str = "ann@example.org";

/// The client under test, a server that plays Upheal, and a connection to it.
struct Setting {
    server: MockServer,
    client: Upheal,
    connection: Connection,
    credentials: Credentials,
}

impl Setting {
    async fn new() -> Self {
        let server = MockServer::start().await;
        let connection = upheal_connection(&server.uri());
        Self {
            server,
            client: client(patient_egress()),
            connection,
            credentials: api_key(),
        }
    }

    /// With a connection that says more than the base URL.
    async fn with(options: ConnectionOptions) -> Self {
        let mut setting = Self::new().await;
        setting.connection.options = ConnectionOptions {
            allow_private_addresses: true,
            ..options
        };
        setting
    }

    async fn v1() -> Self {
        let api_version = Some("v1".to_owned());
        Self::with(ConnectionOptions {
            api_version,
            ..ConnectionOptions::default()
        })
        .await
    }

    fn target(&self) -> Target<'_> {
        Target {
            turns: &AtOnce,
            connection: &self.connection,
            credentials: &self.credentials,
        }
    }

    /// Answers a request, as often as it is made.
    async fn answers(&self, verb: &str, at: &str, status: u16, body: Value) {
        let answer = ResponseTemplate::new(status).set_body_json(body);
        Mock::given(method(verb))
            .and(path(at))
            .respond_with(answer)
            .mount(&self.server)
            .await;
    }

    /// The provider and the generic user, as V2 shows them, and what the check of any address says.
    async fn has(&self, provider: Value, user: Value, checked: Value) {
        self.answers("GET", &format!("/v2/users/providers/{ID}"), 200, provider)
            .await;
        self.answers("GET", &format!("/v2/users/{ID}"), 200, user).await;
        self.answers("POST", "/v2/users/check", 200, checked).await;
    }

    async fn received(&self) -> Vec<Request> {
        self.server.received_requests().await.unwrap()
    }

    /// Method and path of every request so far.
    async fn heard(&self) -> Vec<String> {
        let received = self.received().await;
        received
            .iter()
            .map(|request| format!("{} {}", request.method, request.url.path()))
            .collect()
    }

    /// The bodies of the changes so far, with their paths below the version.
    async fn changes(&self) -> Vec<(String, Value)> {
        let received = self.received().await;
        received
            .iter()
            .filter(|request| request.method == "PATCH")
            .map(|request| (request.url.path()[3..].to_owned(), request.body_json().unwrap()))
            .collect()
    }
}

fn client(egress: Egress) -> Upheal {
    Upheal::new(egress, SetClock::new())
}

fn upheal_connection(base_url: &str) -> Connection {
    Connection {
        vendor: Vendor::Upheal,
        ..connection(base_url)
    }
}

fn api_key() -> Credentials {
    Credentials::ApiKey {
        api_key: API_KEY.into(),
    }
}

fn id() -> VendorUserId {
    VendorUserId::new(ID)
}

fn key() -> VendorKey {
    VendorKey::new(ADDRESS)
}

fn subject(user: &User) -> Subject<'_> {
    Subject { user, password: None }
}

/// The clinician of the contract's cases, changed.
fn clinician_with(changes: &UserChanges) -> User {
    clinician()
        .update(changes, roster_domain::PhiGuard::Off, Timestamp::UNIX_EPOCH)
        .unwrap()
        .user
}

fn set(text: &str) -> Change<String> {
    Change::Set(text.to_owned())
}

/// The provider as V2 shows it, and as it should be. NPI and telephone number are numbers, as in the vendor's example.
fn provider() -> Value {
    json!({
        "userId": ID, "firstName": "Ann", "lastName": "Müller", "email": ADDRESS,
        "defaultNoteTemplateIds": ["template-1", "template-2"],
        "nationalProviderIdentifier": 1_234_567_893, "therapyLicence": "LIC-7", "partnerUserId": "ehr-4711",
        "phoneNumber": 2_025_550_123_u64, "phoneCountryCode": 1, "organizationId": "o-1", "noteIdentifier": "Clinician"
    })
}

/// The generic user as it should be.
fn person() -> Value {
    json!({
        "userId": ID, "firstName": "Ann", "lastName": "Müller", "email": ADDRESS, "userType": "HealthcareProvider",
        "inviteUrl": "https://app.upheal.example/invite/1", "privateRoomLink": "https://upheal.example/ann",
        "pronoun": "FeminineHer", "partnerUserId": "ehr-4711", "dateOfBirth": "1980-02-29T00:00:00.000Z",
        "organizationId": "o-1", "defaultNoteTemplateIds": ["template-1", "template-2"]
    })
}

fn checked(active: bool) -> Value {
    json!({"isUserExists": true, "userId": ID, "email": ADDRESS, "isActive": active})
}

/// An error as Roster's own dialect of Upheal writes it.
fn error(status: u16, code: &str) -> Value {
    json!({"statusCode": status, "code": code, "message": "so it is", "errors": []})
}

/// A body with other values for some of its fields; null takes a field away.
fn but(mut body: Value, other: Value) -> Value {
    let Value::Object(other) = other else {
        panic!("an object")
    };
    let members = body.as_object_mut().unwrap();
    for (name, value) in other {
        if value.is_null() {
            members.remove(&name);
        } else {
            members.insert(name, value);
        }
    }
    body
}

fn shown(error: &VendorError) -> (roster_domain::OutcomeClass, Option<u16>) {
    (error.class, error.status)
}
