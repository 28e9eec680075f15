//! A user's version and time move when something changed, and only then.

use proptest::prelude::*;
use roster_domain::{Change, Password, PhiGuard, Profile, UserChanges};

use crate::given::{at, entries, full, pointers, set, texts, user, wrong_with};
use crate::profile::any_changes;

#[test]
fn a_new_user_is_active_unless_the_request_says_otherwise() {
    let made = user(&UserChanges::default());
    assert!(made.active);
    assert_eq!(
        (made.version, made.created_at, made.updated_at, made.deleted_at),
        (1, at(0), at(0), None)
    );

    assert!(
        !user(&UserChanges {
            active: Change::Set(false),
            ..UserChanges::default()
        })
        .active
    );
}

#[test]
fn whether_a_user_is_active_cannot_be_null() {
    let changes = UserChanges {
        active: Change::Clear,
        ..UserChanges::default()
    };
    assert_eq!(wrong_with(&changes).to_string(), "active must not be null; given: null");
}

#[test]
fn a_change_raises_the_version_by_one_and_moves_the_time() {
    let before = user(&full());

    let revision = before
        .update(
            &UserChanges {
                last_name: set("Leigh"),
                ..UserChanges::default()
            },
            PhiGuard::Off,
            at(60),
        )
        .expect("valid");

    assert!(revision.changed);
    assert_eq!((revision.user.version, revision.user.updated_at), (2, at(60)));
    assert_eq!(
        (revision.user.created_at, revision.user.id),
        (before.created_at, before.id)
    );
}

#[test]
fn a_request_that_says_what_is_known_already_changes_nothing() {
    let before = user(&full());

    let revision = before.update(&full(), PhiGuard::Off, at(60)).expect("valid");

    assert!(!revision.changed);
    assert_eq!(revision.user, before);
}

#[test]
fn another_spelling_of_the_same_address_is_a_change() {
    let before = user(&full());
    let changes = UserChanges {
        email: set("ann.lee@example.ORG"),
        ..UserChanges::default()
    };

    let revision = before.update(&changes, PhiGuard::Off, at(60)).expect("valid");

    assert!(revision.changed);
    assert_eq!(revision.user.version, 2);
    assert_eq!(revision.user.profile.email, before.profile.email, "the same address");
    assert_eq!(
        revision.user.profile.email.expect("set").as_str(),
        "ann.lee@example.ORG"
    );
}

#[test]
fn the_order_of_roles_and_their_repetition_mean_nothing() {
    let roles = Change::Set(texts(&["ADMINISTRATOR", "PRACTITIONER", "ADMINISTRATOR"]));
    let revision = user(&full())
        .update(
            &UserChanges {
                roles,
                ..UserChanges::default()
            },
            PhiGuard::Off,
            at(60),
        )
        .expect("valid");
    assert!(!revision.changed);
}

#[test]
fn an_inactive_user_is_a_change_of_its_own() {
    let changes = UserChanges {
        active: Change::Set(false),
        ..UserChanges::default()
    };
    let once = user(&full()).update(&changes, PhiGuard::Off, at(1)).expect("valid");
    let twice = once.user.update(&changes, PhiGuard::Off, at(2)).expect("valid");

    assert!(once.changed && !twice.changed);
    assert_eq!(
        (twice.user.active, twice.user.version, twice.user.updated_at),
        (false, 2, at(1))
    );
}

#[test]
fn a_deleted_user_is_a_tombstone_of_a_later_version() {
    let deleted = user(&full()).delete(at(5));
    assert_eq!(
        (deleted.deleted_at, deleted.updated_at, deleted.version),
        (Some(at(5)), at(5), 2)
    );
    let known = Profile {
        customer_id: None,
        ..user(&full()).profile
    };
    assert_eq!(deleted.profile, known, "accounts still need to know who it was");
}

#[test]
fn a_refused_request_leaves_no_trace() {
    let before = user(&full());
    let changes = UserChanges {
        first_name: set("Anna"),
        npi: set("1"),
        metadata: Change::Set(entries(&[])),
        ..UserChanges::default()
    };
    assert_eq!(
        pointers(&before.update(&changes, PhiGuard::Off, at(1)).expect_err("a wrong NPI")),
        ["/npi"]
    );
    assert_eq!(before, user(&full()));
}

proptest! {
    #[test]
    fn version_and_time_move_exactly_when_the_record_differs(
        first in any_changes(), second in any_changes(), active in any::<Option<bool>>(),
    ) {
        let Ok(profile) = user(&UserChanges::default()).profile.apply(&first) else { return Ok(()) };
        let before = roster_domain::User { profile, ..user(&UserChanges::default()) };
        let changes = UserChanges { active: active.into(), ..second };
        let Ok(revision) = before.update(&changes, PhiGuard::Warn, at(60)) else { return Ok(()) };

        // `Debug` shows the spelling of an address, which `==` passes over.
        let record = |user: &roster_domain::User| format!("{:?} {}", user.profile, user.active);
        let differs = record(&before) != record(&revision.user);

        prop_assert_eq!(revision.changed, differs);
        let expected = if differs { (2, at(60)) } else { (1, at(0)) };
        prop_assert_eq!((revision.user.version, revision.user.updated_at), expected);
        prop_assert_eq!(revision.user.created_at, before.created_at);

        let again = revision.user.update(&changes, PhiGuard::Warn, at(90)).expect("valid before");
        prop_assert!(!again.changed);
    }
}

#[test]
fn an_initial_password_is_a_change_and_part_of_no_record() {
    let before = user(&full());
    let changes = UserChanges {
        password: Change::Set(Password::new("correct-horse-battery").expect("valid")),
        ..UserChanges::default()
    };

    let revision = before.update(&changes, PhiGuard::Off, at(60)).expect("valid");

    assert!(revision.changed, "a vendor is to be told");
    assert_eq!(revision.user.version, 2);
    assert_eq!(revision.user.profile, before.profile);
    assert_eq!(
        revision.password.as_ref().map(Password::expose),
        Some("correct-horse-battery")
    );
    assert!(!format!("{changes:?}{revision:?}").contains("horse"));
}

#[test]
fn an_initial_password_cannot_be_null() {
    let changes = UserChanges {
        password: Change::Clear,
        ..UserChanges::default()
    };
    assert_eq!(
        wrong_with(&changes).to_string(),
        "password must not be null; given: null"
    );
}

#[test]
fn a_tombstone_holds_no_customer() {
    let before = user(&full());
    assert!(before.profile.customer_id.is_some());

    assert_eq!(before.delete(at(60)).profile.customer_id, None);
}

#[test]
fn a_user_who_comes_back_is_the_same_one_with_nothing_left_of_what_was() {
    let before = user(&full());
    let deleted = before.delete(at(60));
    let changes = UserChanges {
        user_name: set("ann"),
        ..UserChanges::default()
    };

    let back = deleted.restore(&changes, PhiGuard::Off, at(120)).expect("valid").user;

    assert_eq!(
        (back.id, back.created_at, back.deleted_at),
        (before.id, before.created_at, None)
    );
    assert_eq!(
        (back.version, back.updated_at, back.active),
        (deleted.version + 1, at(120), true)
    );
    assert_eq!(back.profile, Profile::default().apply(&changes).expect("valid"));
}
