//! Nothing that a call carries comes back in the words of its failure, whatever the vendor repeats.

use std::error::Error;
use std::sync::{Arc, Mutex};

use roster_application::credentials::Credentials;
use roster_application::ports::{self, Target, VendorError, VendorGateway};
use roster_contract::vendor::clinician;
use roster_domain::{Connection, Password, Vendor, VendorKey, VendorUserId};
use roster_vendors::{Corti, NablaConnect, NablaCore, Upheal};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::script::answer;
use crate::support::server::{Action, Request, Server};
use crate::support::{CountingIds, RSA_KEY, SetClock, connection, credentials, patient_egress};
use crate::{corti, support};

const API_KEY: &str = "k3y/of \"upheal\"+that=nobody?may&see";
const TOKEN: &str = "t0ken-that-nobody-may-see-0123456789";
const INITIAL_PASSWORD: &str = "an-initial-passw0rd-9-Xq";
const ID: &str = "98fce1ef-dbca-41ef-8bc7-4d1621ac07c6";
/// As much of a secret as must not be seen.
const TELLING: usize = 12;
/// How a vendor may say what it was sent.
const SHAPES: usize = 8;

/// What the server was sent and nobody may see.
type Heard = Arc<Mutex<Vec<String>>>;

/// What the server refuses, repeating all that it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refuses {
    /// Even a token.
    Everything,
    /// All that a token is needed for.
    Calls,
    /// Only what changes something.
    Changes,
}

#[derive(Debug, Clone, Copy)]
struct Manner {
    refuses: Refuses,
    status: u16,
    shape: usize,
}

/// What is repeated, in one of several forms, the last of which is cut in the middle of it by who reads it.
fn repeated(what: &str, shape: usize) -> String {
    match shape {
        0 => json!({"message": format!("refused: {what}"), "code": 7, "name": "NO"}).to_string(),
        1 => json!({"error": {"message": what, "code": "no"}}).to_string(),
        2 => json!({"errors": [{"field": what}]}).to_string(),
        3 => json!({what: "is no field"}).to_string(),
        4 => json!(what).to_string(),
        5 => format!("<p>{what}</p>"),
        6 => json!({"id": {"is": what}, "userId": [what], "access_token": {"is": what}, "activated": what}).to_string(),
        _ => json!({"message": format!("{}{what}", "x".repeat(270))}).to_string(),
    }
}

fn decide(request: &Request, manner: Manner, heard: &Heard) -> Action {
    let is_token = request.target.contains("/token");
    let body = request.body.as_deref().unwrap_or_default();
    let sent: Value = serde_json::from_str(body).unwrap_or_default();
    if let Some(assertion) = sent["client_assertion"].as_str() {
        heard.lock().unwrap().push(assertion.to_owned());
    }
    let json = |body: Value| answer(200, &[], "application/json", &body.to_string());
    if is_token && manner.refuses != Refuses::Everything {
        return json(json!({"access_token": TOKEN, "expires_in": 3600}));
    }
    if manner.refuses == Refuses::Changes {
        let is_provider = request.target.contains("/providers/");
        match request.method.as_str() {
            "GET" if request.target.contains("/projects/") => {
                return json(json!({"users": [], "pagination": {"totalCount": 0}}));
            }
            "GET" if is_provider => return json(json!({"userId": ID, "email": "ann@example.org"})),
            "GET" => return json(json!({"id": ID, "activated": true, "userId": ID})),
            _ if request.target.ends_with("/users/check") => {
                return json(json!({"isUserExists": true, "userId": ID, "isActive": true}));
            }
            _ => {}
        }
    }
    let values = request.headers.iter().map(|(_, value)| value.as_str());
    let texts = ["client_assertion", "password"]
        .into_iter()
        .filter_map(|name| sent[name].as_str());
    let what: Vec<&str> = values
        .filter(|value| value.contains(TOKEN) || value.contains(API_KEY))
        .chain(texts)
        .collect();
    let content_type = if manner.shape == 5 {
        "text/html"
    } else {
        "application/json"
    };
    answer(
        manner.status,
        &[],
        content_type,
        &repeated(&what.join(" and "), manner.shape),
    )
}

