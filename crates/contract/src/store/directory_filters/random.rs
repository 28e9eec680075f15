//! Random users, names and filters: of few letters, so that they meet, and of those that mean something to a database.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::{select, subsequence};
use proptest::strategy::BoxedStrategy;
use proptest::{prop_oneof, strategy::Union};
use roster_domain::scim::schema::{COMMON, ENTERPRISE_USER, ROSTER_USER, USER};
use roster_domain::scim::{Attribute, Attributes, Filter, Kind, Operand, Operator, Path, ResourceType, Value};
use roster_domain::{Change, UserChanges};

use crate::store::given::after;

/// What texts are made of.
const PIECES: &[&str] = &[
    "a", "A", "b", "B", "z", "ä", "Ä", "ß", "İ", "é", "e\u{301}", "心", "😀", "\u{FFFF}", "%", "_", "\\", "'", "\"",
    "*", "?", "[", ".", ":", "$", "-", " ", "0", "1", "null", "true", "work", "home", "--", "';", "\u{7f}",
];

/// Text, which may be empty.
pub(super) fn text() -> BoxedStrategy<String> {
    vec(select(PIECES), 0..4).prop_map(|pieces| pieces.concat()).boxed()
}

/// A name, which may not be empty.
pub(super) fn name() -> BoxedStrategy<String> {
    vec(select(&PIECES[..PIECES.len() - 1]), 1..4)
        .prop_map(|pieces| format!("n{}", pieces.concat()))
        .boxed()
}

/// What a user is made of.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) changes: UserChanges,
    pub(super) scim: Attributes,
    user_name: Option<String>,
    external_id: Option<String>,
    has_email: bool,
}

/// Fields that Roster keeps, and attributes that it only gives back.
pub(super) fn profile() -> impl Strategy<Value = Profile> {
    let fields = (
        option::of(name()),
        option::of(name()),
        any::<bool>(),
        subsequence(vec!["ADMINISTRATOR", "PRACTITIONER"], 0..=2),
    );
    let lists = (
        vec(name(), 0..3),
        proptest::collection::btree_map(name(), text().prop_map(|text| text.replace('\u{7f}', "")), 0..3),
        option::of(Just("1234567893".to_owned())),
    );
    let keys = (option::of(name()), option::of(name()), any::<bool>());
    (fields, lists, keys, kept()).prop_map(|(fields, lists, keys, scim)| {
        let (first_name, last_name, active, roles) = fields;
        let (mut templates, metadata, npi): (Vec<String>, BTreeMap<String, String>, Option<String>) = lists;
        templates.sort_unstable();
        templates.dedup();
        Profile {
            changes: UserChanges {
                first_name: set(first_name),
                last_name: set(last_name),
                active: Change::Set(active),
                roles: Change::Set(roles.into_iter().map(str::to_owned).collect()),
                default_note_template_ids: Change::Set(templates),
                metadata: Change::Set(metadata),
                npi: set(npi),
                ..UserChanges::default()
            },
            scim,
            user_name: keys.0,
            external_id: keys.1,
            has_email: keys.2,
        }
    })
}

fn set<T>(value: Option<T>) -> Change<T> {
    value.map_or(Change::Keep, Change::Set)
}

/// Keys that nobody else has.
pub(super) fn keys(number: usize, profile: &Profile) -> UserChanges {
    let mark = char::from(b'a' + u8::try_from(number % 26).unwrap_or_default());
    UserChanges {
        user_name: set(profile.user_name.as_ref().map(|name| format!("{name}{mark}{number}"))),
        external_id: Change::Set(match &profile.external_id {
            Some(id) => format!("{id}{mark}{number}"),
            None => number.to_string(),
        }),
        email: if profile.has_email {
            Change::Set(format!("{mark}.{number}@Example.org"))
        } else {
            Change::Keep
        },
        ..UserChanges::default()
    }
}

/// Any attributes of a user and of one who is employed, as their schemas have them.
fn kept() -> BoxedStrategy<Attributes> {
    let own = USER
        .attributes
        .iter()
        .filter(|attribute| !["groups", "userName", "active", "locale"].contains(&attribute.name));
    (attributes(own), attributes(ENTERPRISE_USER.attributes.iter()))
        .prop_map(|(mut own, enterprise)| {
            own.set(ENTERPRISE_USER.id, Value::Complex(enterprise));
            own
        })
        .boxed()
}

fn attributes<'a>(attributes: impl Iterator<Item = &'a Attribute>) -> BoxedStrategy<Attributes> {
    attributes.fold(Just(Attributes::new()).boxed(), |rest, attribute| {
        let name = attribute.name;
        let value = if attribute.is_many {
            vec(value(attribute), 0..3).prop_map(Value::Many).boxed()
        } else {
            value(attribute)
        };
        (rest, option::of(value))
            .prop_map(move |(mut rest, value)| {
                rest.set_some(name, value);
                rest
            })
            .boxed()
    })
}

fn value(attribute: &Attribute) -> BoxedStrategy<Value> {
    match attribute.kind {
        Kind::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        Kind::DateTime => (0..4i64).prop_map(|seconds| Value::DateTime(after(seconds))).boxed(),
        Kind::Complex => attributes(attribute.parts.iter().filter(|part| part.name != "$ref"))
            .prop_map(Value::Complex)
            .boxed(),
        Kind::String | Kind::Reference | Kind::Binary => text().prop_map(Value::Text).boxed(),
    }
}

