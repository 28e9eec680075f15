//! The use cases for accounts.

use std::sync::Arc;

use roster_domain::{Account, ConnectionId, Organization, UserId};

use crate::error::{Error, Missing};
use crate::ports::{AccountQuery, AccountStore, Clock, UserStore};

/// The use cases for accounts.
#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn AccountStore>,
    users: Arc<dyn UserStore>,
    clock: Arc<dyn Clock>,
}

impl Accounts {
    /// Puts the use cases together.
    #[must_use]
    pub fn new(store: Arc<dyn AccountStore>, users: Arc<dyn UserStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, users, clock }
    }

    /// The accounts of a user. A deleted user's are shown for as long as they are kept, so that one can see that
    /// the user is gone from every vendor.
    pub async fn of_user(&self, organization: &Organization, user: UserId) -> Result<Vec<Account>, Error> {
        let accounts = self.store.accounts_of_user(organization.id, user).await?;
        if accounts.is_empty() && self.users.user(organization.id, user).await?.is_none() {
            return Err(Error::NotFound(Missing::User));
        }
        Ok(accounts)
    }

    /// A page of accounts.
    pub async fn list(&self, organization: &Organization, query: &AccountQuery) -> Result<Vec<Account>, Error> {
        Ok(self.store.accounts(organization.id, query).await?)
    }

    /// Tries an account again at once, or as soon as the vendor allows.
    pub async fn retry(
        &self,
        organization: &Organization,
        user: UserId,
        connection: ConnectionId,
    ) -> Result<Account, Error> {
        self.store
            .retry_account(organization.id, user, connection, self.clock.now())
            .await?
            .ok_or(Error::NotFound(Missing::Account))
    }
}

#[cfg(test)]
mod tests;