fn vendor_at(vendor: Vendor, url: &str) -> (Box<dyn VendorGateway>, Connection, Credentials) {
    let (clock, ids) = (SetClock::new(), Arc::new(CountingIds::default()));
    let of = |vendor| Connection {
        vendor,
        ..connection(url)
    };
    match vendor {
        Vendor::NablaCore => {
            let client = NablaCore::new(patient_egress(), clock, ids);
            (Box::new(client), of(vendor), credentials())
        }
        Vendor::NablaConnect => {
            let client = NablaConnect::new(patient_egress(), clock, ids);
            (Box::new(client), of(vendor), credentials())
        }
        Vendor::Upheal => {
            let api_key = API_KEY.into();
            let client = Upheal::new(patient_egress(), clock);
            (Box::new(client), of(vendor), Credentials::ApiKey { api_key })
        }
        Vendor::Corti => {
            let client = Corti::new(patient_egress(), clock);
            (Box::new(client), corti::corti_connection(url), corti::account())
        }
    }
}

/// Every operation there is, with its name; those that succeeded are left out.
async fn failures(client: &dyn VendorGateway, target: Target<'_>) -> Vec<(&'static str, VendorError)> {
    let (user, id, key) = (clinician(), VendorUserId::new(ID), VendorKey::new("ann@example.org"));
    let password = Password::new(INITIAL_PASSWORD).unwrap();
    let subject = ports::Subject {
        user: &user,
        password: Some(&password),
    };
    let outcomes = [
        ("look_up", client.look_up(target, &key, &user, None).await.map(drop)),
        ("create", client.create(target, &key, subject).await.map(drop)),
        ("update", client.update(target, &id, subject).await.map(drop)),
        ("read_back", client.read_back(target, &id, &user, None).await.map(drop)),
        ("list", client.list(target, None).await.map(drop)),
        ("activate", client.activate(target, &id).await),
        ("deactivate", client.deactivate(target, &id).await),
        ("delete", client.delete(target, &id).await),
        ("test", client.test(target).await),
    ];
    let failed = outcomes.into_iter();
    failed
        .filter_map(|(name, outcome)| Some((name, outcome.err()?)))
        .collect()
}

/// All that a failure can show, to people and in logs.
fn shown(error: &VendorError) -> String {
    let mut texts = vec![format!("{error} {error:?}")];
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(format!("{error} {error:?}"));
        cause = error.source();
    }
    texts.join(" ")
}

/// A part of a secret that a text shows.
fn telling_part<'a>(text: &str, secret: &'a str) -> Option<&'a str> {
    let parts = (0..=secret.len() - TELLING).map(|at| &secret[at..at + TELLING]);
    parts.into_iter().find(|part| text.contains(part))
}

