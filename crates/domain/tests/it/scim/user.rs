//! Which attribute of SCIM is which field of a user.

use roster_domain::scim::{
    Attributes, GroupReference, USER_FIELDS, Value, patched_user_changes, represent_user, user_changes,
};
use roster_domain::{
    Change, GroupId, PhiGuard, PhoneChanges, PhoneCountryCode, PhoneNumber, Profile, SettingsChanges, SpecialtyChanges,
    User, UserChanges, Violations,
};
use uuid::Uuid;

use super::given::{ENTERPRISE, ROSTER, attributes, made, try_made};
use crate::given::{at, entries, scim, set, texts, user};

fn ann() -> Attributes {
    attributes(tree!({
        "userName" => "ann@hospital.example",
        "externalId" => "00u1",
        "name" => { "givenName" => "Ann", "familyName" => "Lee", "honorificPrefix" => "Dr" },
        "active" => true,
        "locale" => "en_US",
        "title" => "Senior Physician",
        "emails" => [
            { "value" => "ann@home.example", "type" => "home" },
            { "value" => "ann@hospital.example", "type" => "work", "primary" => true },
        ],
        "phoneNumbers" => [{ "value" => "tel:+1-201-555-0123", "type" => "work" }],
        ENTERPRISE => { "department" => "Cardiology", "manager" => { "value" => "26", "displayName" => "Bo" } },
        ROSTER => {
            "npi" => "1234567893",
            "therapyLicence" => "LMFT 1",
            "noteIdentifier" => "Clinician",
            "defaultNoteTemplateIds" => "soap, dap",
            "defaultSessionType" => "Dap",
            "specialty" => "Hypnosis",
            "speechLocales" => "en_US, es-US",
            "roles" => "PRACTITIONER",
            "metadata" => "ward=7",
            "pronoun" => "NeutralThem",
        },
    }))
}

/// The name of what is wrong, as identity providers know it, and the rule.
fn wrong_with(resource: &Attributes) -> Vec<String> {
    let violations = try_made(resource)
        .expect_err("a resource that breaks rules")
        .renamed(USER_FIELDS);
    violations
        .iter()
        .map(|it| format!("{} {}", it.field, it.rule))
        .collect()
}

fn with(name: &str, value: Value) -> Attributes {
    let mut resource = attributes(tree!({ "userName" => "ann" }));
    resource.set(name, value);
    resource
}

fn email(resource: &Attributes) -> Option<String> {
    made(resource).profile.email.map(|email| email.as_str().to_owned())
}

#[test]
fn each_attribute_is_read_into_its_field() {
    let changes = user_changes(&ann());

    let mut kept = scim(&[("title", "Senior Physician")]);
    kept.set("name", tree!({ "honorificPrefix" => "Dr" }));
    kept.set("emails", ann().get("emails").expect("there").clone());
    kept.set("phoneNumbers", ann().get("phoneNumbers").expect("there").clone());
    kept.set(
        ENTERPRISE,
        tree!({ "department" => "Cardiology", "manager" => { "value" => "26" } }),
    );
    let expected = UserChanges {
        external_id: set("00u1"),
        email: set("ann@hospital.example"),
        first_name: set("Ann"),
        last_name: set("Lee"),
        phone: Change::Set(PhoneChanges {
            country_code: set("+1"),
            number: set("201-555-0123"),
        }),
        locale: set("en-US"),
        roles: Change::Set(texts(&["PRACTITIONER"])),
        active: Change::Set(true),
        metadata: Change::Set(entries(&[("ward", "7")])),
        npi: set("1234567893"),
        therapy_licence: set("LMFT 1"),
        note_identifier: set("Clinician"),
        default_note_template_ids: Change::Set(texts(&["soap", "dap"])),
        default_session_type: set("Dap"),
        pronoun: set("NeutralThem"),
        date_of_birth: Change::Keep,
        settings: Change::Set(SettingsChanges {
            specialty: Change::Set(SpecialtyChanges {
                kind: set("OTHER"),
                other_specialty_name: set("Hypnosis"),
            }),
            speech_locale: set("en-US"),
            secondary_speech_locale: set("es-US"),
        }),
        customer_id: Change::Keep,
        user_name: set("ann@hospital.example"),
        scim: Change::Set(kept),
        password: Change::Keep,
        unreadable: Violations::none(),
    };
    assert_eq!(changes, expected);
}

