//! Secrets stay secret: in the log, in the database, on the disk, and in answers.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use e2e::corti::{Account, CORTI};
use e2e::database::Database;
use e2e::nabla::{CONNECT, COPILOT, CORE_USER, OWN, OauthClient};
use e2e::vendors::NAMES;
use e2e::{Api, Server, Store, corti, upheal, wait};
use rstest::rstest;
use serde_json::json;

use crate::starting::{self, Beside};
use crate::{given, whole};

/// Everything secret that a server came to know, by name.
async fn secrets_of(server: &Server) -> Vec<(&'static str, String)> {
    let api = server.api();
    let mut secrets = vec![("the bootstrap key", server.key().to_owned())];
    // An API key, with an idempotency key, so that its answer is kept
    let body = json!({ "kind": "api_key" });
    let made = api
        .with("Idempotency-Key", "secret-1")
        .post("/v1/clients", body)
        .await
        .expect(201);
    secrets.push(("an API key", made.text_at("/key")));
    // The password of a service account
    let password = "correct-horse-battery-9";
    let body = json!({ "kind": "service_account", "email": "bot@example.org", "password": password });
    api.post("/v1/clients", body).await.expect(201);
    secrets.push(("a password", password.to_owned()));
    // An OAuth client's assertion and token, and a user's tokens
    let client = OauthClient::register(server, &api).await;
    let assertion = client.assertion().sign(OWN);
    let token = client.ask(&assertion).await.expect(200).text_at("/access_token");
    let vendor = client.api.bearer(&token);
    secrets.push(("an assertion", assertion));
    secrets.push(("an access token", token));
    let user = vendor.post("/users", json!({})).await.expect(200).text_at("/id");
    let tokens = vendor
        .post(&format!("/jwt/authenticate/{user}"), json!({}))
        .await
        .expect(200);
    api.anonymous()
        .below(CORE_USER)
        .post(
            "/jwt/refresh",
            json!({ "refresh_token": tokens.text_at("/refresh_token") }),
        )
        .await
        .expect(200);
    secrets.push(("a user's access token", tokens.text_at("/access_token")));
    secrets.push(("a user's refresh token", tokens.text_at("/refresh_token")));
    secrets.extend(secrets_of_dialects(server, &client).await);
    // The private key of a connection, given right and given wrong
    api.post("/v1/connections", given::new_connection()).await.expect(201);
    let mut wrong = given::new_connection();
    wrong["credentials"]["private_key"] = json!("hunter2-is-not-a-key");
    let refused = api.post("/v1/connections", wrong).await.expect(422);
    assert!(!refused.text.contains("hunter2"), "{refused:?}");
    secrets.push((
        "a private key",
        OWN.private.lines().nth(5).expect("a line of the key").to_owned(),
    ));
    secrets.push(("a private key that was refused", "hunter2-is-not-a-key".to_owned()));
    // Credentials that open nothing
    api.bearer("rstr_a-wrong-key-somebody-typed")
        .get("/v1/users")
        .await
        .expect(401);
    secrets.push(("a wrong API key", "rstr_a-wrong-key-somebody-typed".to_owned()));
    secrets
}

