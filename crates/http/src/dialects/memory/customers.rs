//! Customers in memory.

use async_trait::async_trait;
use roster_application::ports::{CustomerStore, StoreError, UniqueKey};
use roster_domain::{Customer, CustomerId, OrganizationId, User, Version};

use super::Memory;

impl Memory {
    /// What a database's foreign key says about a user's customer.
    pub(super) fn has_customer_of(&self, user: &User) -> Result<(), StoreError> {
        let Some(id) = &user.profile.customer_id else {
            return Ok(());
        };
        let customers = self.customers.lock().unwrap();
        let found = customers
            .iter()
            .any(|customer| is_it(customer, user.organization_id, id));
        found.then_some(()).ok_or(StoreError::Reference)
    }
}

fn is_it(customer: &Customer, organization: OrganizationId, id: &CustomerId) -> bool {
    customer.organization_id == organization && customer.id == *id
}

#[async_trait]
impl CustomerStore for Memory {
    async fn create_customer(&self, customer: &Customer) -> Result<(), StoreError> {
        let mut customers = self.customers.lock().unwrap();
        if customers
            .iter()
            .any(|other| is_it(other, customer.organization_id, &customer.id))
        {
            return Err(StoreError::Conflict(UniqueKey::CustomerId));
        }
        customers.push(customer.clone());
        Ok(())
    }

    async fn customer(&self, organization: OrganizationId, id: &CustomerId) -> Result<Option<Customer>, StoreError> {
        let customers = self.customers.lock().unwrap();
        Ok(customers
            .iter()
            .find(|customer| is_it(customer, organization, id))
            .cloned())
    }

    async fn customers(
        &self,
        organization: OrganizationId,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<Customer>, StoreError> {
        let mut customers = self.customers.lock().unwrap().clone();
        customers.retain(|customer| customer.organization_id == organization);
        customers.sort_by_key(|customer| (customer.created_at, customer.id.clone()));
        Ok(customers.into_iter().skip(skip as usize).take(limit as usize).collect())
    }

    async fn update_customer(
        &self,
        was: &CustomerId,
        customer: &Customer,
        expected: Version,
    ) -> Result<(), StoreError> {
        let mut users = self.users.lock().unwrap();
        let mut customers = self.customers.lock().unwrap();
        let organization = customer.organization_id;
        if customer.id != *was && customers.iter().any(|other| is_it(other, organization, &customer.id)) {
            return Err(StoreError::Conflict(UniqueKey::CustomerId));
        }
        let stored = customers
            .iter_mut()
            .find(|stored| is_it(stored, organization, was) && stored.version == expected);
        *stored.ok_or(StoreError::Stale)? = customer.clone();
        for user in users.iter_mut().filter(|user| user.organization_id == organization) {
            if user.profile.customer_id.as_ref() == Some(was) {
                user.profile.customer_id = Some(customer.id.clone());
            }
        }
        Ok(())
    }

    async fn delete_customer(&self, organization: OrganizationId, id: &CustomerId) -> Result<bool, StoreError> {
        let users = self.users.lock().unwrap();
        let mut customers = self.customers.lock().unwrap();
        let is_in_use = users
            .iter()
            .any(|user| user.organization_id == organization && user.profile.customer_id.as_ref() == Some(id));
        if is_in_use {
            return Err(StoreError::Reference);
        }
        let before = customers.len();
        customers.retain(|customer| !is_it(customer, organization, id));
        Ok(customers.len() < before)
    }
}
