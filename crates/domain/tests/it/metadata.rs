//! Metadata: 50 entries, keys of 40 characters, values of 500, and all faults of a dictionary at once.

use std::collections::BTreeMap;

use proptest::prelude::*;
use roster_domain::{Change, FieldPath, Metadata, UserChanges, Violations};

use crate::given::{entries, pointers, text_of, user, wrong_with};

fn check(entries: BTreeMap<String, String>) -> Result<Metadata, Violations> {
    Metadata::new(entries, &FieldPath::of("metadata"))
}

fn of_size(count: usize) -> BTreeMap<String, String> {
    (0..count)
        .map(|number| (format!("key{number}"), "value".to_owned()))
        .collect()
}

#[test]
fn fifty_entries_are_taken_and_fifty_one_are_not() {
    assert_eq!(check(of_size(50)).expect("50 entries").iter().len(), 50);

    let violations = check(of_size(51)).expect_err("51 entries");
    assert_eq!(
        violations.to_string(),
        "metadata must have at most 50 entries; given: 51 entries"
    );
}

#[test]
fn keys_have_1_to_40_characters_and_values_up_to_500_of_any_script() {
    for unit in ["x", "é", "漢", "e\u{301}", "👩🏽"] {
        let of = |count: usize| unit.chars().cycle().take(count).collect::<String>();
        assert!(check(BTreeMap::from([(of(40), of(500))])).is_ok(), "{unit}");

        let long_key = check(BTreeMap::from([(of(41), of(500))])).expect_err("a key of 41");
        assert!(
            long_key
                .to_string()
                .contains("1 to 40 characters in its key; given: 41 characters"),
            "{long_key}"
        );
        let long_value = check(BTreeMap::from([(of(40), of(501))])).expect_err("a value of 501");
        assert!(
            long_value
                .to_string()
                .contains("at most 500 characters; given: 501 characters"),
            "{long_value}"
        );
    }
    assert!(check(entries(&[("", "value")])).is_err(), "an empty key");
    assert!(check(entries(&[("key", "")])).is_ok(), "an empty value");
}

#[test]
fn every_entry_that_is_wrong_is_named() {
    let (long_key, long_value) = ("k".repeat(41), "v".repeat(501));
    let given = entries(&[
        ("a/b~c", &long_value),
        ("fine", "value"),
        ("line\nbreak", "value"),
        ("nul", "\0"),
        (&long_key, &long_value),
    ]);

    let violations = check(given).expect_err("wrong in five ways");

    let expected = [
        "/metadata/a~1b~0c",
        &format!("/metadata/{long_key}"),
        &format!("/metadata/{long_key}"),
        "/metadata/line\nbreak",
        "/metadata/nul",
    ];
    assert_eq!(pointers(&violations), expected);
}

#[test]
fn a_value_may_have_several_lines_but_no_nul() {
    assert!(check(entries(&[("note", "first\nsecond\tthird")])).is_ok());
    let violations = check(entries(&[("note", "a\0b")])).expect_err("NUL");
    assert_eq!(
        violations.to_string(),
        r#"metadata.note must be text without NUL characters; given: "a\0b""#
    );
}

#[test]
fn an_empty_dictionary_is_not_the_same_as_none() {
    let with = |change| {
        user(&UserChanges {
            metadata: change,
            ..UserChanges::default()
        })
        .profile
        .metadata
    };

    assert_eq!(with(Change::Set(BTreeMap::new())), Some(Metadata::default()));
    assert_eq!(with(Change::Clear), None);
    assert_eq!(with(Change::Keep), None);
}

#[test]
fn a_request_with_too_much_metadata_is_refused_under_its_field() {
    let changes = UserChanges {
        metadata: Change::Set(of_size(51)),
        ..UserChanges::default()
    };
    assert_eq!(pointers(&wrong_with(&changes)), ["/metadata"]);
}

fn any_entries() -> impl Strategy<Value = BTreeMap<String, String>> {
    proptest::collection::btree_map(text_of(1..=40), text_of(0..20), 0..=50)
}

proptest! {
    #[test]
    fn what_is_within_the_limits_comes_back_unchanged(given in any_entries()) {
        let metadata = check(given.clone()).expect("within the limits");
        prop_assert_eq!(metadata.entries(), &given);
    }

    #[test]
    fn metadata_is_replaced_whole_and_never_merged(before in any_entries(), after in any_entries()) {
        let given = user(&UserChanges { metadata: Change::Set(before.clone()), ..UserChanges::default() }).profile;

        let with = |metadata| given.apply(&UserChanges { metadata, ..UserChanges::default() }).expect("valid").metadata;

        prop_assert_eq!(with(Change::Set(after.clone())).map(|metadata| metadata.entries().clone()), Some(after));
        prop_assert_eq!(with(Change::Keep).map(|metadata| metadata.entries().clone()), Some(before));
        prop_assert_eq!(with(Change::Clear), None);
    }

    #[test]
    fn it_is_taken_exactly_when_every_limit_holds(
        given in proptest::collection::btree_map(text_of(0..60), text_of(480..520), 0..60),
    ) {
        let within = given.len() <= 50 && given.iter().all(|(key, value)| {
            (1..=40).contains(&key.chars().count()) && value.chars().count() <= 500
        });
        prop_assert_eq!(check(given).is_ok(), within);
    }
}
