//! The key sets that OAuth clients publish.

use async_trait::async_trait;

/// JSON Web Key Sets (RFC 7517) at the URLs that OAuth clients registered.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait KeySets: Send + Sync {
    /// The JSON of the key set at a URL.
    ///
    /// It MAY be one that was fetched a short while ago. With `fresh`, for a key id that the last set lacks, it is fetched
    /// anew unless that was done only seconds ago, so that a stranger's key ids cannot make Roster fetch in a loop. Callers who come at once
    /// share one fetch. Redirects and, unless allowed, private addresses MUST be refused, and answers bounded
    /// in time and size.
    async fn key_set(&self, url: &str, fresh: bool) -> Result<String, KeySetError>;
}

/// Why a key set cannot be had, in plain words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key set cannot be fetched: {0}")]
pub struct KeySetError(pub String);
