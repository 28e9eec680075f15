//! What is wrong in one place stays there: a vendor that hangs, a user whom a vendor refuses, a worker that died.

use std::time::{Duration, Instant};

use e2e::{Api, Replica, Server, Store, Vendors, size, vendors, wait};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::given;
use crate::load::{Servers, connected};

/// Whether the sick vendor is there in each of the rounds that are compared: in an order in which neither gains from what
/// comes and goes on the machine, or from there being ever more users.
const ROUNDS: [bool; 12] = [
    false, true, true, false, false, true, true, false, false, true, true, false,
];
/// The least share of their rate that the others keep.
const LEAST_RATIO: f64 = 0.9;
/// How many users are made at any moment.
const AT_ONCE: usize = 8;
/// Until when work that nothing hinders is done, be it a thousand users.
const DONE: Duration = Duration::from_mins(4);
/// How many calls a worker has under way at a vendor at once, if the connection does not say otherwise.
const SENDING_AT_ONCE: usize = 8;
/// Until when a dead worker is replaced, and all is done that it had not begun: it owns what it worked on for five more
/// seconds, and the work takes some as well.
const TAKEN_OVER: Duration = Duration::from_secs(10);
/// How much later what it was sending is done: that is left alone for ten seconds beyond what a call may take.
const SENDING: Duration = Duration::from_secs(5);
/// How often what has to come true is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Makes users `ehr-{from}` and so on, some at a time.
async fn make(servers: &Servers, from: u64, count: u64) {
    let mut under_way = JoinSet::new();
    for number in from..from + count {
        if under_way.len() == AT_ONCE {
            let _: String = under_way
                .join_next()
                .await
                .expect("one is under way")
                .expect("no panic");
        }
        let servers = servers.clone();
        under_way.spawn(async move { servers.create(&format!("ehr-{number}")).await });
    }
    under_way.join_all().await;
}

/// The accounts of a status, at most so many.
async fn accounts(api: &Api, connection: &str, status: &str, limit: usize) -> Vec<Value> {
    let path = format!("/v1/accounts?connection_id={connection}&status={status}&limit={limit}");
    api.get(&path).await.expect(200).data()
}

/// The connection to a vendor.
async fn connection_to(api: &Api, vendor: &str) -> String {
    let connections = api.get("/v1/connections").await.expect(200).data();
    let found = connections.iter().find(|connection| connection["vendor"] == vendor);
    given::id(found.unwrap_or_else(|| panic!("no connection to {vendor}"))).to_owned()
}

/// Waits until nothing is left to be sent over some connections. It asks for little, so as not to be in the way.
async fn done(api: &Api, over: &[String]) {
    let start = Instant::now();
    for connection in over {
        for status in ["pending", "retrying"] {
            wait::until(&format!("no account is {status}"), DONE, async || {
                wait::pause(LOOK).await;
                let left = accounts(api, connection, status, 1).await;
                left.first().map_or(Ok(()), |one| Err(one.to_string()))
            })
            .await;
        }
    }
    assert!(start.elapsed() < DONE, "it took {:?}", start.elapsed());
}

/// Makes users, and returns how many a second came to be in sync over some connections.
async fn rate(api: &Api, over: &[String], from: u64, count: u64) -> f64 {
    let start = Instant::now();
    make(&Servers(vec![api.clone()]), from, count).await;
    done(api, over).await;
    let count = u32::try_from(count).expect("not that many users");
    f64::from(count) / start.elapsed().as_secs_f64()
}

