//! Attributes as both databases keep them: JSON with moments as microseconds since 1970, which databases compare as numbers.

use chrono::{DateTime, Utc};
use roster_domain::scim::{Attributes, Value};
use serde_json::{Map, Value as Json};

/// Attributes as they are stored.
#[must_use]
pub fn to_json(attributes: &Attributes) -> Json {
    Json::Object(
        attributes
            .iter()
            .map(|(name, value)| (name.to_owned(), value_to_json(value)))
            .collect(),
    )
}

/// A moment as microseconds since 1970, and whether it is behind them by a fraction of one. Stored moments have no such
/// fraction, and are no leap seconds.
#[must_use]
pub fn micros(moment: DateTime<Utc>) -> (i64, bool) {
    const SECOND: u32 = 1_000_000_000;
    let nanos = moment.timestamp_subsec_nanos();
    if nanos < SECOND {
        (moment.timestamp_micros(), !nanos.is_multiple_of(1_000))
    } else {
        // A leap second lies between a second and the next one.
        (moment.timestamp() * 1_000_000 + 999_999, true)
    }
}

fn value_to_json(value: &Value) -> Json {
    match value {
        Value::Text(text) => Json::from(text.as_str()),
        Value::Boolean(value) => Json::from(*value),
        Value::DateTime(moment) => Json::from(moment.timestamp_micros()),
        Value::Complex(parts) => to_json(parts),
        Value::Many(values) => values.iter().map(value_to_json).collect(),
    }
}

/// Attributes out of what was stored; `None` if that is not what [`to_json`] makes.
#[must_use]
pub fn from_json(json: Json) -> Option<Attributes> {
    match json {
        Json::Object(members) => from_members(members),
        _ => None,
    }
}

fn from_members(members: Map<String, Json>) -> Option<Attributes> {
    members
        .into_iter()
        .map(|(name, value)| Some((name, value_from_json(value)?)))
        .collect()
}

fn value_from_json(json: Json) -> Option<Value> {
    match json {
        Json::String(text) => Some(Value::Text(text)),
        Json::Bool(value) => Some(Value::Boolean(value)),
        Json::Number(micros) => DateTime::<Utc>::from_timestamp_micros(micros.as_i64()?).map(Value::DateTime),
        Json::Object(members) => from_members(members).map(Value::Complex),
        Json::Array(values) => values
            .into_iter()
            .map(value_from_json)
            .collect::<Option<_>>()
            .map(Value::Many),
        Json::Null => None,
    }
}
