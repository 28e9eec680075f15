//! What the tests begin with: users, requests and text of every script.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use proptest::prelude::*;
use roster_domain::scim::{Attributes, Value};
use roster_domain::{Change, OrganizationId, PhiGuard, Timestamp, User, UserChanges, UserId, Violations};
use uuid::Uuid;

/// Characters that tell characters from bytes, UTF-16 units and graphemes: Latin, accents, Greek, Arabic,
/// Devanagari, Han, combining marks, joiners, emoji and a skin tone.
pub(crate) const SCRIPTS: &[char] = &[
    'a',
    'Z',
    '7',
    'é',
    'ß',
    'Σ',
    'ع',
    'क',
    '漢',
    'ひ',
    '\u{301}',
    '\u{200d}',
    '👩',
    '🏽',
    '𝔘',
    '\u{10fffd}',
];

/// Text of exactly so many characters, of any script.
pub(crate) fn text_of(length: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(SCRIPTS), length).prop_map(String::from_iter)
}

pub(crate) fn set(text: impl Into<String>) -> Change<String> {
    Change::Set(text.into())
}

pub(crate) fn texts(items: &[&str]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

pub(crate) fn entries(items: &[(&str, &str)]) -> BTreeMap<String, String> {
    items
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// Attributes with one text each.
pub(crate) fn scim(items: &[(&str, &str)]) -> Attributes {
    items
        .iter()
        .map(|(name, text)| ((*name).to_owned(), Value::text(*text)))
        .collect()
}

/// So many seconds after the tests' beginning of time.
pub(crate) fn at(seconds: i64) -> Timestamp {
    let start = Timestamp::from_timestamp(1_750_000_000, 0).expect("a time that the calendar has");
    start + TimeDelta::seconds(seconds)
}

pub(crate) fn user_id(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

/// A user with these fields, made at second 0.
pub(crate) fn user(changes: &UserChanges) -> User {
    user_numbered(1, changes)
}

pub(crate) fn user_numbered(number: u128, changes: &UserChanges) -> User {
    let organization = OrganizationId::new(Uuid::from_u128(9));
    User::create(user_id(number), organization, changes, PhiGuard::Off, at(0))
        .expect("a valid request")
        .user
}

/// Everything that is wrong with a request for a new user.
pub(crate) fn wrong_with(changes: &UserChanges) -> Violations {
    let organization = OrganizationId::new(Uuid::from_u128(9));
    User::create(user_id(1), organization, changes, PhiGuard::Off, at(0)).expect_err("a request that breaks rules")
}

/// Where violations stand, as JSON Pointers.
pub(crate) fn pointers(violations: &Violations) -> Vec<String> {
    violations.iter().map(|violation| violation.field.pointer()).collect()
}

/// A request that sets every field there is to something valid.
pub(crate) fn full() -> UserChanges {
    use roster_domain::{PhoneChanges, SettingsChanges, SpecialtyChanges};

    UserChanges {
        external_id: set("ehr-7"),
        email: set("Ann.Lee@Example.org"),
        first_name: set("Ann"),
        last_name: set("Lee"),
        phone: Change::Set(PhoneChanges {
            country_code: set("+1"),
            number: set("(555) 010-0199"),
        }),
        locale: set("en-US"),
        roles: Change::Set(texts(&["PRACTITIONER", "ADMINISTRATOR"])),
        active: Change::Set(true),
        metadata: Change::Set(entries(&[("department", "cardiology")])),
        npi: set("1234567893"),
        therapy_licence: set("LMFT 12345"),
        note_identifier: set("Clinician"),
        default_note_template_ids: Change::Set(texts(&["soap", "dap"])),
        settings: Change::Set(SettingsChanges {
            specialty: Change::Set(SpecialtyChanges {
                kind: set("OTHER"),
                other_specialty_name: set("Hypnosis"),
            }),
            speech_locale: set("en-US"),
            secondary_speech_locale: set("es-ES"),
        }),
        default_session_type: set("Dap"),
        pronoun: set("NeutralThem"),
        date_of_birth: set("1980-02-29"),
        customer_id: set("contoso"),
        user_name: set("Ann.Lee@hospital.example"),
        scim: Change::Set(scim(&[("title", "Senior Physician")])),
        password: Change::Keep,
        unreadable: Violations::none(),
    }
}
