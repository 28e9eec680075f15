//! What a resource says beyond the fields that Roster has: kept as it came.

use crate::scim::schema::{Attribute, Kind, ROSTER_USER, ResourceType};
use crate::scim::value::{Attributes, Value};
use crate::violation::{Fault, FieldPath, Given, Rule, Violations};

/// How much text is kept of a resource, in bytes. A picture belongs behind a link.
pub const MAX_KEPT_BYTES: usize = 64 * 1024;

/// How many values are kept of an attribute.
pub const MAX_VALUES: usize = 100;

/// The attributes of the resource itself that are fields, and the parts of `name` that are.
const FIELDS: &[&str] = &["externalId", "userName", "active", "locale"];
const FIELDS_OF_NAME: &[&str] = &["givenName", "familyName"];

/// What is kept of a resource: what its schemas know, let requests write, and is no field. Of equal values one is kept
/// (RFC 7643, section 2.4).
pub(super) fn kept(resource: &Attributes, violations: &mut Violations) -> Attributes {
    let entries = resource.iter().filter(|(name, _)| !FIELDS.contains(name));
    let kept: Attributes = entries
        .filter_map(|(name, value)| {
            let mut value = match ResourceType::User.extension(name) {
                Some(schema) if schema == &ROSTER_USER => return None,
                Some(schema) => writable(value, |part| schema.attribute(part)),
                None => attribute(ResourceType::User.attribute(name)?, value)?,
            };
            if let (true, Value::Complex(parts)) = (name == "name", &mut value) {
                for field in FIELDS_OF_NAME {
                    parts.remove(field);
                }
            }
            Some((name.to_owned(), value))
        })
        .collect();
    check(&kept, violations);
    kept
}

/// Notes the attributes of which more than one value is primary (RFC 7643, section 2.4). The same value twice is one.
pub(super) fn check_primaries(resource: &Attributes, violations: &mut Violations) {
    for (name, value) in resource.iter() {
        let is_primary =
            |value: &&Value| value.as_complex().and_then(|parts| parts.get("primary")) == Some(&Value::Boolean(true));
        let mut primary = value.as_many().iter().filter(is_primary);
        if let Some(first) = primary.next()
            && primary.any(|other| other != first)
        {
            let expected = "values of which one at the most is primary";
            let given = Given::count(value.as_many().iter().filter(is_primary).count(), "primary ones");
            let fault = Fault::new(Rule::Format { expected }, given);
            violations.push(fault.at(FieldPath::of("scim").then(name.to_owned())));
        }
    }
}

/// What was kept, with what differs between two representations. What does not differ stays as it came, although it may be
/// shown otherwise.
pub(super) fn merged(kept: &Attributes, before: &Attributes, after: &Attributes) -> Attributes {
    let (unchanged, changed): (Vec<_>, Vec<_>) =
        after.iter().partition(|(name, value)| before.get(name) == Some(value));
    let stayed = kept.iter().filter(|(name, _)| {
        // What is kept and not shown has not been taken away.
        before.get(name).is_none() && after.get(name).is_none() || unchanged.iter().any(|(other, _)| other == name)
    });
    stayed
        .chain(changed)
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

fn attribute(attribute: &'static Attribute, value: &Value) -> Option<Value> {
    attribute.is_writable().then(|| match attribute.kind {
        Kind::Complex => writable(value, |part| attribute.part(part)),
        _ => value.clone(),
    })
}

/// The parts of a value, or of each of several, that requests may write.
fn writable(value: &Value, find: impl Fn(&str) -> Option<&'static Attribute> + Copy) -> Value {
    match value {
        Value::Many(values) => {
            let values = values.iter().map(|value| writable(value, find));
            let mut different: Vec<Value> = Vec::new();
            for value in values.filter(|value| !value.is_empty()) {
                // More than are kept are refused, and need not be compared with one another.
                if different.len() > MAX_VALUES || !different.contains(&value) {
                    different.push(value);
                }
            }
            Value::Many(different)
        }
        Value::Complex(parts) => {
            let parts = parts.iter();
            let written = parts.filter_map(|(name, value)| Some((name.to_owned(), attribute(find(name)?, value)?)));
            Value::Complex(written.collect())
        }
        simple => simple.clone(),
    }
}

fn check(kept: &Attributes, violations: &mut Violations) {
    // Fields of the same names are others.
    let at = FieldPath::of("scim");
    let sizes = kept.iter().map(|(name, value)| {
        let at = at.then(name.to_owned());
        (checked(&at, value, violations), at)
    });
    let sizes: Vec<_> = sizes.collect();
    let bytes: usize = sizes.iter().map(|(bytes, _)| bytes).sum();
    // The one that has most is the one to look at.
    if let Some((_, longest)) = sizes.into_iter().max_by_key(|(bytes, _)| *bytes)
        && bytes > MAX_KEPT_BYTES
    {
        let rule = Rule::Length {
            min: 0,
            max: MAX_KEPT_BYTES,
            unit: "bytes of text, together with all else that is kept of a user",
        };
        violations.push(Fault::new(rule, Given::count(bytes, "bytes")).at(longest));
    }
}

/// Checks a value, and says how much text is in it, in bytes.
fn checked(at: &FieldPath, value: &Value, violations: &mut Violations) -> usize {
    match value {
        Value::Text(text) => {
            if text.contains('\0') {
                let expected = "text without NUL characters";
                let fault = Fault::new(Rule::Format { expected }, Given::value(text));
                violations.push(fault.at(at.clone()));
            }
            text.len()
        }
        Value::Boolean(_) | Value::DateTime(_) => 0,
        Value::Complex(parts) => {
            let parts = parts.iter();
            parts
                .map(|(name, value)| checked(&at.then(name.to_owned()), value, violations))
                .sum()
        }
        Value::Many(values) => {
            if values.len() > MAX_VALUES {
                let fault = Fault::new(Rule::Entries { max: MAX_VALUES }, Given::count(values.len(), "entries"));
                violations.push(fault.at(at.clone()));
            }
            values.iter().map(|value| checked(at, value, violations)).sum()
        }
    }
}
