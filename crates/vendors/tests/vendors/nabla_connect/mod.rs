//! What is particular to Nabla Connect: its one upsert, settings that are merged, and a vendor's id that is the one sent.

mod answers;
mod previews;
mod refusals;
mod settings;
mod tokens;
pub(crate) mod world;

use std::sync::Arc;

use roster_application::credentials::Credentials;
use roster_application::ports::{AtOnce, RemoteUser, Subject, Target, VendorError, VendorGateway};
use roster_contract::vendor::clinician;
use roster_domain::{
    Connection, FieldPath, Settings, Specialty, SpecialtyKind, SpeechLocale, User, Vendor, VendorKey, VendorUserId,
};
use roster_vendors::NablaConnect;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{CountingIds, SetClock, connection, credentials, patient_egress};

/// The external id of everybody here.
const ID: &str = "ehr-4711";

/// A server that hands out tokens, and the client under test.
struct Given {
    server: MockServer,
    client: NablaConnect,
    connection: Connection,
    credentials: Credentials,
}

/// A vendor that answers nothing but tokens.
async fn given() -> Given {
    let given = without_tokens().await;
    Mock::given(method("POST"))
        .and(path("/v1/connect/server/oauth/token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"access_token": "token-1", "expires_in": 3600})))
        .mount(&given.server)
        .await;
    given
}

/// A vendor that answers nothing at all.
async fn without_tokens() -> Given {
    let server = MockServer::start().await;
    let connection = Connection {
        vendor: Vendor::NablaConnect,
        ..connection(&format!("{}/v1/connect/server", server.uri()))
    };
    Given {
        server,
        client: NablaConnect::new(patient_egress(), SetClock::new(), Arc::new(CountingIds::default())),
        connection,
        credentials: credentials(),
    }
}

impl Given {
    /// The vendor answers upserts with these, one after the other, and then with 418.
    async fn answering(self, answers: impl IntoIterator<Item = ResponseTemplate>) -> Self {
        for answer in answers {
            Mock::given(method("POST"))
                .and(path("/v1/connect/server/users"))
                .respond_with(answer)
                .up_to_n_times(1)
                .mount(&self.server)
                .await;
        }
        Mock::given(method("POST"))
            .and(path("/v1/connect/server/users"))
            .respond_with(ResponseTemplate::new(418))
            .mount(&self.server)
            .await;
        self
    }

    fn target(&self) -> Target<'_> {
        Target {
            turns: &AtOnce,
            connection: &self.connection,
            credentials: &self.credentials,
        }
    }

    async fn create(&self, user: &User) -> Result<RemoteUser, VendorError> {
        let subject = Subject { user, password: None };
        self.client.create(self.target(), &VendorKey::new(ID), subject).await
    }

    async fn update(&self, user: &User) -> Result<RemoteUser, VendorError> {
        let subject = Subject { user, password: None };
        self.client.update(self.target(), &VendorUserId::new(ID), subject).await
    }

    /// The upserts that the vendor received.
    async fn upserts(&self) -> Vec<Request> {
        let mut requests = self.server.received_requests().await.unwrap();
        requests.retain(|request| request.url.path().ends_with("/users"));
        requests
    }

    /// The bodies of the upserts that the vendor received.
    async fn bodies(&self) -> Vec<Value> {
        let upserts = self.upserts().await;
        upserts.iter().map(|request| request.body_json().unwrap()).collect()
    }
}

/// What the vendor answers who has these settings of the user.
fn told(settings: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "provider_email": "ann@example.org",
        "external_provider_id": ID,
        "settings": settings,
        "created_at": "2026-03-23T08:00:00.000Z",
    }))
}

/// The clinician of the cases, with these settings.
fn with_settings(specialty: Option<&str>, speech_locale: Option<&str>, second: Option<&str>) -> User {
    let field = FieldPath::of("settings");
    let specialty = specialty.map(|kind| Specialty::new(SpecialtyKind::new(kind).unwrap(), None, &field).unwrap());
    let locale = |tag: Option<&str>| tag.map(|tag| SpeechLocale::new(tag).unwrap());
    let mut user = clinician();
    user.profile.settings = Settings::new(specialty, locale(speech_locale), locale(second), &field).unwrap();
    user
}

/// The body of an upsert without settings.
fn bare() -> Value {
    json!({"provider_email": "ann@example.org", "external_provider_id": ID})
}

/// The body of an upsert with settings.
fn sending(specialty: &Value, speech_locale: &str, second: &Value) -> Value {
    let mut body = bare();
    body["settings"] = json!({
        "specialty": specialty, "speech_locale": speech_locale, "secondary_speech_locale": second,
    });
    body
}
