//! Changing a resource piece by piece (RFC 7644, section 3.5.2).

mod chosen;
mod shape;
mod values;

use thiserror::Error;

use super::filter::Filter;
use super::path::Path;
use super::schema::{Attribute, Mutability, ResourceType, Schema};
use super::value::{Attributes, Value};

/// One operation of a PATCH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatchOperation {
    /// Adds values, or gives a single-valued attribute its value (section 3.5.2.1).
    Add(PatchTarget, Value),
    /// Puts a value in place of what is there (section 3.5.2.3).
    Replace(PatchTarget, Value),
    /// Takes values away (section 3.5.2.2).
    Remove(PatchTarget),
}

/// What an operation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatchTarget {
    /// The resource itself: the value has attributes.
    Resource,
    /// All attributes of an extension.
    Extension(&'static Schema),
    /// An attribute, or a part of one; of several values, of each.
    Attribute(Path),
    /// Those values of an attribute that the filter chooses, or a part of each of them.
    Chosen {
        /// The attribute, which has several values.
        path: Path,
        /// Which of them.
        filter: Filter,
        /// The part that is meant; `None` is the whole value.
        part: Option<&'static Attribute>,
    },
}

/// Why a resource cannot be changed so. Nothing of it is done, then.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PatchError {
    /// No value is there that the path would choose (`noTarget`).
    #[error("no value of the user or group is chosen by {0}")]
    NoTarget(String),
    /// The attribute cannot be written (`mutability`).
    #[error("{0} cannot be changed")]
    ReadOnly(String),
    /// The attribute must be there (`mutability`: section 3.5.2.2).
    #[error("{0} is required and cannot be removed")]
    Required(String),
    /// The value is not of the attribute's type (`invalidValue`).
    #[error("{attribute} takes {expected}")]
    Value {
        /// The attribute.
        attribute: String,
        /// What it takes.
        expected: &'static str,
    },
}

/// The resource after the operations, one after the other; or why one of them cannot be.
///
/// Where the RFC and what identity providers send part ways:
/// - `add` and `replace` of values that a filter chooses make one where there is none, out of what the filter says is equal.
///   Entra ID sends both for attributes that are not there yet; the RFC has `noTarget` for `replace`, and is silent on `add`.
/// - `remove` of what is not there is done already. Identity providers repeat what they sent, and stop for good at a user
///   whose removal fails.
/// - What is read-only is an error where it is named, and is passed over inside a value (RFC 7643, section 7).
pub fn patch(of: ResourceType, resource: &Attributes, operations: &[PatchOperation]) -> Result<Attributes, PatchError> {
    let mut resource = resource.clone();
    for operation in operations {
        let (target, deed) = match operation {
            PatchOperation::Add(target, value) => (target, Deed::Add(value)),
            PatchOperation::Replace(target, value) => (target, Deed::Replace(value)),
            PatchOperation::Remove(target) => (target, Deed::Remove),
        };
        apply(of, &mut resource, target, deed)?;
    }
    Ok(resource)
}

/// What is done at a target.
#[derive(Clone, Copy)]
enum Deed<'a> {
    Add(&'a Value),
    Replace(&'a Value),
    Remove,
}

impl<'a> Deed<'a> {
    const fn value(self) -> Option<&'a Value> {
        match self {
            Self::Add(value) | Self::Replace(value) => Some(value),
            Self::Remove => None,
        }
    }

    const fn with(self, value: &'a Value) -> Self {
        match self {
            Self::Add(_) => Self::Add(value),
            Self::Replace(_) => Self::Replace(value),
            Self::Remove => Self::Remove,
        }
    }
}

