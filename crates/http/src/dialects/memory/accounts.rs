//! Accounts in memory. Nobody drives them; tests put them where they should be.

use async_trait::async_trait;
use roster_application::ports::{AccountPosition, AccountQuery, AccountStore, ChangeRecord, Clock, StoreError};
use roster_domain::{
    Account, Assignment, Connection, ConnectionId, Known, OrganizationId, Timestamp, User, UserId, VendorUserId,
    Version,
};

use super::Memory;

impl Memory {
    /// An account, as it is made to be due.
    fn account(&self, user: UserId, version: Version, connection: &Connection) -> Account {
        Account {
            organization_id: connection.organization_id,
            user_id: user,
            connection_id: connection.id,
            vendor: connection.vendor,
            is_assigned: true,
            desired_version: version,
            known: Known::default(),
            invite_url: None,
            attempts: 0,
            next_attempt_at: Some(self.now()),
            last_error: None,
            attention: None,
            removed_at: None,
            paused: false,
            held_since: None,
            drift: None,
            updated_at: self.now(),
        }
    }

    /// Gives a user who is new an account at every connection that takes all users.
    pub(super) fn account_everywhere(&self, user: &User) {
        let connections = self.connections.lock().unwrap();
        let taking = connections
            .iter()
            .map(|(connection, _)| connection)
            .filter(|connection| {
                connection.organization_id == user.organization_id && connection.options.assignment == Assignment::All
            });
        let made = taking.map(|connection| self.account(user.id, user.version, connection));
        self.accounts.lock().unwrap().extend(made);
    }

    /// Gives every user an account at a new connection.
    pub(super) fn account_for_everybody(&self, connection: &Connection) {
        let users = self.users.lock().unwrap();
        let of_organization = users
            .iter()
            .filter(|user| user.organization_id == connection.organization_id && user.deleted_at.is_none());
        let made = of_organization.map(|user| self.account(user.id, user.version, connection));
        self.accounts.lock().unwrap().extend(made);
    }

    /// The accounts of a user who changed are due again.
    pub(super) fn make_due(&self, user: &User) {
        let mut accounts = self.accounts.lock().unwrap();
        for account in accounts.iter_mut().filter(|account| account.user_id == user.id) {
            account.desired_version = user.version;
            account.next_attempt_at = Some(self.now());
            account.attention = None;
            account.held_since = None;
        }
    }

    /// Puts the account of a user at a connection where a worker would.
    pub(crate) fn drive(&self, user: UserId, connection: ConnectionId, to: impl FnOnce(&mut Account)) {
        let mut accounts = self.accounts.lock().unwrap();
        let account = accounts.iter_mut().find(|account| is_it(account, user, connection));
        to(account.unwrap());
    }
}

fn is_it(account: &Account, user: UserId, connection: ConnectionId) -> bool {
    account.user_id == user && account.connection_id == connection
}

fn position(account: &Account) -> (UserId, ConnectionId) {
    (account.user_id, account.connection_id)
}

#[async_trait]
impl AccountStore for Memory {
    async fn accounts_of_user(&self, organization: OrganizationId, user: UserId) -> Result<Vec<Account>, StoreError> {
        let mut accounts = self.accounts.lock().unwrap().clone();
        accounts.retain(|account| account.organization_id == organization && account.user_id == user);
        accounts.sort_by_key(position);
        Ok(accounts)
    }

    async fn account_of_vendor_user(
        &self,
        organization: OrganizationId,
        connection: ConnectionId,
        id: &VendorUserId,
    ) -> Result<Option<Account>, StoreError> {
        let accounts = self.accounts.lock().unwrap();
        let has_it = |account: &&Account| {
            (account.organization_id, account.connection_id) == (organization, connection)
                && account.known.vendor_user_id.as_ref() == Some(id)
        };
        let last = accounts.iter().filter(has_it).max_by_key(|account| {
            let is_present = account.removed_at.is_none();
            (is_present, account.removed_at)
        });
        Ok(last.cloned())
    }

    async fn accounts(&self, organization: OrganizationId, query: &AccountQuery) -> Result<Vec<Account>, StoreError> {
        let mut accounts = self.accounts.lock().unwrap().clone();
        let is_behind =
            |account: &Account, after: AccountPosition| position(account) > (after.user_id, after.connection_id);
        accounts.retain(|account| {
            account.organization_id == organization
                && query.status.is_none_or(|status| account.status() == status)
                && query
                    .connection_id
                    .is_none_or(|connection| account.connection_id == connection)
                && query.after.is_none_or(|after| is_behind(account, after))
        });
        accounts.sort_by_key(position);
        accounts.truncate(query.limit as usize);
        Ok(accounts)
    }

    async fn retry_account(
        &self,
        organization: OrganizationId,
        user: UserId,
        connection: ConnectionId,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let mut accounts = self.accounts.lock().unwrap();
        let account = accounts
            .iter_mut()
            .find(|account| account.organization_id == organization && is_it(account, user, connection));
        Ok(account.map(|account| {
            account.next_attempt_at = Some(now);
            account.clone()
        }))
    }

    async fn assign(
        &self,
        organization: OrganizationId,
        user: UserId,
        connection: ConnectionId,
        is_assigned: bool,
        change: &ChangeRecord,
    ) -> Result<Option<Account>, StoreError> {
        let Some(found) = self.find(organization, |known| known.id == user) else {
            return Ok(None);
        };
        let connections = self.connections.lock().unwrap();
        let known = connections
            .iter()
            .find(|(known, _)| known.id == connection && known.organization_id == organization);
        let Some((connection, _)) = known else { return Ok(None) };
        let mut accounts = self.accounts.lock().unwrap();
        let index = accounts.iter().position(|account| is_it(account, user, connection.id));
        let index = index.unwrap_or_else(|| {
            let account = self.account(user, found.version, connection);
            // Made as one that is not assigned, so that what follows is a change.
            accounts.push(Account {
                is_assigned: false,
                ..account
            });
            accounts.len() - 1
        });
        let account = &mut accounts[index];
        if account.is_assigned != is_assigned {
            account.is_assigned = is_assigned;
            account.next_attempt_at = Some(change.at);
            self.tell(organization, user, change);
        }
        Ok(Some(account.clone()))
    }
}
