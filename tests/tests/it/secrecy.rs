//! Nothing secret is told: whatever is done with four vendors, no log, no row and no answer holds what would open anything.

use std::fs;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use e2e::corti::CORTI;
use e2e::database::Database;
use e2e::nabla::{CONNECT, COPILOT, CORE, CORE_USER, OTHER, OWN, OauthClient};
use e2e::traces::{Place, Secret};
use e2e::vendors::NAMES;
use e2e::{Answer, Api, Record, Server, Store, clock, corti, upheal};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, SOON};
use crate::whole;

/// What is in every place that is searched, so that it is known to be searched: a key of users.
const MARKER: &str = "marker-that-is-no-secret";

/// A caller whose answers are all kept, and what was secret in what was said to the server, and by it.
struct Conversation {
    api: Api,
    url: String,
    record: Record,
    /// What the command line printed.
    printed: Vec<String>,
    secrets: Vec<Secret>,
}

impl Conversation {
    fn with(server: &Server) -> Self {
        let record = Record::default();
        Self {
            api: server.api().recorded(&record),
            url: server.url(),
            record,
            printed: Vec::new(),
            secrets: vec![Secret::new("the bootstrap key", server.key())],
        }
    }

    /// Anybody, below a path.
    fn anybody(&self, path: &str) -> Api {
        self.api.anonymous().at(&self.url).below(path)
    }

    /// Notes what no answer may ever hold.
    fn secret(&mut self, name: &str, secret: &str) {
        self.secrets.push(Secret::new(name, secret));
    }

    /// Notes a private key, by some of its lines: a text in JSON has no line ends.
    fn private_key(&mut self, name: &str, pem: &str) {
        let lines: Vec<&str> = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        for number in [0, lines.len() / 2, lines.len() - 2] {
            self.secret(&format!("line {number} of {name}"), lines[number]);
        }
    }

    /// Notes what one answer issues, and no other may hold.
    fn issued(&mut self, name: &str, answer: &Answer, pointer: &str) -> String {
        let issued = answer.text_at(pointer);
        self.secrets.push(Secret::new(name, &issued).issued_in(&answer.text));
        issued
    }

    /// Runs a command that shows no secret.
    fn cli(&mut self, server: &Server, arguments: &[&str]) {
        let ran = server.cli(arguments);
        self.printed.push(format!("{}{}", ran.stdout, ran.stderr));
    }

    /// Everything that the server answered, but for what one answer issues.
    fn nothing_is_told(&self) {
        let answers = self.record.answers();
        assert!(answers.len() > 100, "so few answers prove little: {}", answers.len());
        let said: Vec<(String, Option<String>, Place)> = answers
            .into_iter()
            .map(|answer| {
                let headers = format!("{:?}", answer.headers);
                let place = Place::of(format!("{headers}\n{}", answer.text));
                (answer.asked, Some(answer.text), place)
            })
            .chain(
                self.printed
                    .iter()
                    .map(|text| ("a command".to_owned(), None, Place::of(text))),
            )
            .collect();
        assert!(
            said.iter().any(|(.., place)| is_found(MARKER, place)),
            "the answers are not searched"
        );
        for secret in &self.secrets {
            for (asked, text, place) in &said {
                let is_issued = text.is_some() && *text == secret.issued_in;
                if let Some(found) = secret.traces_in(place).filter(|_| !is_issued) {
                    panic!("{} is told by {asked}, as {found:?}", secret.name);
                }
            }
        }
    }

    /// Panics if a place holds anything secret, be it among what was noted or not.
    fn nothing_is_in(&self, what: &str, place: &Place, marker: &str) {
        assert!(
            is_found(marker, place),
            "{what} does not hold {marker}: it is not searched"
        );
        for secret in &self.secrets {
            if let Some(found) = secret.traces_in(place) {
                panic!("{} is in {what}, as {found:?}", secret.name);
            }
        }
        // What Roster and the vendors issued to each other is known to nobody here, but is told by its form.
        assert!(!place.has_token(), "{what} holds a token");
        assert!(!place.has("PRIVATE KEY"), "{what} holds a private key");
        // A key of Roster's own has this before its characters.
        assert!(!place.has("rstr_"), "{what} holds an API key");
    }
}

/// Whether what is no secret is found in the way in which secrets are looked for.
fn is_found(marker: &str, place: &Place) -> bool {
    Secret::new("what is no secret", marker).traces_in(place).is_some()
}

