//! What the bodies of all resources have in common: fields that the surface does not know, and fields that it sets itself.

use std::collections::BTreeMap;

use roster_domain::{Change, Fault, FieldPath, Given, Rule, Violations};
use roster_wire::field;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The fields that a request has beside those that its struct names.
pub(crate) type Others = BTreeMap<String, Value>;

/// Reads a body as a struct of [`field::Field`]s. A body that is no object is noted, and read as empty.
pub(crate) fn read<T: DeserializeOwned + Default>(body: Value, violations: &mut Violations) -> T {
    field::read_object(body, &FieldPath::root(), violations).unwrap_or_default()
}

/// Notes every field that the surface does not know, and every one that Roster alone sets.
pub(crate) fn refuse_others(others: &Others, read_only: &[&str], inside: &FieldPath, violations: &mut Violations) {
    let is_own = |name: &str| read_only.contains(&name);
    for (name, value) in others.iter().filter(|(name, _)| is_own(name)) {
        violations.push(Fault::new(Rule::ReadOnly, Given::kind(field::kind(value))).at(inside.then(name.clone())));
    }
    field::refuse_unknown(others.keys().filter(|name| !is_own(name)), inside, violations);
}

/// Takes a text as a secret.
pub(crate) fn secret(text: Change<String>) -> Change<SecretString> {
    text.map(SecretString::from)
}
