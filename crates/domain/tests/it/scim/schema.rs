//! The schemas: consistent in themselves, and with the fields that they are about.

use std::collections::HashSet;
use std::str::FromStr;

use roster_domain::scim::schema::{COMMON, ENTERPRISE_USER, GROUP, ROSTER_USER, USER};
use roster_domain::scim::{Attribute, Kind, Mutability, Path, ResourceType, Returned, Schema, USER_FIELDS, Uniqueness};
use roster_domain::{Locale, NoteIdentifier, Pronoun, Role, SessionType, SpeechLocale};

use super::given::ROSTER;

const SCHEMAS: [&Schema; 4] = [&USER, &GROUP, &ENTERPRISE_USER, &ROSTER_USER];

/// Whether a field takes a value.
type IsTaken = fn(&str) -> bool;

/// Every attribute and every part of one, with its place.
fn all() -> Vec<(String, &'static Attribute)> {
    let attributes = SCHEMAS
        .iter()
        .flat_map(|schema| schema.attributes.iter().map(|it| (schema.id, it)));
    let own = attributes.chain(COMMON.iter().map(|it| ("common", it)));
    own.flat_map(|(of, attribute)| {
        let parts = attribute
            .parts
            .iter()
            .map(move |part| (format!("{of}:{}.{}", attribute.name, part.name), part));
        [(format!("{of}:{}", attribute.name), attribute)]
            .into_iter()
            .chain(parts)
    })
    .collect()
}

#[test]
fn each_name_stands_once_without_regard_to_case() {
    let names: Vec<String> = all().iter().map(|(place, _)| place.to_lowercase()).collect();
    let distinct: HashSet<&String> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
    for schema in [&USER, &GROUP] {
        for common in COMMON {
            assert_eq!(schema.attribute(common.name), None, "{} is common to all", common.name);
        }
    }
    let urns: HashSet<&str> = SCHEMAS.iter().map(|schema| schema.id).collect();
    assert_eq!(urns.len(), SCHEMAS.len());
}

#[test]
fn only_complex_attributes_have_parts_and_they_are_no_deeper() {
    for (place, attribute) in all() {
        assert_eq!(attribute.kind == Kind::Complex, !attribute.parts.is_empty(), "{place}");
        assert!(
            attribute
                .parts
                .iter()
                .all(|part| part.kind != Kind::Complex && !part.is_many),
            "{place}"
        );
        assert!(!attribute.description.is_empty(), "{place}");
    }
}

#[test]
fn what_has_several_values_has_parts() {
    for (place, attribute) in all() {
        assert!(!attribute.is_many || attribute.kind == Kind::Complex, "{place}");
    }
}

#[test]
fn the_own_extension_is_plain_text_that_may_be_left_out() {
    for attribute in ROSTER_USER.attributes {
        let is_plain = attribute.kind == Kind::String && !attribute.is_many && attribute.is_writable();
        assert!(is_plain && !attribute.is_required, "{}", attribute.name);
    }
}

#[test]
fn characteristics_are_those_of_their_type() {
    for (place, attribute) in all() {
        // RFC 7643, sections 2.3.5 to 2.3.7 and 8.7.1.
        if matches!(attribute.kind, Kind::Binary | Kind::Reference | Kind::DateTime) {
            assert!(attribute.is_case_exact, "{place}");
        }
        assert_eq!(
            attribute.kind == Kind::Reference,
            !attribute.references.is_empty(),
            "{place}"
        );
        assert!(
            attribute.canonical.is_empty() || attribute.kind == Kind::String,
            "{place}"
        );
        assert!(!attribute.is_required || attribute.is_writable(), "{place}");
        if attribute.name == "primary" {
            assert_eq!(attribute.kind, Kind::Boolean, "{place}");
        }
    }
}

