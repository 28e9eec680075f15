//! Creating: announced before it is sent, looked up before it is sent again, adopted instead of doubled.

use roster_domain::capabilities::RequiredField;
use roster_domain::{Capabilities, Change, Known, OutcomeClass, User, UserChanges, VendorKey, VendorUserId};

use super::given::{ABLE, Ports, claim, failure, in_sync, remote, retry_after, settlement, there, unheard};
use crate::convergence::Converged;
use crate::ports::{RemoteUser, Settled, Settlement};
use crate::testing::{ann, set, user};

const LAX: Capabilities = Capabilities {
    refuses_duplicates: false,
    ..ABLE
};
/// A vendor whose create is an upsert, and who cannot be asked.
const BLIND: Capabilities = Capabilities {
    look_up: None,
    refuses_duplicates: false,
    ..ABLE
};

/// User 1 with external id `ehr-1`, inactive.
fn inactive() -> User {
    user(
        1,
        &UserChanges {
            external_id: set("ehr-1"),
            active: Change::Set(false),
            ..UserChanges::default()
        },
    )
}

#[tokio::test]
async fn a_create_is_announced_before_it_is_sent() {
    let mut ports = Ports::new(ABLE);
    ports.announces("ehr-1", true);
    ports.creates("ehr-1", Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 1), in_sync()));

    let converged = ports.converge(claim(ann(), Known::default())).await.expect("converges");

    assert_eq!(converged, Converged::Recorded(in_sync()));
}

#[tokio::test]
async fn a_vendor_that_would_take_a_user_twice_is_asked_before_the_create() {
    let mut ports = Ports::new(LAX);
    ports.looks_up("ehr-1", Ok(None));
    ports.announces("ehr-1", true);
    ports.creates("ehr-1", Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 1), in_sync()));

    let converged = ports.converge(claim(ann(), Known::default())).await.expect("converges");

    assert_eq!(converged, Converged::Recorded(in_sync()));
}

#[tokio::test]
async fn a_create_whose_claim_no_longer_holds_is_not_sent_and_nothing_is_recorded() {
    let mut ports = Ports::new(ABLE);
    ports.announces("ehr-1", false);

    let converged = ports.converge(claim(ann(), Known::default())).await.expect("ends");

    assert_eq!(converged, Converged::Fenced);
}

#[tokio::test]
async fn a_create_of_which_nothing_is_heard_leaves_its_intent_behind() {
    for class in [OutcomeClass::Unknown, OutcomeClass::Transient { after: None }] {
        let mut ports = Ports::new(ABLE);
        ports.announces("ehr-1", true);
        ports.creates("ehr-1", Err(failure(class)));
        ports.records(settlement(unheard("ehr-1"), retry_after(1, None)));

        let converged = ports
            .converge(claim(ann(), Known::default()))
            .await
            .expect("is recorded");

        assert_eq!(converged, Converged::Recorded(retry_after(1, None)));
    }
}

#[tokio::test]
async fn a_create_of_which_nothing_was_heard_is_looked_up_and_adopted() {
    let mut ports = Ports::new(ABLE);
    ports.looks_up("ehr-1", Ok(Some(remote("theirs"))));
    ports.records(settlement(there("theirs", true, 1), in_sync()));

    let converged = ports.converge(claim(ann(), unheard("ehr-1"))).await.expect("converges");

    assert_eq!(converged, Converged::Recorded(in_sync()));
}

#[tokio::test]
async fn a_create_that_did_not_happen_is_sent_again_after_the_look_up() {
    let mut ports = Ports::new(ABLE);
    ports.looks_up("ehr-1", Ok(None));
    ports.announces("ehr-1", true);
    ports.creates("ehr-1", Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 1), in_sync()));

    ports.converge(claim(ann(), unheard("ehr-1"))).await.expect("converges");
}

#[tokio::test]
async fn a_create_is_not_sent_while_the_look_up_fails() {
    let mut ports = Ports::new(ABLE);
    ports.looks_up("ehr-1", Err(failure(OutcomeClass::Transient { after: None })));
    ports.records(settlement(unheard("ehr-1"), retry_after(1, None)));

    ports
        .converge(claim(ann(), unheard("ehr-1")))
        .await
        .expect("is recorded");
}

#[tokio::test]
async fn a_refused_create_that_had_no_effect_leaves_no_intent() {
    let mut ports = Ports::new(ABLE);
    ports.announces("ehr-1", true);
    ports.creates("ehr-1", Err(failure(OutcomeClass::RateLimited { after: None })));
    ports.records(settlement(Known::default(), retry_after(1, None)));

    ports
        .converge(claim(ann(), Known::default()))
        .await
        .expect("is recorded");
}

#[tokio::test]
async fn a_refused_create_does_not_settle_the_one_before_of_which_nothing_was_heard() {
    let mut ports = Ports::new(BLIND);
    // Without look-up, Roster's create goes under the external id and is repeated.
    ports.announces("ehr-1", true);
    ports.creates("ehr-1", Err(failure(OutcomeClass::RateLimited { after: None })));
    ports.records(settlement(unheard("ehr-1"), retry_after(1, None)));

    ports
        .converge(claim(ann(), unheard("ehr-1")))
        .await
        .expect("is recorded");
}

#[tokio::test]
async fn a_user_whom_the_vendor_has_already_is_linked_before_anything_is_changed_there() {
    let differs = RemoteUser {
        matches: false,
        ..remote("theirs")
    };
    let mut ports = Ports::new(ABLE);
    ports.announces("ehr-1", true);
    ports.creates("ehr-1", Err(failure(OutcomeClass::Conflict)));
    ports.looks_up("ehr-1", Ok(Some(differs)));
    ports.records(settlement(there("theirs", true, 0), Settled::GivenBack));

    let converged = ports.converge(claim(ann(), Known::default())).await.expect("converges");

    assert_eq!(converged, Converged::Recorded(Settled::GivenBack));
}

