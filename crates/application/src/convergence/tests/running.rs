//! The runner of one connection: as many claims at once as the connection takes, and none that the vendor's health
//! forbids.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use roster_domain::{BreakerPolicy, OutcomeClass, Pause};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::given::{NOW, assemble_with};
use super::scripted::{Doing, Queue, Vendor};
use crate::convergence::lane::Lane;
use crate::convergence::runner::{LINGER, Runner};
use crate::ports::{AccountQueue, Settled, VendorGateway};
use crate::testing::{MockConnectionStore, at, user_id};

const WORKER: Uuid = Uuid::from_u128(70);
const SECOND: Duration = Duration::from_secs(1);

/// A runner that runs, and what tells it to stop or to look.
struct Running {
    task: JoinHandle<()>,
    stop: CancellationToken,
    wake: watch::Sender<()>,
    begun: Instant,
}

impl Running {
    /// Starts the runner of connection 1, which it owns for an hour.
    fn start(queue: &Arc<Queue>, vendor: &Arc<Vendor>) -> Self {
        queue.give(1, WORKER, at(NOW + 3_600));
        let accounts: Arc<dyn AccountQueue> = queue.clone();
        let gateway: Arc<dyn VendorGateway> = vendor.clone();
        let convergence = assemble_with(accounts, gateway, MockConnectionStore::new(), vendor.clock());
        let (stop, wake) = (CancellationToken::new(), watch::Sender::new(()));
        let lane = Arc::new(Lane::new(BreakerPolicy::default()));
        let runner = Runner::new(
            convergence,
            WORKER,
            &queue.connection(1),
            lane,
            SECOND,
            wake.subscribe(),
            stop.clone(),
        );
        Self {
            task: tokio::spawn(runner.run()),
            stop,
            wake,
            begun: Instant::now(),
        }
    }

    /// Waits until it ends by itself, and returns when that was.
    async fn ends(self) -> Duration {
        tokio::time::timeout(Duration::from_hours(1), self.task)
            .await
            .expect("the runner ends")
            .expect("the runner does not panic");
        self.begun.elapsed()
    }

    /// Tells it to stop, and waits until it has.
    async fn stops(self) -> Duration {
        self.stop.cancel();
        self.ends().await
    }
}

fn vendor(doing: Doing) -> Arc<Vendor> {
    Arc::new(Vendor::new(move |_, _| doing))
}

fn takes(queue: &Queue, concurrency: u32) {
    queue.change(1, |connection| connection.options.concurrency = concurrency);
}

#[tokio::test(start_paused = true)]
async fn as_many_calls_are_under_way_as_the_connection_takes_and_no_more_are_claimed() {
    let queue = Queue::with(1, 20);
    takes(&queue, 3);
    let vendor = vendor(Doing::Answer(SECOND));

    Running::start(&queue, &vendor).ends().await;

    assert_eq!((queue.in_sync(1), vendor.calls().len()), (20, 20));
    assert_eq!(vendor.most_at_once(), 3);
    let state = queue.state();
    assert!(
        state.claims.iter().all(|(_, asked, _)| *asked <= 3),
        "{:?}",
        state.claims
    );
    let last = vendor.calls().last().expect("calls").0;
    assert!(last < 8 * SECOND, "three at a time, 20 take 7 rounds: {last:?}");
}

