//! `/v1/connections`

use e2e::nabla::{NEXT, OauthClient};
use e2e::{Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, SOON, shows};
use crate::whole;

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_connection_is_made_read_changed_and_deleted_and_never_shows_credentials(#[case] store: Store) {
    let mut server = Server::on(store).start().await;
    let api = server.api();
    let user = given::user(&api, "ehr-1").await;

    // Made: users who are there already get an account
    let created = api.post("/v1/connections", given::new_connection()).await;
    let mut shown = created.shown();
    for name in ["id", "created_at", "updated_at"] {
        shown["body"][name] = json!("[…]");
    }
    shown["body"]["paused"]["since"] = json!("[…]");
    insta::assert_json_snapshot!(shown, @r#"
    {
      "body": {
        "base_url": "https://nabla.example.org/v1/core/server",
        "created_at": "[…]",
        "held": null,
        "id": "[…]",
        "label": "Nabla, EU",
        "options": {
          "allow_private_addresses": false,
          "api_version": null,
          "assignment": "all",
          "concurrency": 8,
          "drift": "repair",
          "hold_floor": 20,
          "hold_percent": 20,
          "hold_window_minutes": 60,
          "on_leave": "deactivate",
          "read_back_minutes": 1440,
          "requests_per_minute": null
        },
        "paused": {
          "reason": "paused by request: set paused to false to go on",
          "since": "[…]"
        },
        "updated_at": "[…]",
        "vendor": "nabla_core",
        "version": 1
      },
      "status": 201
    }
    "#);
    let path = format!("/v1/connections/{}", created.text_at("/id"));
    assert_eq!(created.header("location"), Some(path.as_str()));
    assert_eq!(given::account(&api, given::id(&user)).await["status"], "paused");
    // read and listed,
    let read = api.get(&path).await.expect(200);
    assert_eq!(read.json(), created.json());
    assert_eq!(given::all(&api, "/v1/connections").await, [created.json()]);
    // changed, at the version that was seen,
    let etag = read.header("etag").expect("an ETag").to_owned();
    let changed = api
        .with("If-Match", &etag)
        .patch(
            &path,
            json!({ "label": "Nabla, US", "options": { "api_version": "2025-05-07" } }),
        )
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&changed["label"], &changed["options"]["api_version"]),
        (&json!("Nabla, US"), &json!("2025-05-07"))
    );
    api.with("If-Match", &etag)
        .patch(&path, json!({ "label": null }))
        .await
        .expect(412);
    api.patch(&path, json!({ "vendor": "corti" })).await.expect(422);
    // and deleted, with its accounts.
    api.delete(&path).await.expect(204);
    api.get(&path).await.expect(404);
    assert_eq!(
        api.get(&format!("/v1/users/{}/accounts", given::id(&user)))
            .await
            .expect(200)
            .data(),
        Vec::<Value>::new()
    );
    server.leaves_accounts();
}

