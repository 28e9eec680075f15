//! Where an account stands, in one word, from all that is stored of it.

use proptest::prelude::*;
use roster_domain::{Account, AccountStatus, Attention, Cause, ConnectionId, Known, OrganizationId, Remedy, Vendor};
use uuid::Uuid;

use crate::given::{at, user_id};

fn account(applied: i64, desired: i64) -> Account {
    Account {
        organization_id: OrganizationId::new(Uuid::from_u128(9)),
        user_id: user_id(1),
        connection_id: ConnectionId::new(Uuid::from_u128(2)),
        vendor: Vendor::NablaCore,
        is_assigned: true,
        desired_version: desired,
        known: Known {
            applied_version: applied,
            ..Known::default()
        },
        invite_url: None,
        attempts: 0,
        next_attempt_at: None,
        last_error: None,
        attention: None,
        removed_at: None,
        paused: false,
        held_since: None,
        drift: None,
        updated_at: at(0),
    }
}

fn asking() -> Attention {
    let message = "the vendor refused the request".to_owned();
    Attention {
        cause: Cause::Rejected,
        message,
        remedy: Remedy::Customer,
        since: at(0),
    }
}

#[test]
fn an_account_that_caught_up_is_in_sync_and_one_behind_is_pending() {
    assert_eq!(account(3, 3).status(), AccountStatus::InSync);
    assert_eq!(account(2, 3).status(), AccountStatus::Pending);
    assert_eq!(account(0, 1).status(), AccountStatus::Pending);
}

#[test]
fn one_that_failed_and_will_be_tried_again_is_retrying() {
    assert_eq!(
        Account {
            attempts: 1,
            ..account(0, 1)
        }
        .status(),
        AccountStatus::Retrying
    );
}

#[test]
fn a_pause_shows_on_accounts_that_wait_for_something_only() {
    assert_eq!(
        Account {
            paused: true,
            attempts: 4,
            ..account(0, 1)
        }
        .status(),
        AccountStatus::Paused
    );
    assert_eq!(
        Account {
            paused: true,
            ..account(1, 1)
        }
        .status(),
        AccountStatus::InSync
    );
}

#[test]
fn a_person_who_is_asked_shows_whatever_else_is_the_case() {
    let asks = Account {
        attention: Some(asking()),
        paused: true,
        attempts: 3,
        ..account(0, 1)
    };
    assert_eq!(asks.status(), AccountStatus::NeedsAttention);
}

#[test]
fn a_user_who_is_gone_is_removed_unless_wanted_back() {
    let removed = Account {
        removed_at: Some(at(5)),
        ..account(2, 2)
    };
    assert_eq!(removed.status(), AccountStatus::Removed);
    assert_eq!(
        Account {
            desired_version: 3,
            ..removed
        }
        .status(),
        AccountStatus::Pending
    );
}

proptest! {
    #[test]
    fn an_account_that_is_behind_never_claims_to_be_done(
        applied in 0..5_i64, ahead in 1..5_i64, attempts in 0..3_u32, asks in any::<bool>(), removed in any::<bool>(),
        paused in any::<bool>(),
    ) {
        let behind = Account {
            attempts,
            attention: asks.then(asking),
            removed_at: removed.then(|| at(0)),
            paused,
            ..account(applied, applied + ahead)
        };
        prop_assert!(!matches!(behind.status(), AccountStatus::InSync | AccountStatus::Removed));
    }
}
