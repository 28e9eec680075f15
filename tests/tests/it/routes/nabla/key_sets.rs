//! OAuth clients that publish their keys, and rotate them.

use std::time::Duration;

use e2e::key_server::KeyServer;
use e2e::nabla::{NEXT, OTHER, OWN, OauthClient};
use e2e::{Server, Store, wait};
use serde_json::json;

use crate::given::shows;

/// A key set is left alone for so long after it was fetched, so that nobody can have it fetched at every request.
const LEFT_ALONE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_client_may_publish_its_keys_and_rotate_them() {
    // Given a client that publishes two keys
    let keys = KeyServer::start().await;
    keys.publish(&[("first", OWN.private), ("second", OTHER.private)]);
    let server = Server::on(Store::Sqlite)
        .env("ROSTER_ALLOW_PRIVATE_ADDRESSES", "true")
        .start()
        .await;
    let description = json!({ "kind": "oauth_client", "jwks_url": keys.url() });
    let client = OauthClient::register_as(&server, &server.api(), description).await;
    let signed_by_new_key = || client.assertion().kid("third").sign(NEXT);

    // Then the key that an assertion names is the one that it is checked with, and the set is fetched once
    client.ask(&client.assertion().kid("first").sign(OWN)).await.expect(200);
    client
        .ask(&client.assertion().kid("second").sign(OTHER))
        .await
        .expect(200);
    shows!(client.ask(&client.assertion().kid("first").sign(OTHER)).await, @r#"
    {
      "body": {
        "code": 90003,
        "debuggingHints": [],
        "message": "the client assertion's signature does not fit the client's key",
        "name": "UNAUTHENTICATED",
        "traceId": "[trace]"
      },
      "status": 401
    }
    "#);
    shows!(client.ask(&client.assertion().sign(OWN)).await, @r#"
    {
      "body": {
        "code": 90003,
        "debuggingHints": [],
        "message": "the client assertion's signature does not fit the client's key",
        "name": "UNAUTHENTICATED",
        "traceId": "[trace]"
      },
      "status": 401
    }
    "#);
    client.ask(&signed_by_new_key()).await.expect(401);
    assert_eq!(keys.fetched(), 1, "a set that was just fetched is not fetched again");

    // When a new key is published in place of the old ones
    keys.publish(&[("third", NEXT.private)]);

    // Then it is accepted as soon as the set may be fetched again, with its name or, being the only one, without
    wait::until("the new key is accepted", LEFT_ALONE * 2, async || {
        let answer = client.ask(&signed_by_new_key()).await;
        if answer.status == 200 { Ok(()) } else { Err(answer.text) }
    })
    .await;
    client.ask(&client.assertion().sign(NEXT)).await.expect(200);
    client.ask(&client.assertion().kid("first").sign(OWN)).await.expect(401);
    assert!(keys.fetched() <= 3, "fetched {} times", keys.fetched());
}

#[tokio::test]
async fn keys_on_private_addresses_are_not_fetched_unless_allowed() {
    let keys = KeyServer::start().await;
    keys.publish(&[("first", OWN.private)]);
    let server = Server::on(Store::Sqlite).start().await;
    let api = server.api();

    // Neither behind http nor on a private address; the port differs from run to run
    let behind_http = json!({ "kind": "oauth_client", "jwks_url": keys.url() });
    let refused = api.post("/v1/clients", behind_http).await.expect(422);
    assert_eq!(
        refused.text_at("/errors/0/detail"),
        "jwks_url must be an https URL, unless Roster's operator allows private addresses"
    );
    let inside = json!({ "kind": "oauth_client", "jwks_url": "https://127.0.0.1/keys.json" });
    shows!(api.post("/v1/clients", inside).await, @r#"
    {
      "body": {
        "detail": "jwks_url must be the URL of a public host, unless Roster's operator allows private addresses; given: \"https://127.0.0.1/keys.json\"",
        "errors": [
          {
            "code": "format",
            "detail": "jwks_url must be the URL of a public host, unless Roster's operator allows private addresses",
            "given": "\"https://127.0.0.1/keys.json\"",
            "pointer": "/jwks_url"
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

    assert_eq!(keys.fetched(), 0);
}
