//! A new secret key: what was sealed and signed with the old one goes on, and then the old one can go.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use e2e::{Api, Played, Server, Store, clock, corti, nabla};
use rstest::rstest;
use serde_json::json;

use crate::given;
use crate::whole;

const VENDORS: [&str; 4] = ["nabla_core", "nabla_connect", "upheal", "corti"];
/// What is sealed: what opens each vendor, and one initial password.
const SEALED: u64 = 5;

fn key() -> String {
    BASE64_STANDARD.encode(&clock::fresh()[..32])
}

/// A server with a user, and with another whose initial password could not be delivered yet.
async fn in_use(store: Store, key: &str) -> (Server, [String; 2]) {
    let server = Server::on(store).sandbox().env("ROSTER_SECRET_KEY", key).start().await;
    let api = server.api();
    let first = whole::user(&api, "first").await;
    for vendor in VENDORS {
        whole::in_sync(&api, given::id(&first), vendor).await;
    }
    whole::pause(&api, "corti", true).await;
    let console = corti::project(&server, &api).await.below("/customers/default");
    let mut described = corti::user(&whole::email("second"));
    described["password"] = json!("first-passw0rd-9-Xq");
    let second = console.post("/users", described).await.expect(201).text_at("/id");
    api.patch(&format!("/v1/users/{second}"), json!({ "external_id": "second" }))
        .await
        .expect(200);
    assert_eq!(server.database().kept_passwords("default").await, 1);
    (server, [given::id(&first).to_owned(), second])
}

async fn stop(server: &mut Server) {
    assert_eq!(server.stop(Duration::from_secs(20)).await.code(), Some(0));
}

/// Lets everything go on, and looks whether everybody arrives with what was sealed.
async fn everything_converges(server: &Server, users: &[String; 2]) {
    let api = server.api();
    for connection in api.get("/v1/connections").await.expect(200).data() {
        let reason = &connection["paused"]["reason"];
        assert!(connection["vendor"] == "corti" || reason.is_null(), "{connection}");
    }
    whole::pause(&api, "corti", false).await;
    let change = json!({ "last_name": "Changed", "metadata": { "site": "changed" } });
    api.patch(&format!("/v1/users/{}", users[0]), change).await.expect(200);
    for user in users {
        for vendor in VENDORS {
            whole::in_sync(&api, user, vendor).await;
        }
    }
    assert_eq!(server.database().kept_passwords("default").await, 0);
    assert_eq!(server.database().kept_passwords("sandbox-corti").await, 1);
    for vendor in VENDORS {
        assert_eq!(Played::of(server, vendor).users().await.len(), 2, "{vendor}");
    }
    let at_corti = Played::of(server, "corti").user(&whole::email("first")).await;
    assert_eq!(at_corti["last_name"], "Changed");
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_new_key_takes_over_from_the_old_one_without_anybody_noticing(#[case] store: Store) {
    // Given tokens that were issued with the old key
    let (old, new) = (key(), key());
    let (mut server, users) = in_use(store, &old).await;
    let api = server.api();
    let tokens: Vec<(Api, &str)> = vec![
        (nabla::core(&server, &api).await, "/users"),
        (corti::project(&server, &api).await, "/customers"),
    ];
    let session = tokens[0]
        .0
        .post(&format!("/jwt/authenticate/{}", users[0]), json!({}))
        .await;
    let session = session.expect(200).text_at("/refresh_token");

    // When the server starts with a new key beside the old one
    stop(&mut server).await;
    server.set_env("ROSTER_SECRET_KEY", &new);
    server.set_env("ROSTER_PREVIOUS_SECRET_KEYS", &old);
    server.start_again().await;

    // Then they still work,
    for (caller, path) in &tokens {
        caller.get(path).await.expect(200);
    }
    let user_api = Api::new(&server.url()).below(nabla::CORE_USER);
    user_api
        .post("/jwt/refresh", json!({ "refresh_token": session }))
        .await
        .expect(200);
    // and once all is sealed anew, the old key can go:
    let resealed = server.cli(&["secrets", "reseal", "--json"]).ok().json();
    assert_eq!(resealed["unreadable"], 0, "{resealed}");
    let done = resealed["resealed"].as_u64().zip(resealed["current"].as_u64());
    assert!(done.is_some_and(|(now, before)| now + before >= SEALED), "{resealed}");
    let token = nabla::core(&server, &api).await;
    stop(&mut server).await;
    server.unset_env("ROSTER_PREVIOUS_SECRET_KEYS");
    server.start_again().await;
    // what it signed opens nothing any more, what the new one signed does,
    for (caller, path) in &tokens {
        caller.get(path).await.expect(401);
    }
    token.get("/users").await.expect(200);
    // and everything converges.
    everything_converges(&server, &users).await;
    let shown = [server.log(), server.cli(&["config"]).ok().stdout].concat();
    for secret in [&old, &new] {
        assert!(!shown.contains(secret.as_str()), "a key is shown");
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn what_is_sealed_can_be_sealed_anew_while_no_server_runs(#[case] store: Store) {
    let (old, new) = (key(), key());
    let (mut server, users) = in_use(store, &old).await;
    stop(&mut server).await;
    server.set_env("ROSTER_SECRET_KEY", &new);

    // Without the old key it is said that nothing can be opened, and nothing is lost.
    let lost = server.cli(&["secrets", "reseal"]);
    assert!(lost.stderr.contains("ROSTER_PREVIOUS_SECRET_KEYS"), "{lost:?}");

    // With it, among others, everything is sealed anew, once.
    server.set_env("ROSTER_PREVIOUS_SECRET_KEYS", &format!("{},{old}", key()));
    let reseal = || server.cli(&["secrets", "reseal", "--json"]).ok().json();
    let first = reseal();
    assert_eq!(first["resealed"].as_u64(), Some(SEALED), "{first}");
    assert_eq!(
        (&first["current"], &first["unreadable"]),
        (&json!(0), &json!(0)),
        "{first}"
    );
    let again = reseal();
    assert_eq!(again["current"].as_u64(), Some(SEALED), "{again}");
    assert_eq!(again["resealed"], 0, "{again}");
    let words = server.cli(&["secrets", "reseal"]).ok().stdout;
    assert!(words.contains("0 were sealed anew"), "{words}");

    server.unset_env("ROSTER_PREVIOUS_SECRET_KEYS");
    server.start_again().await;
    everything_converges(&server, &users).await;
}

#[rstest]
#[case::no_base64("%%%")]
#[case::too_short("c2hvcnQ=")]
#[tokio::test]
async fn a_previous_key_that_is_none_is_refused(#[case] given: &str) {
    let server = Server::on(Store::Sqlite)
        .env("ROSTER_SECRET_KEY", &key())
        .env("ROSTER_PREVIOUS_SECRET_KEYS", given)
        .prepare()
        .await;

    let refused = server.cli(&["serve", "--listen", "127.0.0.1:0"]);

    assert!(refused.code.is_some_and(|code| code != 0), "{refused:?}");
    assert!(refused.stderr.contains("ROSTER_PREVIOUS_SECRET_KEYS"), "{refused:?}");
    assert!(
        !refused.stderr.contains("panicked") && !refused.stderr.contains(given),
        "{refused:?}"
    );
}
