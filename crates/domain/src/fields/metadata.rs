//! Free key-value data that a customer attaches to a user.

use std::collections::BTreeMap;

use crate::violation::{Fault, FieldPath, Given, Rule, Violations};

/// At most 50 entries; keys of 1 to 40 characters; values of at most 500 characters. Replaced as a whole,
/// never merged. Not for patient data: see [`crate::phi`].
///
/// The limits are those that Nabla Core documents for `metadata`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata(BTreeMap<String, String>);

impl Metadata {
    /// The most entries.
    pub const MAX_ENTRIES: usize = 50;
    /// The most characters (Unicode scalar values) of a key.
    pub const MAX_KEY_CHARACTERS: usize = 40;
    /// The most characters (Unicode scalar values) of a value.
    pub const MAX_VALUE_CHARACTERS: usize = 500;

    /// Checks a whole dictionary and reports everything that is wrong with it, under the given field.
    pub fn new(entries: BTreeMap<String, String>, field: &FieldPath) -> Result<Self, Violations> {
        let mut violations = Violations::none();
        if entries.len() > Self::MAX_ENTRIES {
            let fault = Fault::new(
                Rule::Entries { max: Self::MAX_ENTRIES },
                Given::count(entries.len(), "entries"),
            );
            violations.push(fault.at(field.clone()));
        }
        for (key, value) in &entries {
            let at = field.then_chosen(key);
            violations.check(
                &at,
                super::text::check_line(key, Self::MAX_KEY_CHARACTERS).map_err(about_key),
            );
            violations.check(&at, check_value(value));
        }
        violations.into_result().map(|()| Self(entries))
    }

    /// The entries, sorted by key.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The entries as a map.
    #[must_use]
    pub fn entries(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

fn about_key(fault: Fault) -> Fault {
    match fault.rule {
        Rule::Length { min, max, .. } => Fault::new(
            Rule::Length {
                min,
                max,
                unit: "characters in its key",
            },
            fault.given,
        ),
        _ => Fault::new(
            Rule::Format {
                expected: "a key without control characters",
            },
            fault.given,
        ),
    }
}

fn check_value(value: &str) -> Result<(), Fault> {
    let count = value.chars().count();
    if count > Metadata::MAX_VALUE_CHARACTERS {
        return Err(Fault::new(
            Rule::Length {
                min: 0,
                max: Metadata::MAX_VALUE_CHARACTERS,
                unit: "characters",
            },
            Given::count(count, "characters"),
        ));
    }
    if value.contains('\0') {
        return Err(Fault::new(
            Rule::Format {
                expected: "text without NUL characters",
            },
            Given::value(value),
        ));
    }
    Ok(())
}
