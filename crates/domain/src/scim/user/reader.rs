//! Reading what a resource says into what a request says, noting what is not of the attribute's type.

use crate::changes::Change;
use crate::scim::value::Value;
use crate::violation::{Fault, FieldPath, Given, Rule, Violations};

/// Reads values, and keeps what is wrong with them.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) violations: Violations,
}

impl Reader {
    /// What is said of a text. Empty text says nothing: identity providers send it for what is not known.
    pub(super) fn text(&mut self, value: Option<&Value>, field: &FieldPath) -> Change<String> {
        match value {
            Some(Value::Text(text)) if text.is_empty() => Change::Clear,
            Some(Value::Text(text)) => Change::Set(text.clone()),
            Some(other) => self.not(other, "a string", field),
            None => Change::Clear,
        }
    }

    /// What is said of a text that must be there.
    pub(super) fn required(&mut self, value: Option<&Value>, field: &FieldPath) -> Change<String> {
        match value {
            Some(Value::Text(text)) => Change::Set(text.clone()),
            Some(other) => self.not(other, "a string", field),
            None => {
                self.note(Rule::Required, Given::nothing(), field);
                Change::Keep
            }
        }
    }

    /// What is said of a switch. Silence leaves it as it is.
    pub(super) fn boolean(&mut self, value: Option<&Value>, field: &FieldPath) -> Change<bool> {
        match value {
            Some(Value::Boolean(value)) => Change::Set(*value),
            Some(other) => self.not(other, "true or false", field),
            None => Change::Keep,
        }
    }

    pub(super) fn note(&mut self, rule: Rule, given: Given, field: &FieldPath) {
        self.violations.push(Fault::new(rule, given).at(field.clone()));
    }

    fn not<T>(&mut self, value: &Value, expected: &'static str, field: &FieldPath) -> Change<T> {
        self.note(Rule::Type { expected }, Given::kind(kind(value)), field);
        Change::Keep
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Text(_) => "a string",
        Value::Boolean(_) => "true or false",
        Value::DateTime(_) => "a moment",
        Value::Complex(_) => "an object",
        Value::Many(_) => "an array",
    }
}
