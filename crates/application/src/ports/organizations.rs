//! Organizations in persistence.

use async_trait::async_trait;
use roster_domain::{ApiClient, Organization, OrganizationId, Slug};

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
    async fn set_phi_guard(&self, id: OrganizationId, guard: roster_domain::PhiGuard) -> Result<bool, StoreError>;
}
