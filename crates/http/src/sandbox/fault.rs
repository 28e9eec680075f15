//! What can go wrong with a vendor, on purpose.

use std::time::Duration;

use axum::http::StatusCode;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// What a fault does to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// The call is answered with a status, in the vendor's error shape, before it does anything.
    Status {
        /// The status, 200 to 599.
        status: StatusCode,
        /// The `Retry-After` header, in seconds.
        retry_after: Option<u32>,
    },
    /// The call waits before it is handled as usual. A caller who gives up meanwhile takes the call back.
    Delay(Duration),
    /// The connection is closed without an answer, before the call does anything.
    Reset,
    /// The call is handled to its end, also when the caller gives up; then the connection is closed without an answer.
    DropReply,
    /// The call is handled to its end; then it is answered with 200 and a JSON body that breaks off.
    Malformed,
    /// The call is handled to its end; then it is answered with 200 and a page of HTML.
    WrongContentType,
    /// The call is answered as one with wrong credentials, before it does anything.
    Unauthorized,
}

impl Effect {
    /// The names of all kinds.
    pub(super) const KINDS: &'static [&'static str] = &[
        "status",
        "delay",
        "reset",
        "drop_reply",
        "malformed",
        "wrong_content_type",
        "unauthorized",
    ];

    /// The name of the kind.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Delay(_) => "delay",
            Self::Reset => "reset",
            Self::DropReply => "drop_reply",
            Self::Malformed => "malformed",
            Self::WrongContentType => "wrong_content_type",
            Self::Unauthorized => "unauthorized",
        }
    }
}

impl Serialize for Effect {
    /// As it came in, a delay in milliseconds.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind())?;
        match self {
            Self::Status { status, retry_after } => {
                map.serialize_entry("status", &status.as_u16())?;
                if let Some(seconds) = retry_after {
                    map.serialize_entry("retry_after", seconds)?;
                }
            }
            Self::Delay(delay) => map.serialize_entry("milliseconds", &delay.as_millis())?,
            Self::Reset | Self::DropReply | Self::Malformed | Self::WrongContentType | Self::Unauthorized => {}
        }
        map.end()
    }
}

/// What a call to a dialect is for, whatever the vendor calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    /// Getting an access token.
    Token,
    /// Creating a user.
    Create,
    /// Changing a user.
    Update,
    /// Reading a user by its id.
    Get,
    /// Reading a page of users.
    List,
    /// Looking a user up by something else than its id.
    Find,
    /// Activating a user.
    Activate,
    /// Deactivating a user.
    Deactivate,
    /// Signing a user in.
    Authenticate,
    /// Renewing a user's tokens.
    Refresh,
    /// Signing a user out.
    Logout,
    /// Creating a user, or changing the one there is.
    Upsert,
    /// Asking whether there is such a user.
    Check,
    /// Deleting a user.
    Delete,
    /// Creating a customer.
    CreateCustomer,
    /// Reading a page of customers.
    ListCustomers,
    /// Changing a customer.
    UpdateCustomer,
    /// Deleting a customer.
    DeleteCustomer,
}

impl Operation {
    /// Every operation.
    pub(super) const ALL: [Self; 18] = [
        Self::Token,
        Self::Create,
        Self::Update,
        Self::Get,
        Self::List,
        Self::Find,
        Self::Activate,
        Self::Deactivate,
        Self::Authenticate,
        Self::Refresh,
        Self::Logout,
        Self::Upsert,
        Self::Check,
        Self::Delete,
        Self::CreateCustomer,
        Self::ListCustomers,
        Self::UpdateCustomer,
        Self::DeleteCustomer,
    ];

    /// The names of all operations, in the same order.
    pub(super) const NAMES: &'static [&'static str] = &[
        "token",
        "create",
        "update",
        "get",
        "list",
        "find",
        "activate",
        "deactivate",
        "authenticate",
        "refresh",
        "logout",
        "upsert",
        "check",
        "delete",
        "create_customer",
        "list_customers",
        "update_customer",
        "delete_customer",
    ];

    /// The operation of a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .position(|known| *known == name)
            .map(|index| Self::ALL[index])
    }
}