#[test]
fn what_is_left_out_is_cleared_but_for_what_scim_cannot_say() {
    let before = user(&UserChanges {
        active: Change::Set(false),
        ..crate::given::full()
    });
    let changes = user_changes(&attributes(tree!({ "userName" => "ann" })));

    let after = before.update(&changes, PhiGuard::Off, at(60)).expect("valid").user;

    let expected = Profile {
        date_of_birth: before.profile.date_of_birth,
        customer_id: before.profile.customer_id.clone(),
        ..made(&attributes(tree!({ "userName" => "ann" }))).profile
    };
    assert_eq!(after.profile, expected);
    assert!(!after.active);
}

#[test]
fn a_user_from_elsewhere_is_shown_in_full() {
    let shown = represent_user(
        &user(&crate::given::full()),
        &[GroupReference {
            id: GroupId::new(Uuid::from_u128(5)),
            name: "Cardiology".to_owned(),
        }],
    );

    let expected = tree!({
        "id" => "00000000-0000-0000-0000-000000000001",
        "externalId" => "ehr-7",
        "userName" => "Ann.Lee@hospital.example",
        "name" => { "givenName" => "Ann", "familyName" => "Lee" },
        "active" => true,
        "locale" => "en-US",
        "title" => "Senior Physician",
        "emails" => [{ "value" => "Ann.Lee@Example.org", "type" => "work", "primary" => true }],
        "phoneNumbers" => [{ "value" => "+1 (555) 010-0199", "type" => "work", "primary" => true }],
        "groups" => [{
            "value" => "00000000-0000-0000-0000-000000000005",
            "display" => "Cardiology",
            "type" => "direct",
        }],
        ROSTER => {
            "npi" => "1234567893",
            "therapyLicence" => "LMFT 12345",
            "noteIdentifier" => "Clinician",
            "defaultNoteTemplateIds" => "soap,dap",
            "defaultSessionType" => "Dap",
            "specialty" => "Hypnosis",
            "speechLocales" => "en-US,es-ES",
            "roles" => "ADMINISTRATOR,PRACTITIONER",
            "metadata" => "department=cardiology",
            "pronoun" => "NeutralThem",
        },
        "meta" => {
            "resourceType" => "User",
            "created" => (at(0)),
            "lastModified" => (at(0)),
            "version" => "W/\"1\"",
        },
    });
    assert_eq!(Value::Complex(shown), expected);
}

#[test]
fn a_user_without_a_user_name_shows_the_best_that_there_is() {
    let shown = |changes: &UserChanges| {
        let shown = represent_user(&user(changes), &[]);
        shown.text("userName").map(str::to_owned).expect("always there")
    };
    let mut changes = UserChanges {
        user_name: set("ann"),
        email: set("Ann@example.org"),
        external_id: set("ehr-7"),
        ..UserChanges::default()
    };
    assert_eq!(shown(&changes), "ann");
    changes.user_name = Change::Keep;
    assert_eq!(shown(&changes), "Ann@example.org");
    changes.email = Change::Keep;
    assert_eq!(shown(&changes), "ehr-7");
    changes.external_id = Change::Keep;
    assert_eq!(shown(&changes), "00000000-0000-0000-0000-000000000001");
}

#[test]
fn the_name_that_stands_in_for_a_user_name_does_not_become_it() {
    let before = user(&UserChanges {
        email: set("ann@example.org"),
        ..UserChanges::default()
    });
    let mut patched = represent_user(&before, &[]);
    patched.set("title", Value::text("Chief"));

    let changes = patched_user_changes(&before, &patched);

    let expected = UserChanges {
        scim: changes.scim.clone(),
        ..UserChanges::default()
    };
    assert_eq!(changes, expected);
    let after = before.update(&changes, PhiGuard::Off, at(60)).expect("valid").user;
    assert_eq!(after.profile.scim.text("title"), Some("Chief"));
}

#[test]
fn a_user_name_must_be_there() {
    assert_eq!(wrong_with(&Attributes::new()), ["userName is required"]);
    assert_eq!(
        wrong_with(&with("userName", tree!(""))),
        ["userName must have 1 to 256 characters"]
    );
}