#[tokio::test]
async fn a_connection_that_cannot_work_is_refused_with_everything_that_is_wrong() {
    let server = Server::on(Store::Sqlite).start().await;
    let api = server.api();

    shows!(api.post("/v1/connections", json!({})).await, @r#"
    {
      "body": {
        "detail": "3 rules are broken; see errors",
        "errors": [
          {
            "code": "required",
            "detail": "vendor is required",
            "given": "nothing",
            "pointer": "/vendor"
          },
          {
            "code": "required",
            "detail": "base_url is required",
            "given": "nothing",
            "pointer": "/base_url"
          },
          {
            "code": "required",
            "detail": "credentials is required",
            "given": "nothing",
            "pointer": "/credentials"
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
    let wrong = json!({
        "vendor": "nabla_core",
        "base_url": "http://127.0.0.1/",
        "label": "",
        "options": { "api_version": "latest" },
        "credentials": { "client_id": "", "private_key": "not a key" },
    });
    shows!(api.post("/v1/connections", wrong).await, @r#"
    {
      "body": {
        "detail": "5 rules are broken; see errors",
        "errors": [
          {
            "code": "length",
            "detail": "label must have 1 to 100 characters",
            "given": "0 characters",
            "pointer": "/label"
          },
          {
            "code": "format",
            "detail": "base_url must be an https URL, unless private addresses are allowed",
            "given": "\"http://127.0.0.1\"",
            "pointer": "/base_url"
          },
          {
            "code": "format",
            "detail": "options.api_version must be a version of the form YYYY-MM-DD, or x-nabla-next",
            "given": "\"latest\"",
            "pointer": "/options/api_version"
          },
          {
            "code": "required",
            "detail": "credentials.client_id is required",
            "given": "nothing",
            "pointer": "/credentials/client_id"
          },
          {
            "code": "format",
            "detail": "credentials.private_key must be an RSA private key of at least 2048 bits in PEM",
            "given": "something else",
            "pointer": "/credentials/private_key"
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
    for base_url in [
        "ftp://example.org",
        "https://user:pw@example.org",
        "https://169.254.169.254/",
        "https://[::1]/",
        "nonsense",
    ] {
        let mut connection = given::new_connection();
        connection["base_url"] = json!(base_url);
        let refused = api.post("/v1/connections", connection).await;
        assert_eq!(refused.status, 422, "{base_url}: {refused:?}");
    }
    assert_eq!(given::all(&api, "/v1/connections").await, Vec::<Value>::new());
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_connection_to_another_roster_provisions_there_once_its_credentials_are_right(#[case] store: Store) {
    // Given a Roster that plays the vendor for another one, each with its own database
    let vendor = Server::on(store).start().await;
    let client = OauthClient::register(&vendor, &vendor.api()).await;
    let server = Server::on(store)
        .env("ROSTER_ALLOW_PRIVATE_ADDRESSES", "true")
        .start()
        .await;
    let api = server.api();
    let mut connection = given::new_connection();
    connection["base_url"] = json!(client.api.base());
    connection["options"] = json!({ "allow_private_addresses": true });
    connection["credentials"] = json!({ "client_id": client.id, "private_key": NEXT.private });
    connection["paused"] = json!(false);

    // When it is connected with a key that the vendor does not know
    let made = api.post("/v1/connections", connection).await.expect(201);
    let path = format!("/v1/connections/{}", made.text_at("/id"));
    let user = given::user(&api, "ehr-1").await;
    given::account_with(&api, given::id(&user), "paused", SOON).await;
    let tested = api.post(&format!("{path}/test"), json!({})).await.expect(200).json();
    assert_eq!(tested["ok"], false);
    assert!(
        tested["message"]
            .as_str()
            .is_some_and(|text| text.contains("signature")),
        "{tested}"
    );

    // Then the right key ends the pause, and the user arrives there
    let right = json!({ "credentials": { "client_id": client.id, "private_key": e2e::nabla::OWN.private } });
    let mended = api.patch(&path, right).await.expect(200).json();
    assert_eq!(mended["paused"], Value::Null);
    let account = given::in_sync(&api, given::id(&user)).await;
    let there = given::users(&vendor.api()).await;
    assert_eq!(there.len(), 1);
    assert_eq!(
        (&there[0]["id"], &there[0]["external_id"]),
        (&account["vendor_user_id"], &json!("ehr-1"))
    );
    // And pausing holds changes back until it ends.
    api.patch(&path, json!({ "paused": true })).await.expect(200);
    api.patch(
        &format!("/v1/users/{}", given::id(&user)),
        json!({ "external_id": "ehr-2" }),
    )
    .await
    .expect(200);
    given::account_with(&api, given::id(&user), "paused", SOON).await;
    assert_eq!(given::users(&vendor.api()).await[0]["external_id"], "ehr-1");
    api.patch(&path, json!({ "paused": false })).await.expect(200);
    given::in_sync(&api, given::id(&user)).await;
    assert_eq!(given::users(&vendor.api()).await[0]["external_id"], "ehr-2");
}

#[tokio::test]
async fn a_vendor_that_is_not_there_is_retried_and_said_so() {
    let mut server = Server::on(Store::Sqlite)
        .env("ROSTER_ALLOW_PRIVATE_ADDRESSES", "true")
        .start()
        .await;
    let api = server.api();
    let mut connection = given::new_connection();
    connection["base_url"] = json!("http://127.0.0.1:9/v1/core/server");
    connection["options"] = json!({ "allow_private_addresses": true });
    connection["paused"] = json!(false);
    let made = api.post("/v1/connections", connection).await.expect(201);
    let user = given::user(&api, "ehr-1").await;

    let account = given::account_with(&api, given::id(&user), "retrying", SOON).await;

    assert!(
        account["last_error"]
            .as_str()
            .is_some_and(|text| text.contains("Nabla Core")),
        "{account}"
    );
    let tested = api
        .post(&format!("/v1/connections/{}/test", made.text_at("/id")), json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(tested["ok"], false, "{tested}");
    server.leaves_accounts();
}

#[tokio::test]
async fn private_addresses_are_the_operators_to_allow_and_no_tenants() {
    // Given an operator who allows none, but for the sandbox
    let server = Server::on(Store::Sqlite).sandbox().start().await;
    let api = server.api();
    let is_refused = |answer: e2e::Answer| {
        let answer = answer.expect(422);
        assert_eq!(answer.text_at("/errors/0/pointer"), "/options/allow_private_addresses");
        assert!(answer.text_at("/errors/0/detail").contains("operator"), "{answer:?}");
    };

    // Then a connection to one is refused,
    let mut connection = given::new_connection();
    connection["base_url"] = json!("http://127.0.0.1:9/v1/core/server");
    connection["options"] = json!({ "allow_private_addresses": true });
    is_refused(api.post("/v1/connections", connection).await);
    // and the sandbox's own works, can be changed, but not led elsewhere.
    let path = format!(
        "/v1/connections/{}",
        given::id(&whole::connection(&api, "nabla_core").await)
    );
    is_refused(
        api.patch(&path, json!({ "base_url": "http://127.0.0.1:9/metadata" }))
            .await,
    );
    api.patch(&path, json!({ "label": "Mine", "paused": true }))
        .await
        .expect(200);
    api.patch(&path, json!({ "paused": false })).await.expect(200);
    let user = whole::user(&api, "ehr-1").await;
    given::in_sync_everywhere(&api, given::id(&user)).await;
}
