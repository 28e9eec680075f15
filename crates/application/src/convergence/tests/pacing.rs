//! The pace of a connection: made use of, held in every minute, and waited for by as few as can be, who lose nothing by it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use roster_domain::{BreakerPolicy, OutcomeClass};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::given::{NOW, assemble_with};
use super::scripted::{Doing, Queue, Vendor};
use crate::convergence::lane::Lane;
use crate::convergence::runner::Runner;
use crate::ports::{AccountQueue, VendorGateway};
use crate::testing::{MockConnectionStore, at};

const WORKER: Uuid = Uuid::from_u128(70);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
/// Longer than any test: what is due lasts for the whole of it.
const MANY: u128 = 20_000;

/// What a vendor sees of a connection with so many users who are due, a concurrency and a pace, in a time.
async fn work(
    vendor: Vendor,
    users: u128,
    concurrency: u32,
    per_minute: impl Into<Option<u32>>,
    time: Duration,
) -> (Arc<Queue>, Vec<Duration>) {
    let queue = Queue::with(1, users);
    queue.change(1, |connection| {
        connection.options.concurrency = concurrency;
        connection.options.requests_per_minute = per_minute.into();
    });
    queue.give(1, WORKER, at(NOW + 36_000));
    let vendor = Arc::new(vendor);
    let accounts: Arc<dyn AccountQueue> = queue.clone();
    let gateway: Arc<dyn VendorGateway> = vendor.clone();
    let convergence = assemble_with(accounts, gateway, MockConnectionStore::new(), vendor.clock());
    let lane = Arc::new(Lane::new(BreakerPolicy::default()));
    lane.follow(&queue.connection(1));
    let (stop, wake) = (CancellationToken::new(), watch::Sender::new(()));
    let connection = queue.connection(1);
    let runner = Runner::new(
        convergence,
        WORKER,
        &connection,
        lane,
        SECOND,
        wake.subscribe(),
        stop.clone(),
    );
    let task = tokio::spawn(runner.run());
    tokio::time::sleep(time).await;
    stop.cancel();
    task.await.expect("the runner does not panic");
    (queue, vendor.calls().into_iter().map(|(at, ..)| at).collect())
}

fn answering(after: Duration, requests: usize) -> Vendor {
    Vendor::new(move |_, _| Doing::Answer(after)).taking(requests)
}

