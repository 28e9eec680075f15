//! Histories in memory.

use async_trait::async_trait;
use roster_application::ports::{ChangeRecord, HistoryEntry, HistoryEvent, HistoryStore, StoreError};
use roster_domain::{OrganizationId, Timestamp, UserId};
use uuid::Uuid;

use super::Memory;

impl Memory {
    /// Tells a user's history of a change.
    pub(super) fn tell(&self, organization: OrganizationId, user: UserId, change: &ChangeRecord) {
        let entry = HistoryEntry {
            id: change.id,
            event: HistoryEvent::Change(change.clone()),
        };
        self.note(organization, user, entry);
    }

    /// Notes what happened to a user, as a worker would.
    pub(crate) fn note(&self, organization: OrganizationId, user: UserId, entry: HistoryEntry) {
        self.history.lock().unwrap().push((organization, user, entry));
    }

    /// What was done to whichever user, by whom and through which surface, the oldest first: `v1 created <client>`.
    pub(crate) fn deeds(&self) -> Vec<String> {
        let history = self.history.lock().unwrap();
        let changes = history.iter().filter_map(|(_, _, entry)| match &entry.event {
            HistoryEvent::Change(change) => Some(change),
            HistoryEvent::Call { .. } => None,
        });
        let words = |change: &ChangeRecord| {
            let client = change.actor.client.map_or("-".to_owned(), |client| client.to_string());
            format!("{} {} {client}", change.actor.surface, change.deed)
        };
        changes.map(words).collect()
    }
}

#[async_trait]
impl HistoryStore for Memory {
    async fn history(
        &self,
        organization: OrganizationId,
        user: UserId,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        let history = self.history.lock().unwrap();
        let mut entries: Vec<HistoryEntry> = history
            .iter()
            .filter(|(of, about, _)| *of == organization && *about == user)
            .map(|(_, _, entry)| entry.clone())
            .filter(|entry| before.is_none_or(|before| entry.id < before))
            .collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.id));
        entries.truncate(limit as usize);
        Ok(entries)
    }

    async fn purge_history(&self, _before: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}
