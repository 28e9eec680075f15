//! The use cases for Corti's customers.

use std::sync::Arc;

use roster_domain::{Customer, CustomerChanges, CustomerId, Organization};

use crate::error::{Conflicting, Error, Missing};
use crate::ports::{Clock, CustomerStore, StoreError, UniqueKey};

/// How often a change is decided anew when others change the same customer meanwhile.
const ROUNDS: usize = 64;

/// The use cases for Corti's customers. Beside those that are stored, every organization has its default customer.
#[derive(Clone)]
pub struct Customers {
    store: Arc<dyn CustomerStore>,
    clock: Arc<dyn Clock>,
}

impl Customers {
    /// Puts the use cases together.
    #[must_use]
    pub fn new(store: Arc<dyn CustomerStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Makes a customer.
    pub async fn create(&self, organization: &Organization, changes: &CustomerChanges) -> Result<Customer, Error> {
        let customer = Customer::create(organization.id, changes, self.clock.now())?;
        if customer.id.is_default() {
            return Err(Error::Conflict(Conflicting::DefaultCustomer));
        }
        self.store.create_customer(&customer).await.map_err(conflicting)?;
        Ok(customer)
    }

    /// The customer of an id, which may be any text.
    pub async fn get(&self, organization: &Organization, id: &str) -> Result<Customer, Error> {
        let missing = Error::NotFound(Missing::Customer);
        let Ok(id) = CustomerId::new(id) else {
            return Err(missing);
        };
        if id.is_default() {
            return Ok(Customer::default_of(organization));
        }
        self.store.customer(organization.id, &id).await?.ok_or(missing)
    }

    /// Up to `limit` customers after the first `skip`: the default customer, then the others in the order of their
    /// creation.
    pub async fn list(&self, organization: &Organization, skip: u32, limit: u32) -> Result<Vec<Customer>, Error> {
        let default = (skip == 0 && limit > 0).then(|| Customer::default_of(organization));
        let rest = limit - u32::from(default.is_some());
        let mut customers = Vec::from_iter(default);
        if rest > 0 {
            customers.extend(
                self.store
                    .customers(organization.id, skip.saturating_sub(1), rest)
                    .await?,
            );
        }
        Ok(customers)
    }

    /// Changes a customer. Its users are carried along when its id changes.
    pub async fn update(
        &self,
        organization: &Organization,
        id: &str,
        changes: &CustomerChanges,
    ) -> Result<Customer, Error> {
        for _ in 0..ROUNDS {
            let customer = self.get(organization, id).await?;
            let (next, differs) = customer.update(changes)?;
            if customer.id.is_default() || (differs && next.id.is_default()) {
                return Err(Error::Conflict(Conflicting::DefaultCustomer));
            }
            if !differs {
                return Ok(next);
            }
            match self.store.update_customer(&customer.id, &next, customer.version).await {
                Ok(()) => return Ok(next),
                Err(StoreError::Stale) => {}
                Err(error) => return Err(conflicting(error)),
            }
        }
        Err(Error::Contention)
    }

    /// Deletes a customer that no user is in.
    pub async fn delete(&self, organization: &Organization, id: &str) -> Result<(), Error> {
        let missing = Error::NotFound(Missing::Customer);
        let Ok(id) = CustomerId::new(id) else {
            return Err(missing);
        };
        if id.is_default() {
            return Err(Error::Conflict(Conflicting::DefaultCustomer));
        }
        match self.store.delete_customer(organization.id, &id).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(missing),
            Err(StoreError::Reference) => Err(Error::Conflict(Conflicting::CustomerInUse)),
            Err(error) => Err(error.into()),
        }
    }
}

fn conflicting(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(UniqueKey::CustomerId) => Error::Conflict(Conflicting::CustomerId),
        other => Error::Store(other),
    }
}

#[cfg(test)]
mod tests;
