//! JSON into attributes, guided by the schema.
//!
//! Names are taken in any case. Unknown attributes and schemas are passed over, as are those that cannot be written; null is an
//! attribute that is left out. A value of another type is a violation, and all are found at once.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use roster_domain::scim::{Attribute, Attributes, Kind, Path, ResourceType, Schema, Value};
use roster_domain::{Fault, FieldPath, Given, Rule, Violations};
use roster_wire::field;
use serde_json::{Map, Value as Json};

use super::names::{Named, named};

/// Where in a resource something is, for violations. Its first name sets it apart from Roster's own fields, some of which are
/// called the same; whoever shows a violation leaves it out.
pub(super) fn place(name: impl Into<String>) -> FieldPath {
    FieldPath::of("scim").then(name.into())
}

/// Where an attribute is, for violations.
pub(super) fn place_of(path: &Path) -> FieldPath {
    place(path.to_string())
}

/// A whole resource.
pub(super) fn resource(of: ResourceType, body: &Json, v: &mut Violations) -> Attributes {
    let mut resource = Attributes::new();
    let Json::Object(members) = body else {
        mistyped(&FieldPath::of("scim"), "an object", body, v);
        return resource;
    };
    for (name, json) in members {
        match named(of, name) {
            Some(Named::Attribute(path)) => set(&mut resource, &path, json, v),
            Some(Named::Extension(schema)) => extension(&mut resource, schema, json, v),
            Some(Named::Own) | None => {}
        }
    }
    resource
}

/// An extension's attributes under its URN.
fn extension(resource: &mut Attributes, schema: &'static Schema, json: &Json, v: &mut Violations) {
    let members = match json {
        Json::Null => return,
        Json::Object(members) => members,
        other => return mistyped(&place(schema.id), "an object", other, v),
    };
    let read = parts(
        members,
        |name| schema.attribute(name),
        |name| place(format!("{}:{name}", schema.id)),
        v,
    );
    // Some of them may have been set by their whole names before.
    resource.within(schema.id, |attributes| {
        for (name, value) in read {
            attributes.set(name, value);
        }
    });
}

/// An attribute by its name, which may hold a dot only where a schema's URN is in front: a name with a dot is no attribute's
/// in a whole resource.
fn set(resource: &mut Attributes, path: &Path, json: &Json, v: &mut Violations) {
    if path.part().is_some() {
        return;
    }
    let Some(value) = value(path.attribute(), json, &place_of(path), v) else {
        return;
    };
    match path.extension() {
        Some(schema) => resource.within(schema.id, |attributes| attributes.set(path.attribute().name, value)),
        None => resource.set(path.attribute().name, value),
    }
}

/// The value of an attribute, or of a part of one; `None` for null, for what cannot be written, and for what is wrong, which
/// is noted.
pub(super) fn at(path: &Path, json: &Json, v: &mut Violations) -> Option<Value> {
    value(path.leaf(), json, &place_of(path), v)
}

/// One of the values of an attribute that has several.
pub(super) fn one(path: &Path, json: &Json, v: &mut Violations) -> Option<Value> {
    let json = match json {
        Json::Array(values) if values.len() == 1 => values.first().unwrap_or(json),
        other => other,
    };
    single(path.leaf(), json, &place_of(path), v)
}

fn value(attribute: &'static Attribute, json: &Json, at: &FieldPath, v: &mut Violations) -> Option<Value> {
    if !attribute.is_writable() || json.is_null() {
        return None;
    }
    if !attribute.is_many {
        return single(attribute, json, at, v);
    }
    let Json::Array(values) = json else {
        // A single value is often sent without the brackets.
        return single(attribute, json, at, v).map(|value| Value::Many(vec![value]));
    };
    let values = values.iter().enumerate().filter(|(_, json)| !json.is_null());
    let values = values.filter_map(|(index, json)| single(attribute, json, &at.then(index.to_string()), v));
    Some(Value::Many(values.filter(|value| !value.is_empty()).collect()))
}

fn single(attribute: &'static Attribute, json: &Json, at: &FieldPath, v: &mut Violations) -> Option<Value> {
    let read = match (attribute.kind, json) {
        (Kind::Complex, Json::Object(members)) => {
            let at_part = |name: &str| at.then(name.to_owned());
            return Some(Value::Complex(parts(members, |name| attribute.part(name), at_part, v)));
        }
        // Entra writes a manager as nothing but the id.
        (Kind::Complex, Json::String(_)) => match attribute.part("value") {
            Some(part) => {
                let value = single(part, json, &at.then("value"), v)?;
                return Some(Value::Complex([("value".to_owned(), value)].into_iter().collect()));
            }
            None => None,
        },
        (Kind::Boolean, Json::Bool(value)) => Some(Value::Boolean(*value)),
        // Entra writes them as Python does.
        (Kind::Boolean, Json::String(text)) if text.eq_ignore_ascii_case("true") => Some(Value::Boolean(true)),
        (Kind::Boolean, Json::String(text)) if text.eq_ignore_ascii_case("false") => Some(Value::Boolean(false)),
        (Kind::DateTime, Json::String(text)) => text.parse().ok().map(Value::DateTime),
        (Kind::Binary, Json::String(text)) => is_base64(text).then(|| Value::text(text)),
        (Kind::String | Kind::Reference, Json::String(text)) => {
            // Not every database keeps it, and no text has a use for it.
            if text.contains('\0') {
                let rule = Rule::Format {
                    expected: "text without NUL characters",
                };
                v.push(Fault::new(rule, Given::value(text)).at(at.clone()));
                return None;
            }
            Some(Value::text(text))
        }
        _ => None,
    };
    if read.is_none() {
        mistyped(at, expected(attribute.kind), json, v);
    }
    read
}