#[test]
fn the_primary_address_counts_else_the_first_for_work_else_the_first() {
    let cases = [
        (tree!([{ "value" => "a@x.org" }, { "value" => "b@x.org" }]), "a@x.org"),
        (
            tree!([{ "value" => "a@x.org" }, { "value" => "b@x.org", "type" => "Work" }]),
            "b@x.org",
        ),
        (
            tree!([
                { "value" => "a@x.org", "type" => "work" },
                { "value" => "b@x.org", "type" => "work" },
                { "value" => "c@x.org", "type" => "home", "primary" => true },
            ]),
            "c@x.org",
        ),
        (
            tree!([{ "value" => "a@x.org", "primary" => false }, { "value" => "b@x.org", "type" => "work" }]),
            "b@x.org",
        ),
        (
            tree!([{ "type" => "work", "primary" => true }, { "value" => "b@x.org" }]),
            "b@x.org",
        ),
        (
            tree!([{ "value" => "", "primary" => true }, { "value" => "b@x.org" }]),
            "b@x.org",
        ),
    ];
    for (emails, expected) in cases {
        assert_eq!(
            email(&with("emails", emails.clone())).as_deref(),
            Some(expected),
            "{emails:?}"
        );
    }
    assert_eq!(email(&with("emails", tree!([{ "type" => "work" }]))), None);
}

#[test]
fn an_address_that_changed_elsewhere_is_shown_in_its_place() {
    let before = made(&ann());
    let change = |email| UserChanges {
        email,
        ..UserChanges::default()
    };
    let emails = |user: &User| represent_user(user, &[]).get("emails").cloned();

    let moved = before
        .update(&change(set("lee@hospital.example")), PhiGuard::Off, at(1))
        .expect("valid")
        .user;
    assert_eq!(
        emails(&moved),
        Some(tree!([
            { "value" => "ann@home.example", "type" => "home" },
            { "value" => "lee@hospital.example", "type" => "work", "primary" => true },
        ]))
    );

    let cleared = before
        .update(&change(Change::Clear), PhiGuard::Off, at(1))
        .expect("valid")
        .user;
    assert_eq!(
        emails(&cleared),
        Some(tree!([{ "value" => "ann@home.example", "type" => "home" }]))
    );
}

#[test]
fn an_address_that_was_cleared_elsewhere_stays_so_until_somebody_changes_the_addresses() {
    let clear = UserChanges {
        email: Change::Clear,
        ..UserChanges::default()
    };
    let cleared = made(&ann()).update(&clear, PhiGuard::Off, at(1)).expect("valid").user;
    let patched = |name: &str, value| {
        let mut patched = represent_user(&cleared, &[]);
        patched.set(name, value);
        let changes = patched_user_changes(&cleared, &patched);
        cleared.update(&changes, PhiGuard::Off, at(2)).expect("valid").user
    };

    let titled = patched("title", tree!("Chief"));
    assert_eq!(titled.profile.email, None);
    assert_eq!(titled.profile.scim.get("emails"), cleared.profile.scim.get("emails"));

    let addressed = patched("emails", tree!([{ "value" => "ann@home.example", "display" => "Ann" }]));
    assert_eq!(addressed.profile.email.expect("set").as_str(), "ann@home.example");
}

#[test]
fn a_telephone_number_is_read_as_country_and_number() {
    let cases = [
        ("+1-201-555-0123", Some("+1"), Some("201-555-0123")),
        ("tel:+1-201-555-0123", Some("+1"), Some("201-555-0123")),
        ("TEL:+1.201.555.0123;ext=45", Some("+1"), Some("201.555.0123 x45")),
        ("+1 (201) 555-0123", Some("+1"), Some("(201) 555-0123")),
        ("+12015550123", Some("+1"), Some("2015550123")),
        ("+442079460958", Some("+44"), Some("2079460958")),
        ("+44 (0)20 7946 0958", Some("+44"), Some("(0)20 7946 0958")),
        ("+4930123456", Some("+49"), Some("30123456")),
        ("+79161234567", Some("+7"), Some("9161234567")),
        ("+420601234567", Some("+420"), Some("601234567")),
        ("+353 1 234 5678", Some("+353"), Some("1 234 5678")),
        ("+599 9 1", Some("+599"), Some("9 1")),
        ("201-555-0123", None, Some("201-555-0123")),
        ("0049 30 1", None, Some("0049 30 1")),
        ("+0 1", None, Some("+0 1")),
        ("+1", None, None),
        ("1-800-FLOWERS", None, None),
        ("ask at the desk", None, None),
        ("+é", None, None),
        ("", None, None),
    ];
    for (given, code, number) in cases {
        let resource = with("phoneNumbers", tree!([{ "value" => given }]));
        let user = made(&resource);

        let phone = user.profile.phone.clone().unwrap_or_default();
        assert_eq!(
            phone.country_code.as_ref().map(PhoneCountryCode::as_str),
            code,
            "{given}"
        );
        assert_eq!(phone.number.as_ref().map(PhoneNumber::as_str), number, "{given}");
        assert_eq!(
            represent_user(&user, &[]).get("phoneNumbers"),
            resource.get("phoneNumbers"),
            "{given}"
        );
    }
}

