//! The body of a PATCH (RFC 7644, section 3.5.2) into operations on attributes.
//!
//! An operation without a path is taken apart: each name in its value is the path of an operation of its own, which also takes
//! what Entra ID sends there, names with a dot, with a URN, or with brackets.

use axum::http::StatusCode;
use roster_domain::scim::{
    Filter, Kind as Type, Operand, Operator, PatchError, PatchOperation, PatchTarget, Path, ResourceType, Value,
};
use roster_domain::{Fault, FieldPath, Given, Rule, Violations};
use roster_wire::field;
use serde_json::{Map, Value as Json};

use super::error::ScimType;
use super::filter;
use super::names::{Named, is_urn, named};
use super::read;
use crate::refusal::{Kind, Refusal};

/// The most operations of one PATCH.
pub(super) const MAX_OPERATIONS: usize = 1000;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    /// `add`
    Add,
    /// `replace`
    Replace,
    /// `remove`
    Remove,
}

/// One operation on one target.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// What is done.
    pub(super) op: Op,
    /// What it is done to.
    pub(super) target: PatchTarget,
    /// What it is done with; null where nothing was given.
    pub(super) value: Json,
}

/// The operations on one target each, in their order.
pub(super) fn steps(of: ResourceType, body: &Json) -> Result<Vec<Step>, Refusal> {
    let syntax = |message: &str| ScimType::InvalidSyntax.refuse(message);
    let Some(Json::Array(operations)) = member(body, "Operations") else {
        return Err(syntax("a PATCH has Operations, which is an array"));
    };
    if operations.is_empty() {
        return Err(syntax("a PATCH has at least one operation in Operations"));
    }
    if operations.len() > MAX_OPERATIONS {
        return Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            Kind::TooLarge,
            format!("a PATCH has at most {MAX_OPERATIONS} operations"),
        ));
    }
    let mut steps = Vec::new();
    for operation in operations {
        let op = match member(operation, "op").and_then(Json::as_str) {
            Some(op) if op.eq_ignore_ascii_case("add") => Op::Add,
            Some(op) if op.eq_ignore_ascii_case("replace") => Op::Replace,
            Some(op) if op.eq_ignore_ascii_case("remove") => Op::Remove,
            _ => return Err(syntax("each of Operations has an op: add, replace or remove")),
        };
        let value = match (op, member(operation, "value")) {
            (_, Some(value)) => value.clone(),
            (Op::Remove, None) => Json::Null,
            // Null takes an attribute away. A value that was forgotten must not.
            (Op::Add | Op::Replace, None) => {
                return Err(ScimType::InvalidValue.refuse("an operation that adds or replaces has a value"));
            }
        };
        match member(operation, "path") {
            None | Some(Json::Null) => whole(of, op, &value, &mut steps)?,
            Some(Json::String(path)) if path.trim().is_empty() => whole(of, op, &value, &mut steps)?,
            Some(Json::String(path)) => {
                let target = target(of, path)?;
                if let Some(target) = target {
                    step(of, op, target, value, &mut steps)?;
                }
            }
            Some(_) => return Err(syntax("the path of an operation is a string")),
        }
    }
    Ok(steps)
}

/// A member of an object, whose name is taken in any case.
pub(super) fn member<'a>(object: &'a Json, name: &str) -> Option<&'a Json> {
    let members = object.as_object()?;
    members.get(name).or_else(|| {
        members
            .iter()
            .find(|(given, _)| given.eq_ignore_ascii_case(name))
            .map(|(_, json)| json)
    })
}

/// What a path is about; `None` for `schemas`, which follow from what a resource has.
fn target(of: ResourceType, path: &str) -> Result<Option<PatchTarget>, Refusal> {
    if path.contains('[') {
        return filter::target(path, of).map(Some);
    }
    match named(of, path) {
        Some(Named::Attribute(path)) => Ok(Some(PatchTarget::Attribute(path))),
        Some(Named::Extension(schema)) => Ok(Some(PatchTarget::Extension(schema))),
        Some(Named::Own) => Ok(Some(PatchTarget::Resource)),
        None if path.trim().eq_ignore_ascii_case("schemas") => Ok(None),
        None => {
            let given = Given::value(path);
            Err(ScimType::InvalidPath.refuse(format!("{given} is no attribute of a {}", of.name())))
        }
    }
}

/// An operation on the resource itself.
fn whole(of: ResourceType, op: Op, value: &Json, steps: &mut Vec<Step>) -> Result<(), Refusal> {
    if op == Op::Remove {
        return Err(ScimType::NoTarget.refuse("an operation that removes has a path"));
    }
    for (name, value) in object(value)? {
        // Whoever sends back what it was shown sends much that is not known, or not to be written, too.
        let Ok(Some(target)) = target(of, name) else {
            continue;
        };
        if !matches!(&target, PatchTarget::Attribute(path) if !is_writable(path)) {
            step(of, op, target, value.clone(), steps)?;
        }
    }
    Ok(())
}

