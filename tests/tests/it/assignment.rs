//! Connections that take only those who are chosen.

use e2e::{Played, Server, Store, wait};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, SOON};
use crate::whole;

/// A server whose only connection, to this vendor, takes those who are chosen.
async fn choosing(store: Store, vendor: &'static str, options: Value) -> (Server, Played) {
    let server = whole::with_only(store, &[vendor]).await;
    let mut options = options;
    options["assignment"] = json!("chosen");
    whole::set(&server.api(), vendor, options).await;
    let played = Played::of(&server, vendor);
    (server, played)
}

#[rstest]
#[tokio::test]
async fn only_who_is_assigned_is_there_and_comes_back_as_the_same(
    #[values(Store::Sqlite, Store::Postgres)] store: Store,
    #[values("nabla_core", "upheal", "corti")] vendor: &'static str,
) {
    let (server, played) = choosing(store, vendor, json!({})).await;
    let api = server.api();
    let chosen = whole::user(&api, "chosen").await;
    let other = whole::user(&api, "other").await;
    let path = whole::account_path(&api, given::id(&chosen), vendor).await;

    // When one of two is assigned, twice over
    for _ in 0..2 {
        let account = api.put(&path, json!({})).await.expect(200).json();
        assert_eq!(account["assigned"], true, "{account}");
    }
    let account = whole::in_sync(&api, given::id(&chosen), vendor).await;

    // Then that one is there, and the other is not
    assert_eq!(whole::account(&api, given::id(&other), vendor).await, None);
    let there = played.users().await;
    assert_eq!(there.len(), 1, "{there:?}");
    assert_eq!(there[0]["active"], true);

    // When the user is taken off, twice over
    for _ in 0..2 {
        let account = api.delete(&path).await.expect(200).json();
        assert_eq!(account["assigned"], false, "{account}");
    }

    // Then the vendor has deactivated the user, who is as active as before here
    let removed = whole::account_with(&api, given::id(&chosen), vendor, "removed").await;
    assert_eq!(removed["assigned"], false, "{removed}");
    assert_eq!(played.users().await[0]["active"], false);
    assert_eq!(given::canonical(&api, given::id(&chosen)).await["active"], true);
    // and whatever is changed meanwhile stays here.
    let calls = played.calls().await.len();
    let change = json!({ "first_name": "Anna" });
    let user = format!("/v1/users/{}", given::id(&chosen));
    api.patch(&user, change).await.expect(200);
    whole::account_with(&api, given::id(&chosen), vendor, "removed").await;
    assert_eq!(played.users().await[0]["active"], false);
    let asked = played.calls().await;
    let wrote = |call: &&Value| ["create", "activate"].iter().any(|name| call["operation"] == *name);
    assert_eq!(asked[calls..].iter().find(wrote), None);

    // When the user is assigned again, it is the vendor's same user, with the change.
    api.put(&path, json!({})).await.expect(200);
    let again = whole::in_sync(&api, given::id(&chosen), vendor).await;
    assert_eq!(again["vendor_user_id"], account["vendor_user_id"]);
    let there = played.users().await;
    assert_eq!(there.len(), 1, "{there:?}");
    assert_eq!(there[0]["active"], true);
    if vendor != "nabla_core" {
        assert_eq!(there[0]["first_name"], "Anna");
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn who_is_taken_off_is_deleted_where_the_connection_says_so_and_the_vendor_can(#[case] store: Store) {
    let (server, corti) = choosing(store, "corti", json!({ "on_leave": "delete" })).await;
    let api = server.api();
    let user = whole::user(&api, "ann").await;
    let path = whole::account_path(&api, given::id(&user), "corti").await;
    api.put(&path, json!({})).await.expect(200);
    let first = whole::in_sync(&api, given::id(&user), "corti").await;

    api.delete(&path).await.expect(200);
    let removed = whole::account_with(&api, given::id(&user), "corti", "removed").await;

    assert_eq!(removed["vendor_user_id"], Value::Null, "{removed}");
    assert_eq!(corti.users().await, Vec::<Value>::new());
    // And the user can come back, as a new one.
    api.put(&path, json!({})).await.expect(200);
    let again = whole::in_sync(&api, given::id(&user), "corti").await;
    assert_ne!(again["vendor_user_id"], first["vendor_user_id"]);
    assert_eq!(corti.users().await.len(), 1);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_connection_that_takes_all_lets_go_of_none(#[case] store: Store) {
    let server = whole::with_only(store, &["corti"]).await;
    let api = server.api();
    let user = whole::user(&api, "ann").await;
    whole::in_sync(&api, given::id(&user), "corti").await;
    let path = whole::account_path(&api, given::id(&user), "corti").await;

    let refused = api.delete(&path).await.expect(409).json();

    assert_eq!(refused["type"], "/problems/conflict", "{refused}");
    let failed = server.cli(&[
        "accounts",
        "unassign",
        "ann",
        "--connection",
        path.rsplit('/').next().unwrap(),
    ]);
    let failed = failed.failed(2);
    assert!(!failed.stderr.is_empty() && failed.stdout.is_empty(), "{failed:?}");
    assert_eq!(
        whole::account(&api, given::id(&user), "corti")
            .await
            .expect("an account")["assigned"],
        true
    );
    // Who is there already may be assigned; nothing follows.
    let account = api.put(&path, json!({})).await.expect(200).json();
    assert_eq!(account["assigned"], true, "{account}");
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn everybody_comes_when_a_connection_takes_all_and_stays_when_it_chooses_again(#[case] store: Store) {
    // Given three users: assigned, taken off, and never assigned
    let (server, corti) = choosing(store, "corti", json!({})).await;
    let api = server.api();
    let users = [
        whole::user(&api, "assigned").await,
        whole::user(&api, "taken-off").await,
        whole::user(&api, "never").await,
    ];
    for user in &users[..2] {
        let path = whole::account_path(&api, given::id(user), "corti").await;
        api.put(&path, json!({})).await.expect(200);
        whole::in_sync(&api, given::id(user), "corti").await;
    }
    let off = whole::account_path(&api, given::id(&users[1]), "corti").await;
    api.delete(&off).await.expect(200);
    whole::account_with(&api, given::id(&users[1]), "corti", "removed").await;

    // When the connection takes all
    whole::set(&api, "corti", json!({ "assignment": "all" })).await;

    // Then all three are there and active, each once
    for user in &users {
        let account = whole::in_sync(&api, given::id(user), "corti").await;
        assert_eq!(account["assigned"], true, "{account}");
    }
    let there = corti.users().await;
    assert_eq!(there.len(), 3, "{there:?}");
    assert!(there.iter().all(|user| user["active"] == true), "{there:?}");

    // And who is there stays when it chooses again; who is new does not come.
    whole::set(&api, "corti", json!({ "assignment": "chosen" })).await;
    let late = whole::user(&api, "late").await;
    wait::pause(std::time::Duration::from_millis(1_500)).await;
    assert_eq!(given::all_in_sync(&api, SOON).await, 3);
    assert_eq!(whole::account(&api, given::id(&late), "corti").await, None);
    assert_eq!(corti.users().await.len(), 3);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn the_command_line_assigns_and_takes_off(#[case] store: Store) {
    let (server, corti) = choosing(store, "corti", json!({})).await;
    let api = server.api();
    let user = whole::user(&api, "ann").await;
    let connection = whole::connection(&api, "corti").await;
    let run = |command: &str, format: &[&str]| {
        let arguments = ["accounts", command, "ann", "--connection", "corti"];
        server.cli(&[&arguments, format].concat()).ok()
    };

    let assigned = run("assign", &["--json"]).json();
    assert_eq!(assigned["data"][0]["assigned"], true, "{assigned}");
    whole::in_sync(&api, given::id(&user), "corti").await;
    assert_eq!(corti.users().await[0]["active"], true);

    let table = run("unassign", &[]).stdout;
    assert!(table.contains("corti"), "{table}");
    whole::account_with(&api, given::id(&user), "corti", "removed").await;
    assert_eq!(corti.users().await[0]["active"], false);
    let unknown = ["accounts", "assign", "nobody", "--connection", given::id(&connection)];
    server.cli(&unknown).failed(2);
}
