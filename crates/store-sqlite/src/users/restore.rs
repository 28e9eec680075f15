//! Users who were deleted and come back.

use roster_application::ports::{StoreError, UniqueKey};
use roster_domain::{Email, ExternalId, OrganizationId, User, UserName};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::SqliteStore;
use crate::error::IntoStoreError;
use crate::rows::users;

impl SqliteStore {
    /// The tombstone that was made last of those who had an external id, or else of those who had a name, or else of those
    /// who had none and were shown by it.
    pub(super) async fn tombstone(
        &self,
        organization: OrganizationId,
        external_id: Option<&ExternalId>,
        user_name: Option<&UserName>,
    ) -> Result<Option<User>, StoreError> {
        let by_external_id = match external_id {
            Some(external_id) => users!(
                "WHERE organization_id = ?1 AND external_id = ?2 AND deleted_at IS NOT NULL
                 ORDER BY deleted_at DESC, id DESC
                 LIMIT 1",
                organization.uuid(),
                external_id.as_str(),
            )
            .fetch_optional(&self.readers)
            .await
            .store()?,
            None => None,
        };
        let by_name = match (&by_external_id, user_name) {
            (None, Some(user_name)) => users!(
                "WHERE organization_id = ?1 AND user_name_folded = ?2 AND deleted_at IS NOT NULL
                 ORDER BY deleted_at DESC, id DESC
                 LIMIT 1",
                organization.uuid(),
                user_name.folded(),
            )
            .fetch_optional(&self.readers)
            .await
            .store()?,
            _ => None,
        };
        let found = by_external_id.or(by_name);
        // Whoever had no name was shown by the address, or else by the external id.
        let as_address = user_name.and_then(|name| Email::new(name.as_str()).ok());
        let by_address = match (&found, as_address) {
            (None, Some(address)) => users!(
                "WHERE organization_id = ?1 AND email_folded = ?2 AND user_name_folded IS NULL AND deleted_at IS NOT NULL
                 ORDER BY deleted_at DESC, id DESC
                 LIMIT 1",
                organization.uuid(),
                address.folded(),
            )
            .fetch_optional(&self.readers)
            .await
            .store()?,
            _ => None,
        };
        let found = found.or(by_address);
        let by_substitute = match (&found, user_name) {
            (None, Some(user_name)) => users!(
                "WHERE organization_id = ?1 AND external_id = ?2 AND email IS NULL AND user_name_folded IS NULL AND deleted_at IS NOT NULL
                 ORDER BY deleted_at DESC, id DESC
                 LIMIT 1",
                organization.uuid(),
                user_name.as_str(),
            )
            .fetch_optional(&self.readers)
            .await
            .store()?,
            _ => None,
        };
        let found = found.or(by_substitute);
        found.map(User::try_from).transpose()
    }
}

/// Gives a user who was just put in place of a tombstone accounts at the connections that take all users, as if assigned
/// there anew, and takes the user off all others.
pub(super) async fn bring_back(transaction: &mut SqliteConnection, user: &User) -> Result<(), StoreError> {
    let (organization, id) = (user.organization_id.uuid(), user.id.uuid());
    sqlx::query!(
        "UPDATE accounts SET is_assigned = 0, is_chosen = 0 WHERE organization_id = ?1 AND user_id = ?2",
        organization,
        id,
    )
    .execute(&mut *transaction)
    .await
    .store()?;
    // As when one is assigned: the vendor's user may have become somebody else's meanwhile.
    sqlx::query!(
        "UPDATE accounts SET vendor_user_id = NULL, is_missing = 0, vendor_active = NULL, applied_version = 0
         WHERE organization_id = ?1 AND user_id = ?2 AND removed_at IS NOT NULL
           AND EXISTS (
               SELECT 1 FROM accounts other
               WHERE other.organization_id = accounts.organization_id
                 AND other.connection_id = accounts.connection_id
                 AND other.vendor_user_id = accounts.vendor_user_id AND other.removed_at IS NULL
           )",
        organization,
        id,
    )
    .execute(&mut *transaction)
    .await
    .store()?;
    sqlx::query!(
        "INSERT INTO accounts (
             organization_id, user_id, connection_id, desired_version, desired_active, next_attempt_at, updated_at
         )
         SELECT c.organization_id, ?2, c.id, ?3, ?5, ?4, ?4
         FROM connections c
         WHERE c.organization_id = ?1 AND c.takes_all
         -- What there is was made due by the trigger, within the statement that changed the user.
         ON CONFLICT (organization_id, user_id, connection_id) DO UPDATE SET
             is_assigned = 1, cleared_version = NULL, removed_at = NULL",
        organization,
        id,
        user.version,
        user.updated_at.timestamp_micros(),
        user.active,
    )
    .execute(transaction)
    .await
    .store_unique(UniqueKey::VendorUserId)?;
    Ok(())
}
