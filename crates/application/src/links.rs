//! The links that Upheal gives to a user: stable, each user's own, and not to be guessed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use roster_domain::{Organization, OrganizationId, UserId};
use uuid::Uuid;

use crate::error::{Error, Missing};
use crate::ports::{Entropy, OrganizationStore};

/// What a user's links end with. What they begin with is a matter of the surface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserLinks {
    /// Names the invitation: a UUID of version 8 (RFC 9562), with 122 bits that nobody can guess.
    pub invite: Uuid,
    /// Names the private room: 22 characters that are safe in URLs, of 128 such bits.
    pub room: String,
}

/// Derives links from a user's id and a key that the organization alone has.
///
/// The key is random, is made once and is kept with the organization: links stay as they are when the operator's secret
/// key is replaced, and when a name or an address changes.
#[derive(Clone)]
pub struct Links {
    store: Arc<dyn OrganizationStore>,
    entropy: Arc<dyn Entropy>,
    /// A key never changes, so that one read in the life of a process is enough.
    keys: Arc<Mutex<HashMap<OrganizationId, [u8; 32]>>>,
}

impl Links {
    /// Puts the use case together.
    #[must_use]
    pub fn new(store: Arc<dyn OrganizationStore>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            store,
            entropy,
            keys: Arc::default(),
        }
    }

    /// A user's links.
    pub async fn of(&self, organization: &Organization, user: UserId) -> Result<UserLinks, Error> {
        let key = self.key(organization.id).await?;
        let derived = |purpose: &[u8]| {
            let mut hasher = blake3::Hasher::new_keyed(&key);
            hasher.update(purpose).update(user.uuid().as_bytes());
            let mut bytes = [0; 16];
            hasher.finalize_xof().fill(&mut bytes);
            bytes
        };
        Ok(UserLinks {
            invite: uuid::Builder::from_custom_bytes(derived(b"invite")).into_uuid(),
            room: BASE64_URL_SAFE_NO_PAD.encode(derived(b"room")),
        })
    }

    async fn key(&self, organization: OrganizationId) -> Result<[u8; 32], Error> {
        if let Some(key) = self.known().get(&organization) {
            return Ok(*key);
        }
        let key = self
            .store
            .link_key(organization, self.entropy.bytes())
            .await?
            .ok_or(Error::NotFound(Missing::Organization))?;
        self.known().insert(organization, key);
        Ok(key)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<OrganizationId, [u8; 32]>> {
        // An entry is whole at every moment, so a panic elsewhere does not spoil the map.
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