#[test]
fn a_telephone_number_that_changed_elsewhere_is_shown_with_its_country() {
    let cases = [
        (set("+44"), set("20 7946"), Some("+44 20 7946")),
        (set("420"), set("601"), Some("+420 601")),
        (set("US"), set("201"), Some("201")),
        (Change::Clear, set("0201"), Some("0201")),
        (set("+1"), set("+1 201"), Some("+1 201")),
        (set("+1"), Change::Clear, None),
    ];
    for kept in ["+1-201-555-0123", "ask at the desk"] {
        for (country_code, number, expected) in cases.clone() {
            let before = made(&with("phoneNumbers", tree!([{ "value" => kept, "type" => "mobile" }])));
            let changes = UserChanges {
                phone: Change::Set(PhoneChanges { country_code, number }),
                ..UserChanges::default()
            };
            let after = before.update(&changes, PhiGuard::Off, at(1)).expect("valid").user;

            let shown = represent_user(&after, &[]).get("phoneNumbers").cloned();

            let expected = expected.map(|text| tree!([{ "value" => text, "type" => "mobile" }]));
            assert_eq!(shown, expected, "{changes:?}");
        }
    }
}

#[test]
fn a_specialty_is_a_kind_in_capitals_or_words() {
    let longest = "X".repeat(101);
    let cases = [
        ("GENERAL_MEDICINE", "GENERAL_MEDICINE", None),
        ("OTHER", "OTHER", None),
        ("Hypnosis", "OTHER", Some("Hypnosis")),
        ("General medicine", "OTHER", Some("General medicine")),
        (longest.as_str(), "OTHER", Some(longest.as_str())),
    ];
    for (given, kind, name) in cases {
        let user = made(&with(ROSTER, tree!({ "specialty" => given })));

        let specialty = user.profile.settings.specialty().expect("set");
        assert_eq!(
            (specialty.kind().as_str(), specialty.other_specialty_name()),
            (kind, name)
        );
        let shown = represent_user(&user, &[]);
        assert_eq!(shown.at(&[ROSTER, "specialty"]), Some(&Value::text(given)));
    }
}

#[test]
fn empty_text_says_that_nothing_is_known() {
    let resource = attributes(tree!({
        "userName" => "ann", "externalId" => "", "locale" => "", "title" => "",
        "name" => { "givenName" => "", "familyName" => "" },
        ROSTER => { "npi" => "", "specialty" => "", "pronoun" => "" },
    }));
    let expected = Profile {
        scim: scim(&[("title", "")]),
        ..made(&attributes(tree!({ "userName" => "ann" }))).profile
    };
    assert_eq!(made(&resource).profile, expected);
}

#[test]
fn what_is_wrong_is_said_under_the_names_that_identity_providers_know() {
    let long = "x".repeat(257);
    let resource = attributes(tree!({
        "userName" => (long.as_str()),
        "externalId" => (long.as_str()),
        "name" => { "givenName" => " ", "familyName" => "\n" },
        "locale" => "english",
        "emails" => [{ "value" => "ann" }],
        "roles" => [{ "value" => "a\0" }],
        ROSTER => {
            "npi" => "1",
            "therapyLicence" => (long.as_str()),
            "noteIdentifier" => "Boss",
            "defaultNoteTemplateIds" => "ok,d\nap",
            "defaultSessionType" => "Nap",
            "specialty" => (long.as_str()),
            "speechLocales" => "klingonese,romulanese",
            "roles" => "PRACTITIONER,BOSS",
            "metadata" => "a=1&a=2",
            "pronoun" => "It",
        },
    }));
    let mut fields: Vec<String> = {
        let violations = try_made(&resource).expect_err("much is wrong").renamed(USER_FIELDS);
        violations.iter().map(|it| it.field.to_string()).collect()
    };
    fields.sort();

    let roster = |name: &str| format!("{ROSTER}:{name}");
    let mut expected = vec![
        "emails.value".to_owned(),
        "externalId".to_owned(),
        "locale".to_owned(),
        "name.familyName".to_owned(),
        "name.givenName".to_owned(),
        "roles.value".to_owned(),
        "userName".to_owned(),
        roster("defaultNoteTemplateIds"),
        roster("defaultSessionType"),
        roster("metadata.a"),
        roster("noteIdentifier"),
        roster("npi"),
        roster("pronoun"),
        roster("roles"),
        roster("specialty"),
        roster("speechLocales"),
        roster("speechLocales"),
        roster("therapyLicence"),
    ];
    expected.sort();
    assert_eq!(fields, expected);
}
