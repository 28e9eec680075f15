//! The worker: takes what is due, survives what goes wrong with one claim, and gives back what it cannot finish.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use mockall::predicate::eq;
use roster_domain::{Capabilities, Connection, User, VendorKey, VendorUserId, Violations};
use tokio_util::sync::CancellationToken;

use super::given::{ABLE, Ports, assemble, claim, claim_key, remote, there};
use crate::convergence::{Worker, WorkerSettings};
use crate::credentials::Credentials;
use crate::ports::{
    AccountQueue, MockAccountQueue, RemoteUser, Settled, StoreError, Target, VendorError, VendorGateway, Wake,
};
use crate::testing::{MockConnectionStore, ann};

const SETTINGS: WorkerSettings = WorkerSettings {
    concurrency: 2,
    poll: Duration::from_millis(5),
    grace: Duration::from_millis(50),
};

/// Wakes when the time is up, and never before.
struct Sleeper;

#[async_trait]
impl Wake for Sleeper {
    async fn wait(&self, at_most: Duration) {
        tokio::time::sleep(at_most).await;
    }
}

/// A vendor that does with an update what no mock can do.
enum Odd {
    /// Takes it and never answers; the worker is told to stop meanwhile.
    Silent(CancellationToken),
    /// Panics at the first, and answers the others.
    Panicking(AtomicBool),
}

#[async_trait]
impl VendorGateway for Odd {
    fn capabilities(&self, _: &Connection) -> Capabilities {
        ABLE
    }

    fn check(&self, _: &Connection, _: &Credentials) -> Violations {
        Violations::none()
    }

    async fn look_up<'a>(&self, _: Target<'a>, _: &VendorKey, _: &User) -> Result<Option<RemoteUser>, VendorError> {
        panic!("only updates are expected")
    }

    async fn create<'a>(&self, _: Target<'a>, _: &VendorKey, _: &User) -> Result<RemoteUser, VendorError> {
        panic!("only updates are expected")
    }

    async fn update<'a>(&self, _: Target<'a>, _: &VendorUserId, _: &User) -> Result<RemoteUser, VendorError> {
        match self {
            Self::Silent(stop) => {
                stop.cancel();
                std::future::pending().await
            }
            Self::Panicking(again) => {
                assert!(
                    again.swap(true, Ordering::Relaxed),
                    "the first claim meets a fault of ours"
                );
                Ok(remote("theirs"))
            }
        }
    }

    async fn activate<'a>(&self, _: Target<'a>, _: &VendorUserId) -> Result<(), VendorError> {
        panic!("only updates are expected")
    }

    async fn deactivate<'a>(&self, _: Target<'a>, _: &VendorUserId) -> Result<(), VendorError> {
        panic!("only updates are expected")
    }

    async fn delete<'a>(&self, _: Target<'a>, _: &VendorUserId) -> Result<(), VendorError> {
        panic!("only updates are expected")
    }

    async fn test<'a>(&self, _: Target<'a>) -> Result<(), VendorError> {
        panic!("only updates are expected")
    }
}

fn worker(queue: MockAccountQueue, gateway: Arc<dyn VendorGateway>) -> Worker {
    let queue: Arc<dyn AccountQueue> = Arc::new(queue);
    let convergence = assemble(Arc::clone(&queue), gateway, MockConnectionStore::new());
    Worker::new(convergence, queue, Arc::new(Sleeper), SETTINGS)
}

/// A queue that gives out one claim after another, an error where there is none, and nothing after the last.
fn queue_of(claims: Vec<bool>) -> MockAccountQueue {
    let mut queue = MockAccountQueue::new();
    let mut claims = claims.into_iter();
    queue.expect_claim().returning(move |_, _, _| match claims.next() {
        Some(true) => Ok(vec![claim(ann(), there("theirs", true, 0))]),
        Some(false) => Err(StoreError::Unavailable("gone for a moment".into())),
        None => Ok(Vec::new()),
    });
    queue.expect_next_due().returning(|| Ok(None));
    queue
}

async fn run(worker: Worker, stop: CancellationToken) {
    tokio::time::timeout(Duration::from_secs(10), worker.run(stop))
        .await
        .expect("the worker ends when told to");
}

#[tokio::test]
async fn what_is_due_is_converged_until_the_worker_is_told_to_stop() {
    let stop = CancellationToken::new();
    let mut queue = queue_of(vec![true]);
    let told = stop.clone();
    queue
        .expect_record()
        .withf(|_, settlement, _| settlement.settled == Settled::InSync)
        .times(1)
        .returning(move |_, _, _| {
            told.cancel();
            Ok(true)
        });
    let mut ports = Ports::new(ABLE);
    ports.updates("theirs", Ok(remote("theirs")));

    run(worker(queue, Arc::new(ports.gateway)), stop).await;
}

#[tokio::test]
async fn a_queue_that_fails_for_a_moment_is_asked_again() {
    let stop = CancellationToken::new();
    let mut queue = queue_of(vec![false, false, true]);
    let told = stop.clone();
    queue.expect_record().times(1).returning(move |_, _, _| {
        told.cancel();
        Ok(true)
    });
    let mut ports = Ports::new(ABLE);
    ports.updates("theirs", Ok(remote("theirs")));

    run(worker(queue, Arc::new(ports.gateway)), stop).await;
}

#[tokio::test]
async fn a_claim_that_panics_takes_no_other_with_it() {
    let stop = CancellationToken::new();
    let mut queue = queue_of(vec![true, true]);
    let told = stop.clone();
    queue.expect_record().times(1).returning(move |_, _, _| {
        told.cancel();
        Ok(true)
    });
    run(worker(queue, Arc::new(Odd::Panicking(AtomicBool::new(false)))), stop).await;
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_given_back() {
    let stop = CancellationToken::new();
    let mut queue = queue_of(vec![true]);
    queue
        .expect_release()
        .with(eq(vec![claim_key()]))
        .times(1)
        .return_once(|_| Ok(()));

    run(worker(queue, Arc::new(Odd::Silent(stop.clone()))), stop).await;
}
