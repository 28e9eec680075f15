//! Requests: what is left out stays, what is null goes, what is given is taken; and all that is wrong is said at once.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use roster_domain::{
    Change, Fault, FieldPath, Given, PhoneChanges, Profile, Rule, SettingsChanges, SpecialtyChanges, UserChanges,
};

use crate::given::{entries, full, pointers, set, text_of, texts, user, wrong_with};

/// A field: its name, how to copy what one request says about it into another, how to clear it, and what a profile
/// has in it.
type Field = (
    &'static str,
    fn(&mut UserChanges, &UserChanges),
    fn(&mut UserChanges),
    fn(&Profile) -> String,
);

macro_rules! fields {
    ($($name:ident),+) => {
        [$((
            stringify!($name),
            |to, from| to.$name = from.$name.clone(),
            |to| to.$name = Change::Clear,
            |profile| format!("{:?}", profile.$name),
        )),+]
    };
}

const FIELDS: [Field; 19] = fields![
    external_id,
    email,
    first_name,
    last_name,
    phone,
    locale,
    roles,
    metadata,
    npi,
    therapy_licence,
    note_identifier,
    default_note_template_ids,
    default_session_type,
    pronoun,
    date_of_birth,
    settings,
    customer_id,
    user_name,
    scim
];

#[test]
fn a_field_that_is_given_is_taken_and_no_other_is_touched() {
    for (name, copy, _, _) in FIELDS {
        let mut changes = UserChanges::default();
        copy(&mut changes, &full());

        let after = Profile::default().apply(&changes).expect(name);

        for (other, _, _, show) in FIELDS {
            assert_eq!(
                show(&after) != show(&Profile::default()),
                other == name,
                "{other} after setting {name}"
            );
        }
    }
}

#[test]
fn a_field_that_is_null_is_emptied_and_no_other_is_touched() {
    let before = user(&full()).profile;
    for (name, _, clear, _) in FIELDS {
        let mut changes = UserChanges::default();
        clear(&mut changes);

        let after = before.apply(&changes).expect(name);

        for (other, _, _, show) in FIELDS {
            let expected = if other == name {
                show(&Profile::default())
            } else {
                show(&before)
            };
            assert_eq!(show(&after), expected, "{other} after clearing {name}");
        }
    }
}

#[test]
fn the_parts_of_a_phone_merge() {
    let phone = |country_code, number| UserChanges {
        phone: Change::Set(PhoneChanges { country_code, number }),
        ..UserChanges::default()
    };
    let before = Profile::default().apply(&phone(set("+1"), set("555"))).expect("valid");

    let moved = before
        .apply(&phone(set("+44"), Change::Keep))
        .expect("valid")
        .phone
        .expect("set");
    assert_eq!(moved.country_code.expect("set").as_str(), "+44");
    assert_eq!(moved.number.expect("kept").as_str(), "555");

    let bare = before
        .apply(&phone(Change::Clear, Change::Keep))
        .expect("valid")
        .phone
        .expect("set");
    assert_eq!((bare.country_code, bare.number.expect("kept").as_str()), (None, "555"));

    assert_eq!(
        before.apply(&phone(Change::Clear, Change::Clear)).expect("valid").phone,
        None,
        "nothing is left"
    );
}

#[test]
fn note_templates_keep_their_order_and_stand_once() {
    let templates = |given: &[&str]| UserChanges {
        default_note_template_ids: Change::Set(texts(given)),
        ..UserChanges::default()
    };
    let taken = Profile::default()
        .apply(&templates(&["b", "a", "b"]))
        .expect("valid")
        .default_note_template_ids;
    assert_eq!(
        taken
            .iter()
            .map(roster_domain::NoteTemplateId::as_str)
            .collect::<Vec<_>>(),
        ["b", "a"]
    );

    let many: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    let changes = UserChanges {
        default_note_template_ids: Change::Set(many[..100].to_vec()),
        ..UserChanges::default()
    };
    assert!(Profile::default().apply(&changes).is_ok());
    let changes = UserChanges {
        default_note_template_ids: Change::Set(many),
        ..UserChanges::default()
    };
    assert_eq!(
        wrong_with(&changes).to_string(),
        "default_note_template_ids must have at most 100 entries; given: 101 entries"
    );
}

#[test]
fn a_fault_in_a_list_is_pointed_to_by_its_index() {
    let changes = UserChanges {
        roles: Change::Set(texts(&["PRACTITIONER", "practitioner", "NURSE"])),
        default_note_template_ids: Change::Set(texts(&["", "fine", &"x".repeat(101)])),
        ..UserChanges::default()
    };
    let expected = [
        "/roles/1",
        "/roles/2",
        "/default_note_template_ids/0",
        "/default_note_template_ids/2",
    ];
    assert_eq!(pointers(&wrong_with(&changes)), expected);
}