/// Every attribute, and every part of one, that can be filtered by.
pub(super) fn paths(of: ResourceType) -> Vec<Path> {
    let own = COMMON
        .iter()
        .chain(of.schema().attributes)
        .map(|attribute| (None, attribute));
    let extended = of
        .extensions()
        .iter()
        .flat_map(|schema| schema.attributes.iter().map(|attribute| (Some(schema.id), attribute)));
    let mut paths = Vec::new();
    for (urn, attribute) in own.chain(extended) {
        let path = Path::resolve(of, urn, attribute.name, None).expect("it is in the schema");
        paths.push(path);
        paths.extend(
            attribute
                .parts
                .iter()
                .map(|part| path.then(part.name).expect("it is in the schema")),
        );
    }
    paths.retain(|path| Filter::present(*path).is_ok());
    assert!(of == ResourceType::Group || paths.iter().any(|path| path.extension() == Some(&ROSTER_USER)));
    paths
}

/// Any filter.
pub(super) fn filter(of: ResourceType, ids: &[String]) -> BoxedStrategy<Filter> {
    let all = paths(of);
    let complex: Vec<Path> = all
        .iter()
        .copied()
        .filter(|path| path.leaf().kind == Kind::Complex)
        .collect();
    let ids = ids.to_vec();
    let each = {
        let (all, ids) = (all.clone(), ids.clone());
        select(complex).prop_flat_map(move |path| {
            let parts = all
                .iter()
                .copied()
                .filter(|part| part.names() == path.names())
                .collect();
            nested(leaf(parts, ids.clone())).prop_map(move |filter| Filter::each(path, filter).expect("it has parts"))
        })
    };
    // Oftener than by chance, since they are few.
    let some = |is_meant: fn(&Path) -> bool| leaf(all.iter().copied().filter(is_meant).collect(), ids.clone());
    let memberships = some(|path| ["groups", "members"].contains(&path.attribute().name));
    let moments = some(|path| path.leaf().kind == Kind::DateTime);
    let differs = leaf(all.clone(), ids.clone()).prop_map(|filter| match filter {
        Filter::Compare(equal) if equal.operator == Operator::Equal => {
            Filter::differs(equal.path, equal.written).expect("it makes sense")
        }
        other => other,
    });
    nested(prop_oneof![4 => leaf(all, ids), 1 => memberships, 1 => moments, 2 => each, 2 => differs].boxed())
}

fn nested(leaf: BoxedStrategy<Filter>) -> BoxedStrategy<Filter> {
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Filter::And),
            vec(inner.clone(), 0..4).prop_map(Filter::Or),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
    .boxed()
}

fn leaf(paths: Vec<Path>, ids: Vec<String>) -> BoxedStrategy<Filter> {
    select(paths)
        .prop_flat_map(move |path| {
            let present = Filter::present(path).expect("it is kept");
            let mut kinds = vec![Just(present).boxed()];
            if let Some(compared) = compared(path, &ids) {
                kinds.push(compared.clone());
                kinds.push(compared);
            }
            Union::new(kinds)
        })
        .boxed()
}

/// Comparisons that make sense, with what may well be there.
fn compared(path: Path, ids: &[String]) -> Option<BoxedStrategy<Filter>> {
    let leaf = match path.leaf().kind {
        Kind::Complex => *path.then("value")?.leaf(),
        _ => *path.leaf(),
    };
    let ordering = vec![
        Operator::Greater,
        Operator::GreaterOrEqual,
        Operator::Less,
        Operator::LessOrEqual,
    ];
    let within = vec![Operator::Contains, Operator::StartsWith, Operator::EndsWith];
    let equal = vec![Operator::Equal];
    let (operators, operands) = match leaf.kind {
        Kind::Boolean => (equal, any::<bool>().prop_map(Operand::Boolean).boxed()),
        Kind::DateTime => {
            let nanos = select(vec![-1_000, -999, -1, 0, 1, 500, 999, 1_000]);
            let moment = (0..7i64, nanos)
                .prop_map(|(seconds, nanos)| Operand::DateTime(after(seconds) + TimeDelta::nanoseconds(nanos)));
            ([equal, ordering].concat(), moment.boxed())
        }
        Kind::Binary => ([equal, within].concat(), text().prop_map(Operand::Text).boxed()),
        Kind::String | Kind::Reference | Kind::Complex => {
            let id = select(ids.to_vec()).prop_map(Operand::Text);
            let upper = select(ids.to_vec()).prop_map(|id| Operand::Text(id.to_uppercase()));
            let part = select(ids.to_vec()).prop_map(|id| Operand::Text(id[9..23].to_owned()));
            let common = select(vec![
                "direct",
                "user",
                "User",
                "1234567893",
                "practitioner",
                "na",
                "example.org",
            ]);
            let common = common.prop_map(|text| Operand::Text(text.to_owned()));
            let text = text().prop_map(Operand::Text);
            let is_id = leaf.name == "value" || leaf.name == "id";
            let operand = if is_id {
                prop_oneof![3 => id, 1 => upper, 1 => part, 2 => text].boxed()
            } else {
                prop_oneof![4 => text, 1 => common].boxed()
            };
            ([equal, ordering, within].concat(), operand)
        }
    };
    let filter = (select(operators), operands);
    let filter =
        filter.prop_map(move |(operator, operand)| Filter::compare(path, operator, operand).expect("it makes sense"));
    Some(filter.boxed())
}
