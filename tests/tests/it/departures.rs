//! When many leave at once, a person looks first.

use std::time::Duration;

use e2e::{Api, Played, Server, Store, wait};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, SOON};
use crate::whole;

/// A server with so many users at its only vendor.
async fn clinic(store: Store, count: usize) -> (Server, Vec<String>) {
    let server = whole::with_only(store, &["corti"]).await;
    let mut users = Vec::new();
    for number in 0..count {
        let user = whole::user(&server.api(), &format!("user-{number}")).await;
        users.push(given::id(&user).to_owned());
    }
    assert_eq!(given::all_in_sync(&server.api(), SOON * 2).await, count);
    (server, users)
}

/// Deactivates users at the same moment, as far as the vendor's connection is concerned.
async fn deactivate_at_once(api: &Api, users: &[String]) {
    whole::pause(api, "corti", true).await;
    for user in users {
        let path = format!("/v1/users/{user}/deactivate");
        api.post(&path, json!({})).await.expect(200);
    }
    whole::pause(api, "corti", false).await;
}

/// The accounts that are held, once there are so many.
async fn held(api: &Api, count: usize) -> Vec<Value> {
    wait::until(&format!("{count} departures are held"), SOON, async || {
        let accounts = given::all(api, "/v1/accounts").await;
        let held = accounts.iter().filter(|account| account["held_since"].is_string());
        let held: Vec<Value> = held.cloned().collect();
        if held.len() == count {
            Ok(held)
        } else {
            Err(format!("{} of {}", held.len(), accounts.len()))
        }
    })
    .await
}

/// How many users the vendor has who are active.
async fn active(corti: &Played) -> usize {
    let users = corti.users().await;
    users.iter().filter(|user| user["active"] == true).count()
}

