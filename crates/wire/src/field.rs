//! One field of a JSON request that came in: left out, null, or given, and read only when it is asked for.
//!
//! serde stops at the first value of a wrong type. A request that is made of [`Field`]s never fails to be
//! read; each field is turned into a [`Change`] afterwards and notes what is wrong with it, so that all violations
//! are reported together.

use std::collections::BTreeMap;

use roster_domain::{Change, Fault, FieldPath, Given, Rule, Violations};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// One field of a request. Use it in structs with `#[serde(default)]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Field(Option<Value>);

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(|value| Self(Some(value)))
    }
}

impl From<Value> for Field {
    fn from(value: Value) -> Self {
        Self(Some(value))
    }
}

impl Field {
    /// Whether the request leaves the field out.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.0.is_none()
    }

    /// The field as text.
    pub fn text(self, field: &FieldPath, violations: &mut Violations) -> Change<String> {
        self.read(field, violations, text)
    }

    /// The field as a truth value.
    pub fn flag(self, field: &FieldPath, violations: &mut Violations) -> Change<bool> {
        self.read(field, violations, |value, field, violations| match value {
            Value::Bool(flag) => Some(flag),
            other => wrong("true or false", &other, field, violations),
        })
    }

    /// The field as a whole number; to JSON Schema, `8.0` is one as well.
    pub fn integer(self, field: &FieldPath, violations: &mut Violations) -> Change<i64> {
        self.read(field, violations, |value, field, violations| match whole(&value) {
            Some(number) => Some(number),
            None => wrong("a whole number", &value, field, violations),
        })
    }

    /// The field as a list of texts. Every entry that is none is reported, by its index.
    pub fn texts(self, field: &FieldPath, violations: &mut Violations) -> Change<Vec<String>> {
        self.read(field, violations, |value, field, violations| match value {
            Value::Array(entries) => {
                let count = entries.len();
                let texts: Vec<String> = entries
                    .into_iter()
                    .enumerate()
                    .filter_map(|(index, entry)| text(entry, &field.then(index.to_string()), violations))
                    .collect();
                (texts.len() == count).then_some(texts)
            }
            other => wrong("an array of strings", &other, field, violations),
        })
    }

    /// The field as a dictionary of texts. Every value that is none is reported, by its key.
    pub fn dictionary(self, field: &FieldPath, violations: &mut Violations) -> Change<BTreeMap<String, String>> {
        self.read(field, violations, |value, field, violations| match value {
            Value::Object(entries) => {
                // What can be read goes on to be checked, so that one wrong type hides nothing else; the violation
                // noted here stops the request anyway.
                let texts = entries.into_iter().filter_map(|(key, entry)| {
                    text(entry, &field.then_chosen(&key), violations).map(|entry| (key, entry))
                });
                Some(texts.collect())
            }
            other => wrong("an object with string values", &other, field, violations),
        })
    }

    /// The field as an object of further fields.
    pub fn object<T: DeserializeOwned>(self, field: &FieldPath, violations: &mut Violations) -> Change<T> {
        self.read(field, violations, read_object)
    }

    fn read<T>(
        self,
        field: &FieldPath,
        violations: &mut Violations,
        read: impl FnOnce(Value, &FieldPath, &mut Violations) -> Option<T>,
    ) -> Change<T> {
        match self.0 {
            None => Change::Keep,
            Some(Value::Null) => Change::Clear,
            // A value that cannot be read keeps the field: its violation stops the request anyway.
            Some(value) => read(value, field, violations).into(),
        }
    }
}

/// Reads an object whose members are [`Field`]s, or notes that the value is none.
pub fn read_object<T: DeserializeOwned>(value: Value, field: &FieldPath, violations: &mut Violations) -> Option<T> {
    if !value.is_object() {
        return wrong("an object", &value, field, violations);
    }
    let given = Given::kind(kind(&value));
    let fault = |_| {
        Fault::new(
            Rule::Type {
                expected: "an object of the documented fields",
            },
            given,
        )
    };
    violations.check(field, serde_json::from_value(value).map_err(fault))
}

