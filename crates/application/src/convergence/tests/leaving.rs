//! Users who leave a connection: as it says and the vendor can, and not in droves without anybody looking.

use roster_domain::{Account, Capabilities, Known, OnLeave, OutcomeClass, User, VendorKey};
use rstest::rstest;

use super::given::{ABLE, Ports, claim, failure, remote, retry_after, settlement, there};
use crate::convergence::Converged;
use crate::error::Error;
use crate::ports::{Claim, Settled, Settlement, StoreError, UniqueKey};
use crate::testing::{account, ann, ann_changes, user, user_id};

/// A claim of a user who was taken off the connection, of whom this is known.
fn taken_off(user: User, known: Known) -> Claim {
    let mut claim = claim(user, known);
    claim.account.is_assigned = false;
    claim
}

/// What comes of a claim of a user who is not assigned.
fn departure(known: Known, settled: Settled) -> Settlement {
    Settlement {
        is_assigned: false,
        ..settlement(known, settled)
    }
}

/// Of a user who is nowhere at the vendor, and is up to date.
fn nowhere() -> Known {
    Known {
        applied_version: 1,
        absent_under: Some(VendorKey::new("ehr-1")),
        ..Known::default()
    }
}

#[tokio::test]
async fn who_is_no_longer_assigned_is_deactivated_and_gone_where_the_connection_says_so() {
    let mut ports = Ports::new(ABLE);
    ports.counts_departures(1, 10);
    ports.deactivates("theirs", Ok(()));
    ports.records(Settlement {
        left: true,
        ..departure(there("theirs", false, 1), Settled::Removed)
    });

    let converged = ports
        .converge(taken_off(ann(), there("theirs", true, 1)))
        .await
        .expect("converges");

    assert_eq!(converged, Converged::Recorded(Settled::Removed));
}

#[tokio::test]
async fn who_is_no_longer_assigned_is_deleted_where_the_connection_says_so() {
    let mut ports = Ports::new(ABLE);
    ports.counts_deletions(1, 10);
    ports.deletes("theirs", Ok(()));
    ports.records(Settlement {
        left: true,
        ..departure(nowhere(), Settled::Removed)
    });
    let mut deleting = taken_off(ann(), there("theirs", true, 1));
    deleting.connection.options.on_leave = OnLeave::Delete;

    ports.converge(deleting).await.expect("converges");
}

#[tokio::test]
async fn who_should_be_deleted_is_deactivated_where_the_vendor_can_do_no_more() {
    let mut ports = Ports::new(Capabilities { delete: false, ..ABLE });
    ports.counts_departures(1, 10);
    ports.deactivates("theirs", Ok(()));
    ports.records(Settlement {
        left: true,
        ..departure(there("theirs", false, 1), Settled::Removed)
    });
    let mut deleting = taken_off(ann(), there("theirs", true, 1));
    deleting.connection.options.on_leave = OnLeave::Delete;

    ports.converge(deleting).await.expect("converges");
}

#[tokio::test]
async fn who_was_never_there_is_looked_for_and_gone_without_a_count() {
    let mut ports = Ports::new(ABLE);
    ports.looks_up("ehr-1", Ok(None));
    ports.records(departure(nowhere(), Settled::Removed));

    ports
        .converge(taken_off(ann(), Known::default()))
        .await
        .expect("converges");
}

#[tokio::test]
async fn who_was_put_there_by_somebody_else_is_linked_and_then_leaves_like_everybody() {
    let mut ports = Ports::new(ABLE);
    ports.looks_up("ehr-1", Ok(Some(remote("theirs"))));
    ports.records(departure(there("theirs", true, 0), Settled::GivenBack));
    ports
        .converge(taken_off(ann(), Known::default()))
        .await
        .expect("is recorded");

    let mut ports = Ports::new(ABLE);
    ports.counts_departures(1, 10);
    ports.deactivates("theirs", Ok(()));
    ports.records(Settlement {
        left: true,
        ..departure(there("theirs", false, 1), Settled::Removed)
    });
    ports
        .converge(taken_off(ann(), there("theirs", true, 0)))
        .await
        .expect("converges");
}

#[tokio::test]
async fn whoever_is_there_under_the_key_and_somebody_elses_here_stays() {
    let mut ports = Ports::new(ABLE);
    ports.looks_up("ehr-1", Ok(Some(remote("theirs"))));
    ports
        .queue
        .expect_record()
        .times(1)
        .in_sequence(&mut ports.order)
        .return_once(|_, _, _| Err(StoreError::Conflict(UniqueKey::VendorUserId)));
    ports.accounts.expect_account_of_vendor_user().return_once(|_, _, _| {
        Ok(Some(Account {
            user_id: user_id(2),
            ..account(&user(2, &ann_changes()), there("theirs", true, 1))
        }))
    });
    let gone = Known {
        applied_version: 1,
        ..Known::default()
    };
    ports.records(departure(gone, Settled::Removed));

    ports
        .converge(taken_off(ann(), Known::default()))
        .await
        .expect("is recorded");
}

#[tokio::test]
async fn a_departure_that_fails_leaves_the_account_behind() {
    let mut ports = Ports::new(ABLE);
    ports.counts_departures(1, 10);
    ports.deactivates("theirs", Err(failure(OutcomeClass::Transient { after: None })));
    let unsure = Known {
        active: None,
        ..there("theirs", true, 0)
    };
    ports.records(departure(unsure, retry_after(1, None)));

    ports
        .converge(taken_off(ann(), there("theirs", true, 1)))
        .await
        .expect("is recorded");
}

