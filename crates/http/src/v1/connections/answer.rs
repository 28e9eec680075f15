//! A connection as `/v1` shows it: without its credentials.

use roster_application::connections::ConnectionTest;
use roster_domain::{Connection, ConnectionOptions, Pause, Timestamp, Version};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::{schemas, time};

/// One organization's configured access to one vendor. Credentials are never shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Connection)]
pub(super) struct ConnectionAnswer {
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

/// What a connection leaves to choose.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectionOptions)]
struct OptionsAnswer {
    /// The version that is asked for in the vendor's versioning header; null for the one that Roster was built for.
    #[schema(required)]
    api_version: Option<String>,
    /// Whether private, loopback and link-local addresses may be called.
    allow_private_addresses: bool,
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

impl From<Connection> for ConnectionAnswer {
    fn from(connection: Connection) -> Self {
        Self {
            id: connection.id.uuid(),
            vendor: connection.vendor.name(),
            label: connection.label,
            base_url: connection.base_url.as_str().to_owned(),
            options: OptionsAnswer::from(connection.options),
            paused: connection.paused.map(PauseAnswer::from),
            created_at: connection.created_at,
            updated_at: connection.updated_at,
            version: connection.version,
        }
    }
}

impl From<ConnectionOptions> for OptionsAnswer {
    fn from(options: ConnectionOptions) -> Self {
        Self {
            api_version: options.api_version,
            allow_private_addresses: options.allow_private_addresses,
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
