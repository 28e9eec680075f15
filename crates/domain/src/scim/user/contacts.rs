//! Attributes with several addresses, of which one is the address that vendors are given.

use crate::scim::value::{Attributes, Value};

/// The address among the values of an attribute that vendors are given.
pub(super) fn value(entries: Option<&Value>) -> Option<&Value> {
    let entries = entries?.as_many();
    entries.get(chosen(entries)?)?.as_complex()?.get("value")
}

/// The values of an attribute as they came, with the address that Roster has now in the place of the one that came.
pub(super) fn shown(kept: Option<&Value>, address: Option<&str>) -> Vec<Value> {
    let mut entries = kept.map_or_else(Vec::new, |kept| kept.as_many().to_vec());
    match (chosen(&entries), address) {
        (Some(index), Some(address)) => {
            let mut parts = entries[index].as_complex().cloned().unwrap_or_default();
            parts.set("value", Value::text(address));
            entries[index] = Value::Complex(parts);
            // It may have been there as another entry, and no value is there twice.
            let mut others = entries.iter().enumerate().filter(|(place, _)| *place != index);
            if let Some((place, _)) = others.find(|(_, other)| **other == entries[index]) {
                entries.remove(place);
            }
        }
        // Without its address there is nothing to the entry. One that came without is shown as it came.
        (Some(index), None) if has_address(&entries[index]) => drop(entries.remove(index)),
        (None, Some(address)) => entries.push(entry(address)),
        (_, None) => {}
    }
    entries
}

/// The entry that is primary, else the first for work, else the first, of those that have an address; without any, of all.
fn chosen(entries: &[Value]) -> Option<usize> {
    let first = |is_wanted: &dyn Fn(&Attributes) -> bool| {
        entries
            .iter()
            .position(|entry| entry.as_complex().is_some_and(is_wanted))
    };
    let of = |is_candidate: &dyn Fn(&Attributes) -> bool| {
        let is_primary = |entry: &Attributes| entry.get("primary").and_then(Value::as_boolean) == Some(true);
        let is_work = |entry: &Attributes| entry.text("type").is_some_and(|it| it.eq_ignore_ascii_case("work"));
        first(&|entry| is_candidate(entry) && is_primary(entry))
            .or_else(|| first(&|entry| is_candidate(entry) && is_work(entry)))
            .or_else(|| first(is_candidate))
    };
    of(&is_addressed).or_else(|| of(&|_| true))
}

fn has_address(entry: &Value) -> bool {
    entry.as_complex().is_some_and(is_addressed)
}

fn is_addressed(entry: &Attributes) -> bool {
    entry.get("value").is_some_and(|value| match value {
        Value::Text(text) => !text.trim().is_empty(),
        // That it is no text is for whoever reads it to say.
        _ => true,
    })
}

fn entry(address: &str) -> Value {
    let mut parts = Attributes::new();
    parts.set("value", Value::text(address));
    parts.set("type", Value::text("work"));
    parts.set("primary", Value::Boolean(true));
    Value::Complex(parts)
}
