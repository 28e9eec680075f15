//! Whatever people do and whatever goes wrong, one quiet claim at the end sets everything right.

use proptest::prelude::*;
use proptest::sample::select;
use roster_domain::capabilities::RequiredField;
use roster_domain::{Capabilities, KeyKind, OnLeave, Step};

use super::model::{Event, Fault, World};

fn any_capabilities() -> impl Strategy<Value = Capabilities> {
    const REQUIRED: [&[RequiredField]; 3] = [
        &[],
        &[RequiredField::Email],
        &[RequiredField::ExternalId, RequiredField::Email],
    ];
    (
        select(vec![None, Some(KeyKind::ExternalId), Some(KeyKind::Email)]),
        any::<[bool; 7]>(),
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
                    read_back,
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
                read_back,
                initial_password: false,
                required,
            },
        )
}

/// Also that the vendor finds nobody for a while.
fn any_event_or_lapse() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => any_event(),
        1 => Just(Event::Forget),
    ]
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
        1 => Just(Event::Renumber),
        1 => Just(Event::LoseEmail),
        1 => Just(Event::GainEmail),
        1 => Just(Event::Deactivate),
        2 => Just(Event::Activate),
        1 => Just(Event::Vanish),
        1 => Just(Event::Meddle),
        1 => Just(Event::Assign),
        1 => Just(Event::Unassign),
        8 => proptest::collection::vec(fault.clone(), 0..6).prop_map(Event::Work),
        2 => proptest::collection::vec(fault, 0..6).prop_map(Event::Doubt),
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
        can in any_capabilities(), on_leave in select(OnLeave::ALL), known_to_vendor in any::<bool>(), script in any_script(),
    ) {
        let mut world = World::new(can, on_leave, known_to_vendor);
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
        on_leave in select(OnLeave::ALL), update_inactive in any::<bool>(), read_back in any::<bool>(), script in any_script(),
    ) {
        let can = Capabilities {
            look_up: Some(KeyKind::ExternalId), refuses_duplicates, update: true, update_inactive,
            deactivate: true, reactivate: true, delete, read_back,
            initial_password: false, required: &[],
        };
        let mut world = World::new(can, on_leave, known_to_vendor);
        for event in &script {
            world.happen(event);
        }
        let last = world.settle();
        prop_assert!(matches!(last, Step::InSync | Step::Removed), "{:?}", last);
    }

    #[test]
    fn where_nobody_can_look_a_user_is_there_once_whatever_is_lost_and_whatever_its_keys_become(
        refuses_duplicates in any::<bool>(), rekeys in any::<bool>(), abilities in any::<[bool; 4]>(),
        known_to_vendor in any::<bool>(), on_leave in select(OnLeave::ALL), script in any_script(),
    ) {
        let [update_inactive, deactivate, reactivate, delete] = abilities;
        let can = Capabilities {
            look_up: None, refuses_duplicates, update: true, update_inactive, deactivate, reactivate, delete,
            read_back: false, initial_password: false,
            required: &[RequiredField::ExternalId, RequiredField::Email],
        };
        let mut world = World::new(can, on_leave, known_to_vendor);
        if !rekeys {
            world = world.without_rekeying();
        }
        // That the vendor has the user never more than once is asserted after every call.
        for event in &script {
            world.happen(event);
        }
        let last = world.settle();
        world.assert_settled(&last);
        prop_assert_eq!(world.settle(), last, "a second look changes nothing");
    }

    #[test]
    fn whatever_a_vendor_forgets_for_a_while_is_right_and_there_once_when_it_remembers(
        abilities in any::<[bool; 2]>(), on_leave in select(OnLeave::ALL), known_to_vendor in any::<bool>(),
        script in proptest::collection::vec(any_event_or_lapse(), 0..16),
    ) {
        let [update_inactive, delete] = abilities;
        let can = Capabilities {
            look_up: Some(KeyKind::ExternalId), refuses_duplicates: true, update: true, update_inactive,
            deactivate: true, reactivate: true, delete, read_back: true,
            initial_password: false, required: &[],
        };
        let mut world = World::new(can, on_leave, known_to_vendor);
        // That the vendor has the user never more than once is asserted after every call.
        for event in &script {
            world.happen(event);
        }
        let last = world.settle();
        prop_assert!(matches!(last, Step::InSync | Step::Removed), "nobody is asked: {:?} {:#?}", last, world);
        world.assert_settled(&last);
    }

    #[test]
    fn what_somebody_did_at_the_vendor_is_undone_by_the_next_read_back(
        on_leave in select(OnLeave::ALL), delete in any::<bool>(), script in any_script(),
    ) {
        let can = Capabilities {
            look_up: Some(KeyKind::ExternalId), refuses_duplicates: false, update: true, update_inactive: true,
            deactivate: true, reactivate: true, delete, read_back: true,
            initial_password: false, required: &[],
        };
        let mut world = World::new(can, on_leave, false);
        for event in &script {
            world.happen(event);
        }
        world.settle();
        let last = world.verify();
        world.assert_settled(&last);
        prop_assert!(!world.is_astray(), "{:#?}", world);
    }
}
