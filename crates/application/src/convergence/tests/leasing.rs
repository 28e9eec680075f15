//! Leases: outlasting every call, renewed when short, and nothing done once a claim no longer holds.

use std::time::Duration;

use mockall::predicate::eq;
use uuid::Uuid;

use super::given::{ABLE, NOW, Ports, claim, claim_key, connection_key, in_sync, remote, settlement, there};
use crate::convergence::Converged;
use crate::ports::Owned;
use crate::testing::{ann, at, connection};

const WORKER: Uuid = Uuid::from_u128(70);

#[tokio::test]
async fn a_lease_that_would_not_outlast_the_call_is_renewed_first() {
    let mut ports = Ports::new(ABLE);
    ports
        .queue
        .expect_renew()
        .with(eq(claim_key()), eq(at(NOW + 45)))
        .times(1)
        .in_sequence(&mut ports.order)
        .return_once(|_, _| Ok(true));
    ports.updates("theirs", Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 1), in_sync()));
    let mut short = claim(ann(), there("theirs", true, 0));
    short.lease_until = at(NOW + 29);

    ports.converge(short).await.expect("converges");
}

#[tokio::test]
async fn a_lease_that_is_long_enough_is_not_renewed() {
    let mut ports = Ports::new(ABLE);
    ports.updates("theirs", Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 1), in_sync()));
    let mut enough = claim(ann(), there("theirs", true, 0));
    enough.lease_until = at(NOW + 30);

    ports.converge(enough).await.expect("converges");
}

#[tokio::test]
async fn a_claim_that_cannot_be_renewed_makes_no_call() {
    let mut ports = Ports::new(ABLE);
    ports.queue.expect_renew().times(1).return_once(|_, _| Ok(false));
    let mut lost = claim(ann(), there("theirs", true, 0));
    lost.lease_until = at(NOW - 1);

    let converged = ports.converge(lost).await.expect("ends");

    assert_eq!(converged, Converged::Fenced);
}

#[tokio::test]
async fn what_came_of_a_claim_that_was_lost_meanwhile_is_not_recorded() {
    let mut ports = Ports::new(ABLE);
    ports.updates("theirs", Ok(remote("theirs")));
    ports.queue.expect_record().times(1).return_once(|_, _, _| Ok(false));

    let converged = ports
        .converge(claim(ann(), there("theirs", true, 0)))
        .await
        .expect("ends");

    assert_eq!(converged, Converged::Fenced);
}

#[tokio::test]
async fn accounts_are_claimed_for_the_length_of_a_lease() {
    let mut ports = Ports::new(ABLE);
    ports
        .queue
        .expect_claim()
        .with(eq(WORKER), eq(connection_key()), eq(at(NOW)), eq(at(NOW + 45)), eq(8))
        .times(1)
        .return_once(|_, _, _, _, _| Ok(vec![claim(ann(), there("theirs", true, 0))]));

    let claimed = ports.into_use_case().claim(WORKER, &connection_key(), 8).await;

    assert_eq!(claimed.expect("claims").len(), 1);
}

fn owned() -> Owned {
    Owned {
        connection: connection(),
        not_before: Some(at(NOW + 60)),
    }
}

#[tokio::test]
async fn connections_are_owned_and_kept_for_as_long_as_is_said() {
    let mut ports = Ports::new(ABLE);
    ports
        .queue
        .expect_own()
        .with(eq(WORKER), eq(at(NOW)), eq(at(NOW + 5)), eq(64))
        .times(1)
        .return_once(|_, _, _, _| Ok(vec![owned()]));
    ports
        .queue
        .expect_keep()
        .withf(|worker, connections, until| {
            (*worker, *until) == (WORKER, at(NOW + 5)) && *connections == [connection_key()]
        })
        .times(1)
        .return_once(|_, connections, _| Ok(connections.to_vec()));
    let convergence = ports.into_use_case();

    let taken = convergence.own(WORKER, Duration::from_secs(5), 64).await.expect("owns");
    let kept = convergence
        .keep(WORKER, &[connection_key()], Duration::from_secs(5))
        .await
        .expect("keeps");

    assert_eq!((taken, kept), (vec![owned()], vec![connection_key()]));
}

#[tokio::test]
async fn a_worker_waits_until_the_next_account_is_due_and_no_longer_than_it_polls() {
    let poll = Duration::from_secs(10);
    for (due, expected) in [
        (None, 10),
        (Some(at(NOW + 3)), 3),
        (Some(at(NOW + 60)), 10),
        (Some(at(NOW - 5)), 0),
    ] {
        let mut ports = Ports::new(ABLE);
        ports
            .queue
            .expect_next_due()
            .withf(|worker, except| *worker == WORKER && *except == [connection_key()])
            .times(1)
            .return_once(move |_, _| Ok(due));

        let wait = ports
            .into_use_case()
            .idle_for(WORKER, &[connection_key()], poll)
            .await
            .expect("waits");

        assert_eq!(wait, Duration::from_secs(expected), "due at {due:?}");
    }
}