/// What the other vendors' dialects are told in confidence, and tell.
async fn secrets_of_dialects(server: &Server, client: &OauthClient) -> Vec<(&'static str, String)> {
    let api = server.api();
    let mut secrets = Vec::new();
    // Nabla Connect: an assertion and a token
    let connect = client.at(server, CONNECT);
    let assertion = connect.assertion().sign(OWN);
    let token = connect.ask(&assertion).await.expect(200).text_at("/access_token");
    let body = json!({ "provider_email": "dora@example.org", "external_provider_id": "ehr-9" });
    connect.api.bearer(&token).post("/users", body).await.expect(200);
    secrets.push(("an assertion for Nabla Connect", assertion));
    secrets.push(("an access token of Nabla Connect", token));
    // Upheal: a key in the vendor's header, right and wrong, and links that let people in
    let key = api
        .post("/v1/clients", json!({ "kind": "api_key" }))
        .await
        .expect(201)
        .text_at("/key");
    let vendor = upheal::with_key(server, upheal::V2, &key);
    let made = vendor
        .post("/users/providers", upheal::provider("cem@example.org"))
        .await
        .expect(200);
    let last = |link: &str| link.rsplit('/').next().unwrap_or_default().to_owned();
    upheal::with_key(server, upheal::V1, "wrong-key-in-the-header")
        .get("/users/nobody")
        .await
        .expect(401);
    secrets.push(("a key in x-api-key", key));
    secrets.push(("a wrong key in x-api-key", "wrong-key-in-the-header".to_owned()));
    secrets.push(("an invitation", last(&made.text_at("/inviteUrl"))));
    secrets.push(("a room", last(&made.text_at("/privateRoomLink"))));
    // Corti: the passwords of an account and of users, right and wrong, and a token
    let account = Account::register(&api).await;
    let token = account.sign_in(server).await.expect(200).text_at("/accessToken");
    corti::sign_in(server, &account.email, "a-wrong-password-typed")
        .await
        .expect(401);
    corti::sign_in(server, "nobody@example.org", "an-unknown-ones-password")
        .await
        .expect(401);
    let users = api
        .below(CORTI)
        .bearer(&token)
        .below("/projects/default/customers/default/users");
    let with_password = |password: &str| json!({ "email": "eve@example.org", "firstName": "Eve", "lastName": "Lee", "password": password });
    users.post("", with_password("zu-kurz!")).await.expect(400);
    let made = users
        .post("", with_password("My$ecureP@ssw0rd123!"))
        .await
        .expect(201)
        .text_at("/id");
    let change = json!({ "password": "An0ther$ecureP@ssw0rd" });
    users.patch(&format!("/{made}"), change).await.expect(200);
    secrets.push(("an account's password", account.password));
    secrets.push(("an account's token", token));
    for password in [
        "a-wrong-password-typed",
        "an-unknown-ones-password",
        "zu-kurz!",
        "My$ecureP@ssw0rd123!",
        "An0ther$ecureP@ssw0rd",
    ] {
        secrets.push(("a password at Corti", password.to_owned()));
    }
    secrets
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn secrets_are_neither_in_the_log_nor_in_the_database(#[case] store: Store) {
    // Given a server that logs all it can, and has come to know every kind of secret
    let mut server = Server::on(store).sandbox().env("ROSTER_LOG", "debug").start().await;
    let user = whole::user(&server.api(), "ehr-1").await;
    given::in_sync_everywhere(&server.api(), given::id(&user)).await;
    server.api().below(COPILOT).get("/users").await.expect(200);
    whole::pause(&server.api(), "corti", true).await;
    let mut secrets = secrets_of(&server).await;
    secrets.extend(own_key(&server));
    // Of which a user's initial password is kept, sealed, until the vendor that takes one has it.
    let found = server.api().get("/v1/users?email=eve@example.org").await.expect(200);
    let eve = found.text_at("/data/0/id");
    if let Database::Postgres(postgres) = server.database() {
        let dump = postgres.dump().await;
        let eve = row_of(&dump, &eve);
        assert!(eve.contains("\\x"), "no bytes are kept: {eve}");
    }
    whole::pause(&server.api(), "corti", false).await;
    whole::in_sync(&server.api(), &eve, "corti").await;

    // Then the log has none of them,
    let log = server.log();
    assert!(log.contains("DEBUG"), "this test needs a log that says much:\n{log}");
    for (name, secret) in &secrets {
        assert!(!log.contains(secret), "{name} is in the log");
    }
    // and neither has the database, in clear or encoded.
    server.leaves_accounts();
    let stored = match server.database() {
        Database::Sqlite { .. } => {
            server.stop(given::SOON).await;
            everything_in(&server)
        }
        Database::Postgres(postgres) => {
            let dump = postgres.dump().await;
            let eve = row_of(&dump, &eve);
            assert!(!eve.contains("\\x"), "bytes are kept that nobody needs: {eve}");
            dump.into_bytes()
        }
    };
    assert!(
        contains(&stored, user["id"].as_str().expect("an id").as_bytes()) || contains(&stored, b"ehr-1"),
        "the database was read"
    );
    assert!(
        log.contains("POST") && log.contains("/corti/"),
        "the log tells of the requests:\n{log}"
    );
    for (name, secret) in &secrets {
        let bytes = secret.as_bytes();
        let hexadecimal: String = bytes
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect();
        for form in [
            secret.clone(),
            hexadecimal,
            BASE64_STANDARD.encode(bytes),
            BASE64_STANDARD_NO_PAD.encode(bytes),
        ] {
            assert!(!contains(&stored, form.as_bytes()), "{name} is in the database");
        }
    }
}

/// The row of a user in a dump: the one with the id and the address.
fn row_of<'dump>(dump: &'dump str, user: &str) -> &'dump str {
    let mut rows = dump.lines();
    rows.find(|row| row.contains(user) && row.contains("eve@example.org"))
        .expect("a row")
}

