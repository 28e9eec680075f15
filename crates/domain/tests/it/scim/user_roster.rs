//! Lists and dictionaries that are one text, since identity providers can map nothing else.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use roster_domain::scim::{
    Attributes, PatchOperation, PatchTarget, ResourceType, USER_FIELDS, Value, index_user, patch, patched_user_changes,
    represent_user, user_changes,
};
use roster_domain::{
    Change, NoteTemplateId, PhiGuard, SettingsChanges, SpecialtyChanges, SpeechLocale, User, UserChanges,
};

use super::given::{ROSTER, attributes, made, path, try_made};
use crate::given::{at, entries, set, texts, user};

/// Keys and their values.
type Pairs = &'static [(&'static str, &'static str)];

fn with(attribute: &str, text: &str) -> Attributes {
    attributes(tree!({ "userName" => "ann", ROSTER => { attribute => text } }))
}

fn wrong_with(attribute: &str, value: Value) -> String {
    let resource = attributes(tree!({ "userName" => "ann", ROSTER => { attribute => value } }));
    let violations = try_made(&resource).expect_err("a rule that is broken");
    violations.renamed(USER_FIELDS).to_string()
}

fn shown(user: &User, attribute: &str) -> Option<String> {
    let shown = represent_user(user, &[]);
    let text = shown.at(&[ROSTER, attribute])?.as_text();
    Some(text.expect("a plain text").to_owned())
}

fn templates(user: &User) -> Vec<&str> {
    let ids = &user.profile.default_note_template_ids;
    ids.iter().map(NoteTemplateId::as_str).collect()
}

fn metadata(user: &User) -> Option<&BTreeMap<String, String>> {
    user.profile.metadata.as_ref().map(roster_domain::Metadata::entries)
}

/// The user after `title` was set by PATCH.
fn titled(user: &User) -> User {
    let title = PatchOperation::Replace(PatchTarget::Attribute(path("title")), Value::text("Chief"));
    let patched = patch(ResourceType::User, &represent_user(user, &[]), &[title]).expect("possible");
    let changes = patched_user_changes(user, &patched);
    user.update(&changes, PhiGuard::Off, at(60)).expect("valid").user
}

#[test]
fn a_list_is_read_entry_by_entry_without_blanks_around_them() {
    let cases: [(&str, &[&str], Option<&str>); 9] = [
        ("soap", &["soap"], Some("soap")),
        ("soap,dap", &["soap", "dap"], Some("soap,dap")),
        (" dap ,\tsoap\n", &["dap", "soap"], Some("dap,soap")),
        (",,soap, ,dap,", &["soap", "dap"], Some("soap,dap")),
        ("soap,dap, soap", &["soap", "dap"], Some("soap,dap")),
        ("soap,Soap", &["soap", "Soap"], Some("soap,Soap")),
        ("my own,漢😀;é", &["my own", "漢😀;é"], Some("my own,漢😀;é")),
        (" , ", &[], None),
        ("", &[], None),
    ];
    for (given, ids, text) in cases {
        let user = made(&with("defaultNoteTemplateIds", given));
        assert_eq!(templates(&user), ids, "{given:?}");
        assert_eq!(shown(&user, "defaultNoteTemplateIds").as_deref(), text, "{given:?}");
    }
}

#[test]
fn roles_are_shown_sorted_and_each_once() {
    for (given, text) in [
        ("PRACTITIONER", Some("PRACTITIONER")),
        (
            "PRACTITIONER , ADMINISTRATOR,PRACTITIONER",
            Some("ADMINISTRATOR,PRACTITIONER"),
        ),
        (",", None),
    ] {
        assert_eq!(
            shown(&made(&with("roles", given)), "roles").as_deref(),
            text,
            "{given:?}"
        );
    }
    assert_eq!(
        wrong_with("roles", tree!("PRACTITIONER;ADMINISTRATOR")),
        format!("{ROSTER}:roles must be one of ADMINISTRATOR, PRACTITIONER; given: \"PRACTITIONER;ADMINISTRATOR\"")
    );
}

#[test]
fn what_is_one_of_a_list_is_read_in_any_case_and_shown_as_it_is_spelt() {
    for (attribute, given, text) in [
        ("roles", "practitioner, Administrator", "ADMINISTRATOR,PRACTITIONER"),
        ("noteIdentifier", "clinician", "Clinician"),
        ("defaultSessionType", "SOAP", "Soap"),
        ("pronoun", "femininehER", "FeminineHer"),
    ] {
        assert_eq!(shown(&made(&with(attribute, given)), attribute).as_deref(), Some(text));
    }
}