#[test]
fn what_the_rfc_demands_of_the_core_is_so() {
    let of = |of: ResourceType, name| of.attribute(name).expect(name);
    let id = of(ResourceType::User, "id");
    assert_eq!(
        (id.mutability, id.returned, id.uniqueness),
        (Mutability::ReadOnly, Returned::Always, Uniqueness::Server)
    );
    assert!(id.is_case_exact && of(ResourceType::User, "externalId").is_case_exact);
    let user_name = of(ResourceType::User, "userName");
    assert!(user_name.is_required && !user_name.is_case_exact);
    assert_eq!(user_name.uniqueness, Uniqueness::Server);
    for read_only in ["groups", "meta"] {
        assert!(!of(ResourceType::User, read_only).is_writable(), "{read_only}");
    }
    // Silence about it leaves it as it is, but it cannot be taken away.
    assert!(of(ResourceType::User, "active").is_required);
    assert!(of(ResourceType::Group, "displayName").is_required);
    let emails = of(ResourceType::User, "emails");
    assert_eq!(
        emails.part("value").map(|part| part.uniqueness),
        Some(Uniqueness::Server)
    );
    let members = of(ResourceType::Group, "members");
    assert_eq!(
        members.part("value").map(|part| part.mutability),
        Some(Mutability::Immutable)
    );
    assert_eq!(of(ResourceType::User, "USERNAME"), user_name);
}

#[test]
fn values_that_are_suggested_are_taken() {
    let check: [(&str, &str, IsTaken); 8] = [
        (USER.id, "locale", |text| {
            Locale::new(text).is_ok_and(|it| it.as_str() == text)
        }),
        (ROSTER, "noteIdentifier", |text| NoteIdentifier::from_str(text).is_ok()),
        (ROSTER, "defaultSessionType", |text| SessionType::from_str(text).is_ok()),
        (ROSTER, "pronoun", |text| Pronoun::from_str(text).is_ok()),
        (ROSTER, "roles", |text| Role::from_str(text).is_ok()),
        (ROSTER, "speechLocales", |text| {
            let mut locales = text.split(',');
            locales.all(|text| SpeechLocale::new(text).is_ok_and(|it| it.as_str() == text))
        }),
        // What these are for is the identity provider's business: any text is taken.
        (USER.id, "emails.type", |_| true),
        (USER.id, "phoneNumbers.type", |_| true),
    ];
    let mut checked = 0;
    for (place, attribute) in all()
        .into_iter()
        .filter(|(_, attribute)| !attribute.canonical.is_empty())
    {
        let Some((.., is_taken)) = check.iter().find(|(urn, name, _)| place == format!("{urn}:{name}")) else {
            assert!(attribute.name == "type", "nobody checks {place}");
            continue;
        };
        checked += 1;
        for value in attribute.canonical {
            assert!(is_taken(value), "{place}: {value}");
        }
    }
    assert_eq!(checked, check.len());
}

#[test]
fn nobody_is_offered_the_keys_or_the_data_of_somebody() {
    for name in ["npi", "therapyLicence", "defaultNoteTemplateIds", "metadata"] {
        let attribute = ROSTER_USER.attribute(name).expect(name);
        assert!(attribute.canonical.is_empty(), "{name}");
    }
}

#[test]
fn what_nobody_keeps_is_no_attribute() {
    assert_eq!(
        GROUP.attribute("members").and_then(|members| members.part("display")),
        None
    );
    assert_eq!(
        ENTERPRISE_USER
            .attribute("manager")
            .and_then(|manager| manager.part("displayName")),
        None
    );
}

#[test]
fn each_resource_has_its_schemas() {
    for of in ResourceType::ALL {
        assert!(of.schema().id.ends_with(of.name()));
        assert_eq!(of.endpoint(), format!("/{}s", of.name()));
        for extension in of.extensions() {
            assert_eq!(of.extension(&extension.id.to_uppercase()), Some(*extension));
        }
    }
    assert_eq!(ResourceType::User.extension(GROUP.id), None);
    assert_eq!(ResourceType::Group.extension(ROSTER_USER.id), None);
}

#[test]
fn every_field_is_renamed_to_an_attribute_that_there_is() {
    for (field, names) in USER_FIELDS {
        let path = match names {
            [] => continue,
            [name] => match name.rsplit_once(':') {
                Some((urn, name)) => Path::resolve(ResourceType::User, Some(urn), name, None),
                None => Path::resolve(ResourceType::User, None, name, None),
            },
            [name, part] => Path::resolve(ResourceType::User, None, name, Some(part)),
            longer => panic!("{longer:?}"),
        };
        let path = path.unwrap_or_else(|| panic!("{field}: {names:?}"));
        assert_eq!(path.to_string(), names.join("."), "{field}");
    }
}
