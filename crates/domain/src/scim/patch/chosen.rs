//! Changing those values of an attribute that a filter chooses.

use super::shape::{merge, shaped};
use super::values::{change_part, keep_one_primary, put, tidy};
use super::{Deed, PatchError};
use crate::scim::filter::{Filter, Operand, Operator};
use crate::scim::path::Path;
use crate::scim::value::{Attributes, Value};

/// Changes the values that the filter chooses, or the part of them that the path names.
pub(super) fn change(values: &mut Vec<Value>, path: &Path, filter: &Filter, deed: Deed<'_>) -> Result<(), PatchError> {
    let chosen: Vec<usize> = (0..values.len())
        .filter(|index| filter.chooses(path.attribute(), &values[*index]))
        .collect();
    match deed.value() {
        None if path.part().is_some() => change_part(values, &chosen, path, deed),
        None => {
            values.retain(|value| !filter.chooses(path.attribute(), value));
            Ok(())
        }
        Some(value) if chosen.is_empty() => {
            put(values, made(path, filter, value)?);
            Ok(())
        }
        Some(_) if path.part().is_some() => change_part(values, &chosen, path, deed),
        Some(value) => {
            for index in &chosen {
                values[*index] = replaced(path, filter, &values[*index], deed, value)?;
                keep_one_primary(values, *index);
            }
            tidy(values);
            Ok(())
        }
    }
}

/// A value that is to be where the filter chooses none: what the filter says is equal, and what is given. If the filter
/// would not choose it, it is not what was asked for.
fn made(path: &Path, filter: &Filter, given: &Value) -> Result<Value, PatchError> {
    let mut parts = Attributes::new();
    equalities(filter, &mut parts);
    let value = match path.part() {
        Some(part) => {
            parts.set(part.name, shaped(path, part, given)?);
            Value::Complex(parts)
        }
        None => overlaid(parts, shaped(path, path.attribute(), given)?),
    };
    if filter.chooses(path.attribute(), &value) {
        Ok(value)
    } else {
        Err(PatchError::NoTarget(format!("the filter on {path}")))
    }
}

/// `replace` puts the given value in the place of the chosen one, and leaves only what the value was chosen by, so that the
/// same operation finds it again. `add` leaves all that is not given.
fn replaced(path: &Path, filter: &Filter, current: &Value, deed: Deed<'_>, given: &Value) -> Result<Value, PatchError> {
    let mut stays = current.as_complex().cloned().unwrap_or_default();
    if matches!(deed, Deed::Replace(_)) {
        let mut chosen_by = Attributes::new();
        equalities(filter, &mut chosen_by);
        stays = stays
            .into_iter()
            .filter(|(name, _)| chosen_by.get(name).is_some())
            .collect();
    }
    Ok(overlaid(stays, shaped(path, path.attribute(), given)?))
}

fn overlaid(mut parts: Attributes, given: Value) -> Value {
    match given {
        Value::Complex(given) => {
            merge(&mut parts, given);
            Value::Complex(parts)
        }
        simple => simple,
    }
}

/// What the filter says is equal, all at once, as it was written.
fn equalities(filter: &Filter, parts: &mut Attributes) {
    match filter {
        Filter::And(all) => all.iter().for_each(|filter| equalities(filter, parts)),
        Filter::Compare(comparison) if comparison.operator == Operator::Equal => {
            if let Some(part) = comparison.path.part().filter(|part| part.is_writable()) {
                let value = match &comparison.written {
                    Operand::Text(text) => Value::text(text.as_str()),
                    Operand::Boolean(value) => Value::Boolean(*value),
                    Operand::DateTime(moment) => Value::DateTime(*moment),
                };
                parts.set(part.name, value);
            }
        }
        Filter::Or(_) | Filter::Not(_) | Filter::Present(_) | Filter::Compare(_) | Filter::Each(..) => {}
    }
}
