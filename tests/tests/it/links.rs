//! Whose user at the vendor is whose: a key that goes from one clinician to another never takes the other's user along.

use e2e::{Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{given, whole};

/// Every vendor. At Nabla Core a key can be given on; at Upheal and Nabla Connect it stays with whom it was given to first,
/// and Corti knows users by their address.
const VENDORS: [&str; 4] = ["nabla_core", "nabla_connect", "upheal", "corti"];

async fn sandbox(store: Store) -> Server {
    Server::on(store).sandbox().start().await
}

/// A user with an external id, marked as whose it is, who has arrived at every vendor.
async fn arrived(server: &Server, external_id: &str, whose: &str) -> String {
    let id = made(server, external_id, whose).await;
    for vendor in VENDORS {
        whole::in_sync(&server.api(), &id, vendor).await;
    }
    id
}

/// Waits until a user's accounts at the vendors other than Nabla Core have come to their ends: in sync, or a person is asked
/// for this cause.
async fn ends(server: &Server, user: &str, expected: [(&str, Option<&str>); 3]) {
    for (vendor, cause) in expected {
        let status = if cause.is_some() { "needs_attention" } else { "in_sync" };
        let account = whole::account_with(&server.api(), user, vendor, status).await;
        assert_eq!(account["attention"]["cause"].as_str(), cause, "{account}");
    }
}

/// Asserts that at Upheal a person is asked about a user, and told who holds its key there.
async fn is_told_who_holds_the_key(server: &Server, user: &str, holder: &str) {
    let account = whole::account(&server.api(), user, "upheal").await.expect("an account");
    let message = account["attention"]["message"].as_str().unwrap_or_default();
    assert!(message.contains(holder), "{account}");
}

/// How many users the vendors other than Nabla Core have.
async fn count_at_others(server: &Server) -> [usize; 3] {
    let sandbox = server.sandbox();
    [
        sandbox.users_at("nabla_connect").await.len(),
        sandbox.users_at("upheal").await.len(),
        sandbox.users_at("corti").await.len(),
    ]
}

async fn made(server: &Server, external_id: &str, whose: &str) -> String {
    let mut user = whole::described(external_id);
    user["email"] = json!(whole::email(whose));
    user["metadata"] = json!({ "whose": whose });
    let answer = server.api().post("/v1/users", user).await.expect(201);
    given::id(&answer.json()).to_owned()
}

/// Whom the vendor has: external id, whose data, and whether active; sorted.
async fn at_the_vendor(server: &Server) -> Vec<(String, String, bool)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let users = server.sandbox().users().await;
    let mut shown: Vec<_> = users
        .iter()
        .map(|user| {
            let active = user["active"].as_bool().unwrap_or_default();
            (text(&user["external_id"]), text(&user["metadata"]["whose"]), active)
        })
        .collect();
    shown.sort();
    shown
}

