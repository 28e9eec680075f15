//! A vendor that fails in every way there is: whatever it does, users end up there once, as they should be. The one that fails
//! is Nabla Core; the others go on.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use e2e::nabla::COPILOT;
use e2e::vendors::NAMES as VENDORS;
use e2e::{Api, Server, Store, wait};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, SOON};
use crate::whole;

async fn sandbox(store: Store) -> Server {
    Server::on(store).sandbox().start().await
}

fn time(call: &Value) -> DateTime<Utc> {
    let text = call["time"]
        .as_str()
        .unwrap_or_else(|| panic!("a call without a time: {call}"));
    text.parse().unwrap_or_else(|error| panic!("{error}: {call}"))
}

/// The one user that Nabla Core has.
async fn only_user(server: &Server) -> Value {
    let users = server.sandbox().users().await;
    let [user] = users.as_slice() else {
        panic!("not one user at the vendor: {users:?}")
    };
    user.clone()
}

#[rstest]
#[case::unavailable_sqlite(Store::Sqlite, 503)]
#[case::unavailable_postgres(Store::Postgres, 503)]
#[case::too_many_calls_sqlite(Store::Sqlite, 429)]
#[tokio::test]
async fn a_vendor_that_asks_to_wait_is_not_called_earlier(#[case] store: Store, #[case] status: u16) {
    let server = sandbox(store).await;
    let fault = json!({ "kind": "status", "status": status, "retry_after": 2 });
    server
        .sandbox()
        .fault(fault, json!({ "operation": "create", "times": 3 }))
        .await;

    let user = whole::user(&server.api(), "ehr-1").await;
    let waiting = whole::account_with(&server.api(), given::id(&user), "nabla_core", "retrying").await;
    assert!(
        waiting["last_error"]
            .as_str()
            .is_some_and(|text| text.contains(&status.to_string())),
        "{waiting}"
    );
    given::in_sync_everywhere(&server.api(), given::id(&user)).await;

    server.sandbox().all_struck().await;
    assert_eq!(server.sandbox().calls_for("create").await.len(), 4);
    let calls = server.sandbox().calls().await;
    for pair in calls.windows(2).filter(|pair| pair[0]["status"] == status) {
        let waited = time(&pair[1]) - time(&pair[0]);
        assert!(waited >= TimeDelta::seconds(2), "called again after {waited}: {pair:?}");
    }
    only_user(&server).await;
}

#[tokio::test]
async fn a_change_does_not_break_into_the_wait_that_a_vendor_asked_for() {
    let server = sandbox(Store::Sqlite).await;
    let fault = json!({ "kind": "status", "status": 503, "retry_after": 3 });
    server
        .sandbox()
        .fault(fault, json!({ "operation": "create", "times": 1 }))
        .await;
    let user = whole::user(&server.api(), "ehr-1").await;
    let path = format!("/v1/users/{}", given::id(&user));
    whole::account_with(&server.api(), given::id(&user), "nabla_core", "retrying").await;

    server
        .api()
        .patch(&path, json!({ "first_name": "Bea" }))
        .await
        .expect(200);
    server
        .api()
        .post(
            &format!(
                "{path}/accounts/{}/retry",
                given::id(&whole::connection(&server.api(), "nabla_core").await)
            ),
            json!({}),
        )
        .await;
    given::in_sync_everywhere(&server.api(), given::id(&user)).await;

    let calls = server.sandbox().calls().await;
    let refused = calls
        .iter()
        .position(|call| call["status"] == 503)
        .expect("a refused call");
    let waited = time(&calls[refused + 1]) - time(&calls[refused]);
    assert!(waited >= TimeDelta::seconds(3), "called again after {waited}");
}

