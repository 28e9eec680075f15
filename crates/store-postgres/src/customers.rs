//! Corti's customers.

use async_trait::async_trait;
use roster_application::ports::{CustomerStore, StoreError};
use roster_domain::{Customer, CustomerId, OrganizationId, Version};

use crate::PostgresStore;
use crate::error::IntoStoreError;
use crate::rows::customers;

#[async_trait]
impl CustomerStore for PostgresStore {
    async fn create_customer(&self, customer: &Customer) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO customers (
                 organization_id, customer_id, display_name, tenant_name, region, is_nfr, created_at, version
             )
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            customer.organization_id.uuid(),
            customer.id.as_str(),
            customer.display_name.as_str(),
            customer.tenant_name.as_str(),
            customer.region.name(),
            customer.is_nfr,
            customer.created_at,
            customer.version,
        )
        .execute(&self.ready)
        .await
        .store()?;
        Ok(())
    }

    async fn customer(&self, organization: OrganizationId, id: &CustomerId) -> Result<Option<Customer>, StoreError> {
        customers!(
            "WHERE organization_id = $1 AND customer_id = $2",
            organization.uuid(),
            id.as_str(),
        )
        .fetch_optional(&self.ready)
        .await
        .store()?
        .map(Customer::try_from)
        .transpose()
    }

    async fn customers(
        &self,
        organization: OrganizationId,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<Customer>, StoreError> {
        customers!(
            "WHERE organization_id = $1
             ORDER BY created_at, customer_id
             LIMIT $2 OFFSET $3",
            organization.uuid(),
            i64::from(limit),
            i64::from(skip),
        )
        .fetch_all(&self.ready)
        .await
        .store()?
        .into_iter()
        .map(Customer::try_from)
        .collect()
    }

    async fn update_customer(
        &self,
        was: &CustomerId,
        customer: &Customer,
        expected: Version,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await.store()?;
        if *was != customer.id {
            // In the order in which everybody locks users, before the foreign key comes to them in any order.
            sqlx::query!(
                "SELECT FROM users WHERE organization_id = $1 AND customer_id = $2 ORDER BY id FOR NO KEY UPDATE",
                customer.organization_id.uuid(),
                was.as_str(),
            )
            .execute(&mut *transaction)
            .await
            .store()?;
        }
        // The users are carried along by the foreign key, within the same statement; the count does not include them.
        let updated = sqlx::query!(
            "UPDATE customers SET
                 customer_id = $4, display_name = $5, tenant_name = $6, region = $7, is_nfr = $8, version = $9
             WHERE organization_id = $1 AND customer_id = $2 AND version = $3",
            customer.organization_id.uuid(),
            was.as_str(),
            expected,
            customer.id.as_str(),
            customer.display_name.as_str(),
            customer.tenant_name.as_str(),
            customer.region.name(),
            customer.is_nfr,
            customer.version,
        )
        .execute(&mut *transaction)
        .await
        .store()?;
        if updated.rows_affected() == 0 {
            return Err(StoreError::Stale);
        }
        transaction.commit().await.store()
    }

    async fn delete_customer(&self, organization: OrganizationId, id: &CustomerId) -> Result<bool, StoreError> {
        // The foreign key stands against it while users are in the customer.
        let deleted = sqlx::query!(
            "DELETE FROM customers WHERE organization_id = $1 AND customer_id = $2",
            organization.uuid(),
            id.as_str(),
        )
        .execute(&self.ready)
        .await
        .store()?;
        Ok(deleted.rows_affected() > 0)
    }
}