/// The rate of most rounds: without the fastest and the slowest, in which the machine was busy with something else, or was
/// not when it was otherwise.
fn typical(mut rates: Vec<f64>) -> f64 {
    println!("hanging vendor: rounds of {rates:.1?} users a second");
    rates.sort_unstable_by(f64::total_cmp);
    let most = &rates[1..rates.len() - 1];
    let count = u32::try_from(most.len()).expect("a number");
    f64::from(count) / most.iter().map(|rate| 1.0 / rate).sum::<f64>()
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hanging_vendor_leaves_the_others_their_rate_in_a_storm_of_users(#[case] store: Store) {
    // Given four vendors, one of which does not answer in time, whatever it is asked
    let sick = "corti";
    // In each round with it and in each without it, which are six and six.
    let per_round = size::users(300).div_ceil(6);
    let vendors = Vendors::start().await;
    let server = connected(store, &vendors).await;
    let api = server.api();
    vendors
        .fault(sick, json!({ "kind": "delay", "seconds": 3 }), json!({}))
        .await;
    let sick_connection = connection_to(&api, sick).await;
    let path = format!("/v1/connections/{sick_connection}");
    let mut healthy = Vec::new();
    for vendor in vendors::NAMES.into_iter().filter(|vendor| *vendor != sick) {
        healthy.push(connection_to(&api, vendor).await);
    }
    // (What comes first is slower: everything is opened for the first time.)
    make(&Servers(vec![api.clone()]), 0, 20).await;

    // When users come in, now with the sick vendor and now without it
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let mut from = 20;
    for is_with in ROUNDS {
        api.patch(&path, json!({ "paused": !is_with })).await.expect(200);
        let rate = rate(&api, &healthy, from, per_round).await;
        if is_with { &mut with } else { &mut without }.push(rate);
        from += per_round;
    }

    // Then the other three take them as fast with it as without it
    assert_eq!(
        accounts(&api, &sick_connection, "in_sync", 1).await,
        [] as [Value; 0],
        "the sick vendor took somebody"
    );
    let (with, without) = (typical(with), typical(without));
    let ratio = with / without;
    println!("hanging vendor: {with:.1} users a second with it, {without:.1} without it, ratio {ratio:.2}");
    assert!(
        ratio >= LEAST_RATIO,
        "the hanging vendor slows the others to {ratio:.2} of their rate: {with:.1} instead of {without:.1}"
    );
    // and once it answers, it gets everyone.
    vendors.mend().await;
    api.patch(&path, json!({ "paused": false })).await.expect(200);
    done(&api, &[sick_connection]).await;
    let everyone = usize::try_from(from).expect("not that many users");
    assert_eq!(given::all_in_sync(&api, DONE).await, everyone * vendors::NAMES.len());
    for vendor in vendors::NAMES {
        assert_eq!(vendors.users(vendor).await.len(), everyone, "users at {vendor}");
    }
}

#[rstest]
#[case::core_sqlite(Store::Sqlite, "nabla_core", "create")]
#[case::connect_postgres(Store::Postgres, "nabla_connect", "upsert")]
#[case::upheal_postgres(Store::Postgres, "upheal", "create")]
#[case::corti_sqlite(Store::Sqlite, "corti", "create")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_poisoned_user_in_a_storm_of_users_leaves_all_others_in_sync(
    #[case] store: Store,
    #[case] vendor: &str,
    #[case] operation: &str,
) {
    // Given a vendor that refuses one user
    let count = size::users(200);
    let vendors = Vendors::start().await;
    let server = connected(store, &vendors).await;
    let api = server.api();
    vendors
        .fault(
            vendor,
            json!({ "kind": "status", "status": 400 }),
            json!({ "operation": operation, "times": 1 }),
        )
        .await;

    // When many users come in
    make(&Servers(vec![api.clone()]), 0, count).await;

    // Then all but that one come to be in sync everywhere, and that one everywhere else
    for name in vendors::NAMES {
        done(&api, &[connection_to(&api, name).await]).await;
    }
    let behind: Vec<Value> = given::all(&api, "/v1/accounts")
        .await
        .into_iter()
        .filter(|account| account["status"] != "in_sync")
        .collect();
    let [poisoned] = behind.as_slice() else {
        panic!("not one account: {behind:?}")
    };
    assert_eq!(poisoned["status"], "needs_attention", "{poisoned}");
    assert_eq!(poisoned["vendor"], vendor, "{poisoned}");
    assert_eq!(poisoned["attention"]["cause"], "rejected", "{poisoned}");
    vendors.mend().await;
    let everyone = usize::try_from(count).expect("not that many users");
    for name in vendors::NAMES {
        let expected = everyone - usize::from(name == vendor);
        assert_eq!(vendors.users(name).await.len(), expected, "users at {name}");
    }

    // When a person has it tried again, that one is there as well.
    let id = |name: &str| poisoned[name].as_str().expect("an id").to_owned();
    let path = format!("/v1/users/{}/accounts/{}/retry", id("user_id"), id("connection_id"));
    let retried = api.post(&path, json!({})).await;
    assert!(matches!(retried.status, 200 | 202), "{retried:?}");
    assert_eq!(given::all_in_sync(&api, DONE).await, everyone * vendors::NAMES.len());
    assert_eq!(vendors.users(vendor).await.len(), everyone);
}

/// How many accounts are in sync.
async fn in_sync(api: &Api) -> usize {
    given::all(api, "/v1/accounts")
        .await
        .iter()
        .filter(|account| account["status"] == "in_sync")
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_killed_in_the_middle_is_replaced_within_seconds() {
    // Given vendors that take their time, and a server that is at work on all four when a second joins it
    let count: u64 = 120;
    let vendors = Vendors::start().await;
    let mut server: Server = connected(Store::Postgres, &vendors).await;
    for vendor in vendors::NAMES {
        vendors
            .fault(vendor, json!({ "kind": "delay", "milliseconds": 300 }), json!({}))
            .await;
    }
    make(&Servers(vec![server.api()]), 0, count / 2).await;
    let mut replica = Replica::of(&server).await;
    let servers = Servers(vec![server.api(), replica.api()]);

    // When it is killed in the middle of it
    let making = make(&servers, count / 2, count / 2);
    let killing = async {
        let all = usize::try_from(count).expect("a number") * vendors::NAMES.len();
        let before = wait::until("half is done", DONE, async || match in_sync(&replica.api()).await {
            done if done >= all / 2 => Ok(done),
            done => Err(format!("{done} of {all}")),
        })
        .await;
        server.kill();
        let killed = Instant::now();
        vendors.mend().await;
        (all, before, killed)
    };
    let ((), (all, before, killed)) = tokio::join!(making, killing);

    // Then the other goes on within seconds, with all but what the dead one was just sending, ...
    let api = replica.api();
    let sending = SENDING_AT_ONCE * vendors::NAMES.len();
    let mut reached = Vec::new();
    for (wanted, within) in [(all - sending, TAKEN_OVER), (all, TAKEN_OVER + SENDING)] {
        let left = within.saturating_sub(killed.elapsed());
        wait::until(&format!("{wanted} are in sync"), left, async || {
            // It lists every account, which is not to be in the way.
            wait::pause(LOOK * 4).await;
            match in_sync(&api).await {
                found if found >= wanted => Ok(()),
                found => Err(format!("{found} of {all}")),
            }
        })
        .await;
        reached.push(killed.elapsed());
    }
    // ... and with that as soon as nothing of it can arrive any more,
    println!(
        "takeover: {before} of {all} accounts were in sync when the worker was killed; all but {sending}, and all, were \
         {reached:.1?} later"
    );
    // and nobody is anywhere twice.
    for vendor in vendors::NAMES {
        assert_eq!(
            vendors.users(vendor).await.len(),
            all / vendors::NAMES.len(),
            "users at {vendor}"
        );
    }
    replica.kill();
}
