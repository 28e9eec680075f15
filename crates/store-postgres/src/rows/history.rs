//! Entries of histories as rows.

use std::str::FromStr;
use std::time::Duration;

use roster_application::ports::{CallRecord, ChangeRecord, HistoryEntry, HistoryEvent, StoreError};
use roster_domain::{Actor, ApiClientId, ConnectionId, Deed, Surface, Timestamp, Vendor, Version};
use uuid::Uuid;

use super::Place;

/// A row of `audit_log` or of `events`: the columns of the other table are null.
pub(crate) struct HistoryRow {
    pub(crate) id: Uuid,
    pub(crate) at: Timestamp,
    pub(crate) connection_id: Option<Uuid>,
    pub(crate) surface: Option<String>,
    pub(crate) client_id: Option<Uuid>,
    pub(crate) deed: Option<String>,
    pub(crate) fields: Option<Vec<String>>,
    pub(crate) version: Option<Version>,
    pub(crate) vendor: Option<String>,
    pub(crate) operation: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) status: Option<i32>,
    pub(crate) message: Option<String>,
    pub(crate) took_ms: Option<i64>,
}

impl TryFrom<HistoryRow> for HistoryEntry {
    type Error = StoreError;

    fn try_from(row: HistoryRow) -> Result<Self, StoreError> {
        let id = row.id;
        let event = if row.deed.is_some() { change(row)? } else { call(row)? };
        Ok(Self { id, event })
    }
}

fn change(row: HistoryRow) -> Result<HistoryEvent, StoreError> {
    let place = Place::new("audit_log", row.id);
    let (Some(surface), Some(deed), Some(fields), Some(version)) = (row.surface, row.deed, row.fields, row.version)
    else {
        return Err(place.corrupt("deed", "stands alone"));
    };
    Ok(HistoryEvent::Change(ChangeRecord {
        id: row.id,
        at: row.at,
        actor: Actor {
            surface: place.check("surface", Surface::from_str(&surface))?,
            client: row.client_id.map(ApiClientId::new),
        },
        deed: place.check("deed", Deed::from_str(&deed))?,
        fields,
        connection_id: row.connection_id.map(ConnectionId::new),
        version,
    }))
}

fn call(row: HistoryRow) -> Result<HistoryEvent, StoreError> {
    let place = Place::new("events", row.id);
    let (Some(connection), Some(vendor), Some(operation), Some(outcome), Some(took)) =
        (row.connection_id, row.vendor, row.operation, row.outcome, row.took_ms)
    else {
        return Err(place.corrupt("operation", "stands alone"));
    };
    let status = row.status.map(u16::try_from).transpose();
    let took = u64::try_from(took).map_err(|_| place.corrupt("took_ms", "must not be negative"))?;
    Ok(HistoryEvent::Call {
        connection_id: ConnectionId::new(connection),
        vendor: place.check("vendor", Vendor::from_str(&vendor))?,
        call: CallRecord {
            id: row.id,
            at: row.at,
            operation,
            outcome,
            status: status.map_err(|_| place.corrupt("status", "must be an HTTP status"))?,
            message: row.message,
            took: Duration::from_millis(took),
        },
    })
}