#[test]
fn what_the_surface_could_not_read_is_reported_with_the_rest() {
    let unreadable = Fault::new(Rule::Type { expected: "a string" }, Given::kind("a number"));
    let changes = UserChanges {
        npi: set("1"),
        unreadable: unreadable.at(FieldPath::of("first_name")).into(),
        ..UserChanges::default()
    };
    assert_eq!(pointers(&wrong_with(&changes)), ["/first_name", "/npi"]);
}

/// Something wrong with one field, and where it is reported. In the order of the fields.
type Spoil = (&'static str, fn(&mut UserChanges));

const FAULTS: [Spoil; 17] = [
    ("/external_id", |changes| changes.external_id = set("x".repeat(257))),
    ("/email", |changes| changes.email = set("ann")),
    ("/first_name", |changes| changes.first_name = set("")),
    ("/last_name", |changes| changes.last_name = set("\u{7}")),
    ("/phone/country_code", |changes| {
        phone(changes).country_code = set("one");
    }),
    ("/phone/number", |changes| phone(changes).number = set("call me")),
    ("/locale", |changes| changes.locale = set("?")),
    ("/roles/0", |changes| changes.roles = Change::Set(texts(&["NURSE"]))),
    ("/metadata/key", |changes| {
        changes.metadata = Change::Set(entries(&[("key", &"v".repeat(501))]));
    }),
    ("/npi", |changes| changes.npi = set("1234567890")),
    ("/therapy_licence", |changes| changes.therapy_licence = set("")),
    ("/note_identifier", |changes| changes.note_identifier = set("Doctor")),
    ("/default_note_template_ids/0", |changes| {
        changes.default_note_template_ids = Change::Set(texts(&[""]));
    }),
    ("/settings/specialty/kind", |changes| {
        specialty(changes).kind = set("heart");
    }),
    ("/settings/specialty/other_specialty_name", |changes| {
        specialty(changes).other_specialty_name = set("");
    }),
    ("/settings/speech_locale", |changes| {
        settings(changes).speech_locale = set("ENGLISH_US");
    }),
    ("/active", |changes| changes.active = Change::Clear),
];

fn inner<T: Default>(change: &mut Change<T>) -> &mut T {
    if change.as_set().is_none() {
        *change = Change::Set(T::default());
    }
    match change {
        Change::Set(inner) => inner,
        Change::Keep | Change::Clear => unreachable!("it was set above"),
    }
}

fn phone(changes: &mut UserChanges) -> &mut PhoneChanges {
    inner(&mut changes.phone)
}

fn settings(changes: &mut UserChanges) -> &mut SettingsChanges {
    inner(&mut changes.settings)
}

fn specialty(changes: &mut UserChanges) -> &mut SpecialtyChanges {
    inner(&mut settings(changes).specialty)
}

fn change_of<T: std::fmt::Debug + Clone>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Change<T>> {
    prop_oneof![3 => Just(()).prop_map(|()| None), 1 => Just(()).prop_map(|()| Some(None)), 4 => value.prop_map(|value| Some(Some(value)))]
        .prop_map(|said| match said {
            None => Change::Keep,
            Some(None) => Change::Clear,
            Some(Some(value)) => Change::Set(value),
        })
}

fn one_of(values: &'static [&'static str]) -> impl Strategy<Value = Change<String>> {
    change_of(select(values).prop_map(str::to_owned))
}

fn some_of(values: &'static [&'static str]) -> impl Strategy<Value = Change<Vec<String>>> {
    change_of(
        subsequence(values.to_vec(), 0..=values.len())
            .prop_shuffle()
            .prop_map(|taken| texts(&taken)),
    )
}

fn any_settings() -> impl Strategy<Value = Change<SettingsChanges>> {
    let specialty = (
        one_of(&["OTHER", "OTHER", "CARDIOLOGY"]),
        one_of(&["Hypnosis", "Sleep"]),
    )
        .prop_map(|(kind, other_specialty_name)| SpecialtyChanges {
            kind,
            other_specialty_name,
        });
    change_of(
        (
            change_of(specialty),
            one_of(&["en-US", "de-DE"]),
            one_of(&["es-ES", "de-DE"]),
        )
            .prop_map(|(specialty, speech_locale, secondary_speech_locale)| SettingsChanges {
                specialty,
                speech_locale,
                secondary_speech_locale,
            }),
    )
}

