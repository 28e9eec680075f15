//! Claims as rows: an account with its user and its connection.

use roster_application::ports::{Claim, ClaimKey, Sealed, StoreError};
use roster_domain::{Connection, ConnectionId, OrganizationId, Timestamp, UserId, Version};
use serde_json::Value;
use uuid::Uuid;

use super::{AccountRow, ConnectionRow, UserRow};

/// A row of `accounts` joined with its rows of `users` and `connections`.
pub(crate) struct ClaimRow {
    pub(crate) organization_id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) connection_id: Uuid,
    pub(crate) claim_token: i64,
    pub(crate) desired_version: Version,
    pub(crate) applied_version: Version,
    pub(crate) vendor_user_id: Option<String>,
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
    pub(crate) updated_at: Timestamp,
    pub(crate) external_id: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) phone_country_code: Option<String>,
    pub(crate) phone_number: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) metadata: Option<Value>,
    pub(crate) npi: Option<String>,
    pub(crate) therapy_licence: Option<String>,
    pub(crate) note_identifier: Option<String>,
    pub(crate) default_note_template_ids: Vec<String>,
    pub(crate) specialty_kind: Option<String>,
    pub(crate) specialty_name: Option<String>,
    pub(crate) speech_locale: Option<String>,
    pub(crate) secondary_speech_locale: Option<String>,
    pub(crate) active: bool,
    pub(crate) user_created_at: Timestamp,
    pub(crate) user_updated_at: Timestamp,
    pub(crate) deleted_at: Option<Timestamp>,
    pub(crate) user_version: Version,
    pub(crate) vendor: String,
    pub(crate) label: Option<String>,
    pub(crate) base_url: String,
    pub(crate) api_version: Option<String>,
    pub(crate) allow_private_addresses: bool,
    pub(crate) credentials: Vec<u8>,
    pub(crate) paused_reason: Option<String>,
    pub(crate) paused_at: Option<Timestamp>,
    pub(crate) connection_created_at: Timestamp,
    pub(crate) connection_updated_at: Timestamp,
    pub(crate) connection_version: Version,
}

impl ClaimRow {
    /// The claim that was made with a lease.
    pub(crate) fn into_claim(self, lease_until: Timestamp) -> Result<Claim, StoreError> {
        let key = ClaimKey {
            organization_id: OrganizationId::new(self.organization_id),
            user_id: UserId::new(self.user_id),
            connection_id: ConnectionId::new(self.connection_id),
            token: self.claim_token,
        };
        let account = AccountRow {
            organization_id: self.organization_id,
            user_id: self.user_id,
            connection_id: self.connection_id,
            desired_version: self.desired_version,
            applied_version: self.applied_version,
            vendor_user_id: self.vendor_user_id,
            vendor_active: self.vendor_active,
            intent: self.intent,
            invite_url: self.invite_url,
            attempts: self.attempts,
            next_attempt_at: self.next_attempt_at,
            last_error: self.last_error,
            attention_cause: self.attention_cause,
            attention_message: self.attention_message,
            attention_remedy: self.attention_remedy,
            attention_since: self.attention_since,
            removed_at: self.removed_at,
            updated_at: self.updated_at,
            vendor: self.vendor.clone(),
            paused: self.paused_at.is_some(),
        };
        let user = UserRow {
            organization_id: self.organization_id,
            id: self.user_id,
            external_id: self.external_id,
            email: self.email,
            first_name: self.first_name,
            last_name: self.last_name,
            phone_country_code: self.phone_country_code,
            phone_number: self.phone_number,
            locale: self.locale,
            roles: self.roles,
            metadata: self.metadata,
            npi: self.npi,
            therapy_licence: self.therapy_licence,
            note_identifier: self.note_identifier,
            default_note_template_ids: self.default_note_template_ids,
            specialty_kind: self.specialty_kind,
            specialty_name: self.specialty_name,
            speech_locale: self.speech_locale,
            secondary_speech_locale: self.secondary_speech_locale,
            active: self.active,
            deleted_at: self.deleted_at,
            created_at: self.user_created_at,
            updated_at: self.user_updated_at,
            version: self.user_version,
        };
        let connection = ConnectionRow {
            organization_id: self.organization_id,
            id: self.connection_id,
            vendor: self.vendor,
            label: self.label,
            base_url: self.base_url,
            api_version: self.api_version,
            allow_private_addresses: self.allow_private_addresses,
            credentials: self.credentials,
            paused_reason: self.paused_reason,
            paused_at: self.paused_at,
            created_at: self.connection_created_at,
            updated_at: self.connection_updated_at,
            version: self.connection_version,
        };
        let (connection, credentials): (Connection, Sealed) = connection.try_into()?;
        Ok(Claim {
            key,
            lease_until,
            account: account.try_into()?,
            user: user.try_into()?,
            connection,
            credentials,
        })
    }
}