#[test]
fn a_specialty_in_words_that_look_like_a_kind_stays_in_words() {
    for (words, text) in [
        ("GENERAL_MEDICINE", "OTHER:GENERAL_MEDICINE"),
        ("OTHER", "OTHER:OTHER"),
        ("OTHER: sleep", "OTHER:OTHER: sleep"),
        ("Hypnosis of cats", "Hypnosis of cats"),
    ] {
        let before = user(&UserChanges {
            settings: Change::Set(SettingsChanges {
                specialty: Change::Set(SpecialtyChanges {
                    kind: set("OTHER"),
                    other_specialty_name: set(words),
                }),
                ..SettingsChanges::default()
            }),
            ..UserChanges::default()
        });
        assert_eq!(shown(&before, "specialty").as_deref(), Some(text));

        let changes = user_changes(&represent_user(&before, &[]));
        let after = before.update(&changes, PhiGuard::Off, at(60)).expect("valid").user;

        assert_eq!(after.profile.settings, before.profile.settings, "{words}");
    }
    let kind = made(&with("specialty", "GENERAL_MEDICINE"));
    let specialty = kind.profile.settings.specialty().expect("given");
    assert_eq!(
        (specialty.kind().as_str(), specialty.other_specialty_name()),
        ("GENERAL_MEDICINE", None)
    );
}

#[test]
fn an_id_that_a_list_cannot_hold_is_not_shown_and_stays() {
    for ids in [
        &["soap,dap"][..],
        &["soap", "girp,"],
        &[" soap"],
        &["soap\u{a0}", "dap"],
    ] {
        let before = user(&UserChanges {
            default_note_template_ids: Change::Set(texts(ids)),
            roles: Change::Set(texts(&["PRACTITIONER"])),
            ..UserChanges::default()
        });
        assert_eq!(shown(&before, "defaultNoteTemplateIds"), None, "{ids:?}");
        assert_eq!(index_user(&before).at(&[ROSTER, "defaultNoteTemplateIds"]), None);
        assert_eq!(shown(&before, "roles").as_deref(), Some("PRACTITIONER"));

        let after = titled(&before);

        assert_eq!(after.profile.scim.text("title"), Some("Chief"));
        assert_eq!(templates(&after), ids);
    }
}

#[test]
fn the_first_language_is_the_first() {
    let cases = [
        ("en-US", [Some("en-US"), None]),
        ("es-US,en-US", [Some("es-US"), Some("en-US")]),
        (" en_US , es_US ,", [Some("en-US"), Some("es-US")]),
        ("", [None, None]),
        (",", [None, None]),
    ];
    let before = user(&UserChanges {
        settings: Change::Set(SettingsChanges {
            speech_locale: set("de-DE"),
            secondary_speech_locale: set("fr-FR"),
            ..SettingsChanges::default()
        }),
        ..UserChanges::default()
    });
    for (given, locales) in cases {
        let changes = user_changes(&with("speechLocales", given));
        let after = before.update(&changes, PhiGuard::Off, at(60)).expect("valid").user;

        let settings = &after.profile.settings;
        let is = [settings.speech_locale(), settings.secondary_speech_locale()];
        assert_eq!(is.map(|locale| locale.map(SpeechLocale::as_str)), locales, "{given:?}");
        let text: Vec<&str> = locales.into_iter().flatten().collect();
        assert_eq!(shown(&after, "speechLocales").unwrap_or_default(), text.join(","));
    }
}

#[test]
fn more_than_two_languages_are_refused() {
    assert_eq!(
        wrong_with("speechLocales", tree!("en-US,es-US,de-DE")),
        format!("{ROSTER}:speechLocales must have at most 2 entries; given: 3 entries")
    );
}

#[test]
fn the_same_language_twice_is_refused_in_the_words_of_the_attribute() {
    for text in ["en-US,en-US", "en-US, en_us"] {
        let wrong = wrong_with("speechLocales", tree!(text));
        let rule = format!("{ROSTER}:speechLocales must be one language, or two that differ; given: ");
        assert!(wrong.starts_with(&rule), "{wrong}");
    }
}