fn apply(of: ResourceType, resource: &mut Attributes, target: &PatchTarget, deed: Deed<'_>) -> Result<(), PatchError> {
    match target {
        PatchTarget::Resource => {
            let value = deed.value().ok_or_else(|| PatchError::NoTarget("no path".to_owned()))?;
            for (name, value) in members("an operation without a path", value)?.iter() {
                match of.extension(name) {
                    Some(schema) => apply(of, resource, &PatchTarget::Extension(schema), deed.with(value))?,
                    None => apply_member(of, None, resource, name, deed.with(value))?,
                }
            }
            Ok(())
        }
        PatchTarget::Extension(schema) => {
            let Some(value) = deed.value() else {
                resource.remove(schema.id);
                return Ok(());
            };
            let mut members = members(schema.id, value)?.iter();
            members.try_for_each(|(name, value)| apply_member(of, Some(schema.id), resource, name, deed.with(value)))
        }
        PatchTarget::Attribute(path) => {
            writable(path.attribute(), path)?;
            writable(path.leaf(), path)?;
            inside(resource, path, |attributes| attribute(attributes, path, deed))
        }
        PatchTarget::Chosen { path, filter, part } => {
            writable(path.attribute(), path)?;
            let place = match part {
                Some(part) => path.then(part.name).unwrap_or(*path),
                None => *path,
            };
            writable(place.leaf(), &place)?;
            inside(resource, path, |attributes| {
                several(attributes, path.attribute(), |values| {
                    chosen::change(values, &place, filter, deed)
                })
            })
        }
    }
}

/// An attribute that is named in a value. What cannot be written is passed over there.
fn apply_member(
    of: ResourceType,
    urn: Option<&str>,
    resource: &mut Attributes,
    name: &str,
    deed: Deed<'_>,
) -> Result<(), PatchError> {
    match Path::resolve(of, urn, name, None) {
        Some(path) if path.attribute().is_writable() => apply(of, resource, &PatchTarget::Attribute(path), deed),
        _ => Ok(()),
    }
}

fn members<'a>(attribute: &str, value: &'a Value) -> Result<&'a Attributes, PatchError> {
    value.as_complex().ok_or_else(|| PatchError::Value {
        attribute: attribute.to_owned(),
        expected: "an object of attributes",
    })
}

/// Whether a path may name it. What is set once, with the value that it is a part of, cannot be set afterwards.
fn writable(named: &Attribute, path: &Path) -> Result<(), PatchError> {
    match named.mutability {
        Mutability::ReadWrite => Ok(()),
        Mutability::ReadOnly | Mutability::Immutable => Err(PatchError::ReadOnly(path.to_string())),
    }
}

/// The attributes among which that of the path is: the resource's own, or those of an extension.
fn inside<T>(resource: &mut Attributes, path: &Path, change: impl FnOnce(&mut Attributes) -> T) -> T {
    match path.extension() {
        Some(schema) => resource.within(schema.id, change),
        None => change(resource),
    }
}

fn attribute(attributes: &mut Attributes, path: &Path, deed: Deed<'_>) -> Result<(), PatchError> {
    let attribute = path.attribute();
    if attribute.is_many {
        several(attributes, attribute, |values| match path.part() {
            Some(_) => values::change_part_of_each(values, path, deed),
            None => values::change(values, path, deed),
        })?;
    } else {
        match (path.part(), deed.value()) {
            (Some(part), Some(value)) => {
                let value = shape::shaped(path, part, value)?;
                attributes.within(attribute.name, |parts| parts.set(part.name, value));
            }
            (Some(part), None) => drop(attributes.within(attribute.name, |parts| parts.remove(part.name))),
            (None, Some(value)) => match shape::shaped(path, attribute, value)? {
                // The parts that are not given stay, with both operations.
                Value::Complex(given) => attributes.within(attribute.name, |parts| shape::merge(parts, given)),
                value => attributes.set(attribute.name, value),
            },
            (None, None) => drop(attributes.remove(attribute.name)),
        }
    }
    if attribute.is_required && attributes.get(attribute.name).is_none() {
        return Err(PatchError::Required(path.to_string()));
    }
    Ok(())
}

/// Changes the values of an attribute that has several.
fn several(
    attributes: &mut Attributes,
    attribute: &Attribute,
    change: impl FnOnce(&mut Vec<Value>) -> Result<(), PatchError>,
) -> Result<(), PatchError> {
    let mut values = match attributes.get(attribute.name) {
        Some(value) => value.as_many().to_vec(),
        None => Vec::new(),
    };
    change(&mut values)?;
    attributes.set(attribute.name, Value::Many(values));
    Ok(())
}
