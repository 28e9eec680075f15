//! Searching a vendor that only lists its users: a page at a time, each a call with a time of its own.

use std::sync::Arc;
use std::time::Duration;

use roster_domain::{Capabilities, Known, OutcomeClass};
use tokio::time::Instant;

use super::given::{
    ABLE, NOW, Ports, assemble_with, claim, claim_key, failure, in_sync, ordinary, remote, settlement, there, unheard,
};
use super::scripted::{Doing, Vendor};
use crate::convergence::Converged;
use crate::ports::{MockAccountQueue, Settled, Sought};
use crate::testing::{MockConnectionStore, ann, at};

fn further(cursor: &str) -> Sought {
    Sought::Further(cursor.to_owned())
}

#[tokio::test]
async fn every_page_is_asked_for_from_where_the_one_before_ended_until_the_user_is_found() {
    let mut ports = Ports::new(ABLE);
    ports.looks_on("ehr-1", None, Ok(further("2")));
    ports.looks_on("ehr-1", Some("2"), Ok(further("3")));
    ports.looks_on("ehr-1", Some("3"), Ok(Sought::Found(remote("theirs"))));
    ports.records(settlement(there("theirs", true, 1), in_sync()));

    let converged = ports.converge(claim(ann(), unheard("ehr-1"))).await.expect("converges");

    assert_eq!(converged, Converged::Recorded(in_sync()));
}

#[tokio::test]
async fn nobody_is_made_before_the_last_page_was_seen() {
    let lax = Capabilities {
        refuses_duplicates: false,
        ..ABLE
    };
    let mut ports = Ports::new(lax);
    ports.looks_on("ehr-1", None, Ok(further("2")));
    ports.looks_on("ehr-1", Some("2"), Ok(Sought::Nobody));
    ports.announces("ehr-1", true);
    ports.creates("ehr-1", Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 1), in_sync()));

    ports.converge(claim(ann(), Known::default())).await.expect("converges");
}

#[tokio::test]
async fn a_list_that_is_given_up_is_a_matter_for_a_person_and_nothing_is_made() {
    let mut ports = Ports::new(ABLE);
    ports.looks_on("ehr-1", None, Ok(further("2")));
    ports.looks_on("ehr-1", Some("2"), Err(failure(OutcomeClass::Rejected)));
    ports.queue.expect_record().times(1).return_once(|_, _, _| Ok(true));

    let converged = ports.converge(claim(ann(), unheard("ehr-1"))).await;

    let Ok(Converged::Recorded(Settled::Attention(attention))) = converged else {
        panic!("nobody is asked: {converged:?}")
    };
    assert!(
        attention.message.contains("cannot be found out") && attention.message.contains("said no"),
        "{}",
        attention.message
    );
}

#[tokio::test]
async fn a_page_that_fails_is_no_sign_that_nobody_is_there() {
    let mut ports = Ports::new(ABLE);
    ports.looks_on("ehr-1", None, Ok(further("2")));
    ports.looks_on("ehr-1", Some("2"), Err(failure(OutcomeClass::Unknown)));
    ports
        .queue
        .expect_record()
        .withf(|_, settlement, _| {
            settlement.known == unheard("ehr-1") && matches!(settlement.settled, Settled::Retry { .. })
        })
        .times(1)
        .return_once(|_, _, _| Ok(true));

    ports
        .converge(claim(ann(), unheard("ehr-1")))
        .await
        .expect("is recorded");
}

/// Converges ann's claim at a vendor that takes 20 of a step's 30 seconds for each of 40 pages, where her lease can be renewed
/// so often.
async fn search_slowly(renewals: usize) -> (Converged, Duration) {
    let vendor = Vendor::new(|_, _| Doing::Answer(Duration::from_secs(20))).listing(40);
    let (clock, begun) = (vendor.clock(), Instant::now());
    let mut queue = MockAccountQueue::new();
    let mut left = renewals;
    queue
        .expect_renew()
        .withf(|claim, until| *claim == claim_key() && *until > at(NOW + 45))
        .returning(move |_, _| {
            let holds = left > 0;
            left = left.saturating_sub(1);
            Ok(holds)
        });
    queue
        .expect_record()
        .withf(|_, settlement, _| {
            settlement.known.vendor_user_id.is_some() && matches!(settlement.settled, Settled::InSync { .. })
        })
        .returning(|_, _, _| Ok(true));
    let convergence = assemble_with(Arc::new(queue), Arc::new(vendor), MockConnectionStore::new(), clock);

    let converged = convergence.converge(claim(ann(), unheard("ehr-1")), ordinary()).await;

    (converged.expect("converges"), begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_search_takes_as_long_as_its_pages_do_however_short_a_step_must_be() {
    let (converged, took) = search_slowly(40).await;

    assert!(
        matches!(converged, Converged::Recorded(Settled::InSync { .. })),
        "{converged:?}"
    );
    assert_eq!(took, Duration::from_secs(40 * 20));
}

#[tokio::test(start_paused = true)]
async fn a_search_whose_lease_no_longer_holds_ends_and_records_nothing() {
    let (converged, took) = search_slowly(3).await;

    assert_eq!(converged, Converged::Fenced);
    assert_eq!(
        took,
        Duration::from_secs(4 * 20),
        "no page is asked for without a lease"
    );
}
