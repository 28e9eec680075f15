//! In which order resources are asked for (RFC 7644, section 3.4.2.3).

use std::cmp::Ordering;

use super::path::Path;
use super::schema::Kind;
use super::value::{Attributes, Value};
use crate::Timestamp;

/// In which order resources are asked for. Those that are equal in it are in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// The attribute to sort by. Of several values, the primary one counts, or else the first.
    pub path: Path,
    /// Whether the greatest comes first.
    pub is_descending: bool,
}

/// What a resource is sorted by. Whoever has no such value comes last in ascending order, and first in descending order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    /// True comes after false.
    Boolean(bool),
    /// In the order of time.
    DateTime(Timestamp),
    /// In the order of the code points.
    Text(String),
}

impl Sort {
    /// An order by an attribute, or by the part `value` of a complex one. `None` where there is nothing that could be
    /// sorted by.
    #[must_use]
    pub fn by(path: Path, is_descending: bool) -> Option<Self> {
        let path = match path.leaf().kind {
            Kind::Complex => path.then("value")?,
            _ => path,
        };
        let is_kept = !path.is_made_for_each_answer();
        // Who is in which group is kept apart from users and groups.
        let is_own = !["groups", "members"].contains(&path.attribute().name);
        (is_kept && is_own).then_some(Self { path, is_descending })
    }

    /// What an indexed resource is sorted by.
    #[must_use]
    pub fn key(&self, index: &Attributes) -> Option<SortKey> {
        let elements = index.at(&self.path.names())?.as_many();
        let is_primary = |element: &&Value| {
            let primary = element.as_complex().and_then(|parts| parts.get("primary"));
            primary.and_then(Value::as_boolean) == Some(true)
        };
        let element = elements.iter().find(is_primary).or_else(|| elements.first())?;
        let value = match self.path.part() {
            Some(part) => element.as_complex()?.get(part.name)?,
            None => element,
        };
        match value {
            Value::Text(text) => Some(SortKey::Text(text.clone())),
            Value::Boolean(value) => Some(SortKey::Boolean(*value)),
            Value::DateTime(moment) => Some(SortKey::DateTime(*moment)),
            Value::Complex(_) | Value::Many(_) => None,
        }
    }

    /// The order of two keys.
    #[must_use]
    pub fn compare(&self, left: Option<&SortKey>, right: Option<&SortKey>) -> Ordering {
        let ascending = match (left, right) {
            (Some(left), Some(right)) => left.cmp(right),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        if self.is_descending {
            ascending.reverse()
        } else {
            ascending
        }
    }
}