/// The key that seals everything else, where it is in a file.
fn own_key(server: &Server) -> Option<(&'static str, String)> {
    let key = fs::read_to_string(server.folder().join("roster.db.key")).ok()?;
    Some(("the secret key", key.trim().to_owned()))
}

/// The database's files, the write-ahead log included, without the file of the secret key.
fn everything_in(server: &Server) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(server.folder()).expect("the folder is read") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("roster.db") && name != "roster.db.key" {
            bytes.extend(fs::read(&path).expect("a file is read"));
        }
    }
    bytes
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn files_that_hold_data_or_the_secret_key_are_their_owners_alone() {
    let server = Server::on(Store::Sqlite).start().await;

    let mode = |name: &str| {
        fs::metadata(server.folder().join(name))
            .expect("a file")
            .permissions()
            .mode()
            & 0o777
    };

    assert_eq!(mode("roster.db.key"), 0o600);
}

#[tokio::test]
async fn postgres_without_a_secret_key_refuses_to_start_and_says_what_to_do() {
    let mut server = Server::on(Store::Postgres).prepare().await;
    server.unset_env("ROSTER_SECRET_KEY");

    let ran = server.cli(&["serve", "--listen", "127.0.0.1:0"]).failed(1);

    assert!(
        ran.stderr.contains("ROSTER_SECRET_KEY") && ran.stderr.contains("openssl rand -base64 32"),
        "{}",
        ran.stderr
    );
}

