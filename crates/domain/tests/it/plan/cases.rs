//! One situation at a time.

use roster_domain::capabilities::RequiredField;
use roster_domain::{
    Capabilities, Cause, Change, KeyKind, Known, OnLeave, Presence, Remedy, Step, User, UserChanges, Vendor, VendorKey,
    VendorUserId, plan,
};

use crate::given::{at, full, set, user, user_id};

/// A vendor that can do everything, looks up by external id, and refuses a second user with the same.
const ABLE: Capabilities = Capabilities {
    look_up: Some(KeyKind::ExternalId),
    refuses_duplicates: true,
    update: true,
    update_inactive: true,
    deactivate: true,
    reactivate: true,
    delete: true,
    read_back: true,
    initial_password: false,
    required: &[],
};

fn next(user: &User, known: &Known, can: &Capabilities) -> Step {
    plan(user, presence(user), Vendor::NablaCore, known, can)
}

/// How an assigned user should stand at a connection that deletes who leaves.
fn presence(user: &User) -> Presence {
    Presence::of(user, true, OnLeave::Delete)
}

fn ann() -> User {
    user(&full())
}

fn inactive() -> User {
    user(&UserChanges {
        active: Change::Set(false),
        ..full()
    })
}

fn key(text: &str) -> VendorKey {
    VendorKey::new(text)
}

fn theirs() -> VendorUserId {
    VendorUserId::new("theirs")
}

fn there(active: bool, version: i64) -> Known {
    Known::default().created(theirs(), active, version)
}

fn nobody() -> Known {
    Known::default()
}

fn asked(step: Step) -> (Cause, Remedy, String) {
    match step {
        Step::Ask { cause, message, remedy } => (cause, remedy, message),
        step => panic!("nobody is asked: {step:?}"),
    }
}

#[test]
fn a_vendor_that_refuses_duplicates_is_sent_the_user_at_once() {
    assert_eq!(next(&ann(), &nobody(), &ABLE), Step::Create(key("ehr-7")));
}

#[test]
fn a_vendor_that_may_take_a_user_twice_is_asked_before_every_create() {
    let lax = Capabilities {
        refuses_duplicates: false,
        ..ABLE
    };
    assert_eq!(next(&ann(), &nobody(), &lax), Step::LookUp(key("ehr-7")));
    assert_eq!(
        next(&ann(), &nobody().absent(key("ehr-7")), &lax),
        Step::Create(key("ehr-7"))
    );
    assert_eq!(
        next(&ann(), &nobody().absent(key("other")), &lax),
        Step::LookUp(key("ehr-7")),
        "another key"
    );
}

#[test]
fn a_user_without_an_external_id_goes_there_under_rosters_own() {
    let nameless = user(&UserChanges::default());
    assert_eq!(
        next(&nameless, &nobody(), &ABLE),
        Step::Create(key(&user_id(1).to_string()))
    );
}

#[test]
fn a_vendor_that_knows_users_by_address_needs_one() {
    let by_email = Capabilities {
        look_up: Some(KeyKind::Email),
        ..ABLE
    };
    assert_eq!(
        next(&ann(), &nobody(), &by_email),
        Step::Create(key("Ann.Lee@Example.org"))
    );

    let (cause, remedy, message) = asked(next(&user(&UserChanges::default()), &nobody(), &by_email));
    assert_eq!((cause, remedy), (Cause::MissingField, Remedy::Customer));
    assert!(
        message.contains("Nabla Core") && message.contains("e-mail"),
        "{message}"
    );
}

#[test]
fn every_field_that_the_vendor_insists_on_is_named() {
    let strict = Capabilities {
        required: &[
            RequiredField::Email,
            RequiredField::ExternalId,
            RequiredField::FirstName,
            RequiredField::LastName,
        ],
        ..ABLE
    };
    let first_name_only = user(&UserChanges {
        first_name: set("Ann"),
        ..UserChanges::default()
    });

    let (cause, remedy, message) = asked(next(&first_name_only, &nobody(), &strict));

    assert_eq!((cause, remedy), (Cause::MissingField, Remedy::Customer));
    assert_eq!(
        message,
        "Nabla Core needs email, external_id, last_name, which this user lacks: add it to the user"
    );
    assert_eq!(next(&ann(), &nobody(), &strict), Step::Create(key("ehr-7")));
}

#[test]
fn a_create_of_which_nothing_was_heard_is_looked_up_under_the_key_it_was_sent_with() {
    let unheard = nobody().intending(key("old"));
    for user in [ann(), inactive(), ann().delete(at(1))] {
        assert_eq!(next(&user, &unheard, &ABLE), Step::LookUp(key("old")));
    }
}