#[test]
fn metadata_is_written_as_the_query_of_a_url() {
    let cases: [(&str, Pairs, &str); 14] = [
        ("site=North", &[("site", "North")], "site=North"),
        (
            "ward=7B&site=North",
            &[("site", "North"), ("ward", "7B")],
            "site=North&ward=7B",
        ),
        ("sum=a%3Db%26c", &[("sum", "a=b&c")], "sum=a%3Db%26c"),
        ("sum=a=b", &[("sum", "a=b")], "sum=a%3Db"),
        ("%26%3D=x", &[("&=", "x")], "%26%3D=x"),
        ("sum=1%2B1+%3D+2", &[("sum", "1+1 = 2")], "sum=1%2B1+%3D+2"),
        ("sum=1%2b1%20=%202", &[("sum", "1+1 = 2")], "sum=1%2B1+%3D+2"),
        ("rate=100%", &[("rate", "100%")], "rate=100%25"),
        (
            "größe=漢😀",
            &[("größe", "漢😀")],
            "gr%C3%B6%C3%9Fe=%E6%BC%A2%F0%9F%98%80",
        ),
        (
            "a=\u{fffd}%EF%bf%bd",
            &[("a", "\u{fffd}\u{fffd}")],
            "a=%EF%BF%BD%EF%BF%BD",
        ),
        ("a=%zz%4", &[("a", "%zz%4")], "a=%25zz%254"),
        ("a=%0A%22,;", &[("a", "\n\",;")], "a=%0A%22%2C%3B"),
        ("ward", &[("ward", "")], "ward="),
        ("&&ward=7B&", &[("ward", "7B")], "ward=7B"),
    ];
    for (given, pairs, text) in cases {
        let user = made(&with("metadata", given));
        assert_eq!(metadata(&user), Some(&entries(pairs)), "{given}");
        assert_eq!(shown(&user, "metadata").as_deref(), Some(text), "{given}");
        assert_eq!(
            metadata(&made(&with("metadata", text))),
            Some(&entries(pairs)),
            "{text}"
        );
    }
}

#[test]
fn empty_metadata_is_not_shown_and_stays() {
    let before = user(&UserChanges {
        metadata: Change::Set(BTreeMap::new()),
        ..UserChanges::default()
    });
    assert_eq!(shown(&before, "metadata"), None);
    assert_eq!(metadata(&titled(&before)), Some(&BTreeMap::new()));
    assert_eq!(metadata(&made(&with("metadata", ""))), None);
}

#[test]
fn metadata_that_breaks_a_rule_is_refused_under_its_key() {
    for (given, wrong) in [
        ("a=1&b=2&a=1", "metadata.a must be given once; given: \"a\""),
        ("a%20b=1&a+b=2", "metadata.a b must be given once; given: \"a b\""),
        (
            "=x",
            "metadata.\"\" must have 1 to 40 characters in its key; given: 0 characters",
        ),
        (
            "a=%FF%FE",
            "metadata must be a query of a URL in UTF-8; given: \"a=%FF%FE\"",
        ),
        (
            "%C3=%A9",
            "metadata must be a query of a URL in UTF-8; given: \"%C3=%A9\"",
        ),
        (
            "a=%ED%A0%80",
            "metadata must be a query of a URL in UTF-8; given: \"a=%ED%A0%80\"",
        ),
        (
            "a=x%00",
            "metadata.a must be text without NUL characters; given: \"x\\0\"",
        ),
    ] {
        assert_eq!(
            wrong_with("metadata", tree!(given)),
            format!("{ROSTER}:{wrong}"),
            "{given}"
        );
    }
    let many: Vec<String> = (0..51).map(|number| format!("k{number}=v")).collect();
    assert_eq!(
        wrong_with("metadata", Value::Text(many.join("&"))),
        format!("{ROSTER}:metadata must have at most 50 entries; given: 51 entries")
    );
}

#[test]
fn what_is_no_text_is_refused_under_the_attribute() {
    for attribute in ["defaultNoteTemplateIds", "roles", "speechLocales", "metadata"] {
        for (value, kind) in [
            (tree!(["x"]), "an array"),
            (tree!({ "value" => "x" }), "an object"),
            (tree!(true), "true or false"),
        ] {
            assert_eq!(
                wrong_with(attribute, value),
                format!("{ROSTER}:{attribute} must be a string; given: {kind}")
            );
        }
    }
}

proptest! {
    #[test]
    fn any_metadata_is_read_as_it_was_shown(
        pairs in btree_map("[ab=&+%;,# ?\"é漢😀]{1,8}", "[ab=&+%;,# ?\"\n\té漢😀]{0,8}", 1..6),
    ) {
        let before = user(&UserChanges { metadata: Change::Set(pairs.clone()), ..UserChanges::default() });
        let text = shown(&before, "metadata").expect("not empty");
        prop_assert!(text.is_ascii());
        let read = made(&with("metadata", &text));
        prop_assert_eq!(metadata(&read), Some(&pairs));
    }

    #[test]
    fn ids_are_read_as_they_were_shown_or_are_not_shown(ids in vec("[ab, é漢]{1,4}", 1..5)) {
        let before = user(&UserChanges {
            default_note_template_ids: Change::Set(ids.clone()),
            ..UserChanges::default()
        });
        let can_be_told_apart = ids.iter().all(|id| !id.contains(',') && id.trim() == id);
        let text = shown(&before, "defaultNoteTemplateIds");
        prop_assert_eq!(text.is_some(), can_be_told_apart);
        if let Some(text) = text {
            let read = made(&with("defaultNoteTemplateIds", &text));
            prop_assert_eq!(templates(&read), templates(&before));
        }
    }
}
