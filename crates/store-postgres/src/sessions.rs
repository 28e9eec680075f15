//! User sessions.

use async_trait::async_trait;
use roster_application::ports::{StoreError, UserSession, UserSessionStore};
use roster_domain::Timestamp;
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::IntoStoreError;

#[async_trait]
impl UserSessionStore for PostgresStore {
    async fn create_session(&self, session: &UserSession) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO user_sessions (organization_id, id, user_id, expires_at) VALUES ($1, $2, $3, $4)",
            session.organization_id.uuid(),
            session.id,
            session.user_id.uuid(),
            session.expires_at,
        )
        .execute(&self.ready)
        .await
        .store()?;
        Ok(())
    }

    async fn extend_session(&self, id: Uuid, expires_at: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        let extended = sqlx::query!(
            "UPDATE user_sessions SET expires_at = $2 WHERE id = $1 AND expires_at >= $3",
            id,
            expires_at,
            now,
        )
        .execute(&self.ready)
        .await
        .store()?;
        Ok(extended.rows_affected() > 0)
    }

    async fn end_session(&self, id: Uuid) -> Result<bool, StoreError> {
        // Ids are never used twice, so that a session that is gone is ended for good.
        let ended = sqlx::query!("DELETE FROM user_sessions WHERE id = $1", id)
            .execute(&self.ready)
            .await
            .store()?;
        Ok(ended.rows_affected() > 0)
    }

    async fn purge_sessions(&self, expired_before: Timestamp) -> Result<u64, StoreError> {
        let purged = sqlx::query_scalar!(
            r#"
            WITH sessions AS (
                DELETE FROM user_sessions WHERE expires_at < $1 RETURNING 1
            ),
            assertions AS (
                DELETE FROM used_assertions WHERE expires_at < $1 RETURNING 1
            )
            SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM assertions) AS "purged!"
            "#,
            expired_before,
        )
        .fetch_one(&self.ready)
        .await
        .store()?;
        Ok(purged.unsigned_abs())
    }
}
