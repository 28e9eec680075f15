//! Resources as they are searched: with text folded where case is of no account.

use super::group::{Group, represent_group};
use super::schema::{Attribute, Kind, ResourceType};
use super::user::represent_user;
use super::value::{Attributes, Value};
use crate::user::User;

/// What a user is searched by. The user's groups are not in it, since they are not the user's.
#[must_use]
pub fn index_user(user: &User) -> Attributes {
    index(ResourceType::User, &represent_user(user, &[]))
}

/// What a group is searched by. Its members are not in it: there may be very many.
#[must_use]
pub fn index_group(group: &Group) -> Attributes {
    index(ResourceType::Group, &represent_group(group))
}

fn index(of: ResourceType, resource: &Attributes) -> Attributes {
    let own = resource.iter().filter_map(|(name, value)| {
        let value = match of.extension(name) {
            Some(schema) => Value::Complex(
                value
                    .as_complex()?
                    .iter()
                    .filter_map(|(name, value)| Some((name.to_owned(), folded(schema.attribute(name)?, value))))
                    .collect(),
            ),
            None => folded(of.attribute(name)?, value),
        };
        Some((name.to_owned(), value))
    });
    own.collect()
}

/// A value of an attribute with its text folded, unless the attribute's case is exact.
pub(super) fn folded(attribute: &'static Attribute, value: &Value) -> Value {
    match value {
        Value::Many(values) => Value::Many(values.iter().map(|value| folded(attribute, value)).collect()),
        Value::Complex(parts) if attribute.kind == Kind::Complex => Value::Complex(
            parts
                .iter()
                .filter_map(|(name, value)| Some((name.to_owned(), folded(attribute.part(name)?, value))))
                .collect(),
        ),
        Value::Text(text) if !attribute.is_case_exact => Value::Text(fold(text)),
        other => other.clone(),
    }
}

/// Text as it is compared where case is of no account: lower case, letter by letter.
pub(super) fn fold(text: &str) -> String {
    crate::fields::fold(text)
}
