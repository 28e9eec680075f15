//! The worker: a runner for each connection at which something is due, none in another's way, and none for long at two
//! workers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use roster_domain::{BreakerPolicy, OutcomeClass};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::given::{NOW, assemble_with};
use super::scripted::{Doing, Queue, Signal, Vendor, connection_of, key_of};
use crate::convergence::{Worker, WorkerSettings};
use crate::ports::{AccountQueue, VendorGateway};
use crate::testing::{MockConnectionStore, at, user_id};

const SECOND: Duration = Duration::from_secs(1);
const INSTANT: Doing = Doing::Answer(Duration::ZERO);
const SETTINGS: WorkerSettings = WorkerSettings {
    poll: SECOND,
    grace: SECOND,
    ownership: Duration::from_secs(5),
    extend_every: Duration::from_millis(1_500),
    breaker: BreakerPolicy {
        failures: 5,
        base: Duration::from_millis(500),
        cap: Duration::from_secs(30),
    },
};

/// A worker that works.
struct Working {
    id: Uuid,
    task: JoinHandle<()>,
    stop: CancellationToken,
    signal: Arc<Signal>,
}

impl Working {
    fn start(number: u128, queue: &Arc<Queue>, vendor: &Arc<Vendor>) -> Self {
        let id = Uuid::from_u128(number);
        let accounts: Arc<dyn AccountQueue> = queue.clone();
        let gateway: Arc<dyn VendorGateway> = vendor.clone();
        let convergence = assemble_with(accounts, gateway, MockConnectionStore::new(), vendor.clock());
        let (stop, signal) = (CancellationToken::new(), Arc::new(Signal::default()));
        let worker = Worker::new(id, convergence, signal.clone(), SETTINGS);
        Self {
            id,
            task: tokio::spawn(worker.run(stop.clone())),
            stop,
            signal,
        }
    }

    /// Tells it to stop, and waits until it has.
    async fn stops(self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_mins(1), self.task)
            .await
            .expect("the worker ends when told to")
            .expect("the worker does not panic");
    }

    /// Takes it away as a crash does.
    async fn dies(self) {
        self.task.abort();
        assert!(self.task.await.expect_err("it was alive").is_cancelled());
    }
}

fn vendor(doing: Doing) -> Arc<Vendor> {
    Arc::new(Vendor::new(move |_, _| doing))
}

