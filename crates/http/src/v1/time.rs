//! Moments as `/v1` writes them.

use chrono::SecondsFormat;
use roster_domain::Timestamp;
use serde::Serializer;

/// Writes a moment as RFC 3339 in UTC, always with microseconds: exactly what is stored, and sortable as text.
pub(crate) fn micros<S: Serializer>(moment: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&moment.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// The same for a moment that may be missing.
#[expect(clippy::ref_option, reason = "the signature is serde's")]
pub(crate) fn micros_or_null<S: Serializer>(moment: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match moment {
        Some(moment) => micros(moment, serializer),
        None => serializer.serialize_none(),
    }
}
