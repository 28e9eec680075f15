//! What a history says about a change: what was done, and which fields.

use roster_domain::{Change, Deed, PhiGuard, UserChanges, changed_fields};

use crate::given::{at, full, set, user};

#[test]
fn a_new_user_has_all_fields_that_are_set() {
    let nobody = user(&UserChanges::default());
    assert_eq!(changed_fields(None, &nobody), ["active"]);
    assert_eq!(changed_fields(None, &user(&full())).len(), 20);
    assert_eq!(Deed::of(None, &nobody), Deed::Created);
}

#[test]
fn only_what_differs_is_named() {
    let before = user(&full());
    let changes = UserChanges {
        email: set("ann.lee@example.org"),
        last_name: set("Leigh"),
        pronoun: Change::Clear,
        ..UserChanges::default()
    };
    let after = before.update(&changes, PhiGuard::Off, at(60)).expect("valid").user;

    assert_eq!(changed_fields(Some(&before), &after), ["email", "last_name", "pronoun"]);
    assert_eq!(Deed::of(Some(&before), &after), Deed::Updated);
    assert_eq!(changed_fields(Some(&after), &after), [""; 0]);
}

#[test]
fn a_switch_is_told_from_a_change_of_fields() {
    let active = user(&full());
    let changes = UserChanges {
        active: Change::Set(false),
        last_name: set("Leigh"),
        ..UserChanges::default()
    };
    let inactive = active.update(&changes, PhiGuard::Off, at(60)).expect("valid").user;

    assert_eq!(Deed::of(Some(&active), &inactive), Deed::Deactivated);
    assert_eq!(Deed::of(Some(&inactive), &active), Deed::Activated);
    assert_eq!(changed_fields(Some(&active), &inactive), ["last_name", "active"]);
    assert_eq!(Deed::of(Some(&inactive), &inactive.delete(at(61))), Deed::Deleted);
}
