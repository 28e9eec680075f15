//! Accounts that are in sync and due: the vendor is asked how the user stands, and what differs is set right or told.

use roster_domain::{Capabilities, Change, Drift, DriftMode, Known, OutcomeClass, User, UserChanges};

use super::given::{ABLE, NOW, Ports, claim, differing, failure, in_sync, remote, retry_after, settlement, there};
use crate::convergence::Converged;
use crate::ports::{Claim, RemoteUser, Settled, Settlement};
use crate::testing::{ann, ann_changes, at, user};

/// A claim of a user who is as the vendor last confirmed, over a connection that does this about drift.
fn due(user: User, known: Known, drift: DriftMode) -> Claim {
    let mut claim = claim(user, known);
    claim.connection.options.drift = drift;
    claim
}

/// Ann, who is in sync.
fn ann_in_sync(drift: DriftMode) -> Claim {
    due(ann(), there("theirs", true, 1), drift)
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

/// A user who is inactive at the vendor, and otherwise as it should be.
fn resting(id: &str) -> RemoteUser {
    RemoteUser {
        active: false,
        ..remote(id)
    }
}

fn drift(message: &str, since: i64) -> Drift {
    Drift {
        message: message.to_owned(),
        since: at(since),
    }
}

#[tokio::test]
async fn a_user_who_is_as_it_should_be_is_no_news_and_is_read_back_again_in_time() {
    for drift in [DriftMode::Repair, DriftMode::Report] {
        let mut ports = Ports::new(ABLE);
        ports.reads_back("theirs", Ok(remote("theirs")));
        ports.records_exactly(settlement(there("theirs", true, 1), in_sync()));

        let converged = ports.converge(ann_in_sync(drift)).await.expect("converges");

        assert_eq!(converged, Converged::Recorded(in_sync()));
    }
}

#[tokio::test]
async fn fields_that_somebody_changed_at_the_vendor_are_sent_again() {
    let mut ports = Ports::new(ABLE);
    ports.reads_back("theirs", Ok(differing("theirs")));
    ports.updates("theirs", Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 1), in_sync()));

    ports.converge(ann_in_sync(DriftMode::Repair)).await.expect("converges");
}

#[tokio::test]
async fn fields_that_cannot_be_sent_again_now_leave_the_account_behind() {
    let mut ports = Ports::new(ABLE);
    ports.reads_back("theirs", Ok(differing("theirs")));
    ports.updates("theirs", Err(failure(OutcomeClass::Transient { after: None })));
    ports.records(settlement(there("theirs", true, 0), retry_after(1, None)));

    ports
        .converge(ann_in_sync(DriftMode::Repair))
        .await
        .expect("is recorded");
}

#[tokio::test]
async fn a_user_whom_somebody_deactivated_at_the_vendor_is_activated() {
    let mut ports = Ports::new(ABLE);
    ports.reads_back("theirs", Ok(resting("theirs")));
    ports
        .gateway
        .expect_activate()
        .times(1)
        .in_sequence(&mut ports.order)
        .return_once(|_, _| Ok(()));
    ports.records(settlement(there("theirs", true, 1), in_sync()));

    ports.converge(ann_in_sync(DriftMode::Repair)).await.expect("converges");
}

#[tokio::test]
async fn a_user_whom_somebody_activated_at_the_vendor_is_deactivated_and_that_is_no_departure() {
    let mut ports = Ports::new(ABLE);
    ports.reads_back("theirs", Ok(remote("theirs")));
    ports.deactivates("theirs", Ok(()));
    ports.records(settlement(there("theirs", false, 1), in_sync()));

    ports
        .converge(due(inactive(), there("theirs", false, 1), DriftMode::Repair))
        .await
        .expect("converges");
}

#[tokio::test]
async fn drift_that_is_only_reported_is_recorded_with_what_differs_and_nothing_is_sent() {
    for (answer, message) in [
        (differing("theirs"), "changed at the vendor: lastName, email"),
        (resting("theirs"), "changed at the vendor: is not active"),
    ] {
        let mut ports = Ports::new(ABLE);
        ports.reads_back("theirs", Ok(answer));
        ports.records(Settlement {
            drift: Some(drift(message, NOW)),
            ..settlement(there("theirs", true, 1).doubted(), in_sync())
        });

        ports
            .converge(ann_in_sync(DriftMode::Report))
            .await
            .expect("is recorded");
    }
}

#[tokio::test]
async fn that_somebody_activated_a_user_at_the_vendor_is_reported() {
    let mut ports = Ports::new(ABLE);
    ports.reads_back("theirs", Ok(remote("theirs")));
    ports.records(Settlement {
        drift: Some(drift("changed at the vendor: is active", NOW)),
        ..settlement(there("theirs", false, 1).doubted(), in_sync())
    });

    ports
        .converge(due(inactive(), there("theirs", false, 1), DriftMode::Report))
        .await
        .expect("is recorded");
}

