//! Whether a value is one that an attribute takes.

use super::PatchError;
use crate::scim::path::Path;
use crate::scim::schema::{Attribute, Kind};
use crate::scim::value::{Attributes, Value};

/// A single value of an attribute, without what is read-only in it. Of a complex value its part `value` may stand alone:
/// Entra ID writes managers so.
pub(super) fn shaped(path: &Path, attribute: &'static Attribute, value: &Value) -> Result<Value, PatchError> {
    let value = match (attribute.kind, value) {
        (Kind::String | Kind::Reference | Kind::Binary, Value::Text(_))
        | (Kind::Boolean, Value::Boolean(_))
        | (Kind::DateTime, Value::DateTime(_)) => Some(value.clone()),
        (Kind::Complex, Value::Complex(parts)) => Some(Value::Complex(parts_of(path, attribute, parts)?)),
        (Kind::Complex, simple @ Value::Text(_)) => match attribute.part("value") {
            Some(part) if part.is_writable() => {
                let only = (part.name.to_owned(), shaped(path, part, simple)?);
                Some(Value::Complex([only].into_iter().collect()))
            }
            _ => None,
        },
        _ => None,
    };
    value.ok_or_else(|| PatchError::Value {
        attribute: path.to_string(),
        expected: match attribute.kind {
            Kind::String => "a text",
            Kind::Boolean => "true or false",
            Kind::DateTime => "a moment",
            Kind::Binary => "a text in base64",
            Kind::Reference => "a URI",
            Kind::Complex => "an object",
        },
    })
}

/// Gives parts their values and leaves the others.
pub(super) fn merge(parts: &mut Attributes, given: Attributes) {
    for (name, value) in given {
        parts.set(name, value);
    }
}

fn parts_of(path: &Path, attribute: &'static Attribute, parts: &Attributes) -> Result<Attributes, PatchError> {
    let writable = parts.iter().filter_map(|(name, value)| {
        let part = attribute.part(name).filter(|part| part.is_writable())?;
        Some((part, value))
    });
    writable
        .map(|(part, value)| {
            let place = path.then(part.name).unwrap_or(*path);
            Ok((part.name.to_owned(), shaped(&place, part, value)?))
        })
        .collect()
}
