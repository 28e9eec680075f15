//! The values of attributes, as a tree.

use std::collections::BTreeMap;

use crate::Timestamp;

/// The value of an attribute (RFC 7643, section 2.3). There is no null: an attribute without a value is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text, a reference, or binary data in base64.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// A moment.
    DateTime(Timestamp),
    /// A value with parts.
    Complex(Attributes),
    /// Several values.
    Many(Vec<Value>),
}

impl Value {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// True or false, if it is one of them.
    #[must_use]
    pub const fn as_boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// The parts, if there are any.
    #[must_use]
    pub const fn as_complex(&self) -> Option<&Attributes> {
        match self {
            Self::Complex(parts) => Some(parts),
            _ => None,
        }
    }

    /// The value as several: itself, if it is a single one.
    #[must_use]
    pub fn as_many(&self) -> &[Self] {
        match self {
            Self::Many(values) => values,
            single => std::slice::from_ref(single),
        }
    }

    /// Whether nothing is in it: a complex value without parts, or several values that are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Complex(parts) => parts.is_empty(),
            Self::Many(values) => values.is_empty(),
            Self::Text(_) | Self::Boolean(_) | Self::DateTime(_) => false,
        }
    }
}

/// Attributes by their names, spelt as their schema spells them. The attributes of an extension are the parts of one complex
/// value under the extension's URN, as in its JSON (RFC 7643, section 3.3).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes(BTreeMap<String, Value>);

impl Attributes {
    /// No attributes.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// The value of an attribute.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The text of an attribute.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_text)
    }

    /// The value at the end of a way of names.
    #[must_use]
    pub fn at(&self, names: &[&str]) -> Option<&Value> {
        let (last, way) = names.split_last()?;
        way.iter()
            .try_fold(self, |attributes, name| attributes.get(name)?.as_complex())?
            .get(last)
    }

    /// Gives an attribute a value; an empty one takes the attribute away.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        let name = name.into();
        if value.is_empty() {
            self.0.remove(&name);
        } else {
            self.0.insert(name, value);
        }
    }

    /// Gives an attribute a value if there is one, and else leaves it as it is.
    pub fn set_some(&mut self, name: impl Into<String>, value: Option<Value>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    /// Takes an attribute away and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// Changes the parts of a complex attribute, which is made if it is not there, and goes if nothing is left in it.
    pub fn within<T>(&mut self, name: &str, change: impl FnOnce(&mut Self) -> T) -> T {
        let mut parts = match self.0.remove(name) {
            Some(Value::Complex(parts)) => parts,
            _ => Self::new(),
        };
        let done = change(&mut parts);
        self.set(name, Value::Complex(parts));
        done
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl FromIterator<(String, Value)> for Attributes {
    /// Empty values are left out.
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(entries: I) -> Self {
        Self(entries.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }
}

impl IntoIterator for Attributes {
    type Item = (String, Value);
    type IntoIter = std::collections::btree_map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
