//! User sessions.

use async_trait::async_trait;
use roster_application::ports::{StoreError, UniqueKey, UserSession, UserSessionStore};
use roster_domain::Timestamp;
use uuid::Uuid;

use crate::SqliteStore;
use crate::crowd::{Conduct, Written};
use crate::error::IntoStoreError;

#[async_trait]
impl UserSessionStore for SqliteStore {
    async fn create_session(&self, session: &UserSession) -> Result<(), StoreError> {
        self.writes
            .write(Conduct::Statement, session.clone(), |session, writer| {
                Box::pin(async move {
                    sqlx::query!(
                        "INSERT INTO user_sessions (organization_id, id, user_id, expires_at) VALUES (?1, ?2, ?3, ?4)",
                        session.organization_id.uuid(),
                        session.id,
                        session.user_id.uuid(),
                        session.expires_at.timestamp_micros(),
                    )
                    .execute(writer)
                    .await
                    .store_unique(UniqueKey::Id)?;
                    Ok(Written::quietly(()))
                })
            })
            .await
    }

    async fn extend_session(&self, id: Uuid, expires_at: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        self.writes
            .write(
                Conduct::Statement,
                (id, expires_at, now),
                |(id, expires_at, now), writer| {
                    Box::pin(async move {
                        let extended = sqlx::query!(
                            "UPDATE user_sessions SET expires_at = ?2 WHERE id = ?1 AND expires_at >= ?3",
                            *id,
                            expires_at.timestamp_micros(),
                            now.timestamp_micros(),
                        )
                        .execute(writer)
                        .await
                        .store()?;
                        Ok(Written::quietly(extended.rows_affected() > 0))
                    })
                },
            )
            .await
    }

    async fn end_session(&self, id: Uuid) -> Result<bool, StoreError> {
        self.writes
            .write(Conduct::Statement, id, |id, writer| {
                Box::pin(async move {
                    // Ids are never used twice, so that a session that is gone is ended for good.
                    let ended = sqlx::query!("DELETE FROM user_sessions WHERE id = ?1", *id)
                        .execute(writer)
                        .await
                        .store()?;
                    Ok(Written::quietly(ended.rows_affected() > 0))
                })
            })
            .await
    }

    async fn purge_sessions(&self, expired_before: Timestamp) -> Result<u64, StoreError> {
        let expired_before = expired_before.timestamp_micros();
        let mut transaction = self.begin().await?;
        let sessions = sqlx::query!("DELETE FROM user_sessions WHERE expires_at < ?1", expired_before)
            .execute(&mut *transaction)
            .await
            .store()?;
        let assertions = sqlx::query!("DELETE FROM used_assertions WHERE expires_at < ?1", expired_before)
            .execute(&mut *transaction)
            .await
            .store()?;
        transaction.commit().await.store()?;
        Ok(sessions.rows_affected() + assertions.rows_affected())
    }
}
