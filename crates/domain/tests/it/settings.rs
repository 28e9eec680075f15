//! Settings: parts merge, the second language differs from the first, a name in words goes with OTHER only.

use roster_domain::{
    Change, Profile, SettingsChanges, Specialty, SpecialtyChanges, SpeechLocale, UserChanges, Violations,
};

use crate::given::{full, pointers, set, user};

fn request(settings: SettingsChanges) -> UserChanges {
    UserChanges {
        settings: Change::Set(settings),
        ..UserChanges::default()
    }
}

fn speech(first: Change<String>, secondary: Change<String>) -> UserChanges {
    request(SettingsChanges {
        speech_locale: first,
        secondary_speech_locale: secondary,
        ..SettingsChanges::default()
    })
}

fn specialty(kind: Change<String>, other_specialty_name: Change<String>) -> UserChanges {
    let specialty = Change::Set(SpecialtyChanges {
        kind,
        other_specialty_name,
    });
    request(SettingsChanges {
        specialty,
        ..SettingsChanges::default()
    })
}

fn apply(changes: &UserChanges) -> Result<Profile, Violations> {
    user(&full()).profile.apply(changes)
}

#[test]
fn the_second_language_must_differ_from_the_first_however_it_is_spelt() {
    let wrong = Profile::default()
        .apply(&speech(set("en-US"), set("EN-us")))
        .expect_err("twice the same");
    assert_eq!(
        wrong.to_string(),
        r#"settings.secondary_speech_locale must differ from speech_locale; given: "en-US""#
    );
    assert!(Profile::default().apply(&speech(set("en-US"), set("en-GB"))).is_ok());
}

#[test]
fn a_first_language_that_meets_the_second_on_file_is_refused() {
    let wrong = apply(&speech(set("es-ES"), Change::Keep)).expect_err("the second is es-ES");
    assert_eq!(pointers(&wrong), ["/settings/secondary_speech_locale"]);
}

#[test]
fn a_second_language_needs_a_first() {
    for changes in [speech(Change::Clear, Change::Keep), speech(Change::Clear, set("fr-FR"))] {
        let wrong = apply(&changes).expect_err("no first language");
        assert_eq!(pointers(&wrong), ["/settings/secondary_speech_locale"]);
    }
    let both = apply(&speech(Change::Clear, Change::Clear)).expect("both cleared");
    assert_eq!(
        (both.settings.speech_locale(), both.settings.secondary_speech_locale()),
        (None, None)
    );
}

#[test]
fn an_unreadable_first_language_does_not_put_the_blame_on_the_second() {
    let wrong = apply(&speech(set("ENGLISH_US"), Change::Keep)).expect_err("no language tag");
    assert_eq!(pointers(&wrong), ["/settings/speech_locale"]);
}

#[test]
fn two_unreadable_languages_are_both_reported() {
    let wrong = apply(&speech(set("ENGLISH_US"), set("?"))).expect_err("no language tags");
    assert_eq!(
        pointers(&wrong),
        ["/settings/speech_locale", "/settings/secondary_speech_locale"]
    );
}

#[test]
fn parts_that_are_left_out_stay_as_they_are() {
    let before = user(&full()).profile.settings;

    let after = apply(&speech(Change::Keep, set("fr-FR"))).expect("valid").settings;

    assert_eq!(after.specialty(), before.specialty());
    assert_eq!(after.speech_locale(), before.speech_locale());
    assert_eq!(
        after.secondary_speech_locale(),
        Some(&SpeechLocale::new("fr-FR").expect("valid"))
    );
}

#[test]
fn a_part_that_is_null_is_cleared_alone() {
    let settings = SettingsChanges {
        specialty: Change::Clear,
        ..SettingsChanges::default()
    };
    let after = apply(&request(settings)).expect("valid").settings;

    assert_eq!(after.specialty(), None);
    assert_eq!(after.speech_locale().map(SpeechLocale::as_str), Some("en-US"));
    assert!(!after.is_empty());
}

#[test]
fn a_name_in_words_goes_with_other_only() {
    let wrong = apply(&specialty(set("CARDIOLOGY"), set("Hearts"))).expect_err("a name with CARDIOLOGY");
    assert_eq!(
        wrong.to_string(),
        r#"settings.specialty.other_specialty_name goes only with kind OTHER; given: "CARDIOLOGY""#
    );

    let other = apply(&specialty(Change::Keep, set("Hearts"))).expect("the kind on file is OTHER");
    assert_eq!(
        other.settings.specialty().and_then(Specialty::other_specialty_name),
        Some("Hearts")
    );

    let unnamed = Profile::default()
        .apply(&specialty(set("OTHER"), Change::Keep))
        .expect("a name is not required");
    assert_eq!(
        unnamed.settings.specialty().and_then(Specialty::other_specialty_name),
        None
    );
}

#[test]
fn a_kind_other_than_other_drops_the_name() {
    let away = apply(&specialty(set("CARDIOLOGY"), Change::Keep)).expect("valid");
    let specialty_after = away.settings.specialty().expect("set");
    assert_eq!(
        (specialty_after.kind().as_str(), specialty_after.other_specialty_name()),
        ("CARDIOLOGY", None)
    );

    let back = away.apply(&specialty(set("OTHER"), Change::Keep)).expect("valid");
    assert_eq!(
        back.settings.specialty().and_then(Specialty::other_specialty_name),
        None,
        "it does not come back"
    );
}

#[test]
fn the_name_alone_is_cleared_by_null() {
    let after = apply(&specialty(Change::Keep, Change::Clear)).expect("valid").settings;
    let specialty = after.specialty().expect("kept");
    assert_eq!(
        (specialty.kind().as_str(), specialty.other_specialty_name()),
        ("OTHER", None)
    );
}

#[test]
fn a_specialty_has_a_kind() {
    let missing = Profile::default()
        .apply(&specialty(Change::Keep, set("Hearts")))
        .expect_err("no kind");
    assert_eq!(
        missing.to_string(),
        "settings.specialty.kind is required; given: nothing"
    );

    let null = apply(&specialty(Change::Clear, Change::Keep)).expect_err("a kind of null");
    assert_eq!(
        null.to_string(),
        "settings.specialty.kind must not be null; given: null"
    );
}

#[test]
fn kind_and_name_are_both_reported_when_both_are_wrong() {
    let wrong = apply(&specialty(set("cardiology"), set("n".repeat(201)))).expect_err("both wrong");
    assert_eq!(
        pointers(&wrong),
        ["/settings/specialty/kind", "/settings/specialty/other_specialty_name"]
    );

    let without = Profile::default()
        .apply(&specialty(Change::Keep, set("")))
        .expect_err("no kind, an empty name");
    assert_eq!(
        pointers(&without),
        ["/settings/specialty/kind", "/settings/specialty/other_specialty_name"]
    );
}

#[test]
fn a_name_has_200_characters_and_a_kind_100_in_capitals() {
    assert!(apply(&specialty(set("OTHER"), set("漢".repeat(200)))).is_ok());
    assert!(apply(&specialty(set("OTHER"), set("漢".repeat(201)))).is_err());
    for kind in ["GENERAL_MEDICINE", "A", "X2_Y", &"K".repeat(100)] {
        assert!(apply(&specialty(set(kind), Change::Keep)).is_ok(), "{kind}");
    }
    for kind in ["", "general", "_A", "2A", "A-B", "Ä", "A B", &"K".repeat(101)] {
        assert!(apply(&specialty(set(kind), Change::Keep)).is_err(), "{kind}");
    }
}