#[rstest]
#[tokio::test]
async fn a_create_whose_outcome_is_unknown_is_looked_up_and_not_doubled(
    #[values(Store::Sqlite, Store::Postgres)] store: Store,
    #[values("reset", "drop_reply", "malformed")] kind: &str,
) {
    let server = sandbox(store).await;
    server
        .sandbox()
        .fault(json!({ "kind": kind }), json!({ "operation": "create", "times": 2 }))
        .await;

    // One after the other, so that calls can be told apart
    for external_id in ["ehr-1", "ehr-2"] {
        let user = whole::user(&server.api(), external_id).await;
        given::in_sync_everywhere(&server.api(), given::id(&user)).await;
    }

    server.sandbox().all_struck().await;
    assert_eq!(server.sandbox().users().await.len(), 2);
    let calls = server.sandbox().calls().await;
    for (index, struck) in calls.iter().enumerate().filter(|(_, call)| call["fault"] == kind) {
        assert_eq!(struck["operation"], "create");
        let again = calls[index + 1..].iter().find(|call| call["operation"] == "create");
        let looked = calls[index + 1..]
            .iter()
            .find(|call| call["operation"] == "find")
            .expect("it is looked up");
        assert!(
            again.is_none_or(|again| looked["id"].as_u64() < again["id"].as_u64()),
            "sent before looking: {calls:?}"
        );
    }
    // What took effect is not sent again; what did not, is.
    let creates = calls.iter().filter(|call| call["operation"] == "create").count();
    assert_eq!(creates, if kind == "reset" { 4 } else { 2 }, "{calls:?}");
}

