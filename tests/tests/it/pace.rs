//! How fast a vendor is called: as fast as it allows and no faster, and again when a wait that it asked for is over.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use e2e::{Server, Store, Vendors, clock, wait};
use rstest::rstest;
use serde_json::{Value, json};

use crate::load::{Servers, connected};
use crate::{given, whole};

/// How many requests a minute the vendor takes, which is five times as many as Upheal, so that it does not take long.
const PER_MINUTE: usize = 1_500;
/// A look-up of somebody who is not there takes two requests, by the address and by the external id, and a create one.
const REQUESTS: usize = 3;
const USERS: usize = 100;
/// What it takes to begin, and for the last to be recorded.
const SLACK: Duration = Duration::from_secs(3);
/// The longest wait, in seconds, that a vendor is believed.
const DAY: u64 = 86_400;

fn time(of: &Value) -> DateTime<Utc> {
    let text = of.as_str().unwrap_or_else(|| panic!("no time: {of}"));
    text.parse().unwrap_or_else(|error| panic!("{error}: {of}"))
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vendors_limit_is_made_use_of_and_held_however_many_are_under_way(
    #[values(Store::Sqlite, Store::Postgres)] store: Store,
) {
    let vendors = Vendors::start().await;
    let server = connected(store, &vendors).await;
    let api = server.api();
    for connection in api.get("/v1/connections").await.expect(200).data() {
        let path = format!("/v1/connections/{}", given::id(&connection));
        if connection["vendor"] == "upheal" {
            let options = json!({ "requests_per_minute": PER_MINUTE, "concurrency": 64 });
            api.patch(&path, json!({ "options": options })).await.expect(200);
        } else {
            api.delete(&path).await.expect(204);
        }
    }

    let begun = Instant::now();
    let servers = Servers(vec![api.clone()]);
    for number in 0..USERS {
        servers.create(&format!("ehr-{number}")).await;
    }
    wait::until("everyone is in sync", Duration::from_mins(1), async || {
        wait::pause(Duration::from_millis(100)).await;
        let in_sync = api
            .get("/v1/accounts?status=in_sync&limit=200")
            .await
            .expect(200)
            .data();
        if in_sync.len() == USERS {
            Ok(())
        } else {
            Err(format!("{} are", in_sync.len()))
        }
    })
    .await;
    let took = begun.elapsed();

    let calls = vendors.calls("upheal").await;
    assert_eq!(calls.len(), USERS * REQUESTS, "none was made twice");
    let at_nine_tenths = Duration::from_mins(1) * u32::try_from(calls.len()).expect("few")
        / u32::try_from(PER_MINUTE * 9 / 10).expect("few");
    println!("pace: {} requests in {took:?}", calls.len());
    assert!(took <= at_nine_tenths + SLACK, "{took:?} instead of {at_nine_tenths:?}");
    // In a fifth of a minute there is no more than a fifth of what is allowed, but for what may come at once.
    let times: Vec<_> = calls.iter().map(|call| time(&call["time"])).collect();
    for (first, from) in times.iter().enumerate() {
        let within = times[first..].partition_point(|at| *at - *from < TimeDelta::seconds(12));
        assert!(within <= PER_MINUTE / 5 + PER_MINUTE / 40, "{within} since {from}");
    }
}

#[rstest]
#[tokio::test]
async fn a_wait_that_a_vendor_asked_for_ends_when_somebody_tests_the_connection(
    #[values(Store::Sqlite, Store::Postgres)] store: Store,
) {
    let server = Server::on(store).sandbox().start().await;
    let api = server.api();
    let fault = json!({ "kind": "status", "status": 429, "retry_after": DAY });
    server
        .sandbox()
        .fault(fault, json!({ "operation": "create", "times": 1 }))
        .await;

    let user = whole::user(&api, "ehr-1").await;
    let waiting = whole::account_with(&api, given::id(&user), "nabla_core", "retrying").await;
    let waits = time(&waiting["next_attempt_at"]) - clock::now();
    assert!(waits <= TimeDelta::days(1) && waits > TimeDelta::hours(23), "{waiting}");

    let path = format!(
        "/v1/connections/{}",
        given::id(&whole::connection(&api, "nabla_core").await)
    );
    let tested = api.post(&format!("{path}/test"), json!({})).await.expect(200).json();
    assert_eq!(tested["ok"], true, "{tested}");

    given::in_sync_everywhere(&api, given::id(&user)).await;
}
