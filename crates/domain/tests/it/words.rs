//! The words that stand in JSON, tables and on the command line: each is read back to what it was written from.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use roster_domain::{
    AccountStatus, Cause, ConnectVersion, ConnectionId, Fault, NoteIdentifier, PhiGuard, Pronoun, Region, Remedy, Role,
    Rule, SessionType, Slug, Surface, UserId, Vendor,
};

fn assert_words<T: FromStr<Err = Fault> + PartialEq + Debug + Copy>(
    all: &[T],
    names: &[&str],
    name: fn(T) -> &'static str,
) {
    assert_eq!(all.len(), names.len());
    for (&value, &word) in all.iter().zip(names) {
        assert_eq!(name(value), word);
        assert_eq!(word.parse::<T>(), Ok(value));
        for near in [
            word.to_uppercase(),
            word.to_lowercase(),
            format!("{word} "),
            String::new(),
        ] {
            if near != word {
                assert!(
                    matches!(
                        near.parse::<T>(),
                        Err(Fault {
                            rule: Rule::OneOf { .. },
                            ..
                        })
                    ),
                    "{near:?}"
                );
            }
        }
    }
}

#[test]
fn every_word_is_read_back_and_nothing_like_it() {
    assert_words(&AccountStatus::ALL, AccountStatus::NAMES, AccountStatus::name);
    assert_words(&Cause::ALL, Cause::NAMES, Cause::name);
    assert_words(&Remedy::ALL, Remedy::NAMES, Remedy::name);
    assert_words(&Vendor::ALL, Vendor::NAMES, Vendor::name);
    assert_words(Role::ALL, Role::NAMES, Role::name);
    assert_words(NoteIdentifier::ALL, NoteIdentifier::NAMES, NoteIdentifier::name);
    assert_words(SessionType::ALL, SessionType::NAMES, SessionType::name);
    assert_words(Pronoun::ALL, Pronoun::NAMES, Pronoun::name);
    assert_words(Region::ALL, Region::NAMES, Region::name);
    assert_words(ConnectVersion::ALL, ConnectVersion::NAMES, ConnectVersion::name);
    assert_words(PhiGuard::ALL, PhiGuard::NAMES, PhiGuard::name);
}

#[test]
fn clients_call_every_surface_but_rosters_own() {
    assert_words(Surface::ALL, Surface::NAMES, Surface::name);
    for surface in Surface::ALL {
        let is_called = !matches!(surface, Surface::Cli | Surface::Pull);
        assert_eq!(Surface::callable(surface.name()).ok(), is_called.then_some(*surface));
        assert_eq!(Surface::CALLABLE.contains(surface), is_called);
    }
    let names: Vec<&str> = Surface::CALLABLE.iter().map(|surface| surface.name()).collect();
    assert_eq!(names, Surface::CALLABLE_NAMES);
    for vendor in Vendor::ALL {
        assert_eq!(Surface::from(vendor).name(), vendor.name());
    }
}

#[test]
fn the_words_are_those_that_surfaces_and_vendors_document() {
    assert_eq!(
        AccountStatus::NAMES,
        ["pending", "in_sync", "retrying", "needs_attention", "paused", "removed"]
    );
    assert_eq!(Vendor::NAMES, ["nabla_core", "nabla_connect", "upheal", "corti"]);
    assert_eq!(Role::NAMES, ["ADMINISTRATOR", "PRACTITIONER"]);
    assert_eq!(NoteIdentifier::NAMES.len(), 16);
    assert_eq!(SessionType::NAMES.len(), 10);
    assert_eq!(Pronoun::NAMES, ["MasculineHim", "FeminineHer", "NeutralThem"]);
    assert_eq!(Region::NAMES, ["eu", "us"]);
    assert_eq!(ConnectVersion::NAMES, ["2026-02-13", "2026-03-23", "x-nabla-next"]);
    assert_eq!(ConnectVersion::NEWEST.name(), "2026-03-23");
}

#[test]
fn words_line_up_in_columns() {
    fn column(value: impl Display) -> String {
        format!("[{value:10}]")
    }
    assert_eq!(column(AccountStatus::InSync), "[in_sync   ]");
    assert_eq!(column(Vendor::Corti), "[corti     ]");
}

#[test]
fn an_id_is_a_uuid_in_either_form_and_shown_with_hyphens() {
    let shown = "0190a0b0-c0d0-7000-8000-00000000000f";
    for text in [shown, &shown.replace('-', ""), &shown.to_uppercase()] {
        assert_eq!(text.parse::<UserId>().expect(text).to_string(), shown);
        assert_eq!(text.parse::<ConnectionId>().expect(text).to_string(), shown);
    }
    for text in ["", "1", "0190a0b0-c0d0-7000-8000-00000000000g", "../0190a0b0"] {
        assert!(text.parse::<UserId>().is_err(), "{text}");
    }
}

#[test]
fn a_slug_is_fit_for_a_url() {
    for text in ["default", "a", "0", "north-clinic-2", &"s".repeat(63)] {
        assert_eq!(Slug::new(text).expect(text).as_str(), text);
    }
    for text in [
        "",
        "-a",
        "Default",
        "a_b",
        "a/b",
        "é",
        &"s".repeat(64),
        "0190a0b0-c0d0-7000-8000-00000000000f",
    ] {
        assert!(Slug::new(text).is_err(), "{text}");
    }
    assert_eq!(Slug::default_organization(), Slug::new("default").expect("valid"));
}
