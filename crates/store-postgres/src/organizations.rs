//! Organizations.

use async_trait::async_trait;
use roster_application::ports::{ClientSecret, OrganizationStore, StoreError};
use roster_application::recent_clients::RecentClients;
use roster_domain::{ApiClient, ConnectVersion, Organization, OrganizationId, PhiGuard, Slug, Surface};

use crate::PostgresStore;
use crate::api_clients::Columns;
use crate::error::IntoStoreError;
use crate::rows::{Place, organizations};

#[async_trait]
impl OrganizationStore for PostgresStore {
    async fn create_organization(
        &self,
        organization: &Organization,
        client: &ApiClient,
        secret: &ClientSecret,
    ) -> Result<(), StoreError> {
        let columns = Columns::of(client, secret);
        sqlx::query!(
            "WITH created AS (
                 INSERT INTO organizations (id, slug, phi_guard, nabla_connect_version, created_at)
                 VALUES ($1, $2, $3, $4, $5)
             )
             INSERT INTO api_clients (
                 organization_id, id, kind, label, key_digest, email, email_folded, password_hash, public_key,
                 jwks_url, created_at, surface
             )
             VALUES ($6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
            organization.id.uuid(),
            organization.slug.as_str(),
            organization.phi_guard.name(),
            organization.nabla_connect_version.map(ConnectVersion::name),
            organization.created_at,
            client.organization_id.uuid(),
            client.id.uuid(),
            client.kind.name(),
            client.label,
            columns.key_digest,
            columns.email,
            columns.email_folded,
            columns.password_hash,
            columns.public_key,
            columns.jwks_url,
            client.created_at,
            client.surface.map(Surface::name),
        )
        .execute(&self.ready)
        .await
        .store()?;
        Ok(())
    }

    async fn organization(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        organizations!("WHERE id = $1", id.uuid())
            .fetch_optional(&self.ready)
            .await
            .store()?
            .map(Organization::try_from)
            .transpose()
    }

    async fn organization_by_slug(&self, slug: &Slug) -> Result<Option<Organization>, StoreError> {
        organizations!("WHERE slug = $1", slug.as_str())
            .fetch_optional(&self.ready)
            .await
            .store()?
            .map(Organization::try_from)
            .transpose()
    }

    async fn set_phi_guard(&self, id: OrganizationId, guard: PhiGuard) -> Result<bool, StoreError> {
        let set = sqlx::query!(
            "UPDATE organizations SET phi_guard = $2 WHERE id = $1",
            id.uuid(),
            guard.name()
        )
        .execute(&self.ready)
        .await
        .store()?;
        RecentClients::outlived().await;
        Ok(set.rows_affected() > 0)
    }

    async fn set_nabla_connect_version(&self, id: OrganizationId, version: ConnectVersion) -> Result<bool, StoreError> {
        let set = sqlx::query!(
            "UPDATE organizations SET nabla_connect_version = $2 WHERE id = $1",
            id.uuid(),
            version.name()
        )
        .execute(&self.ready)
        .await
        .store()?;
        RecentClients::outlived().await;
        Ok(set.rows_affected() > 0)
    }

    async fn link_key(&self, id: OrganizationId, fresh: [u8; 32]) -> Result<Option<[u8; 32]>, StoreError> {
        // One statement: of many that are run at once, the later ones see what the first one wrote.
        let key = sqlx::query_scalar!(
            r#"UPDATE organizations SET link_key = coalesce(link_key, $2) WHERE id = $1 RETURNING link_key AS "link_key!""#,
            id.uuid(),
            fresh.as_slice(),
        )
        .fetch_optional(&self.ready)
        .await
        .store()?;
        let sized = |key: Vec<u8>| {
            key.try_into()
                .map_err(|_| Place::new("organizations", id).corrupt("link_key", "must be 32 bytes"))
        };
        key.map(sized).transpose()
    }
}