#[test]
fn a_look_up_that_finds_nobody_settles_the_create_that_was_sent_under_that_key_only() {
    let lax = Capabilities {
        refuses_duplicates: false,
        ..ABLE
    };
    let unheard = nobody().intending(key("old"));

    assert_eq!(
        next(&ann(), &unheard.clone().absent(key("ehr-7")), &ABLE),
        Step::LookUp(key("old"))
    );

    let settled = unheard.absent(key("old"));
    assert_eq!(
        next(&ann(), &settled, &lax),
        Step::LookUp(key("ehr-7")),
        "the present key was not asked for yet"
    );
    assert_eq!(
        next(&ann(), &settled.absent(key("ehr-7")), &lax),
        Step::Create(key("ehr-7")),
        "and no more back and forth"
    );
}

#[test]
fn a_look_up_from_before_a_create_says_nothing_about_it() {
    let sent = nobody().absent(key("ehr-7")).intending(key("ehr-7"));
    assert_eq!(next(&ann(), &sent, &ABLE), Step::LookUp(key("ehr-7")));
}

#[test]
fn a_user_whom_the_vendor_has_already_is_adopted_and_brought_up_to_date() {
    let refused = nobody().intending(key("ehr-7")).duplicate();
    assert_eq!(next(&ann(), &refused, &ABLE), Step::LookUp(key("ehr-7")));

    let found = refused.found(theirs(), true);
    assert_eq!(next(&ann(), &found, &ABLE), Step::Update(theirs()));
    assert_eq!(next(&ann(), &found.updated(1), &ABLE), Step::InSync);
}

#[test]
fn a_user_who_is_taken_but_not_found_is_a_matter_for_a_person() {
    let nowhere = nobody().intending(key("ehr-7")).duplicate().absent(key("ehr-7"));
    let (cause, remedy, message) = asked(next(&ann(), &nowhere, &ABLE));
    assert_eq!((cause, remedy), (Cause::HeldElsewhere, Remedy::Customer));
    assert!(message.contains("ehr-7"), "{message}");

    let blind = Capabilities { look_up: None, ..ABLE };
    let (cause, remedy, message) = asked(next(&ann(), &nobody().duplicate(), &blind));
    assert_eq!((cause, remedy), (Cause::HeldElsewhere, Remedy::Customer));
    assert!(message.contains("ehr-7, or the e-mail address"), "{message}");
}

#[test]
fn a_deactivated_user_is_activated_before_the_fields_are_sent() {
    assert_eq!(next(&ann(), &there(false, 0), &ABLE), Step::Activate(theirs()));
    assert_eq!(
        next(&ann(), &there(false, 0).set_active(true), &ABLE),
        Step::Update(theirs())
    );
}

#[test]
fn an_inactive_user_who_was_never_there_is_looked_for_and_not_sent_there() {
    assert_eq!(next(&inactive(), &nobody(), &ABLE), Step::LookUp(key("ehr-7")));
    assert_eq!(next(&inactive(), &nobody().absent(key("ehr-7")), &ABLE), Step::InSync);
    let blind = Capabilities { look_up: None, ..ABLE };
    assert_eq!(next(&inactive(), &nobody(), &blind), Step::InSync);
    let strict = Capabilities {
        required: &[RequiredField::ExternalId],
        ..ABLE
    };
    let nameless = user(&UserChanges {
        active: Change::Set(false),
        ..UserChanges::default()
    });
    let looked = nobody().absent(key(&user_id(1).to_string()));
    assert_eq!(
        next(&nameless, &looked, &strict),
        Step::InSync,
        "nor asked to be complete"
    );
}

#[test]
fn an_inactive_user_whom_the_vendor_has_already_is_adopted_and_is_inactive_there_too() {
    let found = |active| nobody().found(theirs(), active).updated(1);

    assert_eq!(next(&inactive(), &found(true), &ABLE), Step::Deactivate(theirs()));
    assert_eq!(next(&inactive(), &found(false), &ABLE), Step::InSync);
}

