//! Connections as rows.

use std::str::FromStr;

use roster_application::ports::{Sealed, StoreError, StoredOptions};
use roster_domain::{BaseUrl, Connection, ConnectionId, OrganizationId, Pause, Vendor, Version};
use uuid::Uuid;

use super::Place;

/// Reads connections, all columns: `connections!("WHERE …", arguments…)`.
macro_rules! connections {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            $crate::rows::ConnectionRow,
            "SELECT
                 organization_id AS \"organization_id: Uuid\", id AS \"id: Uuid\", vendor, label, base_url, options, credentials, paused_reason, paused_at,
                 created_at, updated_at, version
             FROM connections " + $rest
            $(, $argument)*
        )
    };
}
pub(crate) use connections;

/// A row of `connections`.
pub(crate) struct ConnectionRow {
    pub(crate) organization_id: Uuid,
    pub(crate) id: Uuid,
    pub(crate) vendor: String,
    pub(crate) label: Option<String>,
    pub(crate) base_url: String,
    pub(crate) options: String,
    pub(crate) credentials: Vec<u8>,
    pub(crate) paused_reason: Option<String>,
    pub(crate) paused_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) version: Version,
}

impl TryFrom<ConnectionRow> for (Connection, Sealed) {
    type Error = StoreError;

    fn try_from(row: ConnectionRow) -> Result<Self, StoreError> {
        let place = Place::new("connections", row.id);
        let paused = match (row.paused_reason, place.optional_time("paused_at", row.paused_at)?) {
            (Some(reason), Some(since)) => Some(Pause { reason, since }),
            (None, None) => None,
            _ => return Err(place.corrupt("paused_reason", "must be set together with paused_at")),
        };
        let vendor = place.check("vendor", Vendor::from_str(&row.vendor))?;
        let options: StoredOptions = place.json("options", &row.options, "an object of options that are known")?;
        let connection = Connection {
            id: ConnectionId::new(row.id),
            organization_id: OrganizationId::new(row.organization_id),
            vendor,
            label: row.label,
            base_url: place.check("base_url", BaseUrl::new(&row.base_url))?,
            options: place.check("options", options.read(vendor))?,
            paused,
            created_at: place.time("created_at", row.created_at)?,
            updated_at: place.time("updated_at", row.updated_at)?,
            version: row.version,
        };
        Ok((connection, Sealed::new(row.credentials)))
    }
}
