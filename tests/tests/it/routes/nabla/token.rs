//! `/nabla/v1/core/server/oauth/token`: who gets a token, and who does not.

use e2e::nabla::{NEXT, OTHER, OWN, OauthClient, token_request};
use e2e::{Answer, Server, Store, clock};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, shows};

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn an_assertion_gets_a_token_with_and_without_its_optional_parts(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let client = OauthClient::register(&server, &server.api()).await;
    let full = client.assertion();

    for (what, assertion) in [
        ("everything", full.clone()),
        ("no jti", full.clone().without("jti")),
        ("no iat", client.assertion().without("iat")),
        ("no typ", client.assertion().without_typ()),
        (
            "none of them",
            client.assertion().without("jti").without("iat").without_typ(),
        ),
        ("five minutes", client.assertion().at("exp", 300)),
        ("a kid that a static key does not need", client.assertion().kid("any")),
        (
            "several audiences",
            client
                .assertion()
                .claim("aud", json!(["https://elsewhere.example", client.audience()])),
        ),
    ] {
        let answer = client.ask(&assertion.sign(OWN)).await;
        assert_eq!(answer.status, 200, "with {what}: {answer:?}");
        let body = answer.json();
        assert_eq!(body["expires_in"], 3600);
        assert_eq!(body["token_type"], "Bearer");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let vendor = client.api.bearer(&answer.text_at("/access_token"));
        let created = vendor.post("/users", json!({})).await.expect(200).json();
        let mut keys: Vec<&String> = created.as_object().expect("an object").keys().collect();
        keys.sort_unstable();
        assert_eq!(
            keys,
            ["activated", "created_at", "external_id", "id", "metadata"],
            "with {what}"
        );
    }
    // The same assertion without a jti may come again, as real clients have it.
    let without_jti = client.assertion().without("jti").sign(OWN);
    client.ask(&without_jti).await.expect(200);
    client.ask(&without_jti).await.expect(200);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_used_assertion_is_refused_also_after_a_restart(#[case] store: Store) {
    let mut server = Server::on(store).start().await;
    let client = OauthClient::register(&server, &server.api()).await;
    let assertion = client.assertion().sign(OWN);
    client.ask(&assertion).await.expect(200);

    shows!(client.ask(&assertion).await, @r#"
    {
      "body": {
        "code": 90003,
        "debuggingHints": [],
        "message": "the client assertion was used before: each needs a jti of its own",
        "name": "UNAUTHENTICATED",
        "traceId": "[trace]"
      },
      "status": 401
    }
    "#);
    server.kill();
    server.start_again().await;
    refused(&client.ask(&assertion).await, "after a restart");
}

#[tokio::test]
async fn of_twenty_who_use_the_same_assertion_at_once_one_gets_a_token() {
    let server = Server::on(Store::Sqlite).start().await;
    let client = OauthClient::register(&server, &server.api()).await;
    let assertion = client.assertion().sign(OWN);

    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (client, assertion) = (client.clone(), assertion.clone());
        asking.spawn(async move { client.ask(&assertion).await.status });
    }

    let statuses = asking.join_all().await;
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 401).count(),
        19,
        "{statuses:?}"
    );
}

