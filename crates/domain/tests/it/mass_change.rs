//! Departures are held when they are many in number and in share, and only then.

use proptest::prelude::*;
use roster_domain::mass_change::is_departure;
use roster_domain::{Departures, Known, MassChangePolicy, Step, VendorKey, VendorUserId};

fn holds(leaving: u32, of: u32) -> bool {
    MassChangePolicy::default().holds(Departures { leaving, of })
}

#[test]
fn both_limits_must_be_passed() {
    assert!(!holds(20, 40), "half of all, but few");
    assert!(!holds(21, 105), "many, but a fifth exactly");
    assert!(holds(21, 104));
    assert!(holds(1_000, 1_000));
    assert!(!holds(0, 0));
}

#[test]
fn nothing_is_held_where_everybody_may_leave() {
    let lenient = MassChangePolicy {
        percent: 100,
        ..MassChangePolicy::default()
    };
    assert!(!lenient.holds(Departures {
        leaving: u32::MAX,
        of: u32::MAX
    }));
}

#[test]
fn who_is_inactive_is_deactivated_without_leaving_and_deleted_as_a_departure() {
    let id = VendorUserId::new("theirs");
    for (active, leaves) in [(Some(true), true), (None, true), (Some(false), false)] {
        let known = Known {
            vendor_user_id: Some(id.clone()),
            active,
            ..Known::default()
        };
        assert_eq!(is_departure(&Step::Deactivate(id.clone()), &known, &known, 1), leaves);
        assert!(is_departure(&Step::Delete(id.clone()), &known, &known, 1), "{active:?}");
    }
}

#[test]
fn who_is_missing_leaves_once_when_that_is_believed() {
    let there = Known::default().created(VendorUserId::new("theirs"), false, 2);
    let missing = there.clone().gone();
    let believed = missing.clone().updated(2);
    let create = Step::Create(VendorKey::new("ehr-7"));

    assert!(
        !is_departure(&create, &Known::default(), &Known::default(), 2),
        "a new user comes"
    );
    assert!(is_departure(&create, &missing, &missing, 2));
    for step in [Step::InSync, Step::Removed] {
        assert!(!is_departure(&step, &there, &there, 2));
        assert!(is_departure(&step, &missing, &missing, 2));
        assert!(!is_departure(&step, &believed, &missing, 2), "again, at a read-back");
        assert!(is_departure(&step, &believed, &missing, 3), "the user changed since");
    }
    assert!(!is_departure(
        &Step::LookUp(VendorKey::new("ehr-7")),
        &missing,
        &missing,
        2
    ));
}

proptest! {
    #[test]
    fn one_more_departure_never_ends_a_hold(leaving in 0..u32::MAX, of in any::<u32>(), percent in 0..=100u8, floor in any::<u32>()) {
        let policy = MassChangePolicy { percent, floor, ..MassChangePolicy::default() };
        let before = policy.holds(Departures { leaving, of });
        let after = policy.holds(Departures { leaving: leaving + 1, of });
        prop_assert!(!before || after);
    }
}
