//! Users whom a vendor has already: they are adopted, and nobody is there twice.

use e2e::{Played, Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given;
use crate::whole;

/// Makes users directly at a vendor: one who is active, and one who is not. Their ids there.
async fn made_by_hand(server: &Server, vendor: &'static str) -> (Played, [String; 2]) {
    let played = Played::of(server, vendor);
    let hand = played.by_hand(server).await;
    let (active, inactive) = if vendor == "nabla_core" {
        let described = |name: &str| json!({ "external_id": name, "metadata": { "site": "north" } });
        let active = hand.post("/users", described("ann")).await.expect(200).text_at("/id");
        let inactive = hand.post("/users", described("bob")).await.expect(200).text_at("/id");
        let path = format!("/users/{inactive}/deactivate");
        hand.post(&path, json!({})).await.expect(200);
        (active, inactive)
    } else {
        let described = |name: &str| json!({ "email": whole::email(name), "firstName": "Ann", "lastName": "Lee" });
        let active = hand.post("/users", described("ann")).await.expect(201).text_at("/id");
        let inactive = hand.post("/users", described("bob")).await.expect(201).text_at("/id");
        let path = format!("/users/{inactive}");
        hand.patch(&path, json!({ "enabled": false })).await.expect(200);
        (active, inactive)
    };
    (played, [active, inactive])
}

/// The outcomes that the command line tells, by the vendor's ids.
fn outcome<'a>(pulled: &'a Value, id: &str) -> &'a Value {
    let all = pulled["data"].as_array().expect("a list");
    let found = all.iter().find(|one| one["vendor_user_id"] == id);
    found.unwrap_or_else(|| panic!("nothing is said of {id}: {pulled}"))
}

#[rstest]
#[tokio::test]
async fn who_is_at_a_vendor_already_is_adopted_once(
    #[values(Store::Sqlite, Store::Postgres)] store: Store,
    #[values("nabla_core", "corti")] vendor: &'static str,
) {
    // Given a user whom both have, ...
    let server = whole::with_only(store, &[vendor]).await;
    let api = server.api();
    let known = whole::user(&api, "known").await;
    let account = whole::in_sync(&api, given::id(&known), vendor).await;
    let known_there = account["vendor_user_id"].as_str().expect("the vendor's id").to_owned();
    // ... and two whom only the vendor has
    let (played, [active, inactive]) = made_by_hand(&server, vendor).await;
    let there = played.users().await;
    assert_eq!(there.len(), 3, "{there:?}");

    // When it is tried
    let tried = server
        .cli(&["connections", "pull", vendor, "--dry-run", "--json"])
        .ok()
        .json();

    // Then it is said what would be done, and nothing is
    assert_eq!(tried["dry_run"], true, "{tried}");
    assert_eq!(tried["data"].as_array().map(Vec::len), Some(3), "{tried}");
    let of_known = outcome(&tried, &known_there);
    assert_eq!(
        (&of_known["outcome"], &of_known["user_id"]),
        (&json!("known"), &known["id"])
    );
    assert_eq!(outcome(&tried, &active)["outcome"], "would_create");
    assert_eq!(outcome(&tried, &inactive)["outcome"], "would_create");
    assert_eq!(outcome(&tried, &inactive)["active"], false);
    assert_eq!(given::users(&api).await, std::slice::from_ref(&known));
    assert_eq!(played.users().await, there);
    let table = server.cli(&["connections", "pull", vendor, "--dry-run"]).ok();
    assert!(table.stdout.contains("would be made"), "{table:?}");
    assert!(
        table.stderr.contains("2 would be made") && table.stderr.contains("nothing was done"),
        "{table:?}"
    );

    // When it is done
    let pulled = server.cli(&["connections", "pull", vendor, "--json"]).ok().json();

    // Then both are here, as they are there, and linked to whom the vendor has,
    assert_eq!(pulled["dry_run"], false, "{pulled}");
    assert_eq!(given::users(&api).await.len(), 3);
    for (there, is_active) in [(&active, true), (&inactive, false)] {
        let one = outcome(&pulled, there);
        assert_eq!(one["outcome"], "created", "{one}");
        let user = one["user_id"].as_str().expect("an id");
        assert_eq!(given::canonical(&api, user).await["active"], is_active);
        let account = whole::in_sync(&api, user, vendor).await;
        if is_active {
            assert_eq!(account["vendor_user_id"].as_str(), Some(there.as_str()));
        }
        let history = api.get(&format!("/v1/users/{user}/history")).await.expect(200).data();
        let made = history.last().expect("an entry");
        assert_eq!((&made["surface"], &made["action"]), (&json!("pull"), &json!("created")));
    }
    // nobody is there twice, or otherwise than before,
    let after = played.users().await;
    let of = |users: &[Value], field: &str| -> Vec<Value> { users.iter().map(|user| user[field].clone()).collect() };
    for field in ["id", "external_id", "email", "first_name", "active", "metadata"] {
        assert_eq!(of(&after, field), of(&there, field), "{field}");
    }
    // and another time, all are known.
    let again = server.cli(&["connections", "pull", vendor, "--json"]).ok().json();
    for one in again["data"].as_array().expect("a list") {
        assert_eq!(one["outcome"], "known", "{one}");
    }
    assert_eq!(given::users(&api).await.len(), 3);
}

#[rstest]
#[case::upheal("upheal", "Upheal has no list of users")]
#[case::nabla_connect("nabla_connect", "Nabla Connect has no list of users")]
#[tokio::test]
async fn a_vendor_without_a_list_says_so(#[case] vendor: &str, #[case] words: &str) {
    let server = whole::with_only(Store::Sqlite, &[vendor]).await;

    let failed = server.cli(&["connections", "pull", vendor, "--dry-run"]).failed(2);

    assert!(failed.stderr.contains(words), "{failed:?}");
    assert!(
        !failed.stderr.contains("not here"),
        "nothing is known of whom it has: {failed:?}"
    );
    assert_eq!(given::users(&server.api()).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_connection_that_there_is_not_cannot_be_pulled() {
    let server = whole::with_only(Store::Sqlite, &["corti"]).await;

    for name in ["nabla_core", "nobody", &e2e::clock::unknown_id()] {
        let failed = server.cli(&["connections", "pull", name]).failed(2);
        assert!(failed.stderr.contains("connection"), "{failed:?}");
    }
}
