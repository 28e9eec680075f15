//! Changing the values of an attribute that has several.

use super::shape::shaped;
use super::{Deed, PatchError};
use crate::scim::path::Path;
use crate::scim::user::MAX_VALUES;
use crate::scim::value::{Attributes, Value};

const PRIMARY: &str = "primary";

/// `add` appends what is not there yet, `replace` puts the given values in the place of all.
pub(super) fn change(values: &mut Vec<Value>, path: &Path, deed: Deed<'_>) -> Result<(), PatchError> {
    match deed {
        Deed::Add(_) => {}
        Deed::Replace(_) | Deed::Remove => values.clear(),
    }
    for value in deed.value().map_or(&[][..], Value::as_many) {
        put(values, shaped(path, path.attribute(), value)?);
        // More are not kept, and each is compared with all others.
        if values.len() > MAX_VALUES {
            return Err(PatchError::Value {
                attribute: path.to_string(),
                expected: "100 values at the most",
            });
        }
    }
    Ok(())
}

/// Sets a part of each value, or takes it away. Where there is no value, one is made of the part alone.
pub(super) fn change_part_of_each(values: &mut Vec<Value>, path: &Path, deed: Deed<'_>) -> Result<(), PatchError> {
    if values.is_empty() && deed.value().is_some() {
        values.push(Value::Complex(Attributes::new()));
    }
    let all: Vec<usize> = (0..values.len()).collect();
    change_part(values, &all, path, deed)
}

/// Sets a part of some of the values, or takes it away.
pub(super) fn change_part(
    values: &mut Vec<Value>,
    which: &[usize],
    path: &Path,
    deed: Deed<'_>,
) -> Result<(), PatchError> {
    let Some(part) = path.part() else { return Ok(()) };
    let value = deed.value().map(|value| shaped(path, part, value)).transpose()?;
    for index in which {
        let Some(Value::Complex(parts)) = values.get_mut(*index) else {
            continue;
        };
        match &value {
            Some(value) => parts.set(part.name, value.clone()),
            None => drop(parts.remove(part.name)),
        }
    }
    if let (PRIMARY, Some(last)) = (part.name, which.last()) {
        keep_one_primary(values, *last);
    }
    tidy(values);
    Ok(())
}

/// Appends a value unless it is there. Whether it is primary makes no other value of it.
pub(super) fn put(values: &mut Vec<Value>, value: Value) {
    if value.is_empty() {
        return;
    }
    let index = match values.iter().position(|other| is_same(other, &value)) {
        Some(index) => index,
        None => values.len(),
    };
    match values.get_mut(index) {
        Some(same) if primary(&value).is_some() => *same = value,
        Some(_) => {}
        None => values.push(value),
    }
    keep_one_primary(values, index);
}

/// If the value at the index is primary, no other one is any longer (RFC 7644, section 3.5.2).
pub(super) fn keep_one_primary(values: &mut [Value], index: usize) {
    if !values.get(index).is_some_and(is_primary) {
        return;
    }
    for (other, value) in values.iter_mut().enumerate() {
        if let Value::Complex(parts) = value
            && other != index
            && parts.get(PRIMARY) == Some(&Value::Boolean(true))
        {
            parts.set(PRIMARY, Value::Boolean(false));
        }
    }
}

/// Leaves out what is empty, and all but the first of equal values.
pub(super) fn tidy(values: &mut Vec<Value>) {
    let mut tidied = Vec::with_capacity(values.len());
    for value in values.drain(..) {
        if !value.is_empty() && !tidied.contains(&value) {
            tidied.push(value);
        }
    }
    *values = tidied;
}

fn is_primary(value: &Value) -> bool {
    primary(value) == Some(true)
}

fn primary(value: &Value) -> Option<bool> {
    value.as_complex()?.get(PRIMARY)?.as_boolean()
}

fn is_same(left: &Value, right: &Value) -> bool {
    fn without_primary(parts: &Attributes) -> impl Iterator<Item = (&str, &Value)> {
        parts.iter().filter(|(name, _)| *name != PRIMARY)
    }
    match (left, right) {
        (Value::Complex(left), Value::Complex(right)) => without_primary(left).eq(without_primary(right)),
        (left, right) => left == right,
    }
}
