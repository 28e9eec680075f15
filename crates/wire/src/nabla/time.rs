//! How Nabla's APIs write times.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serializer;

/// `2022-03-10T19:16:23.456Z`: always three digits and a `Z`, as Nabla Core's own answers have it. Nabla Connect's document
/// says ISO 8601, which that is.
pub(crate) fn milliseconds<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
}
