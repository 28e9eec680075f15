//! The use cases for accounts.

use std::sync::Arc;

use roster_domain::{Account, Assignment, ConnectionId, Deed, Organization, UserId};

use crate::acting::Acting;
use crate::error::{Conflicting, Error, Missing};
use crate::ports::{AccountQuery, AccountStore, ChangeRecord, Clock, ConnectionStore, Ids, UserStore};

/// The use cases for accounts.
#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn AccountStore>,
    users: Arc<dyn UserStore>,
    connections: Arc<dyn ConnectionStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl Accounts {
    /// Puts the use cases together.
    #[must_use]
    pub fn new(
        store: Arc<dyn AccountStore>,
        users: Arc<dyn UserStore>,
        connections: Arc<dyn ConnectionStore>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        Self {
            store,
            users,
            connections,
            clock,
            ids,
        }
    }

    /// Assigns a user to a connection, or takes the user off, which deactivates or deletes the user there, as the
    /// connection says and the vendor can. A connection that takes all users leaves no choice.
    pub async fn assign(
        &self,
        acting: Acting<'_>,
        user: UserId,
        connection: ConnectionId,
        is_assigned: bool,
    ) -> Result<Account, Error> {
        let organization = acting.organization.id;
        let Some((found, _)) = self.connections.connection(organization, connection).await? else {
            return Err(Error::NotFound(Missing::Connection));
        };
        let known = self.users.user(organization, user).await?;
        let version = known.ok_or(Error::NotFound(Missing::User))?.version;
        if found.options.assignment == Assignment::All && !is_assigned {
            return Err(Error::Conflict(Conflicting::TakesAll));
        }
        let change = ChangeRecord {
            id: self.ids.new_id(),
            at: self.clock.now(),
            actor: acting.actor,
            deed: if is_assigned { Deed::Assigned } else { Deed::Unassigned },
            fields: Vec::new(),
            connection_id: Some(connection),
            version,
        };
        self.store
            .assign(organization, user, connection, is_assigned, &change)
            .await?
            .ok_or(Error::NotFound(Missing::User))
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
