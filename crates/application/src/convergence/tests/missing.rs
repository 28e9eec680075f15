//! Users whom the vendor denies having: counted first, asked for once more, and made anew unless they are many.

use roster_domain::{Change, Drift, DriftMode, Known, OnLeave, OutcomeClass, User, UserChanges, VendorKey};
use rstest::rstest;

use super::given::{ABLE, NOW, Ports, claim, failure, in_sync, remote, settlement, there};
use crate::convergence::Converged;
use crate::ports::{Claim, RemoteUser, Settled, Settlement, VendorError};
use crate::testing::{ann, ann_changes, at, user};

fn nobody() -> VendorError {
    failure(OutcomeClass::NotFound)
}

fn inactive() -> User {
    user(
        1,
        &UserChanges {
            active: Change::Set(false),
            ..ann_changes()
        },
    )
}

/// What is known of a user whom the vendor denied in an earlier claim.
fn missing() -> Known {
    there("theirs", true, 1).gone()
}

/// The same, after nobody was found under the user's key either.
fn nowhere(version: i64) -> Known {
    Known {
        absent_under: Some(VendorKey::new("ehr-1")),
        ..missing().updated(version)
    }
}

fn departed(known: Known, settled: Settled) -> Settlement {
    Settlement {
        left: true,
        ..settlement(known, settled)
    }
}

/// That the vendor has nobody of the id, nor under the key.
fn denies(ports: &mut Ports) {
    ports.reads_back("theirs", Err(nobody()));
    ports.looks_up("ehr-1", Ok(None));
}

/// A claim of a user who was deleted, over a connection that deletes those who leave.
fn deleting(known: Known) -> Claim {
    let mut claim = claim(ann().delete(at(1)), known);
    claim.connection.options.on_leave = OnLeave::Delete;
    claim
}

#[tokio::test]
async fn that_the_vendor_denies_a_user_is_stored_before_anything_follows_from_it() {
    let mut reading = Ports::new(ABLE);
    reading.reads_back("theirs", Err(nobody()));
    reading.records(settlement(missing(), Settled::GivenBack));
    let mut due = claim(ann(), there("theirs", true, 1));
    due.connection.options.drift = DriftMode::Repair;
    reading.converge(due).await.expect("is recorded");

    let mut updating = Ports::new(ABLE);
    updating.updates("theirs", Err(nobody()));
    updating.records(settlement(missing(), Settled::GivenBack));
    let behind = claim(ann(), there("theirs", true, 0));
    updating.converge(behind).await.expect("is recorded");

    let mut removing = Ports::new(ABLE);
    removing.counts_deletions(1, 1);
    removing.deletes("theirs", Err(nobody()));
    removing.records(Settlement {
        version: 2,
        ..settlement(missing(), Settled::GivenBack)
    });
    let leaving = deleting(there("theirs", true, 1));
    removing.converge(leaving).await.expect("is recorded");
}

#[tokio::test]
async fn who_is_missing_is_made_anew_and_counts_as_a_departure() {
    let mut ports = Ports::new(ABLE);
    denies(&mut ports);
    ports.counts_departures(1, 10);
    ports.announces("ehr-1", true);
    ports.creates("ehr-1", Ok(remote("new")));
    ports.records(departed(there("new", true, 1), in_sync()));

    let converged = ports.converge(claim(ann(), missing())).await.expect("converges");

    assert_eq!(converged, Converged::Recorded(in_sync()));
}

#[tokio::test]
async fn who_is_missing_beyond_both_limits_is_held_as_it_is_with_its_id_and_the_reason() {
    let mut ports = Ports::new(ABLE);
    denies(&mut ports);
    ports.counts_departures(21, 100);
    ports.records(Settlement {
        drift: Some(Drift {
            message: "Nabla Core no longer has the user".to_owned(),
            since: at(NOW),
        }),
        ..settlement(nowhere(0), Settled::Held)
    });

    let converged = ports.converge(claim(ann(), missing())).await.expect("is recorded");

    assert_eq!(converged, Converged::Recorded(Settled::Held));
}

#[tokio::test]
async fn who_is_missing_and_need_not_be_there_is_held_all_the_same() {
    let mut resting = Ports::new(ABLE);
    denies(&mut resting);
    resting.counts_departures(21, 100);
    let mut leaving = Ports::new(ABLE);
    denies(&mut leaving);
    leaving.counts_deletions(21, 100);

    for (mut ports, claim) in [(resting, claim(inactive(), missing())), (leaving, deleting(missing()))] {
        ports
            .queue
            .expect_record()
            .withf(|_, settlement, _| settlement.settled == Settled::Held && settlement.known.is_missing)
            .times(1)
            .in_sequence(&mut ports.order)
            .return_once(|_, _, _| Ok(true));
        ports.converge(claim).await.expect("is recorded");
    }
}