fn shown(external_id: &str, whose: &str, active: bool) -> (String, String, bool) {
    (external_id.to_owned(), whose.to_owned(), active)
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn the_former_key_of_a_deactivated_clinician_goes_to_another_without_activating_the_first(#[case] store: Store) {
    let mut server = sandbox(store).await;
    // Of whom a person is asked is said below.
    server.leaves_accounts();
    let first = arrived(&server, "ehr-1", "first").await;
    let path = format!("/v1/users/{first}");
    server
        .api()
        .post(&format!("{path}/deactivate"), json!({}))
        .await
        .expect(200);
    whole::in_sync(&server.api(), &first, "nabla_core").await;
    let deactivated = [
        ("nabla_connect", Some("unsupported")),
        ("upheal", None),
        ("corti", None),
    ];
    ends(&server, &first, deactivated).await;

    server
        .api()
        .patch(&path, json!({ "external_id": "ehr-1-former" }))
        .await
        .expect(200);
    let second = made(&server, "ehr-1", "second").await;

    whole::in_sync(&server.api(), &second, "nabla_core").await;
    whole::in_sync(&server.api(), &first, "nabla_core").await;
    let expected = [shown("ehr-1", "second", true), shown("ehr-1-former", "first", false)];
    assert_eq!(at_the_vendor(&server).await, expected);
    assert!(
        server.sandbox().calls_for("activate").await.is_empty(),
        "nobody was activated"
    );
    ends(&server, &first, deactivated).await;
    ends(&server, &second, HELD).await;
    is_told_who_holds_the_key(&server, &second, &first).await;
    assert_eq!(count_at_others(&server).await, [1, 1, 2]);
    for vendor in ["upheal", "corti"] {
        let users = server.sandbox().users_at(vendor).await;
        let theirs = users.iter().find(|user| user["email"] == whole::email("first"));
        assert_eq!(theirs.expect("the first one")["active"], false, "{vendor}");
    }
}

/// Where a second user cannot be given the key that a first one had.
const HELD: [(&str, Option<&str>); 3] = [
    ("nabla_connect", Some("held_elsewhere")),
    ("upheal", Some("held_elsewhere")),
    ("corti", None),
];

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_key_whose_change_is_still_on_its_way_to_the_vendor_is_waited_for(#[case] store: Store) {
    let mut server = sandbox(store).await;
    // Of whom a person is asked is said below.
    server.leaves_accounts();
    let first = arrived(&server, "ehr-1", "first").await;
    let fault = json!({ "kind": "status", "status": 503, "retry_after": 2 });
    server
        .sandbox()
        .fault(fault, json!({ "operation": "update", "times": 1 }))
        .await;

    server
        .api()
        .patch(&format!("/v1/users/{first}"), json!({ "external_id": "ehr-2" }))
        .await
        .expect(200);
    let second = made(&server, "ehr-1", "second").await;

    whole::in_sync(&server.api(), &first, "nabla_core").await;
    whole::in_sync(&server.api(), &second, "nabla_core").await;
    server.sandbox().all_struck().await;
    let expected = [shown("ehr-1", "second", true), shown("ehr-2", "first", true)];
    assert_eq!(at_the_vendor(&server).await, expected);
    assert_eq!(
        server.sandbox().calls_for("update").await.len(),
        2,
        "only the first one's own"
    );
    let keyed_anew = [("nabla_connect", Some("rejected")), ("upheal", None), ("corti", None)];
    ends(&server, &first, keyed_anew).await;
    ends(&server, &second, HELD).await;
    is_told_who_holds_the_key(&server, &second, &first).await;
    assert_eq!(count_at_others(&server).await, [1, 1, 2]);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_clinician_who_is_made_anew_while_the_deletion_is_on_its_way_is_adopted_after_it(#[case] store: Store) {
    let mut server = sandbox(store).await;
    // Of whom a person is asked is said below.
    server.leaves_accounts();
    let first = arrived(&server, "ehr-1", "first").await;
    let fault = json!({ "kind": "status", "status": 503, "retry_after": 2 });
    server
        .sandbox()
        .fault(fault, json!({ "operation": "deactivate", "times": 1 }))
        .await;

    server.api().delete(&format!("/v1/users/{first}")).await.expect(204);
    let second = made(&server, "ehr-1", "second").await;

    whole::in_sync(&server.api(), &second, "nabla_core").await;
    server.sandbox().all_struck().await;
    assert_eq!(at_the_vendor(&server).await, [shown("ehr-1", "second", true)]);
    let anew = [
        ("nabla_connect", Some("held_elsewhere")),
        ("upheal", None),
        ("corti", None),
    ];
    ends(&server, &second, anew).await;
    assert_eq!(count_at_others(&server).await, [1, 1, 2]);
    let adopted = &server.sandbox().users_at("upheal").await[0];
    assert_eq!(adopted["active"], true, "{adopted}");
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_deactivation_that_is_answered_with_not_found_is_not_believed(#[case] store: Store) {
    let server = sandbox(store).await;
    let user = arrived(&server, "ehr-1", "first").await;
    let fault = json!({ "kind": "status", "status": 404 });
    server
        .sandbox()
        .fault(fault, json!({ "operation": "deactivate", "times": 2 }))
        .await;

    server
        .api()
        .post(&format!("/v1/users/{user}/deactivate"), json!({}))
        .await
        .expect(200);

    let account = whole::in_sync(&server.api(), &user, "nabla_core").await;
    server.sandbox().all_struck().await;
    assert_eq!(at_the_vendor(&server).await, [shown("ehr-1", "first", false)]);
    assert!(account["vendor_user_id"].is_string(), "{account}");
    let deactivated = [
        ("nabla_connect", Some("unsupported")),
        ("upheal", None),
        ("corti", None),
    ];
    ends(&server, &user, deactivated).await;
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn the_fields_of_a_deactivated_clinician_reach_the_vendor(#[case] store: Store) {
    let server = sandbox(store).await;
    let user = arrived(&server, "ehr-1", "before").await;
    let path = format!("/v1/users/{user}");
    server
        .api()
        .post(&format!("{path}/deactivate"), json!({}))
        .await
        .expect(200);
    whole::in_sync(&server.api(), &user, "nabla_core").await;

    server
        .api()
        .patch(&path, json!({ "metadata": { "whose": "after" } }))
        .await
        .expect(200);

    whole::in_sync(&server.api(), &user, "nabla_core").await;
    assert_eq!(at_the_vendor(&server).await, [shown("ehr-1", "after", false)]);
    let deactivated = [
        ("nabla_connect", Some("unsupported")),
        ("upheal", None),
        ("corti", None),
    ];
    ends(&server, &user, deactivated).await;
}
