//! What stores remember of API clients for a moment, so that a caller's next request need not look them up again.

#[cfg(test)]
mod tests;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;
use roster_domain::{ApiClient, ApiClientId, Organization};
use tokio::time::{Instant, sleep};

use crate::ports::StoreError;

/// A client, and the organization that it belongs to.
pub type ClientOfOrganization = (ApiClient, Organization);

/// By what a client is looked up.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientLookup {
    /// Its id.
    Id(ApiClientId),
    /// The BLAKE3 digest of its API key.
    KeyDigest([u8; 32]),
}

/// The clients that a store found a moment ago.
///
/// Every request is made by a client, and looking it up would double the questions that most of them ask. What is remembered is
/// nevertheless never out of date for anybody to whom a change was acknowledged, in whatever process: what was found is used for
/// [`RecentClients::KEPT`] from when it was *asked for*, and whoever changes a client or its organization acknowledges that
/// only after [`RecentClients::outlived`], when every answer from before the change has run out.
///
/// Only who was found is remembered: a new client is there at once.
pub struct RecentClients {
    found: Cache<ClientLookup, Recent>,
}

#[derive(Clone)]
struct Recent {
    client: Arc<ClientOfOrganization>,
    asked_at: Instant,
}

impl RecentClients {
    /// For how long a client is remembered. Long beside the time between two requests of a busy caller, short for a person who
    /// waits for a change to be acknowledged.
    pub const KEPT: Duration = Duration::from_millis(100);
    /// What is added to it for clocks of other machines that run faster or slower.
    const MARGIN: Duration = Duration::from_millis(10);
    /// As many as are remembered at once: more than are busy, and less than a megabyte.
    const MOST: usize = 1_000;

    /// Remembers nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            found: Cache::new(Self::MOST),
        }
    }

    /// The client that was found a moment ago, or else the one that is found now.
    ///
    /// # Errors
    ///
    /// Those of looking it up.
    pub async fn get_or_find(
        &self,
        lookup: ClientLookup,
        find: impl Future<Output = Result<Option<ClientOfOrganization>, StoreError>>,
    ) -> Result<Option<ClientOfOrganization>, StoreError> {
        let recent = self.found.get(&lookup);
        if let Some(recent) = recent.filter(|recent| recent.asked_at.elapsed() < Self::KEPT) {
            return Ok(Some(ClientOfOrganization::clone(&recent.client)));
        }
        let asked_at = Instant::now();
        let found = find.await?;
        if let Some(client) = &found {
            let client = Arc::new(client.clone());
            self.found.insert(lookup, Recent { client, asked_at });
        }
        Ok(found)
    }

    /// Returns when nobody remembers any more what was so when this was called: to be awaited between a change of a client or
    /// of its organization, or finding that somebody else has made it, and saying so.
    pub async fn outlived() {
        sleep(Self::KEPT + Self::MARGIN).await;
    }
}

impl fmt::Debug for RecentClients {
    /// How many, and neither whom nor by what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecentClients")
            .field("remembered", &self.found.len())
            .finish_non_exhaustive()
    }
}

impl Default for RecentClients {
    fn default() -> Self {
        Self::new()
    }
}