#[tokio::test(start_paused = true)]
async fn a_runner_ends_by_itself_when_nothing_is_due_for_a_while() {
    let queue = Queue::with(1, 1);

    let ended = Running::start(&queue, &vendor(Doing::Answer(SECOND))).ends().await;

    assert_eq!(queue.in_sync(1), 1);
    assert!(ended >= SECOND + LINGER && ended < SECOND + 3 * LINGER, "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn a_runner_that_claimed_all_there_was_asks_no_more_than_when_to_look_again() {
    let queue = Queue::with(1, 3);
    takes(&queue, 8);
    let vendor = vendor(Doing::Answer(Duration::from_millis(5)));
    let running = Running::start(&queue, &vendor);
    tokio::time::sleep(SECOND).await;

    {
        let state = queue.state();
        let given: Vec<_> = state.claims.iter().map(|(_, _, given)| *given).collect();
        assert_eq!(given, [3]);
        assert_eq!(state.looks, 1, "once nothing is under way any more");
    }
    running.stops().await;
}

#[tokio::test(start_paused = true)]
async fn what_comes_due_by_itself_while_a_call_is_under_way_does_not_wait_for_its_end() {
    let queue = Queue::with(1, 2);
    takes(&queue, 8);
    let first = AtomicBool::new(true);
    let vendor = Arc::new(Vendor::new(move |_, user| {
        if user.id == user_id(1) {
            return Doing::Answer(10 * SECOND);
        }
        if first.swap(false, Ordering::SeqCst) {
            return Doing::Fail(OutcomeClass::Unknown);
        }
        Doing::Answer(Duration::ZERO)
    }));

    Running::start(&queue, &vendor).ends().await;

    let again = vendor.calls().into_iter().filter(|(.., user)| *user == user_id(2));
    let again: Vec<_> = again.map(|(at, ..)| at).collect();
    assert_eq!(again, [Duration::ZERO, SECOND], "half of the two seconds of the policy");
}

#[tokio::test(start_paused = true)]
async fn what_a_signal_tells_of_while_a_call_is_under_way_is_taken_at_once() {
    let queue = Queue::with(1, 1);
    takes(&queue, 8);
    let vendor = vendor(Doing::Answer(10 * SECOND));
    let running = Running::start(&queue, &vendor);

    for (number, after) in [(2, Duration::from_millis(2)), (3, SECOND)] {
        tokio::time::sleep(after).await;
        queue.add(1, number);
        running.wake.send_replace(());
    }
    running.ends().await;

    let times: Vec<_> = vendor.calls().into_iter().map(|(at, ..)| at.as_millis()).collect();
    assert_eq!(times, [0, 2, 1_002]);
}

#[tokio::test(start_paused = true)]
async fn what_comes_due_while_a_runner_lingers_is_taken_at_once() {
    let queue = Queue::with(1, 1);
    let vendor = vendor(Doing::Answer(Duration::ZERO));
    let running = Running::start(&queue, &vendor);
    tokio::time::sleep(SECOND).await;

    queue.add(1, 2);
    running.wake.send_replace(());
    running.ends().await;

    assert_eq!(queue.in_sync(1), 2);
    assert_eq!(vendor.calls()[1].0, SECOND);
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_tried_again_soon_is_waited_for() {
    let queue = Queue::with(1, 1);
    let first = AtomicBool::new(true);
    let vendor = Arc::new(Vendor::new(move |_, _| {
        if first.swap(false, Ordering::SeqCst) {
            return Doing::Fail(OutcomeClass::Unknown);
        }
        Doing::Answer(Duration::ZERO)
    }));

    Running::start(&queue, &vendor).ends().await;

    assert_eq!(queue.in_sync(1), 1);
    assert_eq!(vendor.calls()[1].0, SECOND, "half of the two seconds of the policy");
}

#[tokio::test(start_paused = true)]
async fn who_lost_the_connection_claims_nothing_more_and_finishes_what_it_sent() {
    let queue = Queue::with(1, 10);
    let vendor = vendor(Doing::Answer(SECOND));
    let running = Running::start(&queue, &vendor);
    tokio::time::sleep(Duration::from_millis(2_500)).await;

    queue.give(1, Uuid::from_u128(71), at(NOW + 3_600));
    running.ends().await;

    assert_eq!((vendor.calls().len(), queue.in_sync(1)), (3, 3));
    let asked = queue.state().claims.len();
    assert!(asked < 10, "it does not ask again and again: {asked} times");
}

#[tokio::test(start_paused = true)]
async fn a_paused_connection_is_let_go_and_not_asked_again_and_again() {
    let queue = Queue::with(1, 10);
    let vendor = vendor(Doing::Answer(SECOND));
    let running = Running::start(&queue, &vendor);
    tokio::time::sleep(Duration::from_millis(500)).await;

    queue.change(1, |connection| {
        connection.paused = Some(Pause {
            reason: "by request".to_owned(),
            since: at(NOW),
        });
    });
    let ended = running.ends().await;

    assert_eq!(vendor.calls().len(), 1);
    assert!(ended < 4 * LINGER, "{ended:?}");
    let asked = queue.state().claims.len();
    assert!(asked < 10, "it does not ask again and again: {asked} times");
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_fails_is_left_alone_and_then_asked_by_one_claim_at_a_time() {
    let queue = Queue::with(1, 50);
    takes(&queue, 8);
    let begun = Instant::now();
    let vendor = Arc::new(Vendor::new(move |_, _| {
        if begun.elapsed() < Duration::from_secs(20) {
            return Doing::Fail(OutcomeClass::Transient { after: None });
        }
        Doing::Answer(SECOND)
    }));

    let running = Running::start(&queue, &vendor);
    queue.until_in_sync(1, 50).await;
    running.stops().await;

    // What was under way when the breaker opened, and then one probe after 375 ms, 750 ms, 1.5 s, 3 s, 6 s and 12 s.
    let while_sick = vendor
        .calls()
        .into_iter()
        .map(|(at, ..)| at)
        .filter(|at| *at < 20 * SECOND);
    let (first, probes): (Vec<_>, Vec<_>) = while_sick.partition(Duration::is_zero);
    assert!(first.len() <= 8, "{first:?}");
    let probes: Vec<_> = probes.iter().map(Duration::as_millis).collect();
    assert_eq!(probes, [375, 1_125, 2_625, 5_625, 11_625]);
    // The probe that finds it well again, and then as many as the connection takes.
    let since = vendor
        .calls()
        .into_iter()
        .map(|(at, ..)| at)
        .filter(|at| *at >= 20 * SECOND);
    let since: Vec<_> = since.map(|at| at.as_millis()).collect();
    assert_eq!(since[..2], [23_625, 24_625]);
    assert_eq!(vendor.most_at_once(), 8);
}

#[tokio::test(start_paused = true)]
async fn while_a_vendor_is_left_alone_nothing_is_claimed_and_a_probe_claims_exactly_one() {
    let queue = Queue::with(1, 50);
    takes(&queue, 8);
    let vendor = vendor(Doing::Fail(OutcomeClass::Transient { after: None }));
    let running = Running::start(&queue, &vendor);
    tokio::time::sleep(10 * SECOND).await;
    running.stops().await;

    let state = queue.state();
    let (first, later) = state.claims.split_first().expect("claims");
    assert_eq!((first.1, first.2), (8, 8));
    let later: Vec<_> = later
        .iter()
        .map(|(now, asked, given)| ((*now - at(NOW)).num_milliseconds(), *asked, *given))
        .collect();
    assert_eq!(later, [(375, 1, 1), (1_125, 1, 1), (2_625, 1, 1), (5_625, 1, 1)]);
}

#[tokio::test(start_paused = true)]
async fn what_a_vendor_asks_to_wait_is_waited_by_all_of_the_connection() {
    let queue = Queue::with(1, 5);
    let first = AtomicBool::new(true);
    let vendor = Arc::new(Vendor::new(move |_, _| {
        if first.swap(false, Ordering::SeqCst) {
            let after = Some(Duration::from_secs(30));
            return Doing::Fail(OutcomeClass::RateLimited { after });
        }
        Doing::Answer(Duration::ZERO)
    }));

    Running::start(&queue, &vendor).ends().await;

    assert_eq!(queue.in_sync(1), 5);
    let calls = vendor.calls();
    assert!(calls[0].0.is_zero() && calls[1].0 >= 30 * SECOND, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_one_claim_takes_no_other_with_it() {
    let queue = Queue::with(1, 6);
    takes(&queue, 2);
    let vendor = Arc::new(Vendor::new(|_, user| {
        if user.id == user_id(2) {
            return Doing::Panic;
        }
        Doing::Answer(SECOND)
    }));

    Running::start(&queue, &vendor).ends().await;

    assert_eq!(queue.in_sync(1), 5);
    assert_eq!(
        queue.state().settled.len(),
        5,
        "the sixth keeps its lease until that runs out"
    );
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_panics_does_not_leave_the_vendor_alone_for_ever() {
    let queue = Queue::with(1, 10);
    takes(&queue, 5);
    let calls = AtomicUsize::new(0);
    let vendor = Arc::new(Vendor::new(move |_, _| match calls.fetch_add(1, Ordering::SeqCst) {
        0..5 => Doing::Fail(OutcomeClass::Unknown),
        5 => Doing::Panic,
        _ => Doing::Answer(Duration::ZERO),
    }));

    Running::start(&queue, &vendor).ends().await;

    assert_eq!(queue.in_sync(1), 9, "all but the one whose lease has to run out");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_finish_in_time_is_given_back() {
    let queue = Queue::with(1, 3);
    takes(&queue, 2);
    let vendor = vendor(Doing::Hang);
    let running = Running::start(&queue, &vendor);
    tokio::time::sleep(SECOND).await;

    let ended = running.stops().await;

    assert_eq!(ended, 2 * SECOND, "the second of grace is over");
    let mut released: Vec<_> = queue.state().released.iter().map(|claim| claim.user_id).collect();
    released.sort_unstable();
    assert_eq!(released, [user_id(1), user_id(2)]);
}

#[tokio::test(start_paused = true)]
async fn what_finishes_in_time_is_recorded_and_nothing_new_is_begun() {
    let queue = Queue::with(1, 3);
    let vendor = vendor(Doing::Answer(Duration::from_millis(1_500)));
    let running = Running::start(&queue, &vendor);
    tokio::time::sleep(SECOND).await;

    running.stops().await;

    assert_eq!((queue.in_sync(1), vendor.calls().len()), (1, 1));
    assert_eq!(queue.state().released, []);
}

#[tokio::test(start_paused = true)]
async fn what_a_connection_takes_at_once_can_be_changed_while_it_is_run() {
    let queue = Queue::with(1, 20);
    let vendor = vendor(Doing::Answer(SECOND));
    let running = Running::start(&queue, &vendor);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(vendor.most_at_once(), 1);

    takes(&queue, 4);
    running.ends().await;

    assert_eq!((queue.in_sync(1), vendor.most_at_once()), (20, 4));
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_gone_for_a_moment_is_asked_again_without_haste() {
    let queue = Queue::with(1, 1);
    queue.state().failures = 2;
    let vendor = vendor(Doing::Answer(Duration::ZERO));

    Running::start(&queue, &vendor).ends().await;

    assert_eq!(queue.in_sync(1), 1);
    assert_eq!(vendor.calls()[0].0, 2 * LINGER);
    assert!(matches!(queue.state().settled[..], [(_, Settled::InSync { .. })]));
}
