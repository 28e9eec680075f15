//! `/v1/accounts`, and the accounts of one user.

use e2e::{Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given;

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn accounts_say_where_each_user_stands_at_each_connection(#[case] store: Store) {
    // Given five users and two connections, one of which is paused
    let mut server = Server::on(store).sandbox().start().await;
    let api = server.api();
    let sandbox = given::connection(&api).await;
    let paused = api
        .post("/v1/connections", given::new_connection())
        .await
        .expect(201)
        .json();
    for number in 0..5 {
        given::user(&api, &format!("ehr-{number}")).await;
    }
    let of = |connection: &Value| format!("/v1/accounts?connection_id={}", given::id(connection));
    e2e::wait::until("the sandbox has all", given::SOON, async || {
        let done = api
            .get(&format!("{}&status=in_sync", of(&sandbox)))
            .await
            .expect(200)
            .data()
            .len();
        if done == 5 { Ok(()) } else { Err(format!("{done} of 5")) }
    })
    .await;

    // Then they can be listed by connection and by status, page by page
    assert_eq!(
        api.get(&format!("{}&status=paused", of(&paused)))
            .await
            .expect(200)
            .data()
            .len(),
        5
    );
    assert_eq!(
        api.get("/v1/accounts?status=needs_attention").await.expect(200).data(),
        Vec::<Value>::new()
    );
    let mut walked = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api.get(&format!("/v1/accounts?limit=3{cursor}")).await.expect(200);
        walked.extend(page.data());
        let Some(next) = page.json()["next_cursor"].as_str().map(str::to_owned) else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(walked, given::all(&api, "/v1/accounts").await);
    assert_eq!(walked.len(), 10);
    api.get("/v1/accounts?status=fine").await.expect(400);
    server.leaves_accounts();
}

#[tokio::test]
async fn an_account_has_every_key_from_the_beginning() {
    let mut server = Server::on(Store::Sqlite).start().await;
    let api = server.api();
    api.post("/v1/connections", given::new_connection()).await.expect(201);
    let user = given::user(&api, "ehr-1").await;

    let mut account = given::account(&api, given::id(&user)).await;

    for name in ["user_id", "connection_id", "updated_at", "next_attempt_at"] {
        assert!(account.get(name).is_some(), "{account}");
        account[name] = json!("[…]");
    }
    insta::assert_json_snapshot!(account, @r#"
    {
      "applied_version": 0,
      "attempts": 0,
      "attention": null,
      "connection_id": "[…]",
      "desired_version": 1,
      "invite_url": null,
      "last_error": null,
      "next_attempt_at": "[…]",
      "status": "paused",
      "updated_at": "[…]",
      "user_id": "[…]",
      "vendor": "nabla_core",
      "vendor_user_id": null
    }
    "#);
    server.leaves_accounts();
}