/// An operation on a target, taken apart if the target is a whole schema.
fn step(of: ResourceType, op: Op, target: PatchTarget, value: Json, steps: &mut Vec<Step>) -> Result<(), Refusal> {
    match target {
        PatchTarget::Resource => return whole(of, op, &value, steps),
        PatchTarget::Extension(schema) if op != Op::Remove && !value.is_null() => {
            for (name, value) in object(&value)? {
                let path = match name.split_once('.') {
                    _ if is_urn(name) => None,
                    Some((attribute, part)) => Path::resolve(of, Some(schema.id), attribute, Some(part)),
                    None => Path::resolve(of, Some(schema.id), name, None),
                };
                if let Some(path) = path.filter(is_writable) {
                    step(of, op, PatchTarget::Attribute(path), value.clone(), steps)?;
                }
            }
        }
        target => steps.push(Step { op, target, value }),
    }
    Ok(())
}

fn object(value: &Json) -> Result<&Map<String, Json>, Refusal> {
    value.as_object().ok_or_else(|| {
        let given = field::kind(value);
        ScimType::InvalidValue.refuse(format!(
            "an operation that adds or replaces and has no path, or that of a schema, has an object as its value; given: {given}"
        ))
    })
}

fn is_writable(path: &Path) -> bool {
    path.attribute().is_writable() && path.leaf().is_writable()
}

/// The operations on a user's attributes.
pub(super) fn operations(steps: &[Step]) -> Result<Vec<PatchOperation>, Refusal> {
    let mut violations = Violations::none();
    let mut operations = Vec::new();
    for Step { op, target, value } in steps {
        check(target)?;
        operations.extend(operation(*op, target, value, &mut violations));
    }
    violations.into_result()?;
    Ok(operations)
}

/// What cannot be written is refused whatever its value is.
fn check(target: &PatchTarget) -> Result<(), Refusal> {
    let read_only = match target {
        PatchTarget::Attribute(path) if !is_writable(path) => path.to_string(),
        PatchTarget::Chosen { path, part, .. }
            if !is_writable(path) || part.is_some_and(|part| !part.is_writable()) =>
        {
            path.to_string()
        }
        _ => return Ok(()),
    };
    Err(roster_application::Error::from(PatchError::ReadOnly(read_only)).into())
}

fn operation(op: Op, target: &PatchTarget, value: &Json, v: &mut Violations) -> Option<PatchOperation> {
    if op == Op::Remove {
        return narrowed(target, value, v).map(PatchOperation::Remove);
    }
    let is_nothing = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    if is_nothing {
        // Nothing put in place of a value takes it away (RFC 7643, section 2.5); nothing added adds nothing.
        return (op == Op::Replace).then(|| PatchOperation::Remove(target.clone()));
    }
    let read = match target {
        PatchTarget::Attribute(path) => read::at(path, unwrapped(path, value), v),
        PatchTarget::Chosen { path, part: None, .. } => read::one(path, value, v),
        PatchTarget::Chosen {
            path, part: Some(part), ..
        } => read::at(&path.then(part.name)?, value, v),
        PatchTarget::Resource | PatchTarget::Extension(_) => None,
    }?;
    Some(match op {
        Op::Add => PatchOperation::Add(target.clone(), read),
        _ => PatchOperation::Replace(target.clone(), read),
    })
}

/// Entra ID has sent the value of an attribute that has one as an array of one object with a `value`.
fn unwrapped<'a>(path: &Path, value: &'a Json) -> &'a Json {
    let leaf = path.leaf();
    match value.as_array().map(Vec::as_slice) {
        Some([only]) if !leaf.is_many && leaf.kind != Type::Complex => member(only, "value").unwrap_or(only),
        Some([only]) if !leaf.is_many => only,
        _ => value,
    }
}

/// What is removed where values are given along with the path, as Entra ID does: the values that have all that one of the
/// given ones says, and no others. `None` where those that are given could not be read.
fn narrowed(target: &PatchTarget, value: &Json, v: &mut Violations) -> Option<PatchTarget> {
    let PatchTarget::Attribute(path) = target else {
        return Some(target.clone());
    };
    if value.is_null() || !path.leaf().is_many {
        return Some(target.clone());
    }
    let given = read::at(path, value, v)?;
    let same = given.as_many().iter().filter_map(|given| same(path, given));
    Some(PatchTarget::Chosen {
        path: *path,
        filter: Filter::Or(same.collect()),
        part: None,
    })
}

/// What is so of the values that have all that a given one says. `None` where it says nothing by which a value could be told.
fn same(path: &Path, given: &Value) -> Option<Filter> {
    let all: Vec<Filter> = given
        .as_complex()?
        .iter()
        .filter_map(|(part, value)| {
            let operand = match value {
                Value::Text(text) => Operand::Text(text.clone()),
                Value::Boolean(value) => Operand::Boolean(*value),
                Value::DateTime(moment) => Operand::DateTime(*moment),
                Value::Complex(_) | Value::Many(_) => return None,
            };
            Filter::compare(path.then(part)?, Operator::Equal, operand).ok()
        })
        .collect();
    (!all.is_empty()).then_some(Filter::And(all))
}

/// Notes that a value is none that fits.
pub(super) fn unfit(at: FieldPath, expected: &'static str, given: &Json, v: &mut Violations) {
    let given = match given {
        Json::String(text) => Given::value(text),
        other => Given::kind(field::kind(other)),
    };
    v.push(Fault::new(Rule::Type { expected }, given).at(at));
}

/// The text of a value, if it is one.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_text).map(str::to_owned)
}

#[cfg(test)]
mod tests;
