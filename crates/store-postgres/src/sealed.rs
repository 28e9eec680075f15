//! Everything that is sealed, so that it can be sealed anew.

use async_trait::async_trait;
use roster_application::ports::{Sealed, SealedAt, SealedStore, StoreError};
use roster_domain::{ConnectionId, OrganizationId, UserId};
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::IntoStoreError;

#[async_trait]
impl SealedStore for PostgresStore {
    async fn sealed(&self, after: Option<SealedAt>, limit: u32) -> Result<Vec<(SealedAt, Sealed)>, StoreError> {
        // Connections come first. Nothing has the least UUID, and a bound that is always there is one that the index
        // serves.
        let (connections, passwords) = match after {
            None => (Some((Uuid::nil(), Uuid::nil())), (Uuid::nil(), Uuid::nil())),
            Some(SealedAt::Connection(organization, id)) => {
                (Some((organization.uuid(), id.uuid())), (Uuid::nil(), Uuid::nil()))
            }
            Some(SealedAt::Password(organization, id)) => (None, (organization.uuid(), id.uuid())),
        };
        let mut found = Vec::new();
        if let Some((organization, id)) = connections {
            let rows = sqlx::query!(
                "SELECT organization_id, id, credentials FROM connections
                 WHERE (organization_id, id) > ($1, $2)
                 ORDER BY organization_id, id
                 LIMIT $3",
                organization,
                id,
                i64::from(limit),
            )
            .fetch_all(&self.ready)
            .await
            .store()?;
            found.extend(rows.into_iter().map(|row| {
                let at = SealedAt::Connection(OrganizationId::new(row.organization_id), ConnectionId::new(row.id));
                (at, Sealed::new(row.credentials))
            }));
        }
        let room = i64::from(limit) - i64::try_from(found.len()).unwrap_or(i64::MAX);
        if room > 0 {
            let rows = sqlx::query!(
                r#"SELECT organization_id, id, initial_password AS "initial_password!" FROM users
                   WHERE (organization_id, id) > ($1, $2) AND initial_password IS NOT NULL
                   ORDER BY organization_id, id
                   LIMIT $3"#,
                passwords.0,
                passwords.1,
                room,
            )
            .fetch_all(&self.ready)
            .await
            .store()?;
            found.extend(rows.into_iter().map(|row| {
                let at = SealedAt::Password(OrganizationId::new(row.organization_id), UserId::new(row.id));
                (at, Sealed::new(row.initial_password))
            }));
        }
        Ok(found)
    }

    async fn reseal(&self, at: &SealedAt, was: &Sealed, now: &Sealed) -> Result<bool, StoreError> {
        let resealed = match at {
            SealedAt::Connection(organization, id) => {
                sqlx::query!(
                    "UPDATE connections SET credentials = $4
                     WHERE organization_id = $1 AND id = $2 AND credentials = $3",
                    organization.uuid(),
                    id.uuid(),
                    was.as_bytes(),
                    now.as_bytes(),
                )
                .execute(&self.ready)
                .await
            }
            SealedAt::Password(organization, id) => {
                sqlx::query!(
                    "UPDATE users SET initial_password = $4
                     WHERE organization_id = $1 AND id = $2 AND initial_password = $3",
                    organization.uuid(),
                    id.uuid(),
                    was.as_bytes(),
                    now.as_bytes(),
                )
                .execute(&self.ready)
                .await
            }
        };
        Ok(resealed.store()?.rows_affected() > 0)
    }
}
