//! How often a key may call.

use std::time::{Duration, Instant};

use e2e::upheal::{V1, V2};
use e2e::{Api, Server, Store, Surface};
use tokio::task::JoinSet;

use crate::given;

/// What the vendor documents.
const A_MINUTE: usize = 300;

/// Asks for a user that there is none of, so many times and ten at once; how many were refused for their number.
async fn refused(callers: &[Api], count: usize) -> usize {
    let mut under_way = JoinSet::new();
    for turn in 0..10 {
        let callers = callers.to_vec();
        under_way.spawn(async move {
            let mut refused = 0;
            for number in (turn..count).step_by(10) {
                let answer = callers[number % callers.len()].get("/users/nobody").await;
                match answer.status {
                    403 => {}
                    429 => refused += 1,
                    _ => panic!("{answer:?}"),
                }
            }
            refused
        });
    }
    under_way.join_all().await.into_iter().sum()
}

#[tokio::test]
async fn a_key_may_call_300_times_a_minute_both_versions_together() {
    let server = Server::on(Store::Sqlite).start().await;
    let both = [server.api().below(V1), server.api().below(V2)];
    let other_key = server
        .api()
        .post("/v1/clients", serde_json::json!({ "kind": "api_key" }))
        .await
        .expect(201)
        .text_at("/key");

    // When a key is used for half as many calls again
    let start = Instant::now();
    let refused = refused(&both, A_MINUTE * 3 / 2).await;

    // Then what is beyond the limit is refused,
    assert!(
        start.elapsed() < Duration::from_mins(1),
        "this machine is too slow to call often"
    );
    assert_eq!(refused, A_MINUTE / 2);
    for vendor in &both {
        let answer = vendor.get("/users/nobody").await.expect(429);
        Surface::Upheal.is_error(&answer);
        assert_eq!(answer.json()["code"], "RATE_LIMITED", "{answer:?}");
        let after = answer.header("retry-after").and_then(|after| after.parse::<u64>().ok());
        assert!(after.is_some_and(|after| (1..=60).contains(&after)), "{answer:?}");
    }
    // while another key, the same key elsewhere, and whoever has no key, are answered as ever.
    both[0].bearer(&other_key).get("/users/nobody").await.expect(403);
    server.api().get("/v1/users").await.expect(200);
    both[0].bearer("rstr_wrong").get("/users/nobody").await.expect(401);
}

#[tokio::test]
async fn the_limit_can_be_set_and_taken_away() {
    let mut server = Server::on(Store::Sqlite)
        .env("ROSTER_UPHEAL_REQUESTS_PER_MINUTE", "2")
        .start()
        .await;
    let vendor = server.api().below(V2);
    for status in [403, 403, 429] {
        vendor.get("/users/nobody").await.expect(status);
    }

    server.stop(given::SOON).await;
    server.set_env("ROSTER_UPHEAL_REQUESTS_PER_MINUTE", "0");
    server.start_again().await;

    assert_eq!(refused(&[vendor], A_MINUTE + 50).await, 0);
}
