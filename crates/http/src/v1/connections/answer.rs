//! A connection as `/v1` shows it: without its credentials.

use roster_application::connections::ConnectionTest;
use roster_application::ports::Hold;
use roster_domain::{Connection, Pause, Timestamp, Version};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::{schemas, time};
use super::options::OptionsAnswer;

/// One organization's configured access to one vendor. Credentials are never shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Connection)]
pub(crate) struct ConnectionAnswer {
    /// Roster's id of the connection.
    id: Uuid,
    #[schema(schema_with = schemas::vendor)]
    vendor: &'static str,
    /// What people call the connection.
    #[schema(required)]
    label: Option<String>,
    /// Where the vendor's API is.
    #[schema(format = "uri")]
    base_url: String,
    /// What the vendor leaves to choose.
    options: OptionsAnswer,
    /// Set while nothing is sent to the vendor, with the reason.
    #[schema(required)]
    paused: Option<PauseAnswer>,
    /// Set while departures wait for approval: so many users would leave at once that a person should look first.
    #[schema(required)]
    held: Option<HoldAnswer>,
    /// When the connection was made.
    #[serde(serialize_with = "time::micros")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the connection was last changed.
    #[serde(serialize_with = "time::micros")]
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// 1 for a new connection, one more with each change: also the `ETag`.
    #[schema(value_type = i64, minimum = 1)]
    version: Version,
}

/// Why nothing is sent over a connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pause)]
struct PauseAnswer {
    /// The reason in plain words, with what to do about it.
    reason: String,
    /// Since when.
    #[serde(serialize_with = "time::micros")]
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

/// Departures that wait for approval.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Hold)]
struct HoldAnswer {
    /// How many users would leave.
    #[schema(minimum = 1)]
    count: u64,
    /// Since when the first of them waits.
    #[serde(serialize_with = "time::micros")]
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

/// What was approved.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Approval {
    /// How many departures were held, and are now due.
    pub(super) approved: u64,
}

/// What came of testing a connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectionTest)]
pub(super) struct ConnectionTestAnswer {
    /// Whether the vendor accepted base URL and credentials.
    ok: bool,
    /// What the vendor answered, in plain words.
    message: String,
}

/// A page of connections.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConnectionPage {
    /// The connections, in the order in which they were made.
    #[schema(max_items = 200)]
    pub(super) data: Vec<ConnectionAnswer>,
    /// What to pass as `cursor` for the next page; null on the last.
    #[schema(required)]
    pub(super) next_cursor: Option<String>,
}

impl ConnectionAnswer {
    /// Shows a connection, with the departures that are held there.
    pub(crate) fn of(connection: Connection, held: Option<Hold>) -> Self {
        Self {
            id: connection.id.uuid(),
            vendor: connection.vendor.name(),
            label: connection.label,
            base_url: connection.base_url.as_str().to_owned(),
            options: OptionsAnswer::of(connection.options, connection.vendor),
            paused: connection.paused.map(PauseAnswer::from),
            held: held.map(HoldAnswer::from),
            created_at: connection.created_at,
            updated_at: connection.updated_at,
            version: connection.version,
        }
    }
}

impl From<Hold> for HoldAnswer {
    fn from(hold: Hold) -> Self {
        Self {
            count: hold.count,
            since: hold.since,
        }
    }
}

impl From<Pause> for PauseAnswer {
    fn from(pause: Pause) -> Self {
        Self {
            reason: pause.reason,
            since: pause.since,
        }
    }
}

impl From<ConnectionTest> for ConnectionTestAnswer {
    fn from(test: ConnectionTest) -> Self {
        Self {
            ok: test.ok,
            message: test.message,
        }
    }
}