#[test]
fn a_user_who_changed_since_is_not_believed_to_be_inactive_still() {
    let edited = User {
        version: 3,
        ..inactive()
    };
    let patient = Capabilities {
        update_inactive: false,
        ..ABLE
    };
    let recalled =
        |known: Known, can: &Capabilities| next(&edited, &known.recalled(&edited, presence(&edited), can, 0), can);

    assert_eq!(
        recalled(there(false, 2), &ABLE),
        Step::Deactivate(theirs()),
        "an activation may be on its way"
    );
    assert_eq!(recalled(there(false, 3), &ABLE), Step::InSync, "nothing was sent since");
    assert_eq!(
        recalled(
            there(false, 2),
            &Capabilities {
                reactivate: false,
                ..patient
            }
        ),
        Step::InSync
    );
    assert_eq!(
        recalled(
            there(false, 2),
            &Capabilities {
                deactivate: false,
                ..patient
            }
        ),
        Step::InSync
    );
}

#[test]
fn what_held_for_one_claim_is_forgotten_by_the_next() {
    let lax = Capabilities {
        refuses_duplicates: false,
        ..ABLE
    };
    let before = nobody().duplicate().absent(key("ehr-7"));

    let recalled = before.recalled(&ann(), Presence::Active, &lax, 0);

    assert_eq!(recalled, nobody());
    assert_eq!(next(&ann(), &recalled, &lax), Step::LookUp(key("ehr-7")));
}

#[test]
fn a_user_who_vanished_leaves_a_later_create_to_be_looked_up() {
    let crashed = Known {
        intent: Some(key("ehr-7")),
        ..there(true, 1)
    };
    let deleted = ann().delete(at(1));
    assert_eq!(
        next(&deleted, &crashed.deleted(Some(key("ehr-7"))), &ABLE),
        Step::LookUp(key("ehr-7"))
    );
}

#[test]
fn a_deleted_user_is_deleted_or_else_deactivated() {
    let deleted = ann().delete(at(1));
    assert_eq!(next(&deleted, &there(true, 1), &ABLE), Step::Delete(theirs()));
    assert_eq!(
        next(&deleted, &there(true, 1).deleted(Some(key("ehr-7"))), &ABLE),
        Step::Removed
    );

    let keeps = Capabilities { delete: false, ..ABLE };
    assert_eq!(next(&deleted, &there(true, 1), &keeps), Step::Deactivate(theirs()));
    assert_eq!(next(&deleted, &there(false, 1), &keeps), Step::Removed);
}

#[test]
fn a_user_who_vanished_at_the_vendor_is_created_anew() {
    assert_eq!(
        next(&ann(), &there(true, 1).deleted(None), &ABLE),
        Step::Create(key("ehr-7"))
    );
}

#[test]
fn who_should_be_gone_and_was_never_there_is_looked_for_where_the_vendor_can_be_asked() {
    let deleted = ann().delete(at(1));
    let blind = Capabilities { look_up: None, ..ABLE };

    assert_eq!(next(&deleted, &nobody(), &ABLE), Step::LookUp(key("ehr-7")));
    assert_eq!(next(&deleted, &nobody().absent(key("ehr-7")), &ABLE), Step::Removed);
    assert_eq!(next(&deleted, &nobody(), &blind), Step::Removed, "it cannot be asked");
    let by_email = Capabilities {
        look_up: Some(KeyKind::Email),
        ..ABLE
    };
    let unreachable = user(&UserChanges::default()).delete(at(1));
    assert_eq!(
        next(&unreachable, &nobody(), &by_email),
        Step::Removed,
        "there is nothing to ask for"
    );
    for active in [true, false] {
        let found = nobody().found(theirs(), active);
        assert_eq!(next(&deleted, &found, &ABLE), Step::Delete(theirs()));
    }
}

