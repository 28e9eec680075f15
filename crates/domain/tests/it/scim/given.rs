//! Trees of attributes, paths and filters, and users that were made of them.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use roster_domain::scim::schema::{Attribute, Kind, Mutability, ROSTER_USER};
use roster_domain::scim::{Attributes, Filter, Operand, Operator, Path, ResourceType, Value, user_changes};
use roster_domain::{OrganizationId, PhiGuard, Timestamp, User, Violations};
use uuid::Uuid;

use crate::given::{at, text_of, user_id};

pub(super) const ROSTER: &str = "urn:ietf:params:scim:schemas:extension:roster:2.0:User";
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A value, written much as JSON is.
macro_rules! tree {
    ({ $($name:expr => $value:tt),* $(,)? }) => {
        roster_domain::scim::Value::Complex(
            [$((String::from($name), tree!($value))),*].into_iter().collect::<roster_domain::scim::Attributes>()
        )
    };
    ([ $($value:tt),* $(,)? ]) => { roster_domain::scim::Value::Many(vec![$(tree!($value)),*]) };
    ($leaf:expr) => { $crate::scim::given::Leaf::value($leaf) };
}

/// What is at the end of a branch.
pub(crate) trait Leaf {
    fn value(self) -> Value;
}

impl Leaf for &str {
    fn value(self) -> Value {
        Value::text(self)
    }
}

impl Leaf for bool {
    fn value(self) -> Value {
        Value::Boolean(self)
    }
}

impl Leaf for Timestamp {
    fn value(self) -> Value {
        Value::DateTime(self)
    }
}

impl Leaf for Value {
    fn value(self) -> Value {
        self
    }
}

/// The attributes of a tree.
pub(super) fn attributes(tree: Value) -> Attributes {
    match tree {
        Value::Complex(attributes) => attributes,
        other => panic!("not a tree: {other:?}"),
    }
}

/// The path of an attribute of users, such as `emails.value` or a URN, a colon and `npi`.
pub(super) fn path(text: &str) -> Path {
    path_of(ResourceType::User, text).unwrap_or_else(|| panic!("no attribute is called {text}"))
}

pub(super) fn path_of(of: ResourceType, text: &str) -> Option<Path> {
    let (urn, name) = match text.rsplit_once(':') {
        Some((urn, name)) => (Some(urn), name),
        None => (None, text),
    };
    match name.split_once('.') {
        Some((name, part)) => Path::resolve(of, urn, name, Some(part)),
        None => Path::resolve(of, urn, name, None),
    }
}

/// A comparison with text.
pub(super) fn compare(attribute: &str, operator: Operator, text: &str) -> Filter {
    Filter::compare(path(attribute), operator, Operand::Text(text.to_owned())).expect("a comparison that can be")
}

pub(super) fn equal(attribute: &str, text: &str) -> Filter {
    compare(attribute, Operator::Equal, text)
}

/// The user that a resource makes.
pub(super) fn made(resource: &Attributes) -> User {
    try_made(resource).unwrap_or_else(|violations| panic!("{violations}"))
}

pub(super) fn try_made(resource: &Attributes) -> Result<User, Violations> {
    let organization = OrganizationId::new(Uuid::from_u128(9));
    User::create(user_id(1), organization, &user_changes(resource), PhiGuard::Off, at(0)).map(|revision| revision.user)
}

/// A value of an attribute as its schema has it, without what is read-only.
fn value_of(attribute: &'static Attribute) -> BoxedStrategy<Value> {
    let single = match attribute.kind {
        Kind::String | Kind::Binary | Kind::Reference => text_of(0..4).prop_map(Value::Text).boxed(),
        Kind::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        Kind::DateTime => (0..1_000i64).prop_map(|second| Value::DateTime(at(second))).boxed(),
        Kind::Complex => attributes_of(attribute.parts).prop_map(Value::Complex).boxed(),
    };
    if attribute.is_many {
        vec(single.prop_filter("nothing", |value| !value.is_empty()), 1..4)
            .prop_map(several)
            .boxed()
    } else {
        single
    }
}

fn attributes_of(attributes: &'static [Attribute]) -> BoxedStrategy<Attributes> {
    let written = attributes.iter().filter(|it| it.mutability != Mutability::ReadOnly);
    let strategies: Vec<_> = written
        .map(|attribute| option::of(value_of(attribute)).prop_map(|value| Some((attribute.name.to_owned(), value?))))
        .collect();
    strategies
        .prop_map(|entries| entries.into_iter().flatten().collect())
        .boxed()
}

fn contacts(values: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let entry = (
        select(values),
        option::of(select(vec!["work", "Work", "home", "other"])),
        option::of(any::<bool>()),
        option::of(text_of(1..3)),
    );
    let entry = entry.prop_map(|(value, kind, primary, display)| {
        let mut entry = Attributes::new();
        entry.set("value", Value::text(value));
        entry.set_some("type", kind.map(Value::text));
        entry.set_some("primary", primary.map(Value::Boolean));
        entry.set_some("display", display.map(Value::Text));
        Value::Complex(entry)
    });
    vec(entry, 0..4).prop_map(several)
}