#[rstest]
#[case::by_the_command_line_sqlite(Store::Sqlite, true)]
#[case::by_the_api_sqlite(Store::Sqlite, false)]
#[case::by_the_command_line_postgres(Store::Postgres, true)]
#[case::by_the_api_postgres(Store::Postgres, false)]
#[tokio::test]
async fn many_departures_at_once_are_held_until_somebody_approves(#[case] store: Store, #[case] by_cli: bool) {
    let (server, users) = clinic(store, 30).await;
    let (api, corti) = (server.api(), Played::of(&server, "corti"));
    let calls = corti.calls().await.len();

    // When 25 of 30 are deactivated at once
    deactivate_at_once(&api, &users[..25]).await;

    // Then each is held and the vendor is not called,
    for account in held(&api, 25).await {
        assert_eq!(account["status"], "paused", "{account}");
        assert_eq!(account["attention"], Value::Null, "{account}");
    }
    assert_eq!(corti.calls().await.len(), calls);
    assert_eq!(active(&corti).await, 30);
    // which the connection tells, and the command line,
    let connection = whole::connection(&api, "corti").await;
    assert_eq!(connection["held"]["count"], 25, "{connection}");
    assert!(connection["held"]["since"].is_string(), "{connection}");
    assert_eq!(connection["paused"], Value::Null, "{connection}");
    let table = server.cli(&["connections", "list"]).ok().stdout;
    assert!(table.contains("25 departures") && table.contains("approve"), "{table}");

    // while all else goes on: who is new comes, who stays is changed,
    let new = whole::user(&api, "new").await;
    whole::in_sync(&api, given::id(&new), "corti").await;
    let stays = &users[29];
    let change = json!({ "first_name": "Anna" });
    api.patch(&format!("/v1/users/{stays}"), change).await.expect(200);
    whole::in_sync(&api, stays, "corti").await;
    // who is changed is judged anew, with the same outcome,
    let change = json!({ "first_name": "Eve" });
    api.patch(&format!("/v1/users/{}", users[0]), change).await.expect(200);
    held(&api, 25).await;
    // and whoever should stay is activated again.
    let path = format!("/v1/users/{}/activate", users[1]);
    api.post(&path, json!({})).await.expect(200);
    whole::in_sync(&api, &users[1], "corti").await;
    held(&api, 24).await;
    assert_eq!(active(&corti).await, 31);

    // When somebody approves
    let approved = if by_cli {
        server.cli(&["connections", "approve", "corti", "--json"]).ok().json()
    } else {
        let path = format!("{}/approve", whole::path(&api, "corti").await);
        api.post(&path, json!({})).await.expect(200).json()
    };

    // Then they go on.
    assert_eq!(approved, json!({ "approved": 24 }));
    assert_eq!(given::all_in_sync(&api, SOON).await, 31);
    assert_eq!(active(&corti).await, 7);
    assert_eq!(whole::connection(&api, "corti").await["held"], Value::Null);
    // A second approval finds nothing.
    let path = format!("{}/approve", whole::path(&api, "corti").await);
    assert_eq!(
        api.post(&path, json!({})).await.expect(200).json(),
        json!({ "approved": 0 })
    );
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn what_was_approved_is_judged_anew_when_it_changes(#[case] store: Store) {
    let (server, users) = clinic(store, 10).await;
    let (api, corti) = (server.api(), Played::of(&server, "corti"));
    whole::set(&api, "corti", json!({ "hold_floor": 3, "hold_percent": 10 })).await;
    deactivate_at_once(&api, &users[..5]).await;
    held(&api, 5).await;
    let path = format!("{}/approve", whole::path(&api, "corti").await);
    let approved = api.post(&path, json!({})).await.expect(200).json();
    assert_eq!(approved, json!({ "approved": 5 }));
    given::all_in_sync(&api, SOON).await;
    assert_eq!(active(&corti).await, 5);

    // When they come back, and as many leave again
    for user in &users[..5] {
        let path = format!("/v1/users/{user}/activate");
        api.post(&path, json!({})).await.expect(200);
    }
    given::all_in_sync(&api, SOON).await;
    assert_eq!(active(&corti).await, 10);
    deactivate_at_once(&api, &users[..5]).await;

    // Then the approval of before is none of these.
    held(&api, 5).await;
    assert_eq!(active(&corti).await, 10);
    api.post(&path, json!({})).await.expect(200);
    given::all_in_sync(&api, SOON).await;
}

/// Every one of the vendor's users is deleted there by somebody; then accounts are read back.
async fn lose_everybody(server: &Server, corti: &Played) {
    let hand = corti.by_hand(server).await;
    for user in corti.users().await {
        let id = user["id"].as_str().expect("an id");
        hand.delete(&format!("/users/{id}")).await.expect(204);
    }
    server.database().read_back_now().await;
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn many_whom_the_vendor_no_longer_has_are_held_as_they_are_until_somebody_approves(#[case] store: Store) {
    let (server, users) = clinic(store, 12).await;
    let (api, corti) = (server.api(), Played::of(&server, "corti"));
    whole::set(&api, "corti", json!({ "hold_floor": 4, "hold_percent": 20 })).await;

    // When the vendor says of everybody that nobody is there
    lose_everybody(&server, &corti).await;

    // Then nobody is made anew, and nobody's id is forgotten.
    for account in held(&api, 12).await {
        assert_eq!(account["status"], "paused", "{account}");
        assert!(account["vendor_user_id"].is_string(), "{account}");
        let drift = account["drift"]["message"].as_str();
        assert_eq!(drift, Some("Corti no longer has the user"), "{account}");
    }
    assert_eq!(corti.users().await, Vec::<Value>::new());
    assert_eq!(whole::connection(&api, "corti").await["held"]["count"], 12);

    // When somebody approves
    server.cli(&["connections", "approve", "corti"]).ok();

    // Then everybody is, once.
    assert_eq!(given::all_in_sync(&api, SOON).await, 12);
    assert_eq!(active(&corti).await, users.len());

    // And what was approved once is not approved for ever.
    lose_everybody(&server, &corti).await;
    held(&api, 12).await;
    assert_eq!(corti.users().await, Vec::<Value>::new());
    server.cli(&["connections", "approve", "corti"]).ok();
    assert_eq!(given::all_in_sync(&api, SOON).await, 12);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn users_who_are_inactive_already_are_not_deleted_in_droves_unseen(#[case] store: Store) {
    let (server, users) = clinic(store, 10).await;
    let (api, corti) = (server.api(), Played::of(&server, "corti"));
    let options = json!({ "hold_floor": 3, "hold_percent": 10, "on_leave": "delete" });
    whole::set(&api, "corti", options).await;
    deactivate_at_once(&api, &users[..8]).await;
    held(&api, 8).await;
    server.cli(&["connections", "approve", "corti"]).ok();
    given::all_in_sync(&api, SOON).await;
    assert_eq!((active(&corti).await, corti.users().await.len()), (2, 10));

    // When all who were deactivated are deleted
    whole::pause(&api, "corti", true).await;
    for user in &users[..8] {
        api.delete(&format!("/v1/users/{user}")).await.expect(204);
    }
    whole::pause(&api, "corti", false).await;

    // Then they stay at the vendor until somebody approves that, too.
    held(&api, 8).await;
    assert_eq!(corti.users().await.len(), 10);
    server.cli(&["connections", "approve", "corti"]).ok();
    for user in &users[..8] {
        whole::account_with(&api, user, "corti", "removed").await;
    }
    assert_eq!(corti.users().await.len(), 2);
}

#[rstest]
#[case::by_number_sqlite(Store::Sqlite, 20, json!({}))]
#[case::by_number_postgres(Store::Postgres, 20, json!({}))]
#[case::by_share_sqlite(Store::Sqlite, 25, json!({ "hold_percent": 90 }))]
#[case::as_the_connection_says_sqlite(Store::Sqlite, 25, json!({ "hold_floor": 25 }))]
#[case::never_sqlite(Store::Sqlite, 30, json!({ "hold_percent": 100 }))]
#[tokio::test]
async fn below_either_limit_nothing_is_held(#[case] store: Store, #[case] leaving: usize, #[case] options: Value) {
    let (server, users) = clinic(store, 30).await;
    let api = server.api();
    whole::set(&api, "corti", options).await;

    deactivate_at_once(&api, &users[..leaving]).await;

    given::all_in_sync(&api, SOON).await;
    assert_eq!(active(&Played::of(&server, "corti")).await, 30 - leaving);
    assert_eq!(whole::connection(&api, "corti").await["held"], Value::Null);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn those_who_leave_one_by_one_within_the_window_are_counted_together(#[case] store: Store) {
    let (server, users) = clinic(store, 12).await;
    let (api, corti) = (server.api(), Played::of(&server, "corti"));
    whole::set(&api, "corti", json!({ "hold_floor": 4, "hold_percent": 20 })).await;

    // Four leave, each after the other has
    for user in &users[..4] {
        api.post(&format!("/v1/users/{user}/deactivate"), json!({}))
            .await
            .expect(200);
        whole::in_sync(&api, user, "corti").await;
    }
    assert_eq!(active(&corti).await, 8);

    // The fifth is one too many, be it deleted or deactivated.
    api.post(&format!("/v1/users/{}/deactivate", users[4]), json!({}))
        .await
        .expect(200);
    api.delete(&format!("/v1/users/{}", users[5])).await.expect(204);
    held(&api, 2).await;
    wait::pause(Duration::from_millis(500)).await;
    assert_eq!(active(&corti).await, 8);
    server.cli(&["connections", "approve", "corti"]).ok();
    whole::in_sync(&api, &users[4], "corti").await;
    whole::account_with(&api, &users[5], "corti", "removed").await;
    assert_eq!(active(&corti).await, 6);
}