/// Asserts that an assertion was refused in the vendor's shape.
#[track_caller]
fn refused(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 401, "{what}: {answer:?}");
    answer.is_envelope().unwrap_or_else(|wrong| panic!("{what}: {wrong}"));
    assert_eq!(answer.json()["name"], "UNAUTHENTICATED", "{what}");
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn every_other_assertion_is_refused(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let client = OauthClient::register(&server, &server.api()).await;
    let another = OauthClient::register_as(
        &server,
        &server.api(),
        json!({ "kind": "oauth_client", "public_key": NEXT.public }),
    )
    .await;
    let new = || client.assertion();
    let connect = client.audience().replace("/core/", "/connect/");

    let cases: Vec<(&str, String)> = vec![
        (
            "a wrong audience",
            new()
                .claim("aud", "https://us.api.nabla.com/v1/core/server/oauth/token")
                .sign(OWN),
        ),
        ("the audience of another API", new().claim("aud", connect).sign(OWN)),
        (
            "the audience with a slash",
            new().claim("aud", format!("{}/", client.audience())).sign(OWN),
        ),
        (
            "the base URL as the audience",
            new().claim("aud", server.url()).sign(OWN),
        ),
        ("an audience that is a number", new().claim("aud", 7).sign(OWN)),
        ("no audience", new().without("aud").sign(OWN)),
        ("another key", new().sign(OTHER)),
        ("another client's key", new().sign(NEXT)),
        (
            "another client's name",
            new()
                .claim("iss", another.id.as_str())
                .claim("sub", another.id.as_str())
                .sign(OWN),
        ),
        ("no signature", new().unsigned()),
        (
            "the public key as a shared secret",
            new().sign_with_secret(OWN.public.as_bytes()),
        ),
        (
            "the trimmed public key as a shared secret",
            new().sign_with_secret(OWN.public.trim().as_bytes()),
        ),
        ("an empty secret", new().sign_with_secret(b"")),
        ("expired", new().at("exp", -60).sign(OWN)),
        ("expired long ago", new().claim("exp", 0).sign(OWN)),
        ("a time before 1970", new().claim("exp", -1).sign(OWN)),
        ("far in the future", new().at("exp", 3_600).sign(OWN)),
        (
            "beyond all calendars",
            new().claim("exp", 9_007_199_254_740_993_i64).sign(OWN),
        ),
        ("an exp that is text", new().claim("exp", "soon").sign(OWN)),
        ("no exp", new().without("exp").sign(OWN)),
        ("iat in the future", new().at("iat", 300).sign(OWN)),
        ("not valid yet", new().at("nbf", 300).sign(OWN)),
        ("iss is not sub", new().claim("sub", another.id.as_str()).sign(OWN)),
        ("sub is not iss", new().claim("iss", another.id.as_str()).sign(OWN)),
        ("no iss", new().without("iss").sign(OWN)),
        ("no sub", new().without("sub").sign(OWN)),
        ("an unknown client", {
            let id = clock::unknown_id();
            new().claim("iss", id.as_str()).claim("sub", id.as_str()).sign(OWN)
        }),
        (
            "a client that is no UUID",
            new().claim("iss", "me").claim("sub", "me").sign(OWN),
        ),
        (
            "a jti that is too long to be remembered",
            new().claim("jti", "x".repeat(10_000)).sign(OWN),
        ),
        ("garbage", "garbage".to_owned()),
        ("three garbled parts", "a.b.c".to_owned()),
        ("a changed payload", {
            let (genuine, forged) = (new().sign(OWN), new().claim("extra", 1).sign(OTHER));
            let part = |token: &str, index: usize| token.split('.').nth(index).unwrap_or_default().to_owned();
            format!("{}.{}.{}", part(&genuine, 0), part(&forged, 1), part(&genuine, 2))
        }),
    ];
    for (what, assertion) in cases {
        refused(&client.ask(&assertion).await, what);
    }
    // And nobody got in.
    client.ask(&new().sign(OWN)).await.expect(200);
}

