//! Organizations.

use async_trait::async_trait;
use roster_application::ports::{ClientSecret, OrganizationStore, StoreError, UniqueKey};
use roster_application::recent_clients::RecentClients;
use roster_domain::{ApiClient, ConnectVersion, Organization, OrganizationId, PhiGuard, Slug};
use uuid::Uuid;

use crate::SqliteStore;
use crate::api_clients::insert;
use crate::error::IntoStoreError;
use crate::rows::{Place, organizations};

#[async_trait]
impl OrganizationStore for SqliteStore {
    async fn create_organization(
        &self,
        organization: &Organization,
        client: &ApiClient,
        secret: &ClientSecret,
    ) -> Result<(), StoreError> {
        let id = organization.id.uuid();
        let slug = organization.slug.as_str();
        let phi_guard = organization.phi_guard.name();
        let nabla_connect_version = organization.nabla_connect_version.map(ConnectVersion::name);
        let created_at = organization.created_at.timestamp_micros();
        let mut transaction = self.begin().await?;
        sqlx::query!(
            "INSERT INTO organizations (id, slug, phi_guard, nabla_connect_version, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            id,
            slug,
            phi_guard,
            nabla_connect_version,
            created_at,
        )
        .execute(&mut *transaction)
        .await
        .store_unique_beside_id(UniqueKey::Slug)?;
        insert(&mut transaction, client, secret).await?;
        transaction.commit().await.store()
    }

    async fn organization(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        organizations!("WHERE id = ?1", id.uuid())
            .fetch_optional(&self.readers)
            .await
            .store()?
            .map(Organization::try_from)
            .transpose()
    }

    async fn organization_by_slug(&self, slug: &Slug) -> Result<Option<Organization>, StoreError> {
        organizations!("WHERE slug = ?1", slug.as_str())
            .fetch_optional(&self.readers)
            .await
            .store()?
            .map(Organization::try_from)
            .transpose()
    }

    async fn set_phi_guard(&self, id: OrganizationId, guard: PhiGuard) -> Result<bool, StoreError> {
        let set = sqlx::query!(
            "UPDATE organizations SET phi_guard = ?2 WHERE id = ?1",
            id.uuid(),
            guard.name()
        )
        .execute(&mut *self.writer().await?)
        .await
        .store()?;
        RecentClients::outlived().await;
        Ok(set.rows_affected() > 0)
    }

    async fn set_nabla_connect_version(&self, id: OrganizationId, version: ConnectVersion) -> Result<bool, StoreError> {
        let set = sqlx::query!(
            "UPDATE organizations SET nabla_connect_version = ?2 WHERE id = ?1",
            id.uuid(),
            version.name()
        )
        .execute(&mut *self.writer().await?)
        .await
        .store()?;
        RecentClients::outlived().await;
        Ok(set.rows_affected() > 0)
    }

    async fn link_key(&self, id: OrganizationId, fresh: [u8; 32]) -> Result<Option<[u8; 32]>, StoreError> {
        // One statement: of many that are run at once, the later ones see what the first one wrote.
        let key = sqlx::query_scalar!(
            r#"UPDATE organizations SET link_key = coalesce(link_key, ?2) WHERE id = ?1 RETURNING link_key AS "link_key!""#,
            id.uuid(),
            fresh.as_slice(),
        )
        .fetch_all(&mut *self.writer().await?)
        .await
        .store()?
        .pop();
        let sized = |key: Vec<u8>| {
            key.try_into()
                .map_err(|_| Place::new("organizations", id).corrupt("link_key", "must be 32 bytes"))
        };
        key.map(sized).transpose()
    }
}
