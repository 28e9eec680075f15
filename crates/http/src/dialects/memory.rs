//! What tests of the dialects stand on: stores in memory, a clock that stands still, and ids that count up.

mod accounts;
mod connections;
mod customers;
mod directory;
mod gateway;
mod groups;
mod history;
mod idempotency;
pub(crate) mod keys;
mod links;
mod secrets;
mod services;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use roster_application::api_clients::digest;
use roster_application::authentication::{Authentication, TokenKey, Tokens, hash_password};
use roster_application::customers::Customers;
use roster_application::ports::{
    ApiClientStore, ChangeRecord, ClientDeletion, ClientSecret, Clock, HistoryEntry, Ids, InCustomer, KeySetError,
    KeySets, Order, Sealed, StoreError, UniqueKey, UserQuery, UserSession, UserSessionStore, UserStore, UserWrite,
};
use roster_application::sessions::Sessions;
use roster_application::users::Users;
use roster_domain::{
    Account, ApiClient, ApiClientId, ApiClientKind, ClientKey, Connection, Customer, Deed, Email, ExternalId,
    Organization, OrganizationId, Password, PhiGuard, Slug, Surface, Timestamp, User, UserId, UserName, Version,
};
use uuid::Uuid;

/// Everything at once.
#[derive(Default)]
pub(crate) struct Memory {
    users: Mutex<Vec<User>>,
    customers: Mutex<Vec<Customer>>,
    passwords: Mutex<Vec<(UserId, Sealed)>>,
    connections: Mutex<Vec<(Connection, Sealed)>>,
    accounts: Mutex<Vec<Account>>,
    history: Mutex<Vec<(OrganizationId, UserId, HistoryEntry)>>,
    requests: Mutex<Vec<idempotency::Request>>,
    groups: groups::Groups,
    clients: Mutex<Vec<Known>>,
    sessions: Mutex<Vec<UserSession>>,
    ids: AtomicU64,
}

/// A client, its organization, and what is kept of its secret.
type Known = (ApiClient, Organization, ClientSecret);

