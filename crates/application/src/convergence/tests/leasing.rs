//! Leases: outlasting every call, renewed when short, and nothing done once a claim no longer holds.

use std::time::Duration;

use mockall::predicate::eq;

use super::given::{ABLE, NOW, Ports, claim, claim_key, remote, settlement, there};
use crate::convergence::Converged;
use crate::ports::Settled;
use crate::testing::{ann, at};

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
    ports.records(settlement(there("theirs", true, 1), Settled::InSync));
    let mut short = claim(ann(), there("theirs", true, 0));
    short.lease_until = at(NOW + 29);

    ports.converge(short).await.expect("converges");
}

#[tokio::test]
async fn a_lease_that_is_long_enough_is_not_renewed() {
    let mut ports = Ports::new(ABLE);
    ports.updates("theirs", Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 1), Settled::InSync));
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
        .with(eq(at(NOW)), eq(at(NOW + 45)), eq(8))
        .times(1)
        .return_once(|_, _, _| Ok(vec![claim(ann(), there("theirs", true, 0))]));

    assert_eq!(ports.into_use_case().claim(8).await.expect("claims").len(), 1);
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
        ports.queue.expect_next_due().times(1).return_once(move || Ok(due));

        let wait = ports.into_use_case().idle_for(poll).await.expect("waits");

        assert_eq!(wait, Duration::from_secs(expected), "due at {due:?}");
    }
}
