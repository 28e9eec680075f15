//! The use case of histories: what happened to a user.

use std::sync::Arc;

use roster_domain::{Organization, UserId};
use uuid::Uuid;

use crate::error::{Error, Missing};
use crate::ports::{HistoryEntry, HistoryStore, UserStore};

/// The use case of histories.
#[derive(Clone)]
pub struct Histories {
    store: Arc<dyn HistoryStore>,
    users: Arc<dyn UserStore>,
}

impl Histories {
    /// Puts the use case together.
    #[must_use]
    pub fn new(store: Arc<dyn HistoryStore>, users: Arc<dyn UserStore>) -> Self {
        Self { store, users }
    }

    /// A page of a user's history, the newest first. That of a deleted user is shown for as long as it is kept.
    pub async fn of_user(
        &self,
        organization: &Organization,
        user: UserId,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<HistoryEntry>, Error> {
        let entries = self.store.history(organization.id, user, before, limit).await?;
        if entries.is_empty() && self.users.user(organization.id, user).await?.is_none() {
            return Err(Error::NotFound(Missing::User));
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests;