/// Calls every dialect with credentials of its own, right and wrong.
async fn dialects_are_used(server: &Server, told: &mut Conversation) {
    let api = told.api.clone();
    // Nabla's APIs: assertions, and tokens for servers and for users
    let description = json!({ "kind": "oauth_client", "public_key": OWN.public });
    let id = api.post("/v1/clients", description).await.expect(201).text_at("/id");
    told.private_key("a client's private key", OWN.private);
    let mut servers = Vec::new();
    for path in [CORE, CONNECT] {
        let client = OauthClient {
            id: id.clone(),
            api: told.anybody(path),
        };
        let assertion = client.assertion().sign(OWN);
        let answer = client.ask(&assertion).await.expect(200);
        told.secret("an assertion", &assertion);
        let token = told.issued("an access token", &answer, "/access_token");
        servers.push(client.api.bearer(&token));
        let wrong = client.assertion().sign(OTHER);
        client.ask(&wrong).await.expect(401);
        told.secret("a wrong assertion", &wrong);
    }
    let made = servers[0]
        .post("/users", json!({ "external_id": "by-core" }))
        .await
        .expect(200);
    let path = format!("/jwt/authenticate/{}", made.text_at("/id"));
    let tokens = servers[0].post(&path, json!({})).await.expect(200);
    told.issued("a user's access token", &tokens, "/access_token");
    let refresh = told.issued("a user's refresh token", &tokens, "/refresh_token");
    let body = json!({ "refresh_token": refresh });
    let tokens = told.anybody(CORE_USER).post("/jwt/refresh", body).await.expect(200);
    told.issued("a user's second access token", &tokens, "/access_token");
    let connect = json!({ "provider_email": "dora@example.org", "external_provider_id": "by-connect" });
    servers[1].post("/users", connect).await.expect(200);
    keys_are_used(told).await;
    passwords_are_used(told).await;
    // And what the sandbox made for Roster to open each vendor with
    let printed = server.cli(&["sandbox", "credentials", "--json"]).ok().json();
    for access in printed["data"].as_array().expect("a list") {
        for (name, value) in access["credentials"].as_object().expect("credentials") {
            let name = format!("{} of {}", name, access["api"]);
            let value = value.as_str().unwrap_or_default();
            if value.contains("PRIVATE KEY") {
                told.private_key(&name, value);
            } else if ["api_key", "password", "access_token"]
                .iter()
                .any(|kind| name.starts_with(kind))
            {
                told.secret(&name, value);
            }
        }
    }
}

/// Calls Nabla's archived generation and Upheal with API keys.
async fn keys_are_used(told: &mut Conversation) {
    let api = told.api.clone();
    let answer = api.post("/v1/clients", json!({ "kind": "api_key" })).await.expect(201);
    let key = told.issued("an API key", &answer, "/key");
    told.anybody(COPILOT).bearer(&key).get("/users").await.expect(200);
    let vendor = told.anybody(upheal::V2).with("x-api-key", &key);
    let provider = upheal::provider("cem@example.org");
    vendor.post("/users/providers", provider).await.expect(200);
    let wrong = "a-wrong-key-in-the-header";
    told.anybody(upheal::V1)
        .with("x-api-key", wrong)
        .get("/users/nobody")
        .await
        .expect(401);
    told.anybody("")
        .bearer("a-wrong-key-as-bearer")
        .get("/v1/users")
        .await
        .expect(401);
    told.secret("a wrong key", wrong);
    told.secret("another wrong key", "a-wrong-key-as-bearer");
}

/// Signs in at Corti, and gives users initial passwords there.
async fn passwords_are_used(told: &mut Conversation) {
    let api = told.api.clone();
    let (email, password) = ("console@example.org", format!("P4ss!{}", clock::fresh()));
    let description = json!({ "kind": "service_account", "email": email, "password": password });
    api.post("/v1/clients", description).await.expect(201);
    told.secret("an account's password", &password);
    let console = told.anybody(CORTI);
    let login = json!({ "email": email, "password": password });
    let answer = console.post("/auth/token", login).await.expect(200);
    let token = told.issued("an account's token", &answer, "/accessToken");
    let wrong = "a-wrong-password-typed-9";
    console
        .post("/auth/token", json!({ "email": email, "password": wrong }))
        .await
        .expect(401);
    told.secret("an account's wrong password", wrong);
    let users = console
        .bearer(&token)
        .below("/projects/default/customers/default/users");
    let (first, second) = ("first-passw0rd-9-Xq?&", "second-passw0rd-9-Yr/+");
    let mut eve = corti::user("eve@example.org");
    eve["password"] = json!(first);
    let made = users.post("", eve).await.expect(201).text_at("/id");
    api.patch(&format!("/v1/users/{made}"), json!({ "external_id": "eve" }))
        .await
        .expect(200);
    whole::in_sync(&api, &made, "corti").await;
    let change = json!({ "firstName": "Eva", "password": second });
    users.patch(&format!("/{made}"), change).await.expect(200);
    whole::in_sync(&api, &made, "corti").await;
    told.secret("an initial password", first);
    told.secret("another initial password", second);
    told.secret("a refused password", "zu-kurz!");
    let mut refused = corti::user("fay@example.org");
    refused["password"] = json!("zu-kurz!");
    users.post("", refused).await.expect(400);
}

