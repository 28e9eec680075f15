//! Accounts as rows.

use std::str::FromStr;

use roster_application::ports::StoreError;
use roster_domain::{
    Account, Attention, Cause, ConnectionId, Drift, Known, OrganizationId, Remedy, Timestamp, UserId, Vendor,
    VendorKey, VendorUserId, Version,
};
use uuid::Uuid;

use super::Place;

/// Any query that gives accounts: `columns_of_accounts!("before" COLUMNS "after", arguments…)`, where `a` is the account
/// and `c` its connection.
macro_rules! columns_of_accounts {
    ($before:literal COLUMNS $after:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            $crate::rows::AccountRow,
            $before
            + " a.organization_id, a.user_id, a.connection_id, c.vendor, a.desired_version, a.applied_version,
                a.vendor_user_id, a.is_missing, a.vendor_active, a.intent, a.invite_url, a.attempts, a.next_attempt_at, a.last_error,
                a.attention_cause, a.attention_message, a.attention_remedy, a.attention_since, a.removed_at,
                a.is_assigned, a.held_since, a.drift_message, a.drift_since,
                c.paused_at IS NOT NULL AS \"paused!\", a.updated_at "
            + $after
            $(, $argument)*
        )
    };
}
pub(crate) use columns_of_accounts;

/// A row of `accounts`, with what its connection adds, and without what only the queue needs.
pub(crate) struct AccountRow {
    pub(crate) organization_id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) connection_id: Uuid,
    pub(crate) vendor: String,
    pub(crate) desired_version: Version,
    pub(crate) applied_version: Version,
    pub(crate) vendor_user_id: Option<String>,
    pub(crate) is_missing: bool,
    pub(crate) vendor_active: Option<bool>,
    pub(crate) intent: Option<String>,
    pub(crate) invite_url: Option<String>,
    pub(crate) attempts: i32,
    pub(crate) next_attempt_at: Option<Timestamp>,
    pub(crate) last_error: Option<String>,
    pub(crate) attention_cause: Option<String>,
    pub(crate) attention_message: Option<String>,
    pub(crate) attention_remedy: Option<String>,
    pub(crate) attention_since: Option<Timestamp>,
    pub(crate) removed_at: Option<Timestamp>,
    pub(crate) is_assigned: bool,
    pub(crate) held_since: Option<Timestamp>,
    pub(crate) drift_message: Option<String>,
    pub(crate) drift_since: Option<Timestamp>,
    pub(crate) paused: bool,
    pub(crate) updated_at: Timestamp,
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        let place = Place::new(
            "accounts",
            format_args!("user {} at connection {}", row.user_id, row.connection_id),
        );
        let vendor = Place::new("connections", row.connection_id).check("vendor", Vendor::from_str(&row.vendor))?;
        let attempts = u32::try_from(row.attempts).map_err(|_| place.corrupt("attempts", "must not be negative"))?;
        let cause = place.check_optional("attention_cause", row.attention_cause, |name| Cause::from_str(&name))?;
        let remedy = place.check_optional("attention_remedy", row.attention_remedy, |name| Remedy::from_str(&name))?;
        let attention = match (cause, row.attention_message, remedy, row.attention_since) {
            (Some(cause), Some(message), Some(remedy), Some(since)) => Some(Attention {
                cause,
                message,
                remedy,
                since,
            }),
            (None, None, None, None) => None,
            _ => {
                return Err(place.corrupt(
                    "attention_cause",
                    "must be set together with its message, remedy and time",
                ));
            }
        };
        let drift = match (row.drift_message, row.drift_since) {
            (Some(message), Some(since)) => Some(Drift { message, since }),
            (None, None) => None,
            _ => return Err(place.corrupt("drift_message", "must be set together with drift_since")),
        };
        Ok(Self {
            organization_id: OrganizationId::new(row.organization_id),
            user_id: UserId::new(row.user_id),
            connection_id: ConnectionId::new(row.connection_id),
            vendor,
            is_assigned: row.is_assigned,
            desired_version: row.desired_version,
            known: Known {
                vendor_user_id: row.vendor_user_id.map(VendorUserId::new),
                is_missing: row.is_missing,
                active: row.vendor_active,
                applied_version: row.applied_version,
                intent: row.intent.map(VendorKey::new),
                absent_under: None,
                refused_as_duplicate: false,
                is_doubted: false,
            },
            invite_url: row.invite_url,
            attempts,
            next_attempt_at: row.next_attempt_at,
            last_error: row.last_error,
            attention,
            removed_at: row.removed_at,
            paused: row.paused,
            held_since: row.held_since,
            drift,
            updated_at: row.updated_at,
        })
    }
}
