//! Organizations in persistence.

use async_trait::async_trait;
use roster_domain::{ApiClient, ConnectVersion, Organization, OrganizationId, Slug};

use super::{ClientSecret, StoreError};

/// Organizations in persistence.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait OrganizationStore: Send + Sync {
    /// Stores a new organization together with its first API client, or neither.
    ///
    /// MUST return `Conflict(Slug)` if another organization has the short name, `Conflict(ApiKey)` if another
    /// client has the key.
    async fn create_organization(
        &self,
        organization: &Organization,
        client: &ApiClient,
        secret: &ClientSecret,
    ) -> Result<(), StoreError>;

    /// The organization of an id.
    async fn organization(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError>;

    /// The organization of a short name.
    async fn organization_by_slug(&self, slug: &Slug) -> Result<Option<Organization>, StoreError>;

    /// Changes what is done about metadata that looks like patient data. `false` if there is no such organization.
    ///
    /// MUST not return before every process finds the organization's clients with it.
    async fn set_phi_guard(&self, id: OrganizationId, guard: roster_domain::PhiGuard) -> Result<bool, StoreError>;

    /// Pins what Nabla Connect requests without a version get. `false` if there is no such organization.
    ///
    /// MUST not return before every process finds the organization's clients with it.
    async fn set_nabla_connect_version(&self, id: OrganizationId, version: ConnectVersion) -> Result<bool, StoreError>;

    /// The key that the organization's links are derived from; `None` if there is no such organization. Where there is
    /// no key yet, `fresh` becomes it.
    ///
    /// MUST return the same key to everybody, also when many ask for it at once, and for ever.
    async fn link_key(&self, id: OrganizationId, fresh: [u8; 32]) -> Result<Option<[u8; 32]>, StoreError>;
}