/// Named parts of a complex value, or attributes of an extension.
fn parts(
    members: &Map<String, Json>,
    find: impl Fn(&str) -> Option<&'static Attribute>,
    place: impl Fn(&'static str) -> FieldPath,
    v: &mut Violations,
) -> Attributes {
    let known = members
        .iter()
        .filter_map(|(name, json)| find(name).map(|part| (part, json)));
    let read = known.filter_map(|(part, json)| Some((part.name.to_owned(), value(part, json, &place(part.name), v)?)));
    read.collect()
}

fn is_base64(text: &str) -> bool {
    BASE64_STANDARD.decode(text).is_ok() || BASE64_URL_SAFE.decode(text).is_ok()
}

const fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::String | Kind::Reference => "a string",
        Kind::Boolean => "true or false",
        Kind::DateTime => "a string with a moment, such as 2026-01-31T08:00:00Z",
        Kind::Binary => "a string in base64",
        Kind::Complex => "an object",
    }
}

fn mistyped(at: &FieldPath, expected: &'static str, json: &Json, v: &mut Violations) {
    let given = match json {
        Json::String(text) => Given::value(text),
        other => Given::kind(field::kind(other)),
    };
    v.push(Fault::new(Rule::Type { expected }, given).at(at.clone()));
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::write;
    use super::*;

    fn read(body: &Json) -> (Json, Violations) {
        let mut violations = Violations::none();
        let resource = resource(ResourceType::User, body, &mut violations);
        (write::attributes(&resource), violations)
    }

    #[rstest]
    #[case::names_in_any_case(
        json!({"USERNAME": "ann", "Name": {"GIVENNAME": "Ann"}}),
        json!({"userName": "ann", "name": {"givenName": "Ann"}})
    )]
    #[case::booleans_as_text(json!({"active": "False"}), json!({"active": false}))]
    #[case::unknown_attributes_and_schemas(
        json!({"schemas": ["urn:example:x"], "urn:example:x": {"a": 1}, "colour": 1, "emails": [{"value": "a@b", "x": 1}]}),
        json!({"emails": [{"value": "a@b"}]})
    )]
    #[case::null_and_nothing(
        json!({"title": null, "emails": [], "name": {"givenName": null}, "addresses": [null, {}]}),
        json!({})
    )]
    #[case::what_cannot_be_written(
        json!({"id": 7, "meta": "x", "groups": true, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "7", "displayName": 1}}}),
        json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "7"}}})
    )]
    #[case::one_value_without_brackets(json!({"emails": {"value": "a@b"}}), json!({"emails": [{"value": "a@b"}]}))]
    #[case::a_value_in_place_of_its_object(json!({"emails": ["a@b"]}), json!({"emails": [{"value": "a@b"}]}))]
    #[case::extension_by_whole_names(
        json!({
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "ENT",
            "URN:ietf:params:scim:schemas:extension:enterprise:2.0:user": {"Division": "North"},
        }),
        json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "ENT", "division": "North"}})
    )]
    #[case::base64(json!({"x509Certificates": [{"value": "/+8="}, {"value": "_-8="}]}), json!({"x509Certificates": [{"value": "/+8="}, {"value": "_-8="}]}))]
    fn what_the_schema_knows_is_read(#[case] body: Json, #[case] expected: Json) {
        let (read, violations) = read(&body);

        assert!(violations.is_empty(), "{violations}");
        assert_eq!(read, expected);
    }

    #[test]
    fn every_value_of_another_type_is_named() {
        let body = json!({
            "userName": 7, "active": "yes", "name": "Ann Lee", "emails": [{"value": "a@b", "primary": 1}, 7],
            "x509Certificates": [{"value": "?"}], "title": "a\u{0}b",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": ["ENT"]},
        });

        let (_, violations) = read(&body);

        insta::assert_snapshot!(violations.renamed(roster_domain::scim::USER_FIELDS), @r#"
        active must be true or false; given: "yes"
        emails.0.primary must be true or false; given: a number
        emails.1 must be an object; given: a number
        name must be an object; given: "Ann Lee"
        title must be text without NUL characters; given: "a\0b"
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department must be a string; given: an array
        userName must be a string; given: a number
        x509Certificates.0.value must be a string in base64; given: "?"
        "#);
    }

    #[test]
    fn a_body_that_is_no_object_is_refused() {
        let (read, violations) = read(&json!([]));

        assert_eq!((read, violations.iter().count()), (json!({}), 1));
    }
}