#[tokio::test]
async fn a_refused_assertion_says_what_is_wrong_with_it() {
    let server = Server::on(Store::Sqlite)
        .env("ROSTER_PUBLIC_URL", "https://roster.example.org")
        .start()
        .await;
    let client = OauthClient::register(&server, &server.api()).await;
    let client = OauthClient {
        api: client.api.clone(),
        ..client
    };
    let right = "https://roster.example.org/nabla/v1/core/server/oauth/token";
    let new = || client.assertion().claim("aud", right);

    // The audience is made of the URL that callers use, whatever host they reach the server by
    client.ask(&new().sign(OWN)).await.expect(200);

    shows!(client.ask(&client.assertion().sign(OWN)).await, @r#"
    {
      "body": {
        "code": 90003,
        "debuggingHints": [],
        "message": "the client assertion's aud must be the URL of this token endpoint: https://roster.example.org/nabla/v1/core/server/oauth/token",
        "name": "UNAUTHENTICATED",
        "traceId": "[trace]"
      },
      "status": 401
    }
    "#);
    let mut messages = Vec::new();
    for assertion in [
        new().sign(OTHER),
        new().unsigned(),
        new().sign_with_secret(OWN.public.as_bytes()),
        new().at("exp", -60).sign(OWN),
        new().at("exp", 3_600).sign(OWN),
        new().at("nbf", 300).sign(OWN),
        new().claim("iss", "someone").sign(OWN),
        new().without("exp").sign(OWN),
        "garbage".to_owned(),
    ] {
        let answer = client.ask(&assertion).await;
        refused(&answer, "a wrong assertion");
        messages.push(answer.text_at("/message"));
    }
    insta::assert_json_snapshot!(messages, @r#"
    [
      "the client assertion's signature does not fit the client's key",
      "the client assertion is not a JSON Web Token with the claims iss, sub, aud and exp",
      "the client assertion is signed with an algorithm that is not accepted: a static key goes with RS256",
      "the client assertion has expired",
      "the client assertion's exp must be at most 10 minutes ahead",
      "the client assertion is not valid yet: check the clock and the claims iat and nbf",
      "the client assertion's iss and sub must both be the id of a registered OAuth client",
      "the client assertion is not a JSON Web Token with the claims iss, sub, aud and exp",
      "the client assertion is not a JSON Web Token with the claims iss, sub, aud and exp"
    ]
    "#);
}

#[tokio::test]
async fn the_parameters_around_the_assertion_have_one_value_each() {
    let server = Server::on(Store::Sqlite).start().await;
    let client = OauthClient::register(&server, &server.api()).await;
    let ask = async |name: &str, value: Value| {
        let mut request = token_request(&client.assertion().sign(OWN));
        request[name] = value;
        client.api.post("/oauth/token", request).await
    };

    shows!(ask("grant_type", json!("authorization_code")).await, @r#"
    {
      "body": {
        "code": 90002,
        "debuggingHints": [
          "grant_type must be one of client_credentials; given: \"authorization_code\""
        ],
        "message": "grant_type must be one of client_credentials; given: \"authorization_code\"",
        "name": "INVALID_REQUEST",
        "traceId": "[trace]"
      },
      "status": 400
    }
    "#);
    ask("client_assertion_type", json!("jwt")).await.expect(400);
    ask("client_assertion", Value::Null).await.expect(400);
    ask("grant_type", json!(7)).await.expect(400);
    client.api.post("/oauth/token", json!([])).await.expect(400);
}

#[tokio::test]
async fn a_deleted_client_is_out_at_once() {
    let server = Server::on(Store::Sqlite).start().await;
    let client = OauthClient::register(&server, &server.api()).await;
    let vendor = client.connect().await;
    vendor.get("/users").await.expect(200);

    server
        .api()
        .delete(&format!("/v1/clients/{}", client.id))
        .await
        .expect(204);

    shows!(vendor.get("/users").await, @r#"
    {
      "body": {
        "code": 90003,
        "debuggingHints": [],
        "message": "the client of this access token is not known any more",
        "name": "UNAUTHENTICATED",
        "traceId": "[trace]"
      },
      "status": 401
    }
    "#);
    refused(
        &client.ask(&client.assertion().sign(OWN)).await,
        "an assertion of a deleted client",
    );
}

#[tokio::test]
async fn a_token_of_the_server_api_opens_nothing_else() {
    let server = Server::on(Store::Sqlite).start().await;
    let vendor = e2e::nabla::core(&server, &server.api()).await;
    let user = vendor.post("/users", json!({})).await.expect(200).json();
    let tokens = vendor
        .post(&format!("/jwt/authenticate/{}", given::id(&user)), json!({}))
        .await
        .expect(200);
    let token = vendor.authorization().expect("credentials").replace("Bearer ", "");

    server.api().bearer(&token).get("/v1/users").await.expect(401);
    for name in ["/access_token", "/refresh_token"] {
        let user_token = tokens.text_at(name);
        server.api().bearer(&user_token).get("/v1/users").await.expect(401);
        vendor.bearer(&user_token).get("/users").await.expect(401);
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_token_outlives_a_restart(#[case] store: Store) {
    let mut server = Server::on(store).start().await;
    let vendor = e2e::nabla::core(&server, &server.api()).await;

    server.kill();
    server.start_again().await;

    vendor.get("/users").await.expect(200);
}