/// Values that can be those of one attribute: each once, and one primary one at the most.
fn several(values: Vec<Value>) -> Value {
    let mut kept: Vec<Value> = Vec::new();
    let mut has_primary = false;
    for mut value in values {
        if let Value::Complex(parts) = &mut value
            && parts.get("primary") == Some(&Value::Boolean(true))
        {
            parts.set("primary", Value::Boolean(!has_primary));
            has_primary = true;
        }
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    Value::Many(kept)
}

fn roster() -> impl Strategy<Value = Attributes> {
    let text = |values: &'static [&'static str]| option::of(select(values).prop_map(Value::text));
    let list = |values: &'static [&'static str]| {
        let some = proptest::sample::subsequence(values, 1..=values.len());
        option::of(some.prop_map(|values| Value::text(values.join(","))))
    };
    let metadata = proptest::collection::btree_map("[a-c=&+%;, é]{1,3}", text_of(0..3), 1..3).prop_map(|entries| {
        let mut written = form_urlencoded::Serializer::new(String::new());
        Value::Text(written.extend_pairs(entries).finish())
    });
    (
        text(&["1234567893", "1245319599"]),
        text(&["LMFT 1"]),
        text(&["Clinician", "Author"]),
        text(&["Soap", "Dap"]),
        text(&["FeminineHer", "NeutralThem"]),
        text(&["GENERAL_MEDICINE", "OTHER", "Hypnosis of cats", "ΧΕΙΡΟΥΡΓΙΚΉ"]),
        text(&["en-US", "es-US,de-DE"]),
        list(&["ADMINISTRATOR", "PRACTITIONER"]),
        list(&["soap", "dap", "Dap", "a b", "é漢"]),
        option::of(metadata),
    )
        .prop_map(
            |(npi, licence, note, session, pronoun, specialty, locales, roles, templates, metadata)| {
                let mut extension = Attributes::new();
                extension.set_some("npi", npi);
                extension.set_some("therapyLicence", licence);
                extension.set_some("noteIdentifier", note);
                extension.set_some("defaultSessionType", session);
                extension.set_some("pronoun", pronoun);
                extension.set_some("specialty", specialty);
                extension.set_some("speechLocales", locales);
                extension.set_some("roles", roles);
                extension.set_some("defaultNoteTemplateIds", templates);
                extension.set_some("metadata", metadata);
                extension
            },
        )
}

/// Any resource that is valid and written as Roster writes it.
pub(super) fn resources() -> impl Strategy<Value = Attributes> {
    let emails = contacts(&["ann@example.org", "Ann@Example.org", "bo@example.org", "c@example.org"]);
    let phones = contacts(&[
        "+1-201-555-0123",
        "tel:+44 20 7946 0958",
        "0201/555",
        "ask at the desk",
        "+0 1",
    ]);
    let fields = (
        text_of(1..8),
        option::of(text_of(1..4)),
        option::of(select(vec!["en-US", "de-DE", "zh-Hant-TW"])),
        any::<bool>(),
        option::of(text_of(1..4)),
        option::of(text_of(1..4)),
    );
    let extensions = (
        attributes_of(roster_domain::scim::schema::ENTERPRISE_USER.attributes),
        roster(),
    );
    (
        attributes_of(ResourceType::User.schema().attributes),
        emails,
        phones,
        fields,
        extensions,
    )
        .prop_map(|(mut resource, emails, phones, fields, (enterprise, roster))| {
            let (user_name, external_id, locale, active, given, family) = fields;
            resource.set("userName", Value::Text(user_name));
            resource.set_some("externalId", external_id.map(Value::Text));
            resource.remove("locale");
            resource.set_some("locale", locale.map(Value::text));
            resource.set("active", Value::Boolean(active));
            resource.within("name", |name| {
                name.remove("givenName");
                name.remove("familyName");
                name.set_some("givenName", given.map(Value::Text));
                name.set_some("familyName", family.map(Value::Text));
            });
            resource.set("emails", emails);
            resource.set("phoneNumbers", phones);
            resource.set(ENTERPRISE, Value::Complex(enterprise));
            resource.set(ROSTER_USER.id, Value::Complex(roster));
            resource
        })
}

/// Any tree at all, with names that mean something and others, and values of whatever type.
pub(super) fn trees() -> impl Strategy<Value = Attributes> {
    let names = ResourceType::User.schema().attributes.iter().map(|it| it.name);
    let names: Vec<&str> = names
        .chain(ROSTER_USER.attributes.iter().map(|it| it.name))
        .chain([
            ROSTER,
            ENTERPRISE,
            "id",
            "meta",
            "schemas",
            "externalId",
            "value",
            "primary",
            "key",
            "type",
            "",
            "x",
        ])
        .collect();
    let leaf = prop_oneof![
        text_of(0..3).prop_map(Value::Text),
        select(vec!["\0", "+", "tel:", "+1", "a@b.c", "en_US", "work", "é+1"]).prop_map(Value::text),
        any::<bool>().prop_map(Value::Boolean),
        (0..9i64).prop_map(|second| Value::DateTime(at(second))),
    ];
    let value = leaf.prop_recursive(4, 64, 6, {
        let names = names.clone();
        move |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Value::Many),
                vec((select(names.clone()), inner), 0..6).prop_map(|entries| {
                    let mut attributes = Attributes::new();
                    for (name, value) in entries {
                        attributes.set(name, value);
                    }
                    Value::Complex(attributes)
                }),
            ]
        }
    });
    vec((select(names), value), 0..10).prop_map(|entries| {
        entries
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    })
}