/// An organization whose id is made of a number.
pub(crate) fn organization(number: u128) -> Organization {
    Organization {
        id: OrganizationId::new(Uuid::from_u128(number)),
        slug: Slug::default_organization(),
        phi_guard: PhiGuard::Off,
        nabla_connect_version: None,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

impl Memory {
    /// The use cases for users.
    pub(crate) fn users(self: &Arc<Self>) -> Users {
        Users::new(self.clone(), self.clone(), self.clone()).sealing_with(self.clone())
    }

    /// The use cases for customers.
    pub(crate) fn customers(self: &Arc<Self>) -> Customers {
        Customers::new(self.clone(), self.clone())
    }

    /// Who is calling.
    pub(crate) fn authentication(self: &Arc<Self>) -> Authentication {
        Authentication::new(self.clone(), self.clone(), self.clone())
    }

    /// The tokens that callers are given.
    pub(crate) fn tokens() -> Tokens {
        Tokens::new(&TokenKey::new([7; 32]))
    }

    /// User sessions.
    pub(crate) fn sessions(self: &Arc<Self>) -> Sessions {
        Sessions::new(self.clone(), self.clone(), Self::tokens(), self.clone(), self.clone())
    }

    /// Whoever calls with a key acts for this organization from now on.
    pub(crate) fn add_api_key(&self, key: &str, organization: &Organization) -> ApiClientId {
        let secret = ClientSecret::KeyDigest(digest(key));
        self.add_client(ApiClientKind::ApiKey, secret, organization)
    }

    /// From now on the client opens one surface only.
    pub(crate) fn limit(&self, client: ApiClientId, surface: Surface) {
        let mut clients = self.clients.lock().unwrap();
        for (limited, ..) in clients.iter_mut().filter(|(known, ..)| known.id == client) {
            limited.surface = Some(surface);
        }
    }

    /// A client that signs in with an address and a password.
    pub(crate) async fn add_service_account(
        &self,
        email: &str,
        password: &str,
        organization: &Organization,
    ) -> ApiClientId {
        let hash = hash_password(Password::new(password).unwrap(), [1; 32]).await.unwrap();
        let kind = ApiClientKind::ServiceAccount {
            email: Email::new(email).unwrap(),
        };
        self.add_client(kind, ClientSecret::PasswordHash(hash), organization)
    }

    /// A client that signs assertions with a key that nobody has.
    pub(crate) fn add_oauth_client(&self, organization: &Organization) -> ApiClientId {
        let kind = ApiClientKind::OAuthClient(ClientKey::JwksUrl("https://example.org/jwks".to_owned()));
        self.add_client(kind, ClientSecret::None, organization)
    }

    /// A client that signs assertions with the key of this public key in PEM.
    pub(crate) fn add_signing_client(&self, public_key: &str, organization: &Organization) -> ApiClientId {
        let kind = ApiClientKind::OAuthClient(ClientKey::PublicKey(public_key.to_owned()));
        self.add_client(kind, ClientSecret::None, organization)
    }

    fn add_client(&self, kind: ApiClientKind, secret: ClientSecret, organization: &Organization) -> ApiClientId {
        let id = ApiClientId::new(self.new_id());
        let client = ApiClient {
            id,
            organization_id: organization.id,
            kind,
            label: None,
            surface: None,
            created_at: self.now(),
        };
        self.clients
            .lock()
            .unwrap()
            .push((client, organization.clone(), secret));
        id
    }

    /// How many users an organization has.
    pub(crate) fn count(&self, organization: &Organization) -> usize {
        self.users
            .lock()
            .unwrap()
            .iter()
            .filter(|user| user.organization_id == organization.id && user.deleted_at.is_none())
            .count()
    }

    fn find(&self, organization: OrganizationId, is_it: impl Fn(&User) -> bool) -> Option<User> {
        let users = self.users.lock().unwrap();
        users
            .iter()
            .find(|user| user.organization_id == organization && user.deleted_at.is_none() && is_it(user))
            .cloned()
    }
}

fn user_name_of(user: &User) -> Option<&str> {
    user.profile.user_name.as_ref().map(UserName::folded)
}

fn stands_against(users: &[User], user: &User) -> Result<(), StoreError> {
    for other in users
        .iter()
        .filter(|other| other.organization_id == user.organization_id && other.id != user.id)
        .filter(|other| other.deleted_at.is_none())
    {
        if user.profile.external_id.is_some() && other.profile.external_id == user.profile.external_id {
            return Err(StoreError::Conflict(UniqueKey::ExternalId));
        }
        if user.profile.email.is_some() && other.profile.email == user.profile.email {
            return Err(StoreError::Conflict(UniqueKey::Email));
        }
        if user.profile.user_name.is_some() && user_name_of(other) == user_name_of(user) {
            return Err(StoreError::Conflict(UniqueKey::UserName));
        }
    }
    Ok(())
}

#[async_trait]
impl UserStore for Memory {
    async fn create_user<'a>(&self, write: UserWrite<'a>) -> Result<(), StoreError> {
        let user = write.user;
        let mut users = self.users.lock().unwrap();
        stands_against(&users, user)?;
        self.has_customer_of(user)?;
        users.push(user.clone());
        self.keep_password(user, write.password);
        self.account_everywhere(user);
        self.tell(user.organization_id, user.id, write.change);
        Ok(())
    }

    async fn update_user<'a>(&self, write: UserWrite<'a>, expected: Version) -> Result<(), StoreError> {
        let user = write.user;
        let mut users = self.users.lock().unwrap();
        stands_against(&users, user)?;
        self.has_customer_of(user)?;
        let stored = users
            .iter_mut()
            .find(|stored| stored.id == user.id && stored.version == expected && stored.deleted_at.is_none());
        *stored.ok_or(StoreError::Stale)? = user.clone();
        self.keep_password(user, write.password);
        self.make_due(user);
        self.tell(user.organization_id, user.id, write.change);
        if user.deleted_at.is_some() {
            for place in 0..self.leave_groups(user) {
                let left = ChangeRecord {
                    id: write.change.following(place),
                    deed: Deed::Left,
                    fields: Vec::new(),
                    ..write.change.clone()
                };
                self.tell(user.organization_id, user.id, &left);
            }
        }
        Ok(())
    }

    async fn deleted_user<'a>(
        &self,
        organization: OrganizationId,
        external_id: Option<&'a ExternalId>,
        user_name: Option<&'a UserName>,
    ) -> Result<Option<User>, StoreError> {
        let users = self.users.lock().unwrap();
        let last = |is_it: &dyn Fn(&User) -> bool| {
            let deleted = users
                .iter()
                .filter(|user| user.organization_id == organization && user.deleted_at.is_some() && is_it(user));
            deleted.max_by_key(|user| user.deleted_at).cloned()
        };
        let by_external_id = external_id.and_then(|id| last(&|user| user.profile.external_id.as_ref() == Some(id)));
        let nameless = |user: &User| user_name_of(user).is_none();
        let shown_by = |user: &User, name: &UserName| {
            let profile = &user.profile;
            match (&profile.email, &profile.external_id) {
                (Some(email), _) => email.folded() == name.folded(),
                (None, external_id) => external_id.as_ref().is_some_and(|id| id.as_str() == name.as_str()),
            }
        };
        let by_name = || user_name.and_then(|name| last(&|user| user_name_of(user) == Some(name.folded())));
        let by_substitute = || user_name.and_then(|name| last(&|user| nameless(user) && shown_by(user, name)));
        Ok(by_external_id.or_else(by_name).or_else(by_substitute))
    }

    async fn restore_user<'a>(&self, write: UserWrite<'a>, expected: Version) -> Result<(), StoreError> {
        let user = write.user;
        let mut users = self.users.lock().unwrap();
        stands_against(&users, user)?;
        self.has_customer_of(user)?;
        let stored = users
            .iter_mut()
            .find(|stored| stored.id == user.id && stored.version == expected && stored.deleted_at.is_some());
        *stored.ok_or(StoreError::Stale)? = user.clone();
        self.keep_password(user, write.password);
        self.make_due(user);
        self.tell(user.organization_id, user.id, write.change);
        Ok(())
    }

    async fn has_initial_password(&self, organization: OrganizationId, id: UserId) -> Result<bool, StoreError> {
        let is_there = self.find(organization, |user| user.id == id).is_some();
        Ok(is_there && self.passwords.lock().unwrap().iter().any(|(of, _)| *of == id))
    }

    async fn user(&self, organization: OrganizationId, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.find(organization, |user| user.id == id))
    }

    async fn user_by_external_id(
        &self,
        organization: OrganizationId,
        external_id: &ExternalId,
    ) -> Result<Option<User>, StoreError> {
        Ok(self.find(organization, |user| {
            user.profile.external_id.as_ref() == Some(external_id)
        }))
    }

    async fn user_by_email(&self, organization: OrganizationId, email: &Email) -> Result<Option<User>, StoreError> {
        Ok(self.find(organization, |user| user.profile.email.as_ref() == Some(email)))
    }

    async fn users(&self, organization: OrganizationId, query: &UserQuery) -> Result<Vec<User>, StoreError> {
        let mut users: Vec<User> = self.users.lock().unwrap().clone();
        users.retain(|user| {
            user.organization_id == organization
                && user.deleted_at.is_none()
                && query.customer.as_ref().is_none_or(|customer| match customer {
                    InCustomer::Default => user.profile.customer_id.is_none(),
                    InCustomer::Named(id) => user.profile.customer_id.as_ref() == Some(id),
                })
                && query.active.is_none_or(|active| user.active == active)
                && query.after.is_none_or(|after| match query.order {
                    Order::OldestFirst => user.id > after,
                    Order::NewestFirst => user.id < after,
                })
        });
        users.sort_by_key(|user| user.id);
        if query.order == Order::NewestFirst {
            users.reverse();
        }
        let page = users.into_iter().skip(query.skip as usize).take(query.limit as usize);
        Ok(page.collect())
    }

    async fn purge_users(&self, _deleted_before: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}

