//! How long a change takes to a vendor. What is asserted is that each change is sent once; how fast is printed, for
//! `cargo xtask latency`, since a test that a slow machine fails proves nothing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use e2e::{Store, Vendors, clock, size, vendors, wait};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given;
use crate::load::connected;

/// How many changes there are in every run of the tests.
const USUALLY: u64 = 20;
/// One in so many changes comes after a rest.
const RESTS: u64 = 10;
/// As long as it takes until nobody waits for more changes of the user, and everything goes to sleep.
const REST: Duration = Duration::from_millis(3_500);
/// The time between two other changes, and from each to the first question about it.
const BREATH: Duration = Duration::from_millis(50);

/// Milliseconds.
type Latencies = Vec<f64>;

/// What was measured after the same pause, in turn.
#[derive(Default)]
struct Measured {
    /// From a change's request to the vendors' receipt of the calls that it led to.
    changes: Latencies,
    /// From a request that asks for nothing to its answer: what the way to Roster and back, and waking up, take by themselves.
    bare: Latencies,
}

#[rstest]
#[case::sqlite(Store::Sqlite, "sqlite")]
#[case::postgres(Store::Postgres, "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_change_on_an_idle_server_is_sent_once_to_each_vendor_at_once(#[case] store: Store, #[case] name: &str) {
    // Given an idle server with a user at four vendors
    let vendors = Vendors::start().await;
    let server = connected(store, &vendors).await;
    let api = server.api();
    let user = json!({ "external_id": "ehr-1", "email": "ann@example.org", "first_name": "Ann", "last_name": "Lee" });
    let id = api.post("/v1/users", user).await.expect(201).text_at("/id");
    given::in_sync_everywhere(&api, &id).await;
    let mut seen = BTreeMap::new();
    for vendor in vendors::NAMES {
        seen.insert(vendor, last(&vendors.calls(vendor).await));
    }

    // When the user is changed in something that each vendor takes, now just after a change and now after a rest
    let (mut after_a_change, mut after_a_rest) = (Measured::default(), Measured::default());
    for number in 1..=size::changes(USUALLY) {
        let (measured, pause) = if number % RESTS == 0 {
            (&mut after_a_rest, REST)
        } else {
            (&mut after_a_change, BREATH)
        };
        wait::pause(pause).await;
        let begun = Instant::now();
        api.get("/healthz").await.expect(200);
        measured.bare.push(begun.elapsed().as_secs_f64() * 1_000.0);
        wait::pause(pause).await;
        let change = json!({
            "last_name": format!("Lee {number}"),
            "metadata": { "site": number.to_string() },
            "settings": { "speech_locale": if number % 2 == 0 { "en-US" } else { "fr-FR" } },
        });
        let sent = clock::now();
        api.patch(&format!("/v1/users/{id}"), change).await.expect(200);
        // What is measured is not how it serves somebody who asks all the time whether it is done.
        wait::pause(BREATH).await;
        given::in_sync_everywhere(&api, &id).await;

        // Then each vendor got it in one call.
        for vendor in vendors::NAMES {
            let calls = vendors.calls(vendor).await;
            let news: Vec<&Value> = calls
                .iter()
                .filter(|call| call["id"].as_u64() > seen[vendor] && is_change(call))
                .collect();
            let [call] = news.as_slice() else {
                panic!("change {number} was not one call at {vendor}: {news:?}")
            };
            measured.changes.push(milliseconds(sent, call));
            seen.insert(vendor, last(&calls));
        }
    }
    for (kind, measured) in [("after a change", after_a_change), ("after a rest", after_a_rest)] {
        println!("latency {}", told(name, kind, measured));
    }
}

/// Whether it is the call that brings the change, not one that a vendor needs before it: for a token, or to read.
fn is_change(call: &Value) -> bool {
    call["operation"] != "token" && call["method"] != "GET"
}

fn last(calls: &[Value]) -> Option<u64> {
    calls.last().and_then(|call| call["id"].as_u64())
}

fn milliseconds(sent: DateTime<Utc>, call: &Value) -> f64 {
    let received = call["time"].as_str().expect("a time");
    let received = DateTime::parse_from_rfc3339(received).expect("a time of RFC 3339");
    let took = (received.to_utc() - sent)
        .to_std()
        .expect("first the change, then the call");
    took.as_secs_f64() * 1_000.0
}

/// One line for machines: how many there were, and the times that so many of them stay within.
fn told(store: &str, kind: &str, measured: Measured) -> Value {
    let Measured { mut changes, mut bare } = measured;
    changes.sort_unstable_by(f64::total_cmp);
    bare.sort_unstable_by(f64::total_cmp);
    json!({
        "store": store, "change": kind, "calls": changes.len(),
        "p50_ms": within(&changes, 50), "p99_ms": within(&changes, 99), "max_ms": within(&changes, 100),
        "bare_p50_ms": within(&bare, 50), "bare_p99_ms": within(&bare, 99),
    })
}

/// The time that so many percent of them stay within, of which there is none where nothing was measured.
fn within(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}