#[tokio::test]
async fn a_departure_beyond_both_limits_is_held_and_nothing_is_sent() {
    for on_leave in [OnLeave::Deactivate, OnLeave::Delete] {
        let mut ports = Ports::new(ABLE);
        match on_leave {
            OnLeave::Deactivate => ports.counts_departures(21, 100),
            OnLeave::Delete => ports.counts_deletions(21, 100),
        }
        ports.records_exactly(departure(there("theirs", true, 0), Settled::Held));
        let mut many = taken_off(ann(), there("theirs", true, 1));
        many.connection.options.on_leave = on_leave;

        let converged = ports.converge(many).await.expect("is recorded");

        assert_eq!(converged, Converged::Recorded(Settled::Held));
    }
}

#[tokio::test]
async fn an_inactive_user_is_a_departure_like_any_other() {
    let mut ports = Ports::new(ABLE);
    ports.counts_departures(21, 100);
    ports.records_exactly(settlement(there("theirs", true, 0), Settled::Held));
    let resting = User { active: false, ..ann() };

    ports
        .converge(claim(resting, there("theirs", true, 0)))
        .await
        .expect("is recorded");
}

#[rstest]
#[case::few_of_a_few(20, 20)]
#[case::many_of_very_many(21, 1_000)]
#[case::exactly_the_share(21, 105)]
#[tokio::test]
async fn a_departure_within_either_limit_goes_through(#[case] leaving: u32, #[case] of: u32) {
    let mut ports = Ports::new(ABLE);
    ports.counts_departures(leaving, of);
    ports.deactivates("theirs", Ok(()));
    ports.records(Settlement {
        left: true,
        ..departure(there("theirs", false, 1), Settled::Removed)
    });

    ports
        .converge(taken_off(ann(), there("theirs", true, 1)))
        .await
        .expect("converges");
}

#[tokio::test]
async fn the_limits_are_those_of_the_connection() {
    let mut ports = Ports::new(ABLE);
    // Any share is above nothing, so that it matters not how many are counted.
    ports.counts_departures_above(1, 1, 100);
    ports.records_exactly(departure(there("theirs", true, 0), Settled::Held));
    let mut strict = taken_off(ann(), there("theirs", true, 1));
    strict.connection.options.hold_floor = 0;
    strict.connection.options.hold_percent = 0;

    ports.converge(strict).await.expect("is recorded");
}

#[tokio::test]
async fn a_departure_that_was_approved_goes_through_however_many_there_are() {
    let mut ports = Ports::new(ABLE);
    ports.deactivates("theirs", Ok(()));
    ports.records(Settlement {
        left: true,
        ..departure(there("theirs", false, 1), Settled::Removed)
    });
    let mut approved = taken_off(ann(), there("theirs", true, 1));
    approved.departure_is_approved = true;

    ports.converge(approved).await.expect("converges");
}

#[tokio::test]
async fn who_was_inactive_before_is_deleted_as_a_departure_of_its_own() {
    let resting = |approved| {
        let mut resting = taken_off(ann(), there("theirs", false, 1));
        resting.connection.options.on_leave = OnLeave::Delete;
        resting.departure_is_approved = approved;
        resting
    };
    let deleted = || Settlement {
        left: true,
        ..departure(nowhere(), Settled::Removed)
    };

    let mut few = Ports::new(ABLE);
    few.counts_deletions(1, 10);
    few.deletes("theirs", Ok(()));
    few.records(deleted());
    few.converge(resting(false)).await.expect("converges");

    let mut many = Ports::new(ABLE);
    many.counts_deletions(60, 60);
    many.records_exactly(departure(there("theirs", false, 0), Settled::Held));
    many.converge(resting(false)).await.expect("is recorded");

    let mut approved = Ports::new(ABLE);
    approved.deletes("theirs", Ok(()));
    approved.records(deleted());
    approved.converge(resting(true)).await.expect("converges");
}

#[tokio::test]
async fn who_was_inactive_before_leaves_no_more_where_nobody_is_deleted() {
    let mut ports = Ports::new(ABLE);
    ports.records_exactly(departure(there("theirs", false, 1), Settled::Removed));

    let mut resting = taken_off(ann(), there("theirs", false, 1));
    resting.account.attempts = 1;
    ports.converge(resting).await.expect("converges");
}

#[tokio::test]
async fn without_a_count_nobody_leaves() {
    let mut ports = Ports::new(ABLE);
    ports
        .queue
        .expect_departures()
        .times(1)
        .return_once(|_, _| Err(StoreError::Unavailable("gone".into())));

    let failed = ports.converge(taken_off(ann(), there("theirs", true, 1))).await;

    assert!(
        matches!(failed, Err(Error::Store(StoreError::Unavailable(_)))),
        "{failed:?}"
    );
}

#[tokio::test]
async fn who_is_assigned_again_is_activated() {
    let mut ports = Ports::new(ABLE);
    ports
        .gateway
        .expect_activate()
        .times(1)
        .in_sequence(&mut ports.order)
        .return_once(|_, _| Ok(()));
    ports.records(settlement(there("theirs", true, 1), super::given::in_sync()));
    let mut back = claim(ann(), there("theirs", false, 1));
    back.account.removed_at = Some(crate::testing::at(1));

    ports.converge(back).await.expect("converges");
}