#[tokio::test(start_paused = true)]
async fn what_is_due_is_converged_at_every_connection_until_the_worker_is_told_to_stop() {
    let queue = Queue::with(3, 4);
    let working = Working::start(70, &queue, &vendor(INSTANT));

    for connection in 1..=3 {
        queue.until_in_sync(connection, 4).await;
    }
    working.stops().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_at_which_nothing_is_due_any_more_is_given_up() {
    let queue = Queue::with(1, 1);
    let working = Working::start(70, &queue, &vendor(INSTANT));
    queue.until_in_sync(1, 1).await;
    assert_eq!(queue.state().disowned, []);

    tokio::time::sleep(10 * SECOND).await;

    assert_eq!(queue.state().disowned, [(working.id, key_of(1))]);
    working.stops().await;
}

#[tokio::test(start_paused = true)]
async fn connections_are_given_up_when_the_worker_stops() {
    let queue = Queue::with(2, 2);
    let working = Working::start(70, &queue, &vendor(Doing::Hang));
    tokio::time::sleep(SECOND).await;
    let id = working.id;

    working.stops().await;

    let mut disowned = queue.state().disowned.clone();
    disowned.sort_unstable();
    assert_eq!(disowned, [(id, key_of(1)), (id, key_of(2))]);
    assert_eq!(queue.state().released.len(), 2, "one that hung at each");
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_fails_for_a_moment_is_asked_again() {
    let queue = Queue::with(1, 1);
    queue.state().failures = 3;
    let working = Working::start(70, &queue, &vendor(INSTANT));

    queue.until_in_sync(1, 1).await;
    working.stops().await;
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_panics_takes_no_other_with_it_and_is_taken_up_again_when_its_lease_has_run_out() {
    let queue = Queue::with(1, 3);
    let again = AtomicBool::new(false);
    let vendor = Arc::new(Vendor::new(move |_, user| {
        if user.id == user_id(1) && !again.swap(true, Ordering::SeqCst) {
            return Doing::Panic;
        }
        INSTANT
    }));
    let begun = Instant::now();
    let working = Working::start(70, &queue, &vendor);

    queue.until_in_sync(1, 2).await;
    assert!(begun.elapsed() < SECOND);
    queue.until_in_sync(1, 3).await;
    let taken_up = begun.elapsed().as_secs();
    assert!((45..50).contains(&taken_up), "{taken_up}");
    working.stops().await;
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_hangs_keeps_no_other_waiting() {
    let queue = Queue::with(4, 100);
    let sick = connection_of(2).id;
    let vendor = Arc::new(Vendor::new(move |connection, _| {
        if connection.id == sick {
            return Doing::Hang;
        }
        Doing::Answer(Duration::from_millis(50))
    }));
    let begun = Instant::now();
    let working = Working::start(70, &queue, &vendor);

    for connection in [1, 3, 4] {
        queue.until_in_sync(connection, 100).await;
    }

    let took = begun.elapsed();
    assert!(took < Duration::from_millis(5_500), "100 calls of 50 ms: {took:?}");
    assert_eq!(queue.in_sync(2), 0);
    working.stops().await;
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_fails_keeps_no_other_waiting() {
    let queue = Queue::with(2, 100);
    let sick = connection_of(1).id;
    let vendor = Arc::new(Vendor::new(move |connection, _| {
        if connection.id == sick {
            return Doing::Fail(OutcomeClass::Transient { after: None });
        }
        Doing::Answer(Duration::from_millis(50))
    }));
    let begun = Instant::now();
    let working = Working::start(70, &queue, &vendor);

    queue.until_in_sync(2, 100).await;

    let took = begun.elapsed();
    assert!(took < Duration::from_millis(5_500), "100 calls of 50 ms: {took:?}");
    let calls = vendor.calls().iter().filter(|(_, id, _)| *id == sick).count();
    assert!(calls < 12, "the sick one is left alone: {calls} calls");
    working.stops().await;
}

#[tokio::test(start_paused = true)]
async fn many_connections_that_are_never_done_keep_no_other_out() {
    let queue = Queue::with(70, 2);
    let last = connection_of(70).id;
    let vendor = Arc::new(Vendor::new(move |connection, _| {
        if connection.id == last {
            return INSTANT;
        }
        Doing::Hang
    }));
    let begun = Instant::now();
    let working = Working::start(70, &queue, &vendor);

    queue.until_in_sync(70, 2).await;

    assert!(begun.elapsed() < SECOND, "{:?}", begun.elapsed());
    working.stops().await;
}

#[tokio::test(start_paused = true)]
async fn two_workers_never_work_on_one_connection_at_once() {
    let queue = Queue::with(1, 30);
    let vendor = vendor(Doing::Answer(SECOND));
    let (one, other) = (Working::start(70, &queue, &vendor), Working::start(71, &queue, &vendor));

    queue.until_in_sync(1, 30).await;

    assert_eq!((vendor.most_at_once(), vendor.calls().len()), (1, 30));
    one.stops().await;
    other.stops().await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_died_is_replaced_when_its_ownership_has_run_out() {
    let queue = Queue::with(1, 10);
    let vendor = vendor(Doing::Answer(SECOND));
    let dead = Working::start(70, &queue, &vendor);
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let heir = Working::start(71, &queue, &vendor);
    let died = vendor.calls().len();
    dead.dies().await;

    let begun = Instant::now();
    while vendor.calls().len() == died {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    let took = begun.elapsed();
    assert!(took >= 3 * SECOND && took < 6 * SECOND, "{took:?}");
    queue.until_in_sync(1, 10).await;
    heir.stops().await;
}

#[tokio::test(start_paused = true)]
async fn who_lost_a_connection_begins_nothing_more_there_and_goes_on_elsewhere() {
    let queue = Queue::with(2, 20);
    let vendor = vendor(Doing::Answer(SECOND));
    let working = Working::start(70, &queue, &vendor);
    tokio::time::sleep(Duration::from_millis(2_500)).await;

    queue.give(1, Uuid::from_u128(71), at(NOW + 3_600));
    queue.until_in_sync(2, 20).await;

    assert_eq!(queue.in_sync(1), 3, "the one that was under way is finished");
    working.stops().await;
}

#[tokio::test(start_paused = true)]
async fn what_becomes_due_reaches_the_vendor_with_the_signal_and_not_with_the_next_look() {
    let queue = Queue::with(1, 0);
    let vendor = vendor(INSTANT);
    let working = Working::start(70, &queue, &vendor);
    // Between two looks.
    tokio::time::sleep(Duration::from_millis(3_300)).await;

    let begun = Instant::now();
    queue.add(1, 1);
    working.signal.0.notify_one();
    queue.until_in_sync(1, 1).await;

    assert!(begun.elapsed() <= Duration::from_millis(20), "{:?}", begun.elapsed());
    working.stops().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_known_of_a_sick_vendor_outlives_its_runner() {
    let queue = Queue::with(1, 5);
    let vendor = vendor(Doing::Fail(OutcomeClass::RateLimited {
        after: Some(Duration::from_mins(1)),
    }));
    let working = Working::start(70, &queue, &vendor);
    tokio::time::sleep(30 * SECOND).await;

    queue.add(1, 6);
    working.signal.0.notify_one();
    tokio::time::sleep(20 * SECOND).await;

    assert_eq!(vendor.calls().len(), 1, "it asked for a minute");
    working.stops().await;
}

/// A vendor that refuses the first call, and asks for so long a wait.
fn asking_for(wait: Duration) -> Arc<Vendor> {
    let asked = AtomicBool::new(false);
    Arc::new(Vendor::new(move |_, _| {
        if asked.swap(true, Ordering::SeqCst) {
            return INSTANT;
        }
        Doing::Fail(OutcomeClass::RateLimited { after: Some(wait) })
    }))
}

#[tokio::test(start_paused = true)]
async fn whoever_takes_a_connection_over_waits_for_as_long_as_the_vendor_asked_the_one_before() {
    let queue = Queue::with(1, 5);
    let vendor = asking_for(20 * SECOND);
    let dead = Working::start(70, &queue, &vendor);
    tokio::time::sleep(SECOND).await;
    dead.dies().await;

    let heir = Working::start(71, &queue, &vendor);
    tokio::time::sleep(15 * SECOND).await;
    assert_eq!(vendor.calls().len(), 1, "it asked for twenty seconds");
    queue.until_in_sync(1, 5).await;

    let second = vendor.calls()[1].0;
    assert!(second >= 20 * SECOND && second < 23 * SECOND, "{second:?}");
    heir.stops().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_vendor_asked_the_one_before_for_holds_although_it_is_heard_after_the_connection_was_taken_over() {
    let queue = Queue::with(1, 30);
    let vendor = vendor(Doing::Answer(SECOND));
    let working = Working::start(70, &queue, &vendor);
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(vendor.calls().len(), 3);

    queue.ask(1, at(NOW + 30));
    tokio::time::sleep(20 * SECOND).await;

    let calls = vendor.calls().len();
    assert!(calls <= 5, "it is heard of with the next look: {calls} calls");
    queue.until_in_sync(1, 30).await;
    let next = vendor.calls()[calls].0;
    assert!(next >= 30 * SECOND, "{next:?}");
    working.stops().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_vendor_asked_for_no_longer_holds_when_somebody_has_mended_the_connection() {
    for asked in [Duration::from_mins(30), Duration::from_secs(99_999_999_999_999)] {
        let queue = Queue::with(1, 5);
        let vendor = asking_for(asked);
        let working = Working::start(70, &queue, &vendor);
        tokio::time::sleep(60 * SECOND).await;
        assert_eq!(vendor.calls().len(), 1, "it asked for {asked:?}");

        queue.lift_floors(1, at(NOW + 60));
        working.signal.0.notify_one();
        tokio::time::sleep(SECOND).await;

        assert_eq!(queue.in_sync(1), 5);
        working.stops().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_connection_that_mends_nothing_leaves_what_the_vendor_asked_for() {
    let queue = Queue::with(1, 5);
    let vendor = asking_for(Duration::from_mins(30));
    let working = Working::start(70, &queue, &vendor);
    tokio::time::sleep(60 * SECOND).await;

    queue.change(1, |connection| {
        connection.version += 1;
        connection.label = None;
    });
    working.signal.0.notify_one();
    tokio::time::sleep(60 * SECOND).await;

    assert_eq!(vendor.calls().len(), 1);
    working.stops().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_can_believe_keeps_the_others_for_minutes() {
    let queue = Queue::with(1, 5);
    let vendor = asking_for(Duration::from_secs(99_999_999_999_999));
    let working = Working::start(70, &queue, &vendor);

    queue.until_in_sync(1, 4).await;
    let second = vendor.calls()[1].0;
    assert!(second >= 900 * SECOND && second < 903 * SECOND, "{second:?}");
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(
        vendor.calls().len(),
        5,
        "about the one whom it was about it is asked after a day"
    );
    working.stops().await;
}