#[rstest]
#[case::slow(1_500, 1)]
#[case::too_slow(12_000, 2)]
#[tokio::test]
async fn a_slow_vendor_gets_each_user_once(#[case] milliseconds: u64, #[case] creates: usize) {
    let server = sandbox(Store::Sqlite).await;
    let delay = json!({ "kind": "delay", "milliseconds": milliseconds });
    server
        .sandbox()
        .fault(delay, json!({ "operation": "create", "times": 1 }))
        .await;

    let user = whole::user(&server.api(), "ehr-1").await;
    given::in_sync_everywhere(&server.api(), given::id(&user)).await;

    server.sandbox().all_struck().await;
    assert_eq!(server.sandbox().calls_for("create").await.len(), creates);
    only_user(&server).await;
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_token_that_is_refused_is_fetched_anew_once(#[case] store: Store) {
    // Given a token that works
    let server = sandbox(store).await;
    let first = whole::user(&server.api(), "ehr-1").await;
    given::in_sync_everywhere(&server.api(), given::id(&first)).await;
    assert_eq!(server.sandbox().calls_for("token").await.len(), 1);

    // When it is refused once
    server
        .sandbox()
        .fault(json!({ "kind": "unauthorized" }), json!({ "times": 1 }))
        .await;
    let second = whole::user(&server.api(), "ehr-2").await;
    given::in_sync_everywhere(&server.api(), given::id(&second)).await;

    // Then one more was fetched, and nothing was paused
    server.sandbox().all_struck().await;
    assert_eq!(server.sandbox().calls_for("token").await.len(), 2);
    assert_eq!(
        whole::connection(&server.api(), "nabla_core").await["paused"],
        Value::Null
    );
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn credentials_that_are_refused_pause_the_connection_once_until_they_work_again(#[case] store: Store) {
    let server = sandbox(store).await;
    let api = server.api();
    server
        .sandbox()
        .fault(json!({ "kind": "unauthorized" }), json!({}))
        .await;

    // When several users are to be sent
    let mut users = Vec::new();
    for number in 0..5 {
        users.push(whole::user(&api, &format!("ehr-{number}")).await);
    }
    for user in &users {
        whole::account_with(&api, given::id(user), "nabla_core", "paused").await;
    }

    // Then the connection is what is paused, with a reason that a person understands, said once in the log,
    let connection = whole::connection(&api, "nabla_core").await;
    let reason = connection["paused"]["reason"]
        .as_str()
        .unwrap_or_else(|| panic!("no reason: {connection}"));
    assert!(
        reason.contains("Nabla Core") && reason.contains("credentials"),
        "{reason}"
    );
    assert_eq!(server.log().matches("connection paused").count(), 1, "{}", server.log());
    // nothing more is sent once what was under way has come back,
    wait::pause(Duration::from_millis(500)).await;
    let calls = server.sandbox().calls().await.len();
    whole::user(&api, "one-more").await;
    wait::pause(Duration::from_millis(1_500)).await;
    assert_eq!(server.sandbox().calls().await.len(), calls);
    // and a test says that it still does not work.
    let path = format!("/v1/connections/{}", given::id(&connection));
    let tested = api.post(&format!("{path}/test"), json!({})).await.expect(200).json();
    assert_eq!(tested["ok"], false, "{tested}");
    assert!(whole::connection(&api, "nabla_core").await["paused"].is_object());

    // When the vendor takes them again, a test resumes everything.
    server.sandbox().all_struck().await;
    server.sandbox().mend().await;
    let tested = api.post(&format!("{path}/test"), json!({})).await.expect(200).json();
    assert_eq!(tested["ok"], true, "{tested}");
    assert_eq!(given::all_in_sync(&api, SOON).await, 6 * VENDORS.len());
    assert_eq!(server.sandbox().users().await.len(), 6);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn what_the_vendor_refuses_for_good_asks_a_person_and_blocks_nobody_else(#[case] store: Store) {
    let server = sandbox(store).await;
    let api = server.api();
    server
        .sandbox()
        .fault(
            json!({ "kind": "status", "status": 400 }),
            json!({ "operation": "create", "times": 1 }),
        )
        .await;

    // Given one user whom the vendor refuses
    let refused = whole::user(&api, "refused").await;
    let account = whole::account_with(&api, given::id(&refused), "nabla_core", "needs_attention").await;
    server.sandbox().all_struck().await;

    // Then it is said in plain words what is wrong and who can help,
    let attention = &account["attention"];
    assert_eq!(attention["cause"], "rejected", "{account}");
    assert_eq!(attention["remedy"], "customer", "{account}");
    let message = attention["message"].as_str().unwrap_or_default();
    assert!(message.contains("Nabla Core refuses this user"), "{message}");
    // others go through, and it is left alone meanwhile.
    let other = whole::user(&api, "other").await;
    given::in_sync_everywhere(&api, given::id(&other)).await;
    wait::pause(Duration::from_secs(1)).await;
    assert_eq!(server.sandbox().calls_for("create").await.len(), 2);

    // When a person has it tried again, it heals.
    let path = format!(
        "/v1/users/{}/accounts/{}/retry",
        given::id(&refused),
        account["connection_id"].as_str().expect("an id")
    );
    let retried = api.post(&path, json!({})).await;
    assert!(matches!(retried.status, 200 | 202), "{retried:?}");
    given::in_sync_everywhere(&api, given::id(&refused)).await;
    let healed = whole::in_sync(&api, given::id(&refused), "nabla_core").await;
    assert_eq!(healed["attention"], Value::Null, "{healed}");
    assert_eq!(server.sandbox().users().await.len(), 2);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn every_change_of_a_user_reaches_a_vendor_that_keeps_failing(#[case] store: Store) {
    // Given a vendor of whose calls every fourth fails, each time in another way, beside those that can follow every change:
    // Nabla Connect has no way to change an external id
    let server = whole::with_only(store, &["nabla_core", "upheal", "corti"]).await;
    let api = server.api();
    for kind in ["drop_reply", "reset", "malformed"] {
        server
            .sandbox()
            .fault(json!({ "kind": kind }), json!({ "every": 4 }))
            .await;
    }
    let user = whole::user(&api, "ehr-1").await;
    let id = given::id(&user);
    let path = format!("/v1/users/{id}");
    given::in_sync_everywhere(&api, id).await;

    // An update arrives
    api.patch(&path, json!({ "external_id": "ehr-2", "metadata": { "site": "Lyon" } }))
        .await
        .expect(200);
    given::in_sync_everywhere(&api, id).await;
    let there = only_user(&server).await;
    assert_eq!(
        (&there["external_id"], &there["metadata"]),
        (&json!("ehr-2"), &json!({ "site": "Lyon" }))
    );
    // A deactivation arrives
    api.post(&format!("{path}/deactivate"), json!({})).await.expect(200);
    given::off_everywhere(&api, id, "in_sync").await;
    assert_eq!(only_user(&server).await["active"], false);
    // A reactivation arrives, with what changed meanwhile
    api.patch(&path, json!({ "metadata": null })).await.expect(200);
    api.post(&format!("{path}/activate"), json!({})).await.expect(200);
    given::in_sync_everywhere(&api, id).await;
    let there = only_user(&server).await;
    assert_eq!((&there["active"], &there["metadata"]), (&json!(true), &Value::Null));
    // A deletion arrives: the vendor can only deactivate
    api.delete(&path).await.expect(204);
    given::off_everywhere(&api, id, "removed").await;
    assert_eq!(only_user(&server).await["active"], false);
    api.get(&path).await.expect(404);
    server.sandbox().all_struck().await;
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn many_changes_while_a_vendor_is_slow_cost_few_calls_and_the_last_one_wins(#[case] store: Store) {
    let server = sandbox(store).await;
    let api = server.api();
    let slow = json!({ "kind": "delay", "milliseconds": 1_000 });
    server
        .sandbox()
        .fault(slow, json!({ "operation": "create", "times": 1 }))
        .await;
    let user = whole::user(&api, "ehr-1").await;
    let path = format!("/v1/users/{}", given::id(&user));

    for number in 1..=40 {
        api.patch(&path, json!({ "metadata": { "edit": number.to_string() } }))
            .await
            .expect(200);
    }
    given::in_sync_everywhere(&api, given::id(&user)).await;

    assert_eq!(only_user(&server).await["metadata"]["edit"], "40");
    let updates = server.sandbox().calls_for("update").await.len();
    assert!((1..=10).contains(&updates), "{updates} calls for 40 changes");
    server.sandbox().all_struck().await;
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_user_whom_the_vendor_has_already_is_adopted_without_a_fault_and_with_one(#[case] store: Store) {
    // Given a vendor that has two users already, made by somebody else
    let server = sandbox(store).await;
    let api = server.api();
    let key = server
        .cli(&[
            "clients",
            "create",
            "api-key",
            "--organization",
            "sandbox-nabla-core",
            "--json",
        ])
        .ok()
        .json();
    let vendor = Api::new(&server.url())
        .below(COPILOT)
        .bearer(key["key"].as_str().expect("a key"));
    let mut there = Vec::new();
    for external_id in ["ehr-1", "ehr-2"] {
        let body = json!({ "external_id": external_id, "metadata": { "made": "by hand" } });
        there.push(vendor.post("/users", body).await.expect(200).json());
    }

    // When both come in, the second while every look-up fails once
    let first = whole::user(&api, "ehr-1").await;
    let adopted = whole::in_sync(&api, given::id(&first), "nabla_core").await;
    server
        .sandbox()
        .fault(
            json!({ "kind": "malformed" }),
            json!({ "operation": "find", "times": 1 }),
        )
        .await;
    let second = whole::user(&api, "ehr-2").await;
    let adopted_too = whole::in_sync(&api, given::id(&second), "nabla_core").await;

    // Then they are taken over under the ids that they had, and made equal
    server.sandbox().all_struck().await;
    assert_eq!(adopted["vendor_user_id"], there[0]["id"]);
    assert_eq!(adopted_too["vendor_user_id"], there[1]["id"]);
    let users = server.sandbox().users().await;
    assert_eq!(users.len(), 2);
    assert!(
        users
            .iter()
            .all(|user| user["metadata"].is_null() || user["metadata"] == json!({})),
        "{users:?}"
    );
    assert!(
        server
            .sandbox()
            .calls_for("create")
            .await
            .iter()
            .all(|call| call["path"].as_str().is_some_and(|path| path.starts_with(COPILOT)))
    );
}

#[tokio::test]
async fn a_deleted_user_whose_create_was_lost_is_not_left_active_at_the_vendor() {
    let server = sandbox(Store::Sqlite).await;
    let api = server.api();
    server
        .sandbox()
        .fault(
            json!({ "kind": "drop_reply" }),
            json!({ "operation": "create", "times": 1 }),
        )
        .await;
    let user = whole::user(&api, "ehr-1").await;
    wait::until("the create was lost", SOON, async || {
        let calls = server.sandbox().calls_for("create").await;
        if calls.is_empty() {
            Err("no create yet".to_owned())
        } else {
            Ok(())
        }
    })
    .await;

    api.delete(&format!("/v1/users/{}", given::id(&user))).await.expect(204);
    given::off_everywhere(&api, given::id(&user), "removed").await;

    assert_eq!(only_user(&server).await["active"], false);
    server.sandbox().all_struck().await;
}
