//! `/sandbox`

use e2e::vendors::NAMES;
use e2e::{Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{given, whole};

#[tokio::test]
async fn without_the_sandbox_there_is_no_such_path() {
    let server = Server::on(Store::Sqlite).start().await;

    server.api().get("/sandbox/users?vendor=nabla_core").await.expect(404);
    server.api().post("/sandbox/faults", json!({})).await.expect(404);
    assert_eq!(
        server.api().get("/v1/connections").await.expect(200).data(),
        Vec::<Value>::new()
    );
}

#[tokio::test]
async fn only_the_default_organization_may_look_in() {
    let server = Server::on(Store::Sqlite).sandbox().start().await;
    let other = server.another_organization("other");

    for path in ["/sandbox/users?vendor=nabla_core", "/sandbox/calls", "/sandbox/faults"] {
        other.get(path).await.expect(403);
        server.api().anonymous().get(path).await.expect(401);
        server.api().bearer("wrong").get(path).await.expect(401);
    }
    let fault = json!({ "vendor": "nabla_core", "fault": { "kind": "reset" } });
    other.post("/sandbox/faults", fault).await.expect(403);
    other.delete("/sandbox/faults").await.expect(403);
}

#[tokio::test]
async fn calls_are_listed_with_what_became_of_them() {
    let server = Server::on(Store::Sqlite).sandbox().start().await;
    server
        .sandbox()
        .fault(
            json!({ "kind": "status", "status": 503 }),
            json!({ "operation": "create", "times": 1 }),
        )
        .await;
    let user = whole::user(&server.api(), "ehr-1").await;
    given::in_sync_everywhere(&server.api(), given::id(&user)).await;

    let calls = server.sandbox().calls().await;
    let shown: Vec<Value> = calls
        .iter()
        .map(|call| json!([call["operation"], call["status"], call["fault"]]))
        .collect();

    assert_eq!(
        json!(shown),
        json!([
            ["token", 200, null],
            ["find", 400, null],
            ["create", 503, "status"],
            ["find", 400, null],
            ["create", 200, null],
        ])
    );
}

#[rstest]
#[case::nothing(json!({}))]
#[case::no_vendor(json!({ "fault": { "kind": "reset" } }))]
#[case::unknown_vendor(json!({ "vendor": "acme", "fault": { "kind": "reset" } }))]
#[case::unknown_kind(json!({ "vendor": "nabla_core", "fault": { "kind": "explode" } }))]
#[case::status_of_nothing(json!({ "vendor": "nabla_core", "fault": { "kind": "status" } }))]
#[case::status_out_of_range(json!({ "vendor": "nabla_core", "fault": { "kind": "status", "status": 99 } }))]
#[case::never(json!({ "vendor": "nabla_core", "fault": { "kind": "reset" }, "times": 0 }))]
#[case::unknown_field(json!({ "vendor": "nabla_core", "fault": { "kind": "reset" }, "often": 1 }))]
#[tokio::test]
async fn a_fault_that_makes_no_sense_is_refused(#[case] fault: Value) {
    let server = Server::on(Store::Sqlite).sandbox().start().await;

    let refused = server.api().post("/sandbox/faults", fault).await.expect(422);

    refused.is_problem().unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!(
        server.api().get("/sandbox/faults").await.expect(200).data(),
        Vec::<Value>::new()
    );
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn users_from_before_the_sandbox_reach_it_when_it_is_turned_on(#[case] store: Store) {
    let mut server = Server::on(store).start().await;
    for number in 0..10 {
        whole::user(&server.api(), &format!("ehr-{number}")).await;
    }

    server.stop(given::SOON).await;
    server.set_env("ROSTER_SANDBOX", "true");
    server.start_again().await;

    assert_eq!(given::all_in_sync(&server.api(), given::SOON).await, 10 * NAMES.len());
    for vendor in NAMES {
        assert_eq!(server.sandbox().users_at(vendor).await.len(), 10, "{vendor}");
    }
}

#[tokio::test]
async fn every_vendor_is_played_and_one_that_is_none_is_not() {
    let server = Server::on(Store::Sqlite).sandbox().start().await;

    for vendor in NAMES {
        let users = server
            .api()
            .get(&format!("/sandbox/users?vendor={vendor}"))
            .await
            .expect(200);
        assert_eq!(users.data(), Vec::<Value>::new(), "{vendor}");
    }
    server.api().get("/sandbox/users").await.expect(400);
    server.api().get("/sandbox/users?vendor=acme").await.expect(400);
}
