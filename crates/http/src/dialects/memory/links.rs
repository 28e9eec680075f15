//! The keys of links in memory.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};

use async_trait::async_trait;
use roster_application::links::Links;
use roster_application::ports::{ClientSecret, Entropy, OrganizationStore, StoreError, UniqueKey};
use roster_domain::{ApiClient, ConnectVersion, Organization, OrganizationId, PhiGuard, Slug};

use super::{Arc, Memory};

impl Memory {
    /// Links by keys of their own, which nothing else shares: nobody asks the store for an organization here.
    pub(crate) fn links() -> Links {
        let keys = Arc::new(LinkKeys::default());
        Links::new(keys.clone(), keys)
    }
}

#[derive(Default)]
pub(super) struct LinkKeys {
    kept: Mutex<HashMap<OrganizationId, [u8; 32]>>,
    made: AtomicU8,
}

#[async_trait]
impl OrganizationStore for LinkKeys {
    async fn create_organization(
        &self,
        _organization: &Organization,
        _client: &ApiClient,
        _secret: &ClientSecret,
    ) -> Result<(), StoreError> {
        Err(StoreError::Conflict(UniqueKey::Slug))
    }

    async fn organization(&self, _id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        Ok(None)
    }

    async fn organization_by_slug(&self, _slug: &Slug) -> Result<Option<Organization>, StoreError> {
        Ok(None)
    }

    async fn set_phi_guard(&self, _id: OrganizationId, _guard: PhiGuard) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn set_nabla_connect_version(
        &self,
        _id: OrganizationId,
        _version: ConnectVersion,
    ) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn link_key(&self, id: OrganizationId, fresh: [u8; 32]) -> Result<Option<[u8; 32]>, StoreError> {
        Ok(Some(*self.kept.lock().unwrap().entry(id).or_insert(fresh)))
    }
}

/// Bytes that count up, so that each key is another one.
impl Entropy for LinkKeys {
    fn bytes(&self) -> [u8; 32] {
        [self.made.fetch_add(1, Ordering::Relaxed); 32]
    }

    fn fraction(&self) -> f64 {
        0.5
    }
}
