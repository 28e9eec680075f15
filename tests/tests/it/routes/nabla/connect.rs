//! `/nabla/v1/connect/server`: the upsert of the vendor's document, and everything that it can be answered.

use e2e::nabla::{self, CONNECT, CORE, OTHER, OWN, OauthClient};
use e2e::{Answer, Api, Body, Server, Store, Surface};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, shows};

/// A provider with a specialty in words and two locales.
fn ann() -> Value {
    json!({
        "provider_email": "Ann.Moreau@example.org",
        "external_provider_id": "ehr-1",
        "settings": {
            "specialty": { "kind": "OTHER", "other_specialty_name": "Sleep medicine" },
            "speech_locale": "FRENCH_FR",
            "secondary_speech_locale": "ENGLISH_UK",
        },
    })
}

/// What is said about a provider by these two keys, without settings.
fn keys(email: &str, external_id: &str) -> Value {
    json!({ "provider_email": email, "external_provider_id": external_id })
}

/// The same about Ann, with other settings.
fn ann_with(settings: &Value) -> Value {
    given::with(&ann(), json!({ "settings": settings }))
}

async fn upsert(vendor: &Api, body: &Value) -> Answer {
    vendor.post("/users", body.clone()).await
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_provider_is_answered_with_the_documented_fields_types_and_nulls(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let vendor = nabla::connect(&server, &server.api()).await;

    // When a provider comes with every field of the document
    let made = upsert(&vendor, &ann()).await;

    // Then the answer has them all, and when the user was made
    shows!(made, @r#"
    {
      "body": {
        "created_at": "[time]",
        "external_provider_id": "ehr-1",
        "provider_email": "Ann.Moreau@example.org",
        "settings": {
          "secondary_speech_locale": "ENGLISH_UK",
          "specialty": {
            "kind": "OTHER",
            "other_specialty_name": "Sleep medicine"
          },
          "speech_locale": "FRENCH_FR"
        }
      },
      "status": 200
    }
    "#);
    let time = made.text_at("/created_at");
    assert_eq!(
        (time.len(), &time[10..11], &time[19..20], &time[23..]),
        (24, "T", ".", "Z"),
        "{time}"
    );

    // The documented example of a specialty leaves its name out; a provider needs no settings at all
    let settings = json!({ "specialty": { "kind": "GENERAL_MEDICINE" }, "speech_locale": "ENGLISH_US" });
    shows!(upsert(&vendor, &given::with(&keys("bea@example.org", "ehr-2"), json!({ "settings": settings }))).await, @r#"
    {
      "body": {
        "created_at": "[time]",
        "external_provider_id": "ehr-2",
        "provider_email": "bea@example.org",
        "settings": {
          "secondary_speech_locale": null,
          "specialty": {
            "kind": "GENERAL_MEDICINE",
            "other_specialty_name": null
          },
          "speech_locale": "ENGLISH_US"
        }
      },
      "status": 200
    }
    "#);
    shows!(upsert(&vendor, &keys("cem@example.org", "ehr-3")).await, @r#"
    {
      "body": {
        "created_at": "[time]",
        "external_provider_id": "ehr-3",
        "provider_email": "cem@example.org",
        "settings": null
      },
      "status": 200
    }
    "#);

    // And it is the same user on the canonical surface.
    let canonical = given::by_external_id(&server.api(), "ehr-1").await;
    assert_eq!(canonical["email"], "Ann.Moreau@example.org");
    assert_eq!(
        canonical["settings"],
        json!({
            "specialty": { "kind": "OTHER", "other_specialty_name": "Sleep medicine" },
            "speech_locale": "fr-FR",
            "secondary_speech_locale": "en-GB",
        })
    );
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn settings_are_kept_merged_and_cleared_member_by_member(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let vendor = nabla::connect(&server, &server.api()).await;
    let first = upsert(&vendor, &ann()).await.expect(200).json();
    let whole = first["settings"].clone();
    let specialty = &whole["specialty"];

    for (what, sent, expected) in [
        ("the same again", ann(), whole.clone()),
        (
            "settings left out",
            keys("Ann.Moreau@example.org", "ehr-1"),
            whole.clone(),
        ),
        ("settings that are null", ann_with(&Value::Null), whole.clone()),
        ("settings of nothing", ann_with(&json!({})), whole.clone()),
        (
            "another first locale",
            ann_with(&json!({ "speech_locale": "GERMAN_DE" })),
            json!({ "specialty": specialty, "speech_locale": "GERMAN_DE", "secondary_speech_locale": "ENGLISH_UK" }),
        ),
        (
            "a second locale that is null",
            ann_with(&json!({ "secondary_speech_locale": null })),
            json!({ "specialty": specialty, "speech_locale": "GERMAN_DE", "secondary_speech_locale": null }),
        ),
        (
            "a locale as a language tag",
            ann_with(&json!({ "secondary_speech_locale": "es-MX" })),
            json!({ "specialty": specialty, "speech_locale": "GERMAN_DE", "secondary_speech_locale": "SPANISH_MX" }),
        ),
        (
            "a specialty that is null",
            ann_with(&json!({ "specialty": null })),
            json!({ "specialty": null, "speech_locale": "GERMAN_DE", "secondary_speech_locale": "SPANISH_MX" }),
        ),
        (
            "a kind that nobody knows",
            ann_with(&json!({ "specialty": { "kind": "SPACE_MEDICINE_2" } })),
            json!({
                "specialty": { "kind": "SPACE_MEDICINE_2", "other_specialty_name": null },
                "speech_locale": "GERMAN_DE", "secondary_speech_locale": "SPANISH_MX",
            }),
        ),
        (
            "a locale without a name of the vendor's",
            ann_with(&json!({ "speech_locale": "nl-NL" })),
            json!({
                "specialty": { "kind": "SPACE_MEDICINE_2", "other_specialty_name": null },
                "speech_locale": "nl-NL", "secondary_speech_locale": "SPANISH_MX",
            }),
        ),
        (
            "everything null",
            ann_with(&json!({ "specialty": null, "speech_locale": null, "secondary_speech_locale": null })),
            Value::Null,
        ),
        ("settings as at first", ann(), whole.clone()),
    ] {
        let answer = upsert(&vendor, &sent).await;
        assert_eq!(answer.status, 200, "{what}: {answer:?}");
        assert_eq!(
            answer.json(),
            given::with(&first, json!({ "settings": expected })),
            "{what}"
        );
    }
    assert_eq!(given::users(&server.api()).await.len(), 1);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn who_is_meant_is_decided_by_both_keys(#[case] store: Store) {
    // Given Ann, Bea, and somebody whose address alone is known, whom another surface made
    let server = Server::on(store).start().await;
    let api = server.api();
    let vendor = nabla::connect(&server, &api).await;
    let ann = upsert(&vendor, &ann()).await.expect(200).json();
    upsert(&vendor, &keys("bea@example.org", "ehr-2")).await.expect(200);
    let unlinked = json!({ "email": "Cem@example.org", "first_name": "Cem" });
    let cem = api.post("/v1/users", unlinked).await.expect(201).text_at("/id");
    let without_address = given::user(&api, "ehr-4").await;
    let before = given::users(&api).await;

    // The address may be spelt in another case, and stays as it is on file
    let again = upsert(&vendor, &keys("ann.moreau@EXAMPLE.org", "ehr-1"))
        .await
        .expect(200);
    assert_eq!(again.json(), ann);

    // Two keys that do not go together are a conflict, and nothing is written
    shows!(upsert(&vendor, &keys("nobody@example.org", "ehr-1")).await, @r#"
    {
      "body": {
        "code": 90001,
        "debuggingHints": [],
        "message": "provider_email differs from the one on file for this external_provider_id",
        "name": "ENTITY_ALREADY_EXISTS",
        "traceId": "[trace]"
      },
      "status": 409
    }
    "#);
    shows!(upsert(&vendor, &keys("bea@example.org", "ehr-1")).await, @r#"
    {
      "body": {
        "code": 90001,
        "debuggingHints": [],
        "message": "external_provider_id and provider_email belong to two different users",
        "name": "ENTITY_ALREADY_EXISTS",
        "traceId": "[trace]"
      },
      "status": 409
    }
    "#);
    shows!(upsert(&vendor, &keys("bea@example.org", "ehr-9")).await, @r#"
    {
      "body": {
        "code": 90001,
        "debuggingHints": [],
        "message": "the user of this provider_email has another external_provider_id",
        "name": "ENTITY_ALREADY_EXISTS",
        "traceId": "[trace]"
      },
      "status": 409
    }
    "#);
    assert_eq!(given::users(&api).await, before);

    // A user whose address alone is known is linked, and the other way round
    let linked = upsert(&vendor, &keys("cem@example.org", "ehr-3"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&linked["provider_email"], &linked["external_provider_id"]),
        (&json!("Cem@example.org"), &json!("ehr-3"))
    );
    assert_eq!(given::canonical(&api, &cem).await["first_name"], "Cem");
    assert_eq!(given::canonical(&api, &cem).await["external_id"], "ehr-3");
    upsert(&vendor, &keys("dora@example.org", "ehr-4")).await.expect(200);
    let found = given::canonical(&api, given::id(&without_address)).await;
    assert_eq!(found["email"], "dora@example.org");
    assert_eq!(given::users(&api).await.len(), 4);
}

#[tokio::test]
async fn a_request_that_breaks_rules_is_told_which() {
    let server = Server::on(Store::Sqlite).start().await;
    let vendor = nabla::connect(&server, &server.api()).await;

    // by the vendor's names
    shows!(vendor.post("/users", json!({})).await, @r#"
    {
      "body": {
        "code": 90002,
        "debuggingHints": [
          "provider_email is required; given: nothing",
          "external_provider_id is required; given: nothing"
        ],
        "message": "provider_email is required; given: nothing; external_provider_id is required; given: nothing",
        "name": "INVALID_REQUEST",
        "traceId": "[trace]"
      },
      "status": 400
    }
    "#);
    let wrong = json!({
        "provider_email": "nobody", "external_provider_id": "x".repeat(257), "settings": {
            "specialty": { "kind": "cardiology", "other_specialty_name": 7 },
            "speech_locale": "KLINGON", "secondary_speech_locale": [],
    }});
    let wrong = vendor.post("/users", wrong).await.expect(400);
    wrong.is_envelope().unwrap_or_else(|wrong| panic!("{wrong}"));
    for field in [
        "provider_email",
        "external_provider_id",
        "settings.specialty.kind",
        "settings.specialty.other_specialty_name",
        "settings.speech_locale",
        "settings.secondary_speech_locale",
    ] {
        assert!(wrong.text.contains(&format!("\"{field} ")), "{field}: {wrong:?}");
    }
    for (what, settings) in [
        (
            "a name without the kind for it",
            json!({ "specialty": { "kind": "CARDIOLOGY", "other_specialty_name": "x" } }),
        ),
        (
            "the same locale twice",
            json!({ "speech_locale": "ENGLISH_US", "secondary_speech_locale": "en-US" }),
        ),
        (
            "a second locale alone",
            json!({ "secondary_speech_locale": "ENGLISH_US", "speech_locale": null }),
        ),
        ("a specialty of no kind", json!({ "specialty": {} })),
        ("settings that are text", json!("ENGLISH_US")),
    ] {
        let answer = upsert(&vendor, &ann_with(&settings)).await;
        assert_eq!(answer.status, 400, "{what}: {answer:?}");
        Surface::NablaConnect.is_error(&answer);
    }
    assert_eq!(given::users(&server.api()).await, Vec::<Value>::new());
}

#[tokio::test]
async fn every_other_status_can_be_had() {
    let server = Server::on(Store::Sqlite).start().await;
    let vendor = nabla::connect(&server, &server.api()).await;

    shows!(upsert(&vendor.anonymous(), &ann()).await, @r#"
    {
      "body": {
        "code": 90003,
        "debuggingHints": [],
        "message": "an Authorization header with a Bearer token is needed",
        "name": "UNAUTHENTICATED",
        "traceId": "[trace]"
      },
      "status": 401
    }
    "#);
    shows!(vendor.get("/nowhere").await, @r#"
    {
      "body": {
        "code": 90005,
        "debuggingHints": [],
        "message": "there is no such path",
        "name": "ROUTE_NOT_FOUND",
        "traceId": "[trace]"
      },
      "status": 404
    }
    "#);
    shows!(vendor.get("/users").await, @r#"
    {
      "body": {
        "code": 90005,
        "debuggingHints": [],
        "message": "this path does not know the method; see the Allow header",
        "name": "ROUTE_NOT_FOUND",
        "traceId": "[trace]"
      },
      "status": 405
    }
    "#);
    for (what, answer, status) in [
        ("no token", upsert(&vendor.bearer("x.y.z"), &ann()).await, 401),
        ("an API key", upsert(&vendor.bearer(server.key()), &ann()).await, 401),
        (
            "too large",
            vendor
                .post("/users", json!({ "provider_email": "x".repeat(2 << 20) }))
                .await,
            413,
        ),
        (
            "a form",
            vendor
                .send(
                    Method::POST,
                    "/users",
                    Body::Raw("application/x-www-form-urlencoded", b"a=b".to_vec()),
                )
                .await,
            415,
        ),
    ] {
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        Surface::NablaConnect.is_error(&answer);
    }
    assert_eq!(given::users(&server.api()).await, Vec::<Value>::new());
}

#[tokio::test]
async fn the_audience_of_an_assertion_and_of_a_token_is_one_api() {
    // Given one client of both of Nabla's APIs
    let server = Server::on(Store::Sqlite).start().await;
    let core = OauthClient::register(&server, &server.api()).await;
    let connect = core.at(&server, CONNECT);
    assert_eq!(connect.audience(), format!("{}{CONNECT}/oauth/token", server.url()));

    // An assertion for one is none for the other, nor is one that somebody else signed
    for refused in [
        connect.ask(&core.assertion().sign(OWN)).await,
        core.ask(&connect.assertion().sign(OWN)).await,
        connect.ask(&connect.assertion().sign(OTHER)).await,
    ] {
        assert_eq!(refused.status, 401, "{refused:?}");
        Surface::NablaConnect.is_error(&refused);
    }
    // An assertion is good once
    let assertion = connect.assertion().sign(OWN);
    connect.ask(&assertion).await.expect(200);
    connect.ask(&assertion).await.expect(401);

    // And a token for one is none for the other.
    let (for_core, for_connect) = (core.connect().await, connect.connect().await);
    upsert(&for_connect, &ann()).await.expect(200);
    for_core.get("/users").await.expect(200);
    for refused in [
        upsert(&connect.api.bearer(for_core.token()), &ann()).await,
        core.api.bearer(for_connect.token()).get("/users").await,
    ] {
        assert_eq!(refused.status, 401, "{refused:?}");
        Surface::NablaConnect.is_error(&refused);
    }
    assert_eq!(
        (core.api.base().ends_with(CORE), given::users(&server.api()).await.len()),
        (true, 1)
    );
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn the_version_comes_from_the_header_the_query_or_the_organization(#[case] store: Store) {
    let mut server = Server::on(store).start().await;
    let api = server.api();
    let client = OauthClient::register(&server, &api).await.at(&server, CONNECT);
    let vendor = client.connect().await;
    let header = |version: &str| vendor.with("X-Nabla-Api-Version", version);
    let pinned = async |version: &str| {
        api.patch("/v1/organization", json!({ "nabla_connect_version": version }))
            .await
    };
    assert_eq!(
        api.get("/v1/organization").await.expect(200).json()["nabla_connect_version"],
        "2026-03-23"
    );

    // Without a word about it, the newest holds; a header goes before the query
    for (what, caller, path, status) in [
        ("nothing", vendor.clone(), "/users", 200),
        ("the newest", header("2026-03-23"), "/users", 200),
        ("the one to come", header("x-nabla-next"), "/users", 200),
        ("the one before", header("2026-02-13"), "/users", 404),
        ("an unknown one", header("2026-01-01"), "/users", 400),
        ("none", header(""), "/users", 400),
        (
            "the newest in the query",
            vendor.clone(),
            "/users?nabla-api-version=2026-03-23",
            200,
        ),
        (
            "the one before in the query",
            vendor.clone(),
            "/users?nabla-api-version=2026-02-13",
            404,
        ),
        (
            "an unknown one in the query",
            vendor.clone(),
            "/users?nabla-api-version=soon",
            400,
        ),
        (
            "header before query",
            header("2026-03-23"),
            "/users?nabla-api-version=2026-02-13",
            200,
        ),
        (
            "header before query again",
            header("2026-02-13"),
            "/users?nabla-api-version=2026-03-23",
            404,
        ),
        (
            "a header of another name",
            vendor.with("nabla-api-version", "2026-02-13"),
            "/users",
            200,
        ),
    ] {
        let answer = caller.post(path, ann()).await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        if status >= 400 {
            Surface::NablaConnect.is_error(&answer);
        }
    }
    shows!(header("2026-01-01").post("/users", ann()).await, @r#"
    {
      "body": {
        "code": 90006,
        "debuggingHints": [
          "x-nabla-api-version must be one of 2026-02-13, 2026-03-23, x-nabla-next; given: \"2026-01-01\""
        ],
        "message": "x-nabla-api-version must be one of 2026-02-13, 2026-03-23, x-nabla-next; given: \"2026-01-01\"",
        "name": "UNSUPPORTED_API_VERSION",
        "traceId": "[trace]"
      },
      "status": 400
    }
    "#);
    shows!(header("2026-02-13").post("/users", ann()).await, @r#"
    {
      "body": {
        "code": 90005,
        "debuggingHints": [],
        "message": "there is no such path",
        "name": "ROUTE_NOT_FOUND",
        "traceId": "[trace]"
      },
      "status": 404
    }
    "#);

    // When the organization is pinned to the version before, then that holds for who says nothing, also after a
    // restart, and tokens are given all the same
    pinned("2026-02-13").await.expect(200);
    server.stop(given::SOON).await;
    server.start_again().await;
    let vendor = client.connect().await;
    upsert(&vendor, &ann()).await.expect(404);
    upsert(&vendor.with("X-Nabla-Api-Version", "2026-03-23"), &ann())
        .await
        .expect(200);
    // while another organization has its own.
    let other = nabla::connect(&server, &server.another_organization("other")).await;
    upsert(&other, &ann()).await.expect(200);

    let refused = server
        .api()
        .patch("/v1/organization", json!({ "nabla_connect_version": "2026-01-01" }))
        .await;
    assert_eq!(refused.status, 422, "{refused:?}");
    server
        .api()
        .patch("/v1/organization", json!({ "nabla_connect_version": "x-nabla-next" }))
        .await
        .expect(200);
    upsert(&vendor, &ann()).await.expect(200);
}