#[rstest]
#[case::nabla_core(Vendor::NablaCore)]
#[case::nabla_connect(Vendor::NablaConnect)]
#[case::upheal(Vendor::Upheal)]
#[case::corti(Vendor::Corti)]
#[tokio::test]
async fn a_refusal_that_repeats_what_was_sent_shows_nothing_of_it(
    #[case] vendor: Vendor,
    #[values(Refuses::Everything, Refuses::Calls, Refuses::Changes)] refuses: Refuses,
    #[values(200, 400, 401, 403, 404, 409, 422, 500)] status: u16,
) {
    let (mut masked, mut failed) = (0, 0);
    for shape in 0..SHAPES {
        // Given a vendor that repeats what it was sent
        let manner = Manner { refuses, status, shape };
        let heard = Heard::default();
        let hears = Arc::clone(&heard);
        let server = Server::start(move |request| decide(&request, manner, &hears)).await;
        let (client, connection, credentials) = vendor_at(vendor, &server.url());
        let target = Target {
            turns: &ports::AtOnce,
            connection: &connection,
            credentials: &credentials,
        };

        // When everything is asked of it
        let failures = failures(&*client, target).await;

        // Then nothing of it is to be seen, whoever looks
        let mut secrets: Vec<String> = [API_KEY, TOKEN, INITIAL_PASSWORD, corti::PASSWORD]
            .map(str::to_owned)
            .to_vec();
        secrets.extend(RSA_KEY.private.lines().nth(5).map(str::to_owned));
        secrets.extend(heard.lock().unwrap().iter().cloned());
        for (operation, error) in &failures {
            let shown = shown(error);
            for secret in &secrets {
                let part = telling_part(&shown, secret);
                assert_eq!(part, None, "{operation}, {manner:?}: {shown}");
            }
            masked += usize::from(error.message.contains("***"));
        }
        failed += failures.len();
    }
    assert!(failed > 0, "something was refused");
    // Where the vendor's words are shown, they are shown masked.
    if matches!(status, 400 | 409 | 422 | 500) {
        assert!(masked > 0, "what was repeated is masked, not left out");
    }
}

#[rstest]
#[case::a_line_break(json!("token\nx-injected: 1"))]
#[case::a_line_break_at_its_end(json!("token\r\n"))]
#[case::beyond_ascii(json!("tökén"))]
#[case::a_space(json!("to ken"))]
#[case::nothing(json!(""))]
#[tokio::test]
async fn a_token_that_no_header_can_carry_is_the_vendors_fault_and_no_users(
    #[case] token: Value,
    #[values(Vendor::NablaCore, Vendor::NablaConnect, Vendor::Corti)] vendor: Vendor,
) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&asked);
    let server = Server::start(move |request| {
        notes.lock().unwrap().push(request.target);
        let body = json!({"access_token": token, "expires_in": 3600}).to_string();
        answer(200, &[], "application/json", &body)
    })
    .await;
    let (client, connection, credentials) = vendor_at(vendor, &server.url());
    let target = Target {
        turns: &ports::AtOnce,
        connection: &connection,
        credentials: &credentials,
    };

    for (operation, error) in failures(&*client, target).await {
        // What a vendor has no way to do needs no token.
        if error.status.is_some() {
            let class = roster_domain::OutcomeClass::Transient { after: None };
            assert_eq!(error.class, class, "{operation}: {error}");
            assert!(error.message.contains("no access token"), "{operation}: {error}");
        }
    }
    let asked = asked.lock().unwrap();
    assert!(
        !asked.is_empty() && asked.iter().all(|target| target.contains("/token")),
        "{asked:?}"
    );
}

#[rstest]
#[case::digits(json!({"access_token": TOKEN, "expires_in": "3600"}))]
#[case::a_fraction(json!({"access_token": TOKEN, "expires_in": 3599.5}))]
#[case::not_told(json!({"access_token": TOKEN}))]
#[case::null(json!({"access_token": TOKEN, "expires_in": null}))]
#[tokio::test]
async fn a_token_is_used_and_kept_however_its_lifetime_is_told(#[case] granted: Value) {
    let asked = Arc::new(Mutex::new(0));
    let counts = Arc::clone(&asked);
    let server = Server::start(move |request| {
        if request.target.contains("/token") {
            *counts.lock().unwrap() += 1;
            return answer(200, &[], "application/json", &granted.to_string());
        }
        let user = json!({"id": ID, "activated": true, "external_id": "ehr-4711"});
        answer(200, &[], "application/json", &user.to_string())
    })
    .await;
    let subject = support::Subject::at(&server.url());

    for _ in 0..2 {
        let id = VendorUserId::new(ID);
        subject.client.activate(subject.target(), &id).await.unwrap();
    }

    assert_eq!(*asked.lock().unwrap(), 1);
}