/// Has every vendor fail in each way, at what is new and at what is changed.
async fn vendors_fail(told: &mut Conversation, user: &str) {
    let api = told.api.clone();
    for fault in [
        json!({ "kind": "malformed" }),
        json!({ "kind": "wrong_content_type" }),
        json!({ "kind": "drop_reply" }),
        json!({ "kind": "reset" }),
        json!({ "kind": "status", "status": 500 }),
        json!({ "kind": "status", "status": 429, "retry_after": 1 }),
    ] {
        for vendor in NAMES {
            let body = json!({ "vendor": vendor, "fault": fault, "times": 1 });
            api.post("/sandbox/faults", body).await.expect(201);
        }
        change(&api, user).await;
        given::in_sync_everywhere(&api, user).await;
    }
    // Refused for good, which is asked about
    for vendor in NAMES {
        let body = json!({ "vendor": vendor, "fault": { "kind": "status", "status": 422 }, "times": 1 });
        api.post("/sandbox/faults", body).await.expect(201);
    }
    change(&api, user).await;
    for vendor in NAMES {
        whole::account_with(&api, user, vendor, "needs_attention").await;
    }
    retry(&api, user).await;
    given::in_sync_everywhere(&api, user).await;
    api.get("/sandbox/faults").await.expect(200);
    api.delete("/sandbox/faults").await.expect(204);
}

async fn change(api: &Api, user: &str) {
    let name = clock::fresh();
    let locale = if name.as_bytes()[0].is_multiple_of(2) {
        "en-US"
    } else {
        "fr-FR"
    };
    let before = api.get(&format!("/v1/users/{user}")).await.expect(200).json();
    let locale = if before["settings"]["speech_locale"] == locale {
        "de-DE"
    } else {
        locale
    };
    let change = json!({ "last_name": name, "metadata": { "site": name }, "settings": { "speech_locale": locale } });
    api.patch(&format!("/v1/users/{user}"), change).await.expect(200);
}

async fn retry(api: &Api, user: &str) {
    for account in api.get(&format!("/v1/users/{user}/accounts")).await.expect(200).data() {
        if account["status"] == "needs_attention" {
            let connection = account["connection_id"].as_str().expect("an id");
            let path = format!("/v1/users/{user}/accounts/{connection}/retry");
            let retried = api.post(&path, json!({})).await;
            assert!(matches!(retried.status, 200 | 202), "{retried:?}");
        }
    }
}

/// Gives every connection credentials that open nothing, has them refused, and gives it the right ones again.
async fn credentials_are_changed(server: &Server, told: &mut Conversation, user: &str) {
    let api = told.api.clone();
    let printed = server.cli(&["sandbox", "credentials", "--json"]).ok().json();
    for vendor in NAMES {
        let path = whole::path(&api, vendor).await;
        let accesses = printed["data"].as_array().expect("a list");
        let is_meant = |access: &&Value| {
            access["vendor"] == vendor && (vendor != "nabla_core" || access["authentication"] == "oauth_client")
        };
        let known = &accesses.iter().rfind(is_meant).expect("credentials")["credentials"];
        let (name, wrong) = match vendor {
            "upheal" => ("api_key", format!("no-such-key-{}", clock::fresh())),
            "corti" => ("password", format!("no-such-password-{}", clock::fresh())),
            _ => ("private_key", OTHER.private.to_owned()),
        };
        if name == "private_key" {
            told.private_key("a connection's wrong private key", &wrong);
        } else {
            told.secret("a connection's wrong credential", &wrong);
        }
        let names = ["client_id", "private_key", "api_key", "email", "password"];
        let right: serde_json::Map<String, Value> = names
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), known.get(name)?.clone())))
            .collect();
        let mut refused = right.clone();
        refused.insert(name.to_owned(), json!(wrong));
        api.patch(&path, json!({ "credentials": refused })).await.expect(200);
        api.post(&format!("{path}/test"), json!({})).await;
        change(&api, user).await;
        whole::account_with(&api, user, vendor, "paused").await;
        told.cli(server, &["connections", "test", vendor]);
        api.patch(&path, json!({ "credentials": right, "paused": false }))
            .await
            .expect(200);
        api.post(&format!("{path}/test"), json!({})).await.expect(200);
        given::in_sync_everywhere(&api, user).await;
        // What is no credential at all is refused, and not repeated.
        let mut malformed = right;
        malformed.insert(name.to_owned(), json!(["hunter2-in-a-list"]));
        api.patch(&path, json!({ "credentials": malformed })).await.expect(422);
    }
    told.secret("a malformed credential", "hunter2-in-a-list");
}

