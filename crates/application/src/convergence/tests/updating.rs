//! Users who are at the vendor: brought up to date, deactivated, activated, deleted, and created anew if they vanish.

use roster_domain::{Change, Departures, DriftMode, Known, OnLeave, OutcomeClass, User, UserChanges, VendorKey};

use super::given::{ABLE, Ports, claim, failure, in_sync, remote, settlement, there};
use crate::convergence::Converged;
use crate::ports::{Claim, RemoteUser, Settled, Settlement, Sought};
use crate::testing::{ann, ann_changes, at, user};

#[tokio::test]
async fn changed_fields_are_sent_and_nothing_else_is_called() {
    let mut ports = Ports::new(ABLE);
    ports.updates("theirs", Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 1), in_sync()));

    let converged = ports
        .converge(claim(ann(), there("theirs", true, 0)))
        .await
        .expect("converges");

    assert_eq!(converged, Converged::Recorded(in_sync()));
}

#[tokio::test]
async fn a_user_who_is_up_to_date_is_recorded_without_a_call() {
    let mut ports = Ports::new(ABLE);
    ports.records(settlement(
        there("theirs", true, 1),
        Settled::InSync { read_back_at: None },
    ));
    let mut unwatched = claim(ann(), there("theirs", true, 1));
    unwatched.connection.options.drift = DriftMode::Off;

    ports.converge(unwatched).await.expect("converges");
}

#[tokio::test]
async fn an_inactive_user_is_deactivated_and_then_brought_up_to_date() {
    let inactive = user(
        1,
        &UserChanges {
            active: Change::Set(false),
            ..ann_changes()
        },
    );
    let mut ports = Ports::new(ABLE);
    ports.counts_departures(1, 1);
    ports.deactivates("theirs", Ok(()));
    ports.updates("theirs", Ok(resting("theirs")));
    ports.records(Settlement {
        left: true,
        ..settlement(there("theirs", false, 1), in_sync())
    });

    ports
        .converge(claim(inactive, there("theirs", true, 0)))
        .await
        .expect("converges");
}

#[tokio::test]
async fn an_inactive_user_who_changed_since_is_deactivated_once_more_in_case_an_activation_got_through() {
    let inactive = user(
        1,
        &UserChanges {
            active: Change::Set(false),
            ..ann_changes()
        },
    );
    let mut ports = Ports::new(ABLE);
    ports.deactivates("theirs", Ok(()));
    ports.updates("theirs", Ok(resting("theirs")));
    ports.records(settlement(there("theirs", false, 1), in_sync()));

    ports
        .converge(claim(inactive, there("theirs", false, 0)))
        .await
        .expect("converges");
}

#[tokio::test]
async fn a_user_who_may_work_again_is_activated_and_then_brought_up_to_date() {
    let mut ports = Ports::new(ABLE);
    ports
        .gateway
        .expect_activate()
        .times(1)
        .in_sequence(&mut ports.order)
        .return_once(|_, _| Ok(()));
    ports.updates("theirs", Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 1), in_sync()));

    ports
        .converge(claim(ann(), there("theirs", false, 0)))
        .await
        .expect("converges");
}

#[tokio::test]
async fn a_user_whom_the_vendor_turns_out_to_have_deactivated_is_activated() {
    let mut ports = Ports::new(ABLE);
    ports.updates(
        "theirs",
        Ok(RemoteUser {
            active: false,
            ..remote("theirs")
        }),
    );
    ports
        .gateway
        .expect_activate()
        .times(1)
        .in_sequence(&mut ports.order)
        .return_once(|_, _| Ok(()));
    ports.records(settlement(there("theirs", true, 1), in_sync()));

    ports
        .converge(claim(ann(), there("theirs", true, 0)))
        .await
        .expect("converges");
}

#[tokio::test]
async fn an_account_of_which_only_some_steps_are_done_stays_behind() {
    let mut ports = Ports::new(ABLE);
    let inactive = RemoteUser {
        active: false,
        ..remote("theirs")
    };
    ports.updates("theirs", Ok(inactive));
    ports
        .gateway
        .expect_activate()
        .times(1)
        .in_sequence(&mut ports.order)
        .return_once(|_, _| Err(failure(OutcomeClass::Unknown)));
    ports
        .queue
        .expect_record()
        .withf(|_, settlement, _| {
            settlement.known.applied_version < settlement.version && matches!(settlement.settled, Settled::Retry { .. })
        })
        .times(1)
        .in_sequence(&mut ports.order)
        .return_once(|_, _, _| Ok(true));

    ports
        .converge(claim(ann(), there("theirs", true, 0)))
        .await
        .expect("is recorded");
}

/// A claim of a user who was deleted, over a connection that deletes those who leave.
fn deleting(user: &User, known: Known) -> Claim {
    let mut claim = claim(user.delete(at(1)), known);
    claim.connection.options.on_leave = OnLeave::Delete;
    claim
}

#[tokio::test]
async fn a_deleted_user_is_deleted_and_gone() {
    let mut ports = Ports::new(ABLE);
    ports.counts_deletions(1, 1);
    ports.deletes("theirs", Ok(()));
    let known = Known {
        applied_version: 2,
        absent_under: Some(VendorKey::new("ehr-1")),
        ..Known::default()
    };
    ports.records(Settlement {
        version: 2,
        left: true,
        ..settlement(known, Settled::Removed)
    });

    let converged = ports
        .converge(deleting(&ann(), there("theirs", true, 1)))
        .await
        .expect("converges");

    assert_eq!(converged, Converged::Recorded(Settled::Removed));
}

/// A user who is inactive at the vendor, and otherwise as it should be.
fn resting(id: &str) -> RemoteUser {
    RemoteUser {
        active: false,
        ..remote(id)
    }
}

#[tokio::test]
async fn that_a_user_is_gone_is_not_believed_while_the_vendor_has_it() {
    let mut ports = Ports::new(ABLE);
    ports
        .queue
        .expect_departures()
        .returning(|_, _| Ok(Departures { leaving: 1, of: 1 }));
    ports
        .gateway
        .expect_delete()
        .returning(|_, _| Err(failure(OutcomeClass::NotFound)));
    ports
        .gateway
        .expect_read_back()
        .returning(|_, _, _, _| Ok(Sought::Found(remote("theirs"))));
    ports
        .queue
        .expect_record()
        .withf(|_, settlement, _| matches!(settlement.settled, Settled::Retry { .. }))
        .times(1)
        .return_once(|_, _, _| Ok(true));

    let converged = ports
        .converge(deleting(&ann(), there("theirs", true, 1).gone()))
        .await
        .expect("is recorded");

    assert!(
        matches!(converged, Converged::Recorded(Settled::Retry { .. })),
        "{converged:?}"
    );
}