#[tokio::test]
async fn drift_is_told_since_when_it_was_found_first() {
    let mut ports = Ports::new(ABLE);
    ports.reads_back("theirs", Ok(resting("theirs")));
    ports.records(Settlement {
        drift: Some(drift("changed at the vendor: is not active", 7)),
        ..settlement(there("theirs", true, 1).doubted(), in_sync())
    });
    let mut again = ann_in_sync(DriftMode::Report);
    again.account.drift = Some(drift("changed at the vendor: email", 7));

    ports.converge(again).await.expect("is recorded");
}

#[tokio::test]
async fn drift_that_somebody_set_right_at_the_vendor_is_no_longer_told() {
    let mut ports = Ports::new(ABLE);
    ports.reads_back("theirs", Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 1), in_sync()));
    let mut mended = ann_in_sync(DriftMode::Report);
    mended.account.drift = Some(drift("changed at the vendor: email", 7));

    ports.converge(mended).await.expect("converges");
}

#[tokio::test]
async fn drift_is_told_until_the_vendor_says_otherwise() {
    let mut ports = Ports::new(ABLE);
    ports.reads_back("theirs", Err(failure(OutcomeClass::Unknown)));
    let told = Some(drift("changed at the vendor: email", 7));
    ports.records(Settlement {
        drift: told.clone(),
        ..settlement(there("theirs", true, 1).doubted(), retry_after(1, None))
    });
    let mut unheard = ann_in_sync(DriftMode::Report);
    unheard.account.drift = told;

    ports.converge(unheard).await.expect("is recorded");
}

#[tokio::test]
async fn a_user_who_was_deleted_at_the_vendor_is_reported_where_drift_is() {
    let mut ports = Ports::new(ABLE);
    ports.reads_back("theirs", Err(failure(OutcomeClass::NotFound)));
    ports.records(Settlement {
        drift: Some(drift("Nabla Core no longer has the user", NOW)),
        ..settlement(there("theirs", true, 1).doubted(), in_sync())
    });

    ports
        .converge(ann_in_sync(DriftMode::Report))
        .await
        .expect("is recorded");
}

#[tokio::test]
async fn where_nobody_looks_or_the_vendor_cannot_be_asked_nothing_is_called_nor_due_again() {
    let blind = Capabilities {
        read_back: false,
        ..ABLE
    };
    for (can, drift) in [
        (ABLE, DriftMode::Off),
        (blind, DriftMode::Repair),
        (blind, DriftMode::Report),
    ] {
        let mut ports = Ports::new(can);
        ports
            .queue
            .expect_record()
            .withf(|_, settlement, _| settlement.known.applied_version == 1 && settlement.calls.is_empty())
            .times(1)
            .return_once(|_, _, _| Ok(true));

        let converged = ports.converge(ann_in_sync(drift)).await.expect("converges");

        assert_eq!(
            converged,
            Converged::Recorded(Settled::InSync { read_back_at: None }),
            "{drift}"
        );
    }
}

#[tokio::test]
async fn an_account_that_cannot_be_read_back_now_stays_in_sync_and_is_tried_again() {
    for class in [OutcomeClass::Transient { after: None }, OutcomeClass::Unknown] {
        let mut ports = Ports::new(ABLE);
        ports.reads_back("theirs", Err(failure(class)));
        ports.records(settlement(there("theirs", true, 1).doubted(), retry_after(1, None)));

        ports
            .converge(ann_in_sync(DriftMode::Repair))
            .await
            .expect("is recorded");
    }
}

#[tokio::test]
async fn a_vendor_that_refuses_to_be_asked_bothers_nobody_and_is_asked_again_in_time() {
    for class in [OutcomeClass::Rejected, OutcomeClass::Conflict] {
        let mut ports = Ports::new(ABLE);
        ports.reads_back("theirs", Err(failure(class)));
        ports.records(settlement(there("theirs", true, 1).doubted(), in_sync()));

        ports
            .converge(ann_in_sync(DriftMode::Repair))
            .await
            .expect("is recorded");
    }
}

#[tokio::test]
async fn accounts_are_read_back_after_the_time_that_the_connection_says() {
    let mut ports = Ports::new(ABLE);
    ports.updates("theirs", Ok(remote("theirs")));
    // 40 minutes less an eighth.
    let settled = Settled::InSync {
        read_back_at: Some(at(NOW + 35 * 60)),
    };
    ports.records(settlement(there("theirs", true, 1), settled));
    let mut often = claim(ann(), there("theirs", true, 0));
    often.connection.options.read_back_minutes = 40;

    ports.converge(often).await.expect("converges");
}