fn most_in_a_minute(calls: &[Duration]) -> usize {
    let from = |(first, from): (usize, &Duration)| calls[first..].partition_point(|at| *at <= *from + MINUTE);
    calls.iter().enumerate().map(from).max().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_pace_is_made_use_of_and_held_whatever_the_concurrency_and_however_many_requests_a_change_takes() {
    for (concurrency, per_minute, requests, after) in [
        (64, 60, 3, 200),
        (8, 60, 3, 200),
        (64, 300, 3, 200),
        (8, 300, 3, 200),
        (64, 300, 5, 10),
        (64, 300, 1, 4_000),
        (64, 30, 4, 500),
        (2, 60, 1, 100),
    ] {
        let vendor = answering(Duration::from_millis(after), requests);

        let (queue, calls) = work(vendor, 3_000, concurrency, per_minute, 10 * MINUTE).await;

        let said = format!("{concurrency} at once, {per_minute} a minute, {requests} requests each, {after} ms");
        assert!(most_in_a_minute(&calls) <= per_minute as usize, "{said}");
        let possible = per_minute as usize * 10;
        assert!(
            calls.len() * 10 >= possible * 9,
            "{said}: {} of {possible}",
            calls.len()
        );
        // Everything that was sent was of use: whoever was claimed came to an end, but for those who were under way.
        let under_way = calls.len() - queue.in_sync(1) * requests;
        assert!(under_way <= concurrency as usize * requests, "{said}: {under_way}");
        assert!(
            queue.state().tokens().all(|token| token <= 1),
            "{said}: nobody was claimed twice"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn more_concurrency_never_makes_it_slower() {
    let mut before = 0;
    for concurrency in [1, 4, 16, 64] {
        let (queue, _) = work(answering(SECOND, 3), 2_000, concurrency, 120, 5 * MINUTE).await;
        assert!(
            queue.in_sync(1) + 1 >= before,
            "{concurrency}: {} after {before}",
            queue.in_sync(1)
        );
        before = queue.in_sync(1);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_claimed_who_could_only_wait_for_a_turn() {
    let (queue, _) = work(answering(Duration::ZERO, 1), MANY, 64, 60, MINUTE).await;

    let claims = queue.state().claims.clone();
    assert!(claims.iter().all(|(_, asked, _)| *asked <= 2), "{claims:?}");
}

#[tokio::test(start_paused = true)]
async fn a_backlog_is_claimed_by_the_half_and_not_one_by_one() {
    // Each answers at another time, so that room comes free for one at a time.
    let moments = AtomicUsize::new(0);
    let vendor = Vendor::new(move |_, _| {
        Doing::Answer(Duration::from_millis(
            1 + moments.fetch_add(1, Ordering::SeqCst) as u64 % 4,
        ))
    });

    let (queue, _) = work(vendor, 400, 8, None, SECOND).await;

    assert_eq!(queue.in_sync(1), 400);
    let claims = queue.state().claims.len();
    assert!(claims <= 400 / 4 + 2, "{claims} looks at the queue");
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_takes_its_time_is_kept_busy() {
    let moments = AtomicUsize::new(0);
    let vendor = Vendor::new(move |_, _| {
        Doing::Answer(Duration::from_millis(
            1_000 + 100 * (moments.fetch_add(1, Ordering::SeqCst) as u64 % 8),
        ))
    });

    let (queue, _) = work(vendor, MANY, 8, None, MINUTE).await;

    // Eight at once, 1.35 seconds each.
    let possible = 60 * 8 * 100 / 135;
    assert!(
        queue.in_sync(1) * 100 >= possible * 97,
        "{} of {possible}",
        queue.in_sync(1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_has_to_wait_for_longer_than_its_lease_keeps_it() {
    // A request a minute, where a lease is 45 seconds, and each change takes three.
    let (queue, calls) = work(answering(SECOND, 3), 2, 64, 1, 7 * MINUTE).await;

    assert_eq!((queue.in_sync(1), calls.len()), (2, 6), "{calls:?}");
    assert!(
        queue.state().tokens().all(|token| token == 1),
        "nobody was claimed twice"
    );
    assert_eq!(most_in_a_minute(&calls), 1);
}

#[tokio::test(start_paused = true)]
async fn the_time_for_which_a_call_waits_for_its_turns_is_not_counted_as_the_vendors() {
    // Each request is answered within the 30 seconds of a step, and so are both.
    let (queue, calls) = work(answering(14 * SECOND, 2), 1, 8, 1, 3 * MINUTE).await;
    assert_eq!((queue.in_sync(1), calls.len()), (1, 2));

    // A vendor that hangs is given up after them all the same.
    let (queue, _) = work(Vendor::new(|_, _| Doing::Hang), 1, 8, 1, MINUTE).await;
    assert_eq!(queue.state().settled.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_vendor_asks_to_wait_holds_for_a_call_that_waits_for_its_next_turn() {
    // Of two who are under way, the second is told to wait while the first waits for the turn of its second request.
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = requests.clone();
    let vendor = Vendor::new(move |_, _| match counted.fetch_add(1, Ordering::SeqCst) {
        1 => Doing::Fail(OutcomeClass::RateLimited {
            after: Some(Duration::from_mins(5)),
        }),
        _ => Doing::Answer(Duration::ZERO),
    })
    .taking(2);

    let (queue, calls) = work(vendor, 2, 2, 45, 10 * MINUTE).await;

    assert!(calls[1] < SECOND && calls[2] >= 5 * MINUTE, "{calls:?}");
    assert_eq!(queue.in_sync(1), 2);
}
