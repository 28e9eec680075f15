//! Who is found under a user's key and linked to somebody else: waited for while a change is on its way, and not for ever.

use roster_domain::{Account, Attention, Cause};

use super::given::{ABLE, NOW, Ports, claim, connection_key, remote, there, unheard};
use crate::convergence::Converged;
use crate::ports::{RemoteUser, Settled, StoreError, UniqueKey};
use crate::testing::{account, ann, ann_changes, at, user, user_id};

/// The account of user 2, to which the vendor's user is linked, unchanged for long.
fn holder() -> Account {
    Account {
        user_id: user_id(2),
        updated_at: at(NOW - 100),
        ..account(&user(2, &ann_changes()), there("theirs", true, 1))
    }
}

/// Ann, who is found under her key and linked to somebody else; and how her claim ends after so many failed attempts.
async fn held_by(holder: Option<Account>, attempts: u32) -> Settled {
    let mut ports = Ports::new(ABLE);
    let differs = RemoteUser {
        active: false,
        matches: false,
        ..remote("theirs")
    };
    ports.looks_up("ehr-1", Ok(Some(differs)));
    ports
        .queue
        .expect_record()
        .withf(|_, settlement, _| settlement.settled == Settled::GivenBack)
        .times(1)
        .in_sequence(&mut ports.order)
        .return_once(|_, _, _| Err(StoreError::Conflict(UniqueKey::VendorUserId)));
    ports
        .accounts
        .expect_account_of_vendor_user()
        .withf(|organization, connection, id| {
            let of = connection_key();
            (*organization, *connection, id.as_str()) == (of.organization_id, of.connection_id, "theirs")
        })
        .times(1)
        .in_sequence(&mut ports.order)
        .return_once(move |_, _, _| Ok(holder));
    ports
        .queue
        .expect_record()
        .withf(|_, settlement, _| settlement.known.vendor_user_id.is_none() && settlement.known.applied_version == 0)
        .times(1)
        .in_sequence(&mut ports.order)
        .return_once(|_, _, _| Ok(true));
    let mut claim = claim(ann(), unheard("ehr-1"));
    claim.account.attempts = attempts;

    match ports.converge(claim).await.expect("is recorded") {
        Converged::Recorded(settled) => settled,
        Converged::Fenced => panic!("the claim holds"),
    }
}

fn asked(settled: Settled) -> Attention {
    match settled {
        Settled::Attention(attention) => attention,
        settled => panic!("nobody is asked: {settled:?}"),
    }
}

#[tokio::test]
async fn a_user_whom_another_one_is_linked_to_is_neither_changed_nor_taken_over_and_tried_again() {
    let settled = Box::pin(held_by(Some(holder()), 0)).await;

    let Settled::Retry { attempts, error, .. } = settled else {
        panic!("it is not tried again: {settled:?}")
    };
    assert_eq!(attempts, 1);
    assert!(error.contains("theirs") && error.contains("Nabla Core"), "{error}");
}

#[tokio::test]
async fn a_user_whom_another_one_stays_linked_to_is_a_matter_for_a_person_who_is_told_who_that_is() {
    let attention = asked(Box::pin(held_by(Some(holder()), 1)).await);

    assert_eq!(attention.cause, Cause::HeldElsewhere);
    let named = ["theirs".to_owned(), user_id(2).to_string()];
    assert!(
        named.iter().all(|id| attention.message.contains(id)),
        "{}",
        attention.message
    );
}

#[tokio::test]
async fn a_change_of_the_other_one_that_is_on_its_way_is_waited_for_and_not_for_ever() {
    let on_its_way = || Account {
        desired_version: 2,
        ..holder()
    };

    for attempts in [1, 8] {
        let settled = Box::pin(held_by(Some(on_its_way()), attempts)).await;
        assert!(matches!(settled, Settled::Retry { .. }), "{settled:?}");
    }
    asked(Box::pin(held_by(Some(on_its_way()), 9)).await);
}

#[tokio::test]
async fn a_change_of_the_other_one_for_which_a_person_is_asked_is_not_waited_for() {
    let stuck = Account {
        desired_version: 2,
        attention: Some(Attention {
            cause: Cause::Rejected,
            message: "refused".to_owned(),
            remedy: roster_domain::Remedy::Customer,
            since: at(0),
        }),
        ..holder()
    };

    asked(Box::pin(held_by(Some(stuck), 1)).await);
}

#[tokio::test]
async fn a_change_that_arrived_during_the_claim_and_a_link_that_was_given_up_are_looked_at_again() {
    let just_now = Account {
        updated_at: at(NOW),
        ..holder()
    };

    for holder in [Some(just_now), None] {
        let settled = Box::pin(held_by(holder, 3)).await;
        assert!(matches!(settled, Settled::Retry { .. }), "{settled:?}");
    }
}
