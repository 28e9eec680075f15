//! Organizations.

use async_trait::async_trait;
use roster_application::ports::{ClientSecret, OrganizationStore, StoreError, UniqueKey};
use roster_domain::{ApiClient, Organization, OrganizationId, PhiGuard, Slug};
use uuid::Uuid;

use crate::SqliteStore;
use crate::api_clients::insert;
use crate::error::IntoStoreError;
use crate::rows::OrganizationRow;

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
        let created_at = organization.created_at.timestamp_micros();
        let mut transaction = self.begin().await?;
        sqlx::query!(
            "INSERT INTO organizations (id, slug, phi_guard, created_at) VALUES (?1, ?2, ?3, ?4)",
            id,
            slug,
            phi_guard,
            created_at,
        )
        .execute(&mut *transaction)
        .await
        .store_unique_beside_id(UniqueKey::Slug)?;
        insert(&mut transaction, client, secret).await?;
        transaction.commit().await.store()
    }

    async fn organization(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        sqlx::query_as!(
            OrganizationRow,
            r#"SELECT id AS "id: Uuid", slug, phi_guard, created_at FROM organizations WHERE id = ?1"#,
            id.uuid(),
        )
        .fetch_optional(&self.readers)
        .await
        .store()?
        .map(Organization::try_from)
        .transpose()
    }

    async fn organization_by_slug(&self, slug: &Slug) -> Result<Option<Organization>, StoreError> {
        sqlx::query_as!(
            OrganizationRow,
            r#"SELECT id AS "id: Uuid", slug, phi_guard, created_at FROM organizations WHERE slug = ?1"#,
            slug.as_str(),
        )
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
        Ok(set.rows_affected() > 0)
    }
}
