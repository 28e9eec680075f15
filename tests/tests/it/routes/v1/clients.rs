//! `/v1/clients`

use e2e::nabla::OWN;
use e2e::{Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, shows};

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn an_api_key_is_shown_once_works_and_stops_working(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let api = server.api();

    let made = api
        .post("/v1/clients", json!({ "kind": "api_key", "label": "EHR" }))
        .await
        .expect(201);
    let key = made.text_at("/key");
    let path = format!("/v1/clients/{}", made.text_at("/id"));

    assert!(key.starts_with("rstr_") && key.len() >= 48, "{key}");
    assert_eq!(made.header("cache-control"), Some("no-store"));
    api.bearer(&key).get("/v1/users").await.expect(200);
    let shown = api.get(made.header("location").expect("a location")).await.expect(200);
    assert!(
        !shown.text.contains(&key) && shown.text_at("/label") == "EHR",
        "{shown:?}"
    );
    let listed = api.get("/v1/clients").await.expect(200);
    assert!(!listed.text.contains(&key), "{listed:?}");
    assert_eq!(listed.data().len(), 2);

    shows!(api.bearer(&key).delete(&path).await, @r#"
    {
      "body": {
        "detail": "a client cannot delete itself: make another one, and delete this one with that",
        "instance": "[id]",
        "status": 409,
        "title": "Another record stands against the request",
        "type": "/problems/conflict"
      },
      "status": 409
    }
    "#);
    api.delete(&path).await.expect(204);
    api.bearer(&key).get("/v1/users").await.expect(401);
    api.get(&path).await.expect(404);
    api.delete(&path).await.expect(404);
}

#[tokio::test]
async fn other_clients_are_shown_without_secrets() {
    let server = Server::on(Store::Sqlite).start().await;
    let api = server.api();

    let key = api
        .post(
            "/v1/clients",
            json!({ "kind": "oauth_client", "public_key": OWN.public }),
        )
        .await
        .expect(201);
    assert_eq!(key.json()["key"], Value::Null);
    assert_eq!(key.json()["public_key"], OWN.public);
    shows!(api.post("/v1/clients", json!({ "kind": "oauth_client", "jwks_url": "https://keys.example.org/jwks.json" })).await, @r#"
    {
      "body": {
        "created_at": "[time]",
        "email": null,
        "id": "[id]",
        "jwks_url": "https://keys.example.org/jwks.json",
        "kind": "oauth_client",
        "label": null,
        "public_key": null,
        "surface": null
      },
      "status": 201
    }
    "#);
    let account =
        json!({ "kind": "service_account", "email": "bot@example.org", "password": "correct-horse-battery-9" });
    shows!(api.post("/v1/clients", account.clone()).await, @r#"
    {
      "body": {
        "created_at": "[time]",
        "email": "bot@example.org",
        "id": "[id]",
        "jwks_url": null,
        "kind": "service_account",
        "label": null,
        "public_key": null,
        "surface": null
      },
      "status": 201
    }
    "#);
    shows!(api.post("/v1/clients", account).await, @r#"
    {
      "body": {
        "detail": "another service account has this email",
        "errors": [
          {
            "code": "taken",
            "detail": "another service account has this email",
            "pointer": "/email"
          }
        ],
        "instance": "[id]",
        "status": 409,
        "title": "Another record stands against the request",
        "type": "/problems/conflict"
      },
      "status": 409
    }
    "#);
}

#[tokio::test]
async fn a_client_that_makes_no_sense_is_refused_and_no_secret_is_repeated() {
    let server = Server::on(Store::Sqlite).start().await;
    let api = server.api();

    shows!(api.post("/v1/clients", json!({})).await, @r#"
    {
      "body": {
        "detail": "kind is required; given: nothing",
        "errors": [
          {
            "code": "required",
            "detail": "kind is required",
            "given": "nothing",
            "pointer": "/kind"
          }
        ],
        "instance": "[id]",
        "status": 422,
        "title": "Fields break rules",
        "type": "/problems/invalid-fields"
      },
      "status": 422
    }
    "#);
    for (client, secret) in [
        (
            json!({ "kind": "oauth_client", "public_key": OWN.private }),
            OWN.private.lines().nth(3).unwrap_or_default(),
        ),
        (
            json!({ "kind": "oauth_client", "public_key": "garbage-key" }),
            "garbage-key",
        ),
        (
            json!({ "kind": "oauth_client", "jwks_url": "ftp://example.org" }),
            "\u{1}",
        ),
        (
            json!({ "kind": "oauth_client", "jwks_url": "http://keys.example.org" }),
            "\u{1}",
        ),
        (json!({ "kind": "oauth_client" }), "\u{1}"),
        (
            json!({ "kind": "service_account", "email": "bot@example.org", "password": "hunter2" }),
            "hunter2",
        ),
        (
            json!({ "kind": "service_account", "email": "bot", "password": "correct-horse-battery-9" }),
            "correct-horse",
        ),
        (
            json!({ "kind": "api_key", "password": "correct-horse-battery-9" }),
            "correct-horse",
        ),
        (json!({ "kind": "api_key", "key": "chosen-by-the-caller" }), "chosen-by"),
        (json!({ "kind": "superuser" }), "\u{1}"),
    ] {
        let refused = api.post("/v1/clients", client.clone()).await;
        assert_eq!(refused.status, 422, "{client}: {refused:?}");
        assert!(!refused.text.contains(secret), "{refused:?}");
    }
    assert_eq!(given::all(&api, "/v1/clients").await.len(), 1);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_key_that_is_limited_to_a_surface_opens_it_and_no_other(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let api = server.api();
    let ways = [
        ("v1", "/v1/users"),
        ("scim", "/scim/v2/Users"),
        ("nabla_core", "/nabla/v1/copilot-api/server/users"),
        ("upheal", "/upheal/v2/users/nobody"),
    ];

    for (surface, _) in ways {
        let made = api
            .post("/v1/clients", json!({ "kind": "api_key", "surface": surface }))
            .await
            .expect(201);
        assert_eq!(made.text_at("/surface"), surface);
        let path = format!("/v1/clients/{}", made.text_at("/id"));
        assert_eq!(api.get(&path).await.expect(200).text_at("/surface"), surface);
        let limited = api.bearer(&made.text_at("/key"));
        for (opened, path) in ways {
            let answer = limited.get(path).await;
            assert_eq!(answer.status != 401, opened == surface, "{surface}: {answer:?}");
            api.get(path).await.expect(if opened == "upheal" { 403 } else { 200 });
        }
    }

    // The command line makes such keys, too, and knows which surfaces there are.
    let command = ["clients", "create", "api-key", "--surface"];
    let made = server.cli(&[&command[..], &["scim", "--json"]].concat()).ok().json();
    let limited = api.bearer(made["key"].as_str().expect("a key"));
    limited.get("/scim/v2/Users").await.expect(200);
    limited.get("/v1/users").await.expect(401);
    server.cli(&[&command[..], &["fax"]].concat()).failed(2);
    api.post("/v1/clients", json!({ "kind": "api_key", "surface": "cli" }))
        .await
        .expect(422);
}