/// Looks at all that there is to be looked at.
async fn everything_is_looked_at(server: &Server, told: &mut Conversation, user: &str) {
    let api = told.api.clone();
    for path in [
        "/v1/users",
        "/v1/accounts",
        "/v1/connections",
        "/v1/clients",
        "/v1/organization",
        "/sandbox/calls",
        "/healthz",
        "/readyz",
    ] {
        api.get(path).await.expect(200);
    }
    for path in ["", "/accounts", "/history"] {
        api.get(&format!("/v1/users/{user}{path}")).await.expect(200);
    }
    api.post(&format!("/v1/users/{user}/preview"), json!({}))
        .await
        .expect(200);
    for vendor in NAMES {
        api.get(&format!("/sandbox/users?vendor={vendor}")).await.expect(200);
        api.get(&whole::path(&api, vendor).await).await.expect(200);
    }
    for arguments in [
        &["users", "list", "--json"][..],
        &["users", "get", user],
        &["users", "history", user],
        &["users", "preview", user],
        &["accounts", "list", "--all"],
        &["connections", "list", "--json"],
        &["connections", "pull", "nabla_core", "--dry-run"],
        &["connections", "pull", "corti"],
        &["config"],
    ] {
        told.cli(server, arguments);
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_log_no_row_and_no_answer_holds_a_secret(#[case] store: Store) {
    // Given a server that logs all it can, with four vendors
    let keys = [[0x5a; 32], [0xa7; 32]].map(|key: [u8; 32]| key.map(|byte| byte ^ clock::fresh().as_bytes()[0]));
    let [first_key, second_key] = keys.map(|key| BASE64_STANDARD.encode(key));
    let mut server = Server::on(store)
        .sandbox()
        .env("ROSTER_LOG", "trace")
        .env("ROSTER_SECRET_KEY", &first_key)
        .start()
        .await;
    let mut told = Conversation::with(&server);
    for (key, text) in keys.iter().zip([&first_key, &second_key]) {
        told.secrets.push(Secret::new("the bytes of a secret key", key));
        told.secret("a secret key", text);
    }
    let api = told.api.clone();
    let user = whole::user(&api, MARKER).await;
    let user = given::id(&user);
    given::in_sync_everywhere(&api, user).await;

    // When everything is done with it that has to do with secrets, also with a new key
    dialects_are_used(&server, &mut told).await;
    vendors_fail(&mut told, user).await;
    credentials_are_changed(&server, &mut told, user).await;
    everything_is_looked_at(&server, &mut told, user).await;
    assert_eq!(server.stop(SOON).await.code(), Some(0));
    server.set_env("ROSTER_SECRET_KEY", &second_key);
    server.set_env("ROSTER_PREVIOUS_SECRET_KEYS", &first_key);
    server.start_again().await;
    told.cli(&server, &["secrets", "reseal"]);
    change(&api, user).await;
    given::in_sync_everywhere(&api, user).await;
    everything_is_looked_at(&server, &mut told, user).await;

    // Then no answer holds any of it but the one that issues it,
    told.nothing_is_told();
    // no log does,
    let log = server.log();
    for level in ["TRACE", "DEBUG"] {
        assert!(log.contains(level), "this test needs a log that says much");
    }
    told.nothing_is_in("the log", &Place::of(&log), user);
    // and neither does the database, while it is in use and at rest.
    let while_running = stored(&server).await;
    told.nothing_is_in("the database", &while_running, MARKER);
    server.leaves_accounts();
    assert_eq!(server.stop(Duration::from_secs(20)).await.code(), Some(0));
    let at_rest = stored(&server).await;
    told.nothing_is_in("the database at rest", &at_rest, MARKER);
    println!(
        "secrecy: {} secrets in {} answers, {} bytes of log and {} of the database",
        told.secrets.len(),
        told.record.answers().len(),
        log.len(),
        while_running.size(),
    );
}

/// All that the database holds: its files, the write-ahead log included, or every row of every table.
async fn stored(server: &Server) -> Place {
    match server.database() {
        Database::Postgres(postgres) => Place::of(postgres.dump().await),
        Database::Sqlite { .. } => {
            let mut bytes = Vec::new();
            for entry in fs::read_dir(server.folder()).expect("the folder is read") {
                let path = entry.expect("an entry").path();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if name.starts_with("roster.db") && name != "roster.db.key" {
                    bytes.extend(fs::read(&path).expect("a file is read"));
                }
            }
            Place::of(bytes)
        }
    }
}
