//! `/nabla/v1/copilot-api/server`: the archived generation, as the vendor's two documents have it, with a server key.

use e2e::nabla::{COPILOT, COPILOT_USER, CORE};
use e2e::{Api, Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, shows};

fn vendor(server: &Server) -> Api {
    server.api().below(COPILOT)
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_user_with_everything_is_created_and_read_as_documented(#[case] store: Store) {
    let server = Server::on(store).start().await;

    // When a user is created with every field of the document
    let created = vendor(&server)
        .post(
            "/users",
            json!({
                "email": "ann.moreau@example.org",
                "roles": ["PRACTITIONER"],
                "external_id": "ehr-1001",
                "metadata": { "department": "cardiology", "site": "Lyon" },
            }),
        )
        .await;

    // Then the answer has exactly the documented fields
    shows!(created, @r#"
    {
      "body": {
        "activated": true,
        "created_at": "[time]",
        "email": "ann.moreau@example.org",
        "external_id": "ehr-1001",
        "id": "[id]",
        "metadata": {
          "department": "cardiology",
          "site": "Lyon"
        },
        "roles": [
          "PRACTITIONER"
        ]
      },
      "status": 200
    }
    "#);
    // in the documented forms: a UUID, and a time in UTC with milliseconds, like 2022-03-10T19:16:23.456Z
    let user = created.json();
    let id = given::id(&user);
    assert!(id.len() == 36 && id == id.to_lowercase(), "{id}");
    let time = user["created_at"].as_str().expect("a time");
    assert_eq!((time.len(), &time[19..20], &time[23..]), (24, ".", "Z"), "{time}");

    // And reading says the same, also with the id in capitals, as the document shows ids.
    assert_eq!(
        vendor(&server).get(&format!("/users/{id}")).await.expect(200).json(),
        user
    );
    assert_eq!(
        vendor(&server)
            .get(&format!("/users/{}", id.to_uppercase()))
            .await
            .expect(200)
            .json(),
        user
    );
    let found = vendor(&server)
        .get("/users/find_by_external_id/ehr-1001")
        .await
        .expect(200);
    assert_eq!(found.json(), user);
    let page = vendor(&server).get("/users").await.expect(200).json();
    assert_eq!(page, json!({ "data": [user], "has_more": false, "next_cursor": null }));

    // And it is the same user on every other surface.
    let canonical = server.api().get(&format!("/v1/users/{id}")).await.expect(200).json();
    assert_eq!(canonical["email"], "ann.moreau@example.org");
    assert_eq!(canonical["roles"], json!(["PRACTITIONER"]));
    assert_eq!(canonical["metadata"]["site"], "Lyon");
}

#[tokio::test]
async fn a_user_with_nothing_has_every_documented_field_all_the_same() {
    let server = Server::on(Store::Sqlite).start().await;

    let created = vendor(&server).post("/users", json!({})).await;

    shows!(created, @r#"
    {
      "body": {
        "activated": true,
        "created_at": "[time]",
        "email": null,
        "external_id": null,
        "id": "[id]",
        "metadata": null,
        "roles": []
      },
      "status": 200
    }
    "#);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_patch_changes_what_it_names_and_replaces_metadata_whole(#[case] store: Store) {
    // Given a user with metadata
    let server = Server::on(store).start().await;
    let metadata = json!({ "department": "cardiology", "site": "Lyon" });
    let body =
        json!({ "external_id": "ehr-1", "metadata": metadata, "email": "ann@example.org", "roles": ["ADMINISTRATOR"] });
    let user = vendor(&server).post("/users", body).await.expect(200).json();
    let path = format!("/users/{}", given::id(&user));
    let patched = async |body: Value| vendor(&server).patch(&path, body).await.expect(200).json();
    let with = |external_id: Value, metadata: Value| {
        let mut expected = user.clone();
        expected["external_id"] = external_id;
        expected["metadata"] = metadata;
        expected
    };

    // What is not named is kept
    assert_eq!(patched(json!({})).await, user);
    assert_eq!(
        patched(json!({ "external_id": "ehr-2" })).await,
        with(json!("ehr-2"), metadata)
    );
    // A dictionary replaces the one before it: nothing is merged
    assert_eq!(
        patched(json!({ "metadata": { "floor": "3" } })).await,
        with(json!("ehr-2"), json!({ "floor": "3" }))
    );
    assert_eq!(
        patched(json!({ "metadata": {} })).await,
        with(json!("ehr-2"), json!({}))
    );
    // Null clears
    assert_eq!(
        patched(json!({ "metadata": null })).await,
        with(json!("ehr-2"), Value::Null)
    );
    assert_eq!(
        patched(json!({ "external_id": null })).await,
        with(Value::Null, Value::Null)
    );
    // E-mail and roles cannot be changed here: the document does not name them
    assert_eq!(
        patched(json!({ "email": "bea@example.org", "roles": [] })).await,
        with(Value::Null, Value::Null)
    );
    // And what was answered is what is there.
    assert_eq!(
        vendor(&server).get(&path).await.expect(200).json(),
        with(Value::Null, Value::Null)
    );
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn what_does_not_exist_is_400_with_the_vendors_own_error(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let id = e2e::clock::unknown_id();

    shows!(vendor(&server).get(&format!("/users/{id}")).await, @r#"
    {
      "body": {
        "code": 20000,
        "debuggingHints": [],
        "message": "there is no such user",
        "name": "ENTITY_NOT_FOUND",
        "traceId": "[trace]"
      },
      "status": 400
    }
    "#);
    for answer in [
        vendor(&server).patch(&format!("/users/{id}"), json!({})).await,
        vendor(&server).post(&format!("/users/{id}/activate"), json!({})).await,
        vendor(&server)
            .post(&format!("/users/{id}/deactivate"), json!({}))
            .await,
        vendor(&server)
            .post(&format!("/jwt/authenticate/{id}"), json!({}))
            .await,
        vendor(&server).get("/users/find_by_external_id/nobody").await,
    ] {
        let answer = answer.expect(400);
        answer.is_envelope().unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!(
            (answer.json()["code"].as_i64(), answer.text_at("/name")),
            (Some(20_000), "ENTITY_NOT_FOUND".to_owned())
        );
    }
}

#[tokio::test]
async fn a_refused_request_names_every_broken_rule() {
    let server = Server::on(Store::Sqlite).start().await;

    let refused = vendor(&server)
        .post("/users", json!({ "email": "ann", "roles": ["PRACTITIONER", "CLEANER"], "external_id": 7, "metadata": { "floor": 3 } }))
        .await;

    shows!(refused, @r#"
    {
      "body": {
        "code": 90002,
        "debuggingHints": [
          "external_id must be a string; given: a number",
          "metadata.floor must be a string; given: a number",
          "email must be an e-mail address; given: \"ann\"",
          "roles.1 must be one of ADMINISTRATOR, PRACTITIONER; given: \"CLEANER\""
        ],
        "message": "external_id must be a string; given: a number; metadata.floor must be a string; given: a number; email must be an e-mail address; given: \"ann\"; roles.1 must be one of ADMINISTRATOR, PRACTITIONER; given: \"CLEANER\"",
        "name": "INVALID_REQUEST",
        "traceId": "[trace]"
      },
      "status": 400
    }
    "#);
}

#[tokio::test]
async fn a_second_user_with_the_same_external_id_or_email_is_refused() {
    let server = Server::on(Store::Sqlite).start().await;
    let first = json!({ "external_id": "ehr-1", "email": "ann@example.org" });
    vendor(&server).post("/users", first).await.expect(200);

    shows!(vendor(&server).post("/users", json!({ "external_id": "ehr-1" })).await, @r#"
    {
      "body": {
        "code": 90001,
        "debuggingHints": [],
        "message": "another user has this external_id",
        "name": "ENTITY_ALREADY_EXISTS",
        "traceId": "[trace]"
      },
      "status": 409
    }
    "#);
    shows!(vendor(&server).post("/users", json!({ "email": "ANN@example.org" })).await, @r#"
    {
      "body": {
        "code": 90001,
        "debuggingHints": [],
        "message": "another user has this email",
        "name": "ENTITY_ALREADY_EXISTS",
        "traceId": "[trace]"
      },
      "status": 409
    }
    "#);
}

#[tokio::test]
async fn each_generation_takes_only_its_own_credentials() {
    let server = Server::on(Store::Sqlite).start().await;
    let token = e2e::nabla::core(&server, &server.api()).await;

    // The server key opens the archived generation alone, an OAuth client's token the current one alone
    shows!(server.api().below(CORE).get("/users").await, @r#"
    {
      "body": {
        "code": 90003,
        "debuggingHints": [],
        "message": "the token is not valid here",
        "name": "UNAUTHENTICATED",
        "traceId": "[trace]"
      },
      "status": 401
    }
    "#);
    let token = token.authorization().expect("credentials").replace("Bearer ", "");
    shows!(vendor(&server).bearer(&token).get("/users").await, @r#"
    {
      "body": {
        "code": 90003,
        "debuggingHints": [],
        "message": "the API key is not known",
        "name": "UNAUTHENTICATED",
        "traceId": "[trace]"
      },
      "status": 401
    }
    "#);
    shows!(vendor(&server).anonymous().get("/users").await, @r#"
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
    shows!(vendor(&server).bearer("not-a-key").get("/users").await, @r#"
    {
      "body": {
        "code": 90003,
        "debuggingHints": [],
        "message": "the API key is not known",
        "name": "UNAUTHENTICATED",
        "traceId": "[trace]"
      },
      "status": 401
    }
    "#);
}

#[tokio::test]
async fn users_are_deactivated_and_activated_and_both_may_be_repeated() {
    let server = Server::on(Store::Sqlite).start().await;
    let user = vendor(&server)
        .post("/users", json!({ "external_id": "ehr-1" }))
        .await
        .expect(200)
        .json();
    let path = format!("/users/{}", given::id(&user));

    for (verb, activated) in [
        ("deactivate", false),
        ("deactivate", false),
        ("activate", true),
        ("activate", true),
    ] {
        let answer = vendor(&server)
            .post(&format!("{path}/{verb}"), json!({}))
            .await
            .expect(200)
            .json();
        let mut expected = user.clone();
        expected["activated"] = json!(activated);
        assert_eq!(answer, expected, "after {verb}");
    }
}

#[tokio::test]
async fn the_archived_user_api_refreshes_and_ends_sessions_as_well() {
    let server = Server::on(Store::Sqlite).start().await;
    let user = vendor(&server).post("/users", json!({})).await.expect(200).json();
    let tokens = vendor(&server)
        .post(&format!("/jwt/authenticate/{}", given::id(&user)), json!({}))
        .await
        .expect(200);
    let user_api = server.api().anonymous().below(COPILOT_USER);

    let refreshed = user_api
        .post(
            "/jwt/refresh",
            json!({ "refresh_token": tokens.text_at("/refresh_token") }),
        )
        .await
        .expect(200);
    let newest = json!({ "refresh_token": refreshed.text_at("/refresh_token") });
    let ended = user_api.post("/jwt/logout", newest.clone()).await;

    assert_eq!((ended.status, ended.text.as_str()), (204, ""));
    user_api.post("/jwt/refresh", newest).await.expect(401);
}