#[rstest]
#[case::too_short("c2hvcnQ=")]
#[case::not_base64("!!!")]
#[tokio::test]
async fn a_secret_key_that_is_none_is_refused_and_not_repeated(#[case] key: &str) {
    let server = Server::on(Store::Sqlite).env("ROSTER_SECRET_KEY", key).prepare().await;

    let ran = server.cli(&["serve", "--listen", "127.0.0.1:0"]).failed(1);

    assert!(ran.stderr.contains("32 bytes"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(key), "{}", ran.stderr);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn with_another_secret_key_it_does_not_start_and_says_which_one_it_lacks(#[case] store: Store) {
    // Given connections that work
    let right = BASE64_STANDARD.encode([8; 32]);
    let mut server = Server::on(store)
        .sandbox()
        .env("ROSTER_SECRET_KEY", &right)
        .start()
        .await;
    let user = whole::user(&server.api(), "ehr-1").await;
    given::in_sync_everywhere(&server.api(), given::id(&user)).await;
    server.stop(given::SOON).await;

    // When the server comes back with another key, then it says what to do instead of serving,
    server.set_env("ROSTER_SECRET_KEY", &BASE64_STANDARD.encode([7; 32]));
    let refused = server.cli(&["serve", "--listen", "127.0.0.1:0"]).failed(1);
    let words = [
        "4 connections",
        "key id",
        "ROSTER_SECRET_KEY",
        "ROSTER_PREVIOUS_SECRET_KEYS",
        "--new-secret-key",
    ];
    for words in words {
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
    }

    // and with the key that is missing, among those before, it goes on as if nothing had been.
    server.set_env("ROSTER_PREVIOUS_SECRET_KEYS", &right);
    server.start_again().await;
    let path = format!("/v1/users/{}", given::id(&user));
    let api = server.api();
    api.patch(&path, json!({ "last_name": "Changed" })).await.expect(200);
    given::in_sync_everywhere(&api, given::id(&user)).await;
}

#[tokio::test]
async fn a_key_that_was_given_up_pauses_no_connection_and_tests_of_it_say_what_is_wrong() {
    // Given connections that work
    let right = BASE64_STANDARD.encode([8; 32]);
    let mut server = Server::on(Store::Sqlite)
        .sandbox()
        .env("ROSTER_SECRET_KEY", &right)
        .start()
        .await;
    let user = whole::user(&server.api(), "ehr-1").await;
    given::in_sync_everywhere(&server.api(), given::id(&user)).await;
    server.stop(given::SOON).await;

    // When it goes on without the key, and without the sandbox, which would make credentials of its own,
    server.set_env("ROSTER_SECRET_KEY", &BASE64_STANDARD.encode([7; 32]));
    server.unset_env("ROSTER_SANDBOX");
    let mut beside = Beside::start(&server, "beside", &["--new-secret-key"]);
    let api = Api::new(starting::url(&beside.banner().await)).bearer(server.key());
    let path = format!("/v1/users/{}", given::id(&user));
    api.patch(&path, json!({ "last_name": "Changed" })).await.expect(200);

    // then the connections say in words what is wrong, and are not paused,
    for vendor in NAMES {
        let connection = whole::connection(&api, vendor).await;
        let path = format!("/v1/connections/{}/test", given::id(&connection));
        let tested = api.post(&path, json!({})).await.expect(200).json();
        assert_eq!(tested["ok"], false, "{tested}");
        let message = tested["message"].as_str().unwrap_or_default();
        assert!(message.contains("ROSTER_SECRET_KEY"), "{tested}");
    }
    wait::until("the worker has tried", given::SOON, async || {
        let account = whole::account(&api, given::id(&user), "corti")
            .await
            .unwrap_or_default();
        let error = account["last_error"].as_str().unwrap_or_default();
        if error.contains("cannot be opened") {
            Ok(())
        } else {
            Err(account.to_string())
        }
    })
    .await;
    for vendor in NAMES {
        let connection = whole::connection(&api, vendor).await;
        assert!(connection["paused"].is_null(), "{connection}");
    }
    drop(beside);

    // and with the key all goes on: a change that came meanwhile arrives.
    server.set_env("ROSTER_SECRET_KEY", &right);
    server.set_env("ROSTER_SANDBOX", "true");
    server.start_again().await;
    let api = server.api();
    api.patch(&path, json!({ "last_name": "Again" })).await.expect(200);
    given::in_sync_everywhere(&api, given::id(&user)).await;
}

#[tokio::test]
async fn answers_never_hold_credentials_and_are_not_to_be_cached() {
    let server = Server::on(Store::Sqlite).start().await;
    let api = server.api();
    let connection = api.post("/v1/connections", given::new_connection()).await.expect(201);
    let key = api
        .post("/v1/clients", json!({ "kind": "api_key" }))
        .await
        .expect(201)
        .text_at("/key");
    let path = format!("/v1/connections/{}", connection.text_at("/id"));
    let line = OWN.private.lines().nth(5).expect("a line of the key");

    for answer in [
        connection,
        api.get(&path).await,
        api.get("/v1/connections").await,
        api.get("/v1/clients").await,
    ] {
        assert!(
            !answer.text.contains(line) && !answer.text.contains(&key) && !answer.text.contains("private_key"),
            "{answer:?}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
    }
    server.api().patch(&path, json!({ "paused": true })).await.expect(200);
}
