//! Users who were stored before they could be searched.

use roster_application::directory::stored;
use roster_application::ports::StoreError;
use roster_domain::User;
use roster_domain::scim::index_user;
use serde_json::{Map, Value};

use crate::PostgresStore;
use crate::error::IntoStoreError;
use crate::rows::users;

impl PostgresStore {
    /// Makes up to so many users searchable. A row that cannot be read is reported, and found by nothing, so that it does not
    /// keep others waiting.
    pub(super) async fn make_searchable(&self, limit: u32) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin().await.store()?;
        // One after the other, if many processes do so at once: when one says that all are searchable, all are. The key is one
        // of those that organizations' connections are locked by.
        sqlx::query!("SELECT pg_advisory_xact_lock(1919906676, 0)")
            .execute(&mut *transaction)
            .await
            .store()?;
        let rows = users!(
            "WHERE search IS NULL AND deleted_at IS NULL
             ORDER BY organization_id, id
             LIMIT $1
             -- In the order in which everybody locks users, so that nobody waits in a circle.
             FOR NO KEY UPDATE",
            i64::from(limit),
        )
        .fetch_all(&mut *transaction)
        .await
        .store()?;
        let total = rows.len() as u64;
        let (mut organizations, mut ids, mut searches) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            organizations.push(row.organization_id);
            ids.push(row.id);
            searches.push(match User::try_from(row) {
                Ok(user) => stored::to_json(&index_user(&user)),
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "a user cannot be searched");
                    Value::Object(Map::new())
                }
            });
        }
        sqlx::query!(
            "UPDATE users u SET search = found.search
             FROM unnest($1::uuid[], $2::uuid[], $3::jsonb[]) AS found (organization_id, id, search)
             WHERE u.organization_id = found.organization_id AND u.id = found.id",
            &organizations,
            &ids,
            &searches,
        )
        .execute(&mut *transaction)
        .await
        .store()?;
        transaction.commit().await.store()?;
        Ok(total)
    }
}