#[tokio::test]
async fn who_is_missing_and_was_approved_is_made_anew_and_counts_no_more() {
    let mut ports = Ports::new(ABLE);
    denies(&mut ports);
    ports.announces("ehr-1", true);
    ports.creates("ehr-1", Ok(remote("new")));
    ports.records(settlement(there("new", true, 1), in_sync()));
    let mut approved = claim(ann(), missing());
    approved.departure_is_approved = true;

    ports.converge(approved).await.expect("converges");
}

#[tokio::test]
async fn who_is_there_after_all_is_the_same_as_before_and_brought_up_to_date() {
    let mut ports = Ports::new(ABLE);
    ports.reads_back("theirs", Ok(remote("theirs")));
    ports.updates("theirs", Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 1), in_sync()));

    ports.converge(claim(ann(), missing())).await.expect("converges");
}

#[tokio::test]
async fn who_is_there_after_all_and_active_is_deactivated() {
    let mut ports = Ports::new(ABLE);
    ports.reads_back("theirs", Ok(remote("theirs")));
    ports.counts_departures(1, 10);
    ports.deactivates("theirs", Ok(()));
    let off = RemoteUser {
        active: false,
        ..remote("theirs")
    };
    ports.updates("theirs", Ok(off));
    ports.records(departed(there("theirs", false, 1), in_sync()));

    ports.converge(claim(inactive(), missing())).await.expect("converges");
}

#[tokio::test]
async fn who_was_made_anew_by_somebody_else_is_linked_and_not_doubled() {
    let mut ports = Ports::new(ABLE);
    ports.reads_back("theirs", Err(nobody()));
    ports.looks_up("ehr-1", Ok(Some(remote("another"))));
    ports.records(settlement(there("another", true, 1), in_sync()));

    ports.converge(claim(ann(), missing())).await.expect("converges");
}

#[rstest]
#[case::once(0)]
#[case::again_and_again(9)]
#[tokio::test]
async fn a_vendor_that_finds_nobody_and_refuses_a_new_one_is_asked_again_and_the_id_is_kept(#[case] attempts: u32) {
    let mut ports = Ports::new(ABLE);
    denies(&mut ports);
    ports.counts_departures(1, 10);
    ports.announces("ehr-1", true);
    ports.creates("ehr-1", Err(failure(OutcomeClass::Conflict)));
    ports.looks_up("ehr-1", Ok(None));
    ports
        .queue
        .expect_record()
        .withf(|_, settlement, _| {
            let known = &settlement.known;
            known.is_missing
                && known.intent.is_none()
                && known.vendor_user_id.as_ref().is_some_and(|id| id.as_str() == "theirs")
        })
        .times(1)
        .in_sequence(&mut ports.order)
        .return_once(|_, _, _| Ok(true));
    let mut claim = claim(ann(), missing());
    claim.account.attempts = attempts;

    let converged = ports.converge(claim).await.expect("is recorded");

    let Converged::Recorded(Settled::Retry {
        attempts: now, error, ..
    }) = converged
    else {
        panic!("it is not tried again: {converged:?}")
    };
    assert_eq!(now, attempts + 1);
    assert!(error.contains("no longer finds the user"), "{error}");
}

#[tokio::test]
async fn who_should_be_gone_and_is_missing_is_gone() {
    let mut ports = Ports::new(ABLE);
    denies(&mut ports);
    ports.counts_deletions(1, 10);
    ports.records(Settlement {
        version: 2,
        ..departed(nowhere(2), Settled::Removed)
    });

    ports.converge(deleting(missing())).await.expect("converges");
}

#[tokio::test]
async fn who_is_inactive_and_known_to_be_missing_is_looked_for_in_time_and_counts_once() {
    let mut first = Ports::new(ABLE);
    denies(&mut first);
    first.counts_departures(1, 10);
    first.records(departed(nowhere(1), in_sync()));
    first.converge(claim(inactive(), missing())).await.expect("converges");

    let mut later = Ports::new(ABLE);
    denies(&mut later);
    later.records(settlement(nowhere(1), in_sync()));
    later
        .converge(claim(inactive(), missing().updated(1)))
        .await
        .expect("converges");
}

#[tokio::test]
async fn whom_the_vendor_denied_is_asked_for_also_where_drift_is_only_reported() {
    let mut ports = Ports::new(ABLE);
    denies(&mut ports);
    ports.counts_departures(1, 10);
    ports.announces("ehr-1", true);
    ports.creates("ehr-1", Ok(remote("new")));
    ports.records(departed(there("new", true, 1), in_sync()));
    let mut told = claim(ann(), missing());
    told.connection.options.drift = DriftMode::Report;

    ports.converge(told).await.expect("converges");
}
