//! Users who were stored before they could be searched.

use roster_application::directory::stored;
use roster_application::ports::StoreError;
use roster_domain::User;
use roster_domain::scim::index_user;
use uuid::Uuid;

use crate::SqliteStore;
use crate::error::IntoStoreError;
use crate::rows::users;

impl SqliteStore {
    /// Makes up to so many users searchable. A row that cannot be read is reported, and found by nothing, so that it does not
    /// keep others waiting.
    pub(super) async fn make_searchable(&self, limit: u32) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let rows = users!(
            "WHERE search IS NULL AND deleted_at IS NULL
             ORDER BY organization_id, id
             LIMIT ?1",
            i64::from(limit)
        )
        .fetch_all(&mut *transaction)
        .await
        .store()?;
        let mut total = 0;
        for row in rows {
            let (organization, id) = (row.organization_id, row.id);
            let search = match User::try_from(row) {
                Ok(user) => stored::to_json(&index_user(&user)).to_string(),
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "a user cannot be searched");
                    "{}".to_owned()
                }
            };
            sqlx::query!(
                "UPDATE users SET search = ?3 WHERE organization_id = ?1 AND id = ?2",
                organization,
                id,
                search,
            )
            .execute(&mut *transaction)
            .await
            .store()?;
            total += 1;
        }
        transaction.commit().await.store()?;
        Ok(total)
    }
}
