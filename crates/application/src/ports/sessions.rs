//! User sessions in persistence.

use async_trait::async_trait;
use roster_domain::{OrganizationId, Timestamp, UserId};
use uuid::Uuid;

use super::StoreError;

/// What stands behind a user's refresh tokens: a user who was authenticated by a vendor's user API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSession {
    /// The id that the tokens carry.
    pub id: Uuid,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The user.
    pub user_id: UserId,
    /// When the session ends unless it is refreshed.
    pub expires_at: Timestamp,
}

/// User sessions in persistence.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait UserSessionStore: Send + Sync {
    /// Stores a new session.
    async fn create_session(&self, session: &UserSession) -> Result<(), StoreError>;

    /// Extends a session. `false` if it is absent, was ended, or expired before `now`.
    async fn extend_session(&self, id: Uuid, expires_at: Timestamp, now: Timestamp) -> Result<bool, StoreError>;

    /// Ends a session for good. `false` if it is absent or was ended before.
    async fn end_session(&self, id: Uuid) -> Result<bool, StoreError>;

    /// Forgets sessions and used assertions that expired before a time. Returns how many.
    async fn purge_sessions(&self, expired_before: Timestamp) -> Result<u64, StoreError>;
}