#[async_trait]
impl ApiClientStore for Memory {
    async fn create_client(&self, _client: &ApiClient, _secret: &ClientSecret) -> Result<(), StoreError> {
        Err(StoreError::Conflict(UniqueKey::Id))
    }

    async fn clients(
        &self,
        _organization: OrganizationId,
        _after: Option<ApiClientId>,
        _limit: u32,
    ) -> Result<Vec<ApiClient>, StoreError> {
        Ok(Vec::new())
    }

    async fn client(&self, id: ApiClientId) -> Result<Option<(ApiClient, Organization)>, StoreError> {
        let clients = self.clients.lock().unwrap();
        Ok(clients
            .iter()
            .find(|(client, ..)| client.id == id)
            .map(|(client, of, _)| (client.clone(), of.clone())))
    }

    async fn client_by_key_digest(&self, digest: &[u8; 32]) -> Result<Option<(ApiClient, Organization)>, StoreError> {
        let clients = self.clients.lock().unwrap();
        let found = clients
            .iter()
            .find(|(.., secret)| *secret == ClientSecret::KeyDigest(*digest));
        Ok(found.map(|(client, of, _)| (client.clone(), of.clone())))
    }

    async fn service_account(
        &self,
        folded_email: &str,
    ) -> Result<Option<(ApiClient, ClientSecret, Organization)>, StoreError> {
        let clients = self.clients.lock().unwrap();
        let found = clients.iter().find(
            |(client, ..)| matches!(&client.kind, ApiClientKind::ServiceAccount { email } if email.folded() == folded_email),
        );
        Ok(found.map(|(client, of, secret)| (client.clone(), secret.clone(), of.clone())))
    }

