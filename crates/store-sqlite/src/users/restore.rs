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
        macro_rules! last {
            ($condition:literal, $value:expr) => {
                users!(
                    "WHERE organization_id = ?1 AND deleted_at IS NOT NULL AND " $condition "
                     ORDER BY deleted_at DESC, id DESC
                     LIMIT 1",
                    organization.uuid(),
                    $value,
                )
                .fetch_optional(&self.readers)
                .await
                .store()?
                .map(User::try_from)
                .transpose()?
            };
        }
        if let Some(external_id) = external_id
            && let Some(found) = last!("external_id = ?2", external_id.as_str())
        {
            return Ok(Some(found));
        }
        let Some(name) = user_name else {
            return Ok(None);
        };
        if let Some(found) = last!("user_name_folded = ?2", name.folded()) {
            return Ok(Some(found));
        }
        // Whoever had no name was shown by the address, or else by the external id.
        if let Ok(address) = Email::new(name.as_str())
            && let Some(found) = last!("user_name_folded IS NULL AND email_folded = ?2", address.folded())
        {
            return Ok(Some(found));
        }
        Ok(last!(
            "user_name_folded IS NULL AND email IS NULL AND external_id = ?2",
            name.as_str()
        ))
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
