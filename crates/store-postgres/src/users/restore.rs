//! Users who were deleted and come back.

use roster_application::ports::StoreError;
use roster_domain::{Email, ExternalId, OrganizationId, User, UserName};
use sqlx::PgConnection;

use crate::PostgresStore;
use crate::error::IntoStoreError;
use crate::rows::users;

impl PostgresStore {
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
                    "WHERE organization_id = $1 AND deleted_at IS NOT NULL AND " $condition "
                     ORDER BY deleted_at DESC, id DESC
                     LIMIT 1",
                    organization.uuid(),
                    $value,
                )
                .fetch_optional(&self.ready)
                .await
                .store()?
                .map(User::try_from)
                .transpose()?
            };
        }
        if let Some(external_id) = external_id
            && let Some(found) = last!("external_id = $2", external_id.as_str())
        {
            return Ok(Some(found));
        }
        let Some(name) = user_name else {
            return Ok(None);
        };
        if let Some(found) = last!("user_name_folded = $2", name.folded()) {
            return Ok(Some(found));
        }
        // Whoever had no name was shown by the address, or else by the external id.
        if let Ok(address) = Email::new(name.as_str())
            && let Some(found) = last!("user_name_folded IS NULL AND email_folded = $2", address.folded())
        {
            return Ok(Some(found));
        }
        Ok(last!(
            "user_name_folded IS NULL AND email IS NULL AND external_id = $2",
            name.as_str()
        ))
    }
}

/// Assigns a user who was just put in place of a tombstone anew to the connections that take all users, and takes the user off
/// all others. The user and the connections are locked by the statement that changed the user.
pub(super) async fn bring_back(transaction: &mut PgConnection, user: &User) -> Result<(), StoreError> {
    let (organization, id) = (user.organization_id.uuid(), user.id.uuid());
    sqlx::query!(
        "UPDATE accounts SET is_assigned = false, is_chosen = false WHERE organization_id = $1 AND user_id = $2",
        organization,
        id,
    )
    .execute(&mut *transaction)
    .await
    .store()?;
    // As when one is assigned: the vendor's user may have become somebody else's meanwhile.
    sqlx::query!(
        "UPDATE accounts a SET vendor_user_id = NULL, is_missing = false, vendor_active = NULL, applied_version = 0
         WHERE a.organization_id = $1 AND a.user_id = $2 AND a.removed_at IS NOT NULL
           AND EXISTS (
               SELECT FROM accounts other
               WHERE other.organization_id = a.organization_id AND other.connection_id = a.connection_id
                 AND other.vendor_user_id = a.vendor_user_id AND other.removed_at IS NULL
           )",
        organization,
        id,
    )
    .execute(&mut *transaction)
    .await
    .store()?;
    sqlx::query!(
        // They are there, and were made due, since the statement that changed the user.
        "UPDATE accounts a SET is_assigned = true, cleared_version = NULL, removed_at = NULL
         FROM connections c
         WHERE a.organization_id = $1 AND a.user_id = $2
           AND c.organization_id = a.organization_id AND c.id = a.connection_id AND c.takes_all",
        organization,
        id,
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}