#[test]
fn what_the_vendor_cannot_do_is_asked_of_a_person() {
    let deleted = ann().delete(at(1));
    let cases = [
        (
            ann(),
            there(true, 0),
            Capabilities { update: false, ..ABLE },
            "change the fields",
        ),
        (
            ann(),
            there(false, 1),
            Capabilities {
                reactivate: false,
                ..ABLE
            },
            "activate it again",
        ),
        (
            inactive(),
            there(true, 1),
            Capabilities {
                deactivate: false,
                ..ABLE
            },
            "deactivate",
        ),
        (
            deleted,
            there(true, 1),
            Capabilities {
                deactivate: false,
                delete: false,
                ..ABLE
            },
            "deactivate",
        ),
    ];
    for (user, known, can, expected) in cases {
        let (cause, remedy, message) = asked(next(&user, &known, &can));
        assert_eq!((cause, remedy), (Cause::Unsupported, Remedy::Vendor));
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn where_nobody_can_look_a_create_without_an_answer_is_repeated_while_the_user_should_be_there() {
    let upsert = Capabilities {
        look_up: None,
        refuses_duplicates: false,
        ..ABLE
    };
    assert_eq!(
        next(&ann(), &nobody().intending(key("ehr-7")), &upsert),
        Step::Create(key("ehr-7"))
    );
}

#[test]
fn where_nobody_can_look_a_create_without_an_answer_is_repeated_under_its_own_key_before_the_present_one_is_sent() {
    let upsert = Capabilities { look_up: None, ..ABLE };
    let unheard = nobody().intending(key("old"));

    assert_eq!(next(&ann(), &unheard, &upsert), Step::Create(key("old")));

    let there = unheard.created(theirs(), true, 0);
    assert_eq!(next(&ann(), &there, &upsert), Step::Update(theirs()));
}

#[test]
fn where_nobody_can_look_and_the_repeated_create_is_refused_the_vendor_is_asked_whom_it_has() {
    let upsert = Capabilities { look_up: None, ..ABLE };

    let refused = nobody().intending(key("old")).duplicate();
    let (cause, remedy, message) = asked(next(&ann(), &refused, &upsert));

    assert_eq!((cause, remedy), (Cause::HeldElsewhere, Remedy::Vendor));
    assert!(message.contains("under old without saying so"), "{message}");
}

#[test]
fn where_nobody_can_look_a_create_without_an_answer_is_not_taken_for_nothing() {
    let upsert = Capabilities {
        look_up: None,
        refuses_duplicates: false,
        ..ABLE
    };
    for user in [inactive(), ann().delete(at(1))] {
        let (cause, remedy, message) = asked(next(&user, &nobody().intending(key("ehr-7")), &upsert));
        assert_eq!((cause, remedy), (Cause::Unsupported, Remedy::Vendor));
        assert!(message.contains("ehr-7"), "{message}");
    }
}

#[test]
fn the_fields_of_who_is_inactive_follow_where_the_vendor_takes_them_and_wait_where_it_does_not() {
    let inactive = User {
        active: false,
        version: 2,
        ..ann()
    };
    let patient = Capabilities {
        update_inactive: false,
        ..ABLE
    };

    assert!(matches!(next(&inactive, &there(true, 1), &ABLE), Step::Deactivate(_)));
    assert!(matches!(next(&inactive, &there(false, 1), &ABLE), Step::Update(_)));
    assert_eq!(next(&inactive, &there(false, 2), &ABLE), Step::InSync);
    assert_eq!(next(&inactive, &there(false, 1), &patient), Step::InSync);
}

#[test]
fn that_somebody_is_gone_is_not_believed_before_a_look() {
    let inactive = User { active: false, ..ann() };
    let gone = there(true, 1).gone();

    assert_eq!(next(&inactive, &gone, &ABLE), Step::LookUp(key("ehr-7")));
    assert_eq!(next(&inactive, &gone.absent(key("ehr-7")), &ABLE), Step::InSync);
}

#[test]
fn whom_the_vendor_denied_is_asked_for_by_its_id_once_more_before_anything_else() {
    let denied = there(true, 1).gone();
    let blind = Capabilities {
        read_back: false,
        ..ABLE
    };
    let everybody = [ann(), inactive(), ann().delete(at(1))];
    for user in &everybody {
        let recalled = |can| denied.clone().recalled(user, presence(user), can, 0);
        assert_eq!(next(user, &recalled(&ABLE), &ABLE), Step::ReadBack(theirs()));
        assert_eq!(next(user, &recalled(&ABLE).gone(), &ABLE), Step::LookUp(key("ehr-7")));
        assert_eq!(
            next(user, &recalled(&blind), &blind),
            Step::LookUp(key("ehr-7")),
            "where it cannot be"
        );
    }
    let found = denied.read_back(true, true);
    assert_eq!(
        next(&ann(), &found, &ABLE),
        Step::Update(theirs()),
        "it is there after all"
    );
}

#[test]
fn an_id_that_was_known_is_kept_until_another_one_is_found_or_made() {
    let denied = there(true, 1).gone().absent(key("ehr-7"));
    assert_eq!(next(&ann(), &denied, &ABLE), Step::Create(key("ehr-7")));

    let refused = denied.intending(key("ehr-7")).duplicate();
    assert_eq!(next(&ann(), &refused.clone(), &ABLE), Step::LookUp(key("ehr-7")));
    let unheard = Known {
        intent: None,
        ..refused
    };
    let nowhere = unheard.absent(key("ehr-7"));
    let Step::Wait { message } = next(&ann(), &nowhere, &ABLE) else {
        panic!("a vendor that contradicts itself is asked again: {nowhere:?}")
    };
    assert!(message.contains("ehr-7 is taken"), "{message}");
    assert_eq!(nowhere.vendor_user_id, Some(theirs()));

    let other = nowhere.created(VendorUserId::new("other"), true, 1);
    assert_eq!(
        (other.there(), other.is_missing),
        (Some(&VendorUserId::new("other")), false)
    );
}

#[test]
fn a_deactivation_that_was_confirmed_is_not_repeated_by_the_attempts_after_it() {
    let edited = User {
        active: false,
        version: 2,
        ..ann()
    };
    let confirmed = there(false, 1);

    let first = confirmed.clone().recalled(&edited, Presence::Inactive, &ABLE, 0);
    let second = confirmed.recalled(&edited, Presence::Inactive, &ABLE, 1);

    assert!(matches!(next(&edited, &first, &ABLE), Step::Deactivate(_)));
    assert!(matches!(next(&edited, &second, &ABLE), Step::Update(_)));
}

#[test]
fn a_switch_of_which_nothing_was_heard_is_thrown_again() {
    let unheard = there(false, 1).switched_unheard();
    let inactive = User { active: false, ..ann() };

    assert!(matches!(next(&ann(), &unheard, &ABLE), Step::Activate(_)));
    assert!(matches!(next(&inactive, &unheard, &ABLE), Step::Deactivate(_)));
}

#[test]
fn who_leaves_is_deactivated_or_deleted_as_the_connection_says_and_the_vendor_can() {
    let next = |on_leave, known: &Known, can: &Capabilities| {
        plan(&ann(), Presence::of(&ann(), false, on_leave), Vendor::Corti, known, can)
    };
    let keeps = Capabilities { delete: false, ..ABLE };

    assert_eq!(next(OnLeave::Delete, &there(true, 1), &ABLE), Step::Delete(theirs()));
    assert_eq!(
        next(OnLeave::Deactivate, &there(true, 1), &ABLE),
        Step::Deactivate(theirs())
    );
    assert_eq!(next(OnLeave::Deactivate, &there(false, 1), &ABLE), Step::Removed);
    assert_eq!(
        next(OnLeave::Delete, &there(true, 1), &keeps),
        Step::Deactivate(theirs()),
        "the next best"
    );
    assert_eq!(
        next(OnLeave::Delete, &nobody().absent(key("ehr-7")), &ABLE),
        Step::Removed
    );
}

#[test]
fn who_should_only_be_deactivated_is_not_deleted_for_want_of_a_way() {
    let deletes_only = Capabilities {
        deactivate: false,
        ..ABLE
    };
    let away = Presence::Away(OnLeave::Deactivate);

    let (cause, remedy, _) = asked(plan(&ann(), away, Vendor::Corti, &there(true, 1), &deletes_only));

    assert_eq!((cause, remedy), (Cause::Unsupported, Remedy::Vendor));
}

#[test]
fn who_comes_back_is_activated_as_the_same_user() {
    assert_eq!(next(&ann(), &there(false, 1), &ABLE), Step::Activate(theirs()));
}

#[test]
fn how_a_user_stands_is_asked_before_it_is_believed_where_the_vendor_can_be_asked() {
    let doubted = there(true, 1).doubted();
    let blind = Capabilities {
        read_back: false,
        ..ABLE
    };

    assert_eq!(next(&ann(), &doubted, &ABLE), Step::ReadBack(theirs()));
    assert_eq!(next(&ann(), &doubted, &blind), Step::InSync);
    assert_eq!(
        next(&inactive(), &there(false, 1).doubted(), &ABLE),
        Step::ReadBack(theirs())
    );
    assert_eq!(
        next(&inactive(), &nobody().absent(key("ehr-7")).doubted(), &ABLE),
        Step::InSync,
        "nobody is there to be asked for"
    );
}

#[test]
fn what_somebody_changed_at_the_vendor_is_set_right() {
    let doubted = || there(true, 1).doubted();

    assert_eq!(next(&ann(), &doubted().read_back(true, true), &ABLE), Step::InSync);
    assert_eq!(
        next(&ann(), &doubted().read_back(true, false), &ABLE),
        Step::Update(theirs())
    );
    assert_eq!(
        next(&ann(), &doubted().read_back(false, true), &ABLE),
        Step::Activate(theirs())
    );
    assert_eq!(
        next(&inactive(), &there(false, 1).doubted().read_back(true, true), &ABLE),
        Step::Deactivate(theirs())
    );
    assert_eq!(
        next(&ann(), &doubted().gone(), &ABLE),
        Step::LookUp(key("ehr-7")),
        "deleted there by hand"
    );
}
