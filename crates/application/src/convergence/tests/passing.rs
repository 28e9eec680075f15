//! The lane: a vendor that fails is left alone, one that asks to wait is waited for, and one claim at a time finds out.

use std::sync::Arc;
use std::time::Duration;

use roster_domain::capabilities::RequiredField;
use roster_domain::{Admission, Capabilities, Known, OutcomeClass, UserChanges};

use super::given::{ABLE, NOW, Ports, claim, failure, in_sync, lane, remote, retry_after, settlement, there};
use crate::convergence::Converged;
use crate::convergence::lane::{Lane, Passage};
use crate::ports::{Settled, StoreError};
use crate::testing::{ann, at, set, user};

/// The lane of a vendor that failed so often, so many seconds ago, that it is left alone.
fn sick(seconds_ago: i64) -> Arc<Lane> {
    let lane = lane();
    let passage = Passage::ordinary(Arc::clone(&lane));
    for _ in 0..5 {
        passage.heard(
            Some(OutcomeClass::Transient { after: None }),
            at(NOW - seconds_ago),
            0.5,
        );
    }
    lane
}

/// The lane of a vendor that asked a second ago to be left alone for so many seconds.
fn asked_to_wait(seconds: u64) -> Arc<Lane> {
    let lane = lane();
    let after = Some(Duration::from_secs(seconds));
    Passage::ordinary(Arc::clone(&lane)).heard(Some(OutcomeClass::RateLimited { after }), at(NOW - 1), 0.5);
    lane
}

/// That a claim by this right is given back, without a call.
async fn is_given_back(passage: Passage) {
    let mut ports = Ports::new(ABLE);
    ports.records_exactly(settlement(there("theirs", true, 0), Settled::GivenBack));

    let converged = ports
        .converge_by(passage, claim(ann(), there("theirs", true, 0)))
        .await
        .expect("is recorded");

    assert_eq!(converged, Converged::Recorded(Settled::GivenBack));
}

/// That a claim by this right makes its call, which succeeds.
async fn goes_through(passage: Passage) {
    let mut ports = Ports::new(ABLE);
    ports.updates("theirs", Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 1), in_sync()));

    ports
        .converge_by(passage, claim(ann(), there("theirs", true, 0)))
        .await
        .expect("converges");
}

#[tokio::test]
async fn while_a_vendor_is_left_alone_claims_are_given_back_without_a_call() {
    let lane = sick(0);
    assert!(matches!(lane.admission(at(NOW)), Admission::NotBefore(until) if until > at(NOW)));

    is_given_back(Passage::ordinary(lane)).await;
}

#[tokio::test]
async fn a_create_is_not_even_announced_while_a_vendor_is_left_alone() {
    let mut ports = Ports::new(ABLE);
    ports.records_exactly(settlement(Known::default(), Settled::GivenBack));

    ports
        .converge_by(Passage::ordinary(sick(0)), claim(ann(), Known::default()))
        .await
        .expect("is recorded");
}

#[tokio::test]
async fn a_probe_that_succeeds_lets_everyone_through_again() {
    let lane = sick(60);
    assert_eq!(lane.admission(at(NOW)), Admission::Probe);

    goes_through(Passage::probe(Arc::clone(&lane))).await;

    assert_eq!(lane.admission(at(NOW)), Admission::All);
    goes_through(Passage::ordinary(lane)).await;
}

#[tokio::test]
async fn while_a_probe_is_under_way_the_others_are_given_back() {
    let lane = sick(60);
    let _probe = Passage::probe(Arc::clone(&lane));

    is_given_back(Passage::ordinary(lane)).await;
}

#[tokio::test]
async fn a_probe_that_fails_leaves_the_vendor_alone_for_longer() {
    let lane = sick(60);
    let mut ports = Ports::new(ABLE);
    ports.updates("theirs", Err(failure(OutcomeClass::Unknown)));
    ports.records(settlement(there("theirs", true, 0), retry_after(1, None)));

    ports
        .converge_by(
            Passage::probe(Arc::clone(&lane)),
            claim(ann(), there("theirs", true, 0)),
        )
        .await
        .expect("is recorded");

    let Admission::NotBefore(until) = lane.admission(at(NOW)) else {
        panic!("it is not left alone")
    };
    // Twice the half second of the first time, less a quarter for jitter.
    assert_eq!((until - at(NOW)).num_milliseconds(), 750);
}

#[tokio::test]
async fn a_probe_that_makes_no_call_has_found_nothing_out_and_another_may_follow() {
    let lane = sick(60);
    let mut ports = Ports::new(Capabilities {
        required: &[RequiredField::Email],
        ..ABLE
    });
    ports.queue.expect_record().times(1).return_once(|_, _, _| Ok(true));
    let nameless = user(
        1,
        &UserChanges {
            external_id: set("ehr-1"),
            ..UserChanges::default()
        },
    );

    ports
        .converge_by(Passage::probe(Arc::clone(&lane)), claim(nameless, Known::default()))
        .await
        .expect("is recorded");

    assert_eq!(lane.admission(at(NOW)), Admission::Probe);
}

#[tokio::test]
async fn a_probe_that_ends_in_an_error_of_ours_does_not_keep_the_next_one_out() {
    let lane = sick(60);
    let mut ports = Ports::new(ABLE);
    ports
        .queue
        .expect_announce()
        .times(1)
        .return_once(|_, _, _| Err(StoreError::Unavailable("gone".into())));

    let failed = ports
        .converge_by(Passage::probe(Arc::clone(&lane)), claim(ann(), Known::default()))
        .await;

    assert!(failed.is_err(), "{failed:?}");
    assert_eq!(lane.admission(at(NOW)), Admission::Probe);
}

#[tokio::test]
async fn a_probe_whose_claim_no_longer_holds_does_not_keep_the_next_one_out() {
    let lane = sick(60);
    let mut ports = Ports::new(ABLE);
    ports.announces("ehr-1", false);

    let converged = ports
        .converge_by(Passage::probe(Arc::clone(&lane)), claim(ann(), Known::default()))
        .await;

    assert_eq!(converged.expect("ends"), Converged::Fenced);
    assert_eq!(lane.admission(at(NOW)), Admission::Probe);
}

#[tokio::test]
async fn what_a_vendor_asks_to_wait_holds_for_every_claim_over_the_connection() {
    is_given_back(Passage::ordinary(asked_to_wait(60))).await;
    goes_through(Passage::ordinary(asked_to_wait(1))).await;
}

#[tokio::test]
async fn what_a_vendor_asks_to_wait_holds_for_a_probe_as_well() {
    let lane = sick(60);
    let probe = Passage::probe(Arc::clone(&lane));
    let after = Some(Duration::from_mins(1));
    Passage::ordinary(lane).heard(Some(OutcomeClass::RateLimited { after }), at(NOW), 0.5);

    is_given_back(probe).await;
}

#[tokio::test]
async fn what_a_vendor_refuses_is_an_answer_and_no_sign_of_sickness() {
    let lane = lane();
    for class in [OutcomeClass::Rejected, OutcomeClass::NotFound, OutcomeClass::Conflict] {
        for _ in 0..20 {
            Passage::ordinary(Arc::clone(&lane)).heard(Some(class), at(NOW), 0.5);
        }
    }

    goes_through(Passage::ordinary(lane)).await;
}