#[tokio::test]
async fn a_user_who_is_taken_but_not_found_is_a_matter_for_a_person() {
    let mut ports = Ports::new(ABLE);
    ports.announces("ehr-1", true);
    ports.creates("ehr-1", Err(failure(OutcomeClass::Conflict)));
    ports.looks_up("ehr-1", Ok(None));
    ports.queue.expect_record().times(1).return_once(|_, _, _| Ok(true));

    let converged = ports
        .converge(claim(ann(), Known::default()))
        .await
        .expect("is recorded");

    let Converged::Recorded(Settled::Attention(attention)) = converged else {
        panic!("nobody is asked: {converged:?}")
    };
    assert_eq!(attention.cause, roster_domain::Cause::HeldElsewhere);
    assert!(attention.message.contains("ehr-1"), "{}", attention.message);
}

#[tokio::test]
async fn a_user_found_under_a_former_key_is_stored_before_that_key_is_changed() {
    let differs = RemoteUser {
        matches: false,
        ..remote("theirs")
    };
    let mut ports = Ports::new(ABLE);
    ports.looks_up("former", Ok(Some(differs)));
    ports.records(settlement(there("theirs", true, 0), Settled::GivenBack));

    let converged = ports
        .converge(claim(ann(), unheard("former")))
        .await
        .expect("is recorded");

    assert_eq!(converged, Converged::Recorded(Settled::GivenBack));
}

#[tokio::test]
async fn the_page_on_which_a_user_signs_up_is_kept() {
    let page = Some("https://vendor.example/invite/1".to_owned());
    let mut ports = Ports::new(ABLE);
    ports.announces("ehr-1", true);
    ports.creates(
        "ehr-1",
        Ok(RemoteUser {
            invite_url: page.clone(),
            ..remote("theirs")
        }),
    );
    ports.records(Settlement {
        invite_url: page,
        ..settlement(there("theirs", true, 1), in_sync())
    });

    ports.converge(claim(ann(), Known::default())).await.expect("converges");
}

#[tokio::test]
async fn a_user_who_lacks_what_the_vendor_needs_is_not_sent_there() {
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

    let converged = ports
        .converge(claim(nameless, Known::default()))
        .await
        .expect("is recorded");

    let Converged::Recorded(Settled::Attention(attention)) = converged else {
        panic!("nobody is asked: {converged:?}")
    };
    assert_eq!(attention.remedy, roster_domain::Remedy::Customer);
    assert!(attention.message.contains("email"), "{}", attention.message);
}

#[tokio::test]
async fn an_inactive_user_who_was_never_there_is_looked_for_and_not_made() {
    let mut ports = Ports::new(ABLE);
    ports.looks_up("ehr-1", Ok(None));
    let known = Known {
        applied_version: 1,
        absent_under: Some(VendorKey::new("ehr-1")),
        ..Known::default()
    };
    ports.records(settlement(known, Settled::InSync { read_back_at: None }));

    ports
        .converge(claim(inactive(), Known::default()))
        .await
        .expect("converges");
}

#[tokio::test]
async fn an_inactive_user_whom_the_vendor_has_as_inactive_is_linked_without_being_changed() {
    let mut ports = Ports::new(ABLE);
    let resting = RemoteUser {
        active: false,
        ..remote("theirs")
    };
    ports.looks_up("ehr-1", Ok(Some(resting)));
    ports.records(settlement(there("theirs", false, 1), in_sync()));

    ports
        .converge(claim(inactive(), Known::default()))
        .await
        .expect("converges");
}

#[tokio::test]
async fn where_nobody_can_look_a_create_under_a_former_key_is_repeated_and_stored_before_the_key_is_changed() {
    let mut ports = Ports::new(BLIND);
    ports.announces("former", true);
    // As the vendor has it, it matches; yet the key is not the one that it should be.
    ports.creates("former", Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 0), Settled::GivenBack));

    let converged = ports
        .converge(claim(ann(), unheard("former")))
        .await
        .expect("is recorded");

    assert_eq!(converged, Converged::Recorded(Settled::GivenBack));
}

#[tokio::test]
async fn where_nobody_can_look_and_the_former_key_is_refused_a_person_is_asked_and_nobody_else_is_made() {
    let mut ports = Ports::new(BLIND);
    ports.announces("former", true);
    ports.creates("former", Err(failure(OutcomeClass::Conflict)));
    ports
        .queue
        .expect_record()
        .withf(|_, settlement, _| settlement.known.intent == Some(VendorKey::new("former")))
        .times(1)
        .return_once(|_, _, _| Ok(true));

    let converged = ports
        .converge(claim(ann(), unheard("former")))
        .await
        .expect("is recorded");

    let Converged::Recorded(Settled::Attention(attention)) = converged else {
        panic!("nobody is asked: {converged:?}")
    };
    assert_eq!(attention.cause, roster_domain::Cause::HeldElsewhere);
    assert!(attention.message.contains("former"), "{}", attention.message);
}

#[tokio::test]
async fn a_look_up_of_an_earlier_claim_is_not_relied_upon() {
    let stale = Known {
        absent_under: Some(VendorKey::new("ehr-1")),
        ..Known::default()
    };
    let mut ports = Ports::new(LAX);
    ports.looks_up("ehr-1", Ok(Some(remote("theirs"))));
    let known = Known {
        vendor_user_id: Some(VendorUserId::new("theirs")),
        active: Some(true),
        applied_version: 1,
        ..Known::default()
    };
    ports.records(settlement(known, in_sync()));

    ports.converge(claim(ann(), stale)).await.expect("converges");
}