    async fn delete_client(&self, organization: OrganizationId, id: ApiClientId) -> Result<bool, StoreError> {
        let mut clients = self.clients.lock().unwrap();
        let before = clients.len();
        clients.retain(|(client, of, _)| client.id != id || of.id != organization);
        Ok(clients.len() < before)
    }

    async fn delete_client_for(
        &self,
        organization: OrganizationId,
        id: ApiClientId,
        by: ApiClientId,
    ) -> Result<ClientDeletion, StoreError> {
        if self.client(by).await?.is_none_or(|(_, of)| of.id != organization) {
            return Ok(ClientDeletion::ByNobody);
        }
        Ok(if self.delete_client(organization, id).await? {
            ClientDeletion::Deleted
        } else {
            ClientDeletion::Absent
        })
    }

    async fn use_assertion(
        &self,
        _client: ApiClientId,
        _jti: &str,
        _expires_at: Timestamp,
        _now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(true)
    }
}

#[async_trait]
impl UserSessionStore for Memory {
    async fn create_session(&self, session: &UserSession) -> Result<(), StoreError> {
        self.sessions.lock().unwrap().push(session.clone());
        Ok(())
    }

    async fn extend_session(&self, id: Uuid, expires_at: Timestamp, _now: Timestamp) -> Result<bool, StoreError> {
        let mut sessions = self.sessions.lock().unwrap();
        let session = sessions.iter_mut().find(|session| session.id == id);
        Ok(session.map(|session| session.expires_at = expires_at).is_some())
    }

    async fn end_session(&self, id: Uuid) -> Result<bool, StoreError> {
        let mut sessions = self.sessions.lock().unwrap();
        let before = sessions.len();
        sessions.retain(|session| session.id != id);
        Ok(sessions.len() < before)
    }

    async fn purge_sessions(&self, _expired_before: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}

#[async_trait]
impl KeySets for Memory {
    async fn key_set(&self, url: &str, _fresh: bool) -> Result<String, KeySetError> {
        Err(KeySetError(format!("nothing is at {url}")))
    }
}

impl Clock for Memory {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(1_750_000_000, 123_456_000).unwrap()
    }
}

impl Ids for Memory {
    fn new_id(&self) -> Uuid {
        Uuid::from_u128(
            0x0197_0000_0000_7000_8000_0000_0000_0000 + u128::from(self.ids.fetch_add(1, Ordering::Relaxed)),
        )
    }
}
