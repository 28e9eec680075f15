//! Departures are held when they are many in number and in share, and only then.

use proptest::prelude::*;
use roster_domain::{Departures, MassChangePolicy};

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

proptest! {
    #[test]
    fn one_more_departure_never_ends_a_hold(leaving in 0..u32::MAX, of in any::<u32>(), percent in 0..=100u8, floor in any::<u32>()) {
        let policy = MassChangePolicy { percent, floor, ..MassChangePolicy::default() };
        let before = policy.holds(Departures { leaving, of });
        let after = policy.holds(Departures { leaving: leaving + 1, of });
        prop_assert!(!before || after);
    }
}
