//! `/v1/accounts`, and the accounts of one user.

use e2e::vendors::NAMES;
use e2e::{Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{given, whole};

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn accounts_say_where_each_user_stands_at_each_connection(#[case] store: Store) {
    // Given five users and connections to all vendors, and one more that is paused
    let mut server = Server::on(store).sandbox().start().await;
    let api = server.api();
    let sandbox = given::all(&api, "/v1/connections").await;
    let paused = api
        .post("/v1/connections", given::new_connection())
        .await
        .expect(201)
        .json();
    for number in 0..5 {
        whole::user(&api, &format!("ehr-{number}")).await;
    }
    let of = |connection: &Value| format!("/v1/accounts?connection_id={}", given::id(connection));
    assert_eq!(sandbox.len(), NAMES.len());
    for connection in &sandbox {
        e2e::wait::until("the vendor has all", given::SOON, async || {
            let path = format!("{}&status=in_sync", of(connection));
            let done = api.get(&path).await.expect(200).data();
            let is_theirs = done.iter().all(|account| account["vendor"] == connection["vendor"]);
            assert!(is_theirs, "{path} lists others: {done:?}");
            if done.len() == 5 {
                Ok(())
            } else {
                Err(format!("{} of 5 at {}", done.len(), connection["vendor"]))
            }
        })
        .await;
    }

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
    assert_eq!(walked.len(), 5 * (NAMES.len() + 1));
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
      "assigned": true,
      "attempts": 0,
      "attention": null,
      "connection_id": "[…]",
      "desired_version": 1,
      "drift": null,
      "held_since": null,
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
