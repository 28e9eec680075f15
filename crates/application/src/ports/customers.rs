//! Corti's customers in persistence.

use async_trait::async_trait;
use roster_domain::{Customer, CustomerId, OrganizationId, Version};

use super::StoreError;

/// Corti's customers in persistence. The default customer of an organization is none of them.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait CustomerStore: Send + Sync {
    /// Stores a new customer.
    ///
    /// MUST return `Conflict(CustomerId)` if the organization has another one of the same id.
    async fn create_customer(&self, customer: &Customer) -> Result<(), StoreError>;

    /// The customer of an id, compared exactly.
    async fn customer(&self, organization: OrganizationId, id: &CustomerId) -> Result<Option<Customer>, StoreError>;

    /// Up to `limit` customers of an organization in the order of their creation (then of their ids), after the first
    /// `skip`.
    async fn customers(&self, organization: OrganizationId, skip: u32, limit: u32)
    -> Result<Vec<Customer>, StoreError>;

    /// Replaces the customer that was known as `was`. Its users are carried along when the id changes; their versions
    /// stay as they are.
    ///
    /// MUST return `Stale`, and write nothing, if there is no such customer or its stored version is not `expected`;
    /// `Conflict(CustomerId)` if another one has the new id.
    async fn update_customer(&self, was: &CustomerId, customer: &Customer, expected: Version)
    -> Result<(), StoreError>;

    /// Deletes a customer. `false` if there is none.
    ///
    /// MUST return `Reference`, and delete nothing, while users who are not deleted are in it, also when one is put
    /// into it at the same moment.
    async fn delete_customer(&self, organization: OrganizationId, id: &CustomerId) -> Result<bool, StoreError>;
}