/// Any request whose fields are valid, each for itself.
pub(crate) fn any_changes() -> impl Strategy<Value = UserChanges> {
    let who = (
        change_of(text_of(1..=256)),
        one_of(&["ann@example.org", "Ann@example.org", "bo@example.org"]),
        one_of(&["Ann", "Bo"]),
        one_of(&["Lee", "王"]),
        change_of(
            (one_of(&["+1", "US"]), one_of(&["555", "556"]))
                .prop_map(|(country_code, number)| PhoneChanges { country_code, number }),
        ),
        one_of(&["en-US", "fr"]),
        some_of(&["ADMINISTRATOR", "PRACTITIONER"]),
    );
    let what = (
        change_of(proptest::collection::btree_map("[a-c]", text_of(0..3), 0..4)),
        one_of(&["1234567893", "1245319599"]),
        one_of(&["L-1", "L-2"]),
        one_of(&["Clinician", "Author"]),
        some_of(&["soap", "dap", "girp"]),
        (
            one_of(&["Soap", "Dap"]),
            one_of(&["FeminineHer", "NeutralThem"]),
            one_of(&["1980-02-29", "1999-12-31"]),
        ),
        any_settings(),
        one_of(&["contoso", "fabrikam"]),
    );
    (who, what).prop_map(
        |(
            (external_id, email, first_name, last_name, phone, locale, roles),
            (metadata, npi, therapy_licence, note_identifier, default_note_template_ids, upheal, settings, customer_id),
        )| UserChanges {
            external_id,
            email,
            first_name,
            last_name,
            phone,
            locale,
            roles,
            metadata,
            npi,
            therapy_licence,
            note_identifier,
            default_note_template_ids,
            default_session_type: upheal.0,
            pronoun: upheal.1,
            date_of_birth: upheal.2,
            settings,
            customer_id,
            ..UserChanges::default()
        },
    )
}

proptest! {
    #[test]
    fn every_fault_of_a_request_is_reported_at_once_in_the_order_of_the_fields(
        spoilt in subsequence(FAULTS.to_vec(), 1..=FAULTS.len()),
    ) {
        let mut changes = full();
        for (_, spoil) in &spoilt {
            spoil(&mut changes);
        }
        let expected: Vec<&str> = spoilt.iter().map(|(pointer, _)| *pointer).collect();
        prop_assert_eq!(pointers(&wrong_with(&changes)), expected);
    }

    #[test]
    fn a_request_that_says_nothing_is_the_identity(given in any_changes()) {
        let Ok(profile) = Profile::default().apply(&given) else { return Ok(()) };
        let after = profile.apply(&UserChanges::default()).expect("nothing is said");
        prop_assert_eq!(format!("{after:?}"), format!("{profile:?}"));
    }

    #[test]
    fn the_same_request_twice_is_as_good_as_once(before in any_changes(), request in any_changes()) {
        let Ok(before) = Profile::default().apply(&before) else { return Ok(()) };
        let Ok(once) = before.apply(&request) else { return Ok(()) };
        let twice = once.apply(&request).expect("it was valid before");
        prop_assert_eq!(format!("{twice:?}"), format!("{once:?}"));
    }

    #[test]
    fn a_request_of_nulls_empties_any_record(given in any_changes()) {
        let Ok(profile) = Profile::default().apply(&given) else { return Ok(()) };
        let mut nulls = UserChanges::default();
        for (_, _, clear, _) in FIELDS {
            clear(&mut nulls);
        }
        prop_assert_eq!(profile.apply(&nulls).expect("nulls"), Profile::default());
    }

    #[test]
    fn a_field_ends_as_the_last_request_says(before in any_changes(), request in any_changes()) {
        let Ok(before) = Profile::default().apply(&before) else { return Ok(()) };
        let Ok(after) = before.apply(&request) else { return Ok(()) };
        let expected = |change: &Change<String>, current: Option<&str>| match change {
            Change::Keep => current.map(str::to_owned),
            Change::Clear => None,
            Change::Set(value) => Some(value.clone()),
        };
        let external_id = |profile: &Profile| profile.external_id.as_ref().map(|it| it.as_str().to_owned());
        let email = |profile: &Profile| profile.email.as_ref().map(|it| it.as_str().to_owned());
        prop_assert_eq!(external_id(&after), expected(&request.external_id, external_id(&before).as_deref()));
        prop_assert_eq!(email(&after), expected(&request.email, email(&before).as_deref()));
        if let Change::Set(metadata) = &request.metadata {
            let stored: BTreeMap<_, _> = after.metadata.expect("set").entries().clone();
            prop_assert_eq!(&stored, metadata);
        }
    }
}