/// Notes every field that the surface does not know.
pub fn refuse_unknown<'a>(
    names: impl IntoIterator<Item = &'a String>,
    inside: &FieldPath,
    violations: &mut Violations,
) {
    for name in names {
        violations.push(Fault::new(Rule::UnknownField, Given::value(name)).at(inside.then_chosen(name)));
    }
}

/// Up to which every whole number has a floating-point form of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64().filter(|number| number.abs() <= EXACT)?;
        (number.fract() == 0.0).then(|| format!("{number:.0}").parse().ok())?
    })
}

fn text(value: Value, field: &FieldPath, violations: &mut Violations) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        other => wrong("a string", &other, field, violations),
    }
}

fn wrong<T>(expected: &'static str, value: &Value, field: &FieldPath, violations: &mut Violations) -> Option<T> {
    violations.push(Fault::new(Rule::Type { expected }, Given::kind(kind(value))).at(field.clone()));
    None
}

/// The JSON type of a value, in words.
#[must_use]
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field() -> FieldPath {
        FieldPath::of("f")
    }

    #[test]
    fn left_out_null_and_given_are_told_apart() {
        let mut violations = Violations::none();

        assert_eq!(Field::default().text(&field(), &mut violations), Change::Keep);
        assert_eq!(Field::from(Value::Null).text(&field(), &mut violations), Change::Clear);
        assert_eq!(
            Field::from(json!("x")).text(&field(), &mut violations),
            Change::Set("x".to_owned())
        );
        assert!(violations.is_empty(), "{violations}");
    }

    #[test]
    fn every_value_of_a_wrong_type_is_reported_and_the_others_are_read_on() {
        let mut violations = Violations::none();

        let entries = Field::from(json!({"a": 1, "b": "x", "c": null})).dictionary(&field(), &mut violations);

        assert_eq!(entries, Change::Set(BTreeMap::from([("b".to_owned(), "x".to_owned())])));
        let fields: Vec<String> = violations.iter().map(|violation| violation.field.pointer()).collect();
        assert_eq!(fields, ["/f/a", "/f/c"]);
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_fraction_of_nothing() {
        let mut violations = Violations::none();

        for (given, number) in [(json!(8), 8), (json!(8.0), 8), (json!(-2e3), -2_000), (json!(0.0), 0)] {
            assert_eq!(
                Field::from(given).integer(&field(), &mut violations),
                Change::Set(number)
            );
        }
        assert!(violations.is_empty(), "{violations}");

        let wrong = [json!(8.5), json!(1e300), json!(u64::MAX), json!("8"), json!(true)];
        for given in wrong.clone() {
            assert_eq!(Field::from(given).integer(&field(), &mut violations), Change::Keep);
        }
        assert_eq!(violations.iter().count(), wrong.len());
    }

    #[test]
    fn a_long_key_is_pointed_to_as_it_is() {
        let key = "k".repeat(200);
        let mut violations = Violations::none();

        let _ = Field::from(json!({&key: 1})).dictionary(&field(), &mut violations);
        refuse_unknown([&key], &FieldPath::root(), &mut violations);

        let fields: Vec<String> = violations.iter().map(|violation| violation.field.pointer()).collect();
        assert_eq!(fields, [format!("/f/{key}"), format!("/{key}")]);
    }

    #[test]
    fn a_wrong_entry_of_a_list_is_reported_by_its_index() {
        let mut violations = Violations::none();

        let texts = Field::from(json!(["a", 2, true])).texts(&field(), &mut violations);

        assert_eq!(texts, Change::Keep);
        let fields: Vec<String> = violations.iter().map(|violation| violation.field.pointer()).collect();
        assert_eq!(fields, ["/f/1", "/f/2"]);
    }

    #[test]
    fn what_is_no_object_is_said_to_be_what_it_is() {
        for (value, given) in [
            (json!([]), "an array"),
            (json!(1), "a number"),
            (json!("x"), "a string"),
        ] {
            let mut violations = Violations::none();

            let read: Option<BTreeMap<String, Field>> = read_object(value, &field(), &mut violations);

            assert_eq!(read, None);
            assert_eq!(violations.to_string(), format!("f must be an object; given: {given}"));
        }
    }
}
