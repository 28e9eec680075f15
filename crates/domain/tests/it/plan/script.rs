//! Whatever people do and whatever goes wrong, one quiet claim at the end sets everything right.

use proptest::prelude::*;
use proptest::sample::select;
use roster_domain::capabilities::RequiredField;
use roster_domain::{Capabilities, KeyKind, Step};

use super::model::{Event, Fault, World};

fn any_capabilities() -> impl Strategy<Value = Capabilities> {
    const REQUIRED: [&[RequiredField]; 3] = [
        &[],
        &[RequiredField::Email],
        &[RequiredField::ExternalId, RequiredField::Email],
    ];
    (
        select(vec![None, Some(KeyKind::ExternalId), Some(KeyKind::Email)]),
        any::<[bool; 6]>(),
        select(REQUIRED.to_vec()),
    )
        .prop_map(
            |(
                look_up,
                [
                    refuses_duplicates,
                    update,
                    update_inactive,
                    deactivate,
                    reactivate,
                    delete,
                ],
                required,
            )| Capabilities {
                look_up,
                refuses_duplicates,
                update,
                update_inactive,
                deactivate,
                reactivate,
                delete,
                required,
            },
        )
}

fn any_event() -> impl Strategy<Value = Event> {
    let fault = prop_oneof![
        4 => Just(Fault::None),
        2 => Just(Fault::ReplyLost),
        1 => Just(Fault::RequestLost),
        1 => Just(Fault::Refused),
        1 => Just(Fault::CrashBefore),
        2 => Just(Fault::CrashAfter),
    ];
    prop_oneof![
        2 => Just(Event::Edit),
        2 => Just(Event::Rekey),
        1 => Just(Event::LoseEmail),
        1 => Just(Event::GainEmail),
        1 => Just(Event::Deactivate),
        2 => Just(Event::Activate),
        1 => Just(Event::Vanish),
        8 => proptest::collection::vec(fault, 0..6).prop_map(Event::Work),
    ]
}

fn any_script() -> impl Strategy<Value = Vec<Event>> {
    (
        proptest::collection::vec(any_event(), 0..16),
        any::<bool>(),
        proptest::collection::vec(any_event(), 0..5),
    )
        .prop_map(|(before, delete, after)| {
            before
                .into_iter()
                .chain(delete.then_some(Event::Delete))
                .chain(after)
                .collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_script_ends_in_the_right_state_without_a_duplicate(
        can in any_capabilities(), known_to_vendor in any::<bool>(), script in any_script(),
    ) {
        let mut world = World::new(can, known_to_vendor);
        for event in &script {
            world.happen(event);
        }
        let last = world.settle();
        world.assert_settled(&last);

        let again = world.settle();
        prop_assert_eq!(again, last, "a second look changes nothing");
    }

    #[test]
    fn a_vendor_that_can_do_everything_never_needs_a_person(
        refuses_duplicates in any::<bool>(), delete in any::<bool>(), known_to_vendor in any::<bool>(),
        update_inactive in any::<bool>(), script in any_script(),
    ) {
        let can = Capabilities {
            look_up: Some(KeyKind::ExternalId), refuses_duplicates, update: true, update_inactive,
            deactivate: true, reactivate: true, delete, required: &[],
        };
        let mut world = World::new(can, known_to_vendor);
        for event in &script {
            world.happen(event);
        }
        let last = world.settle();
        prop_assert!(matches!(last, Step::InSync | Step::Removed), "{:?}", last);
    }
}
