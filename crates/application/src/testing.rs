//! What the tests of the use cases begin with.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use roster_domain::{
    Account, Actor, ApiClientId, BaseUrl, Capabilities, Change, Connection, ConnectionId, ConnectionOptions, KeyKind,
    Known, Organization, OrganizationId, PhiGuard, Slug, Surface, Timestamp, User, UserChanges, UserId, Vendor,
    Version,
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::acting::Acting;
use crate::ports::{
    Clock, ConnectionStore, Entropy, Hold, Ids, MockClock, MockEntropy, MockIds, MockSecrets, Sealed, Secrets,
    SecretsError, StoreError,
};

/// So many seconds after the tests' beginning of time.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(1_750_000_000, 0).expect("a time that the calendar has") + TimeDelta::seconds(seconds)
}

/// A clock that stands still.
pub(crate) fn clock_at(seconds: i64) -> Arc<dyn Clock> {
    let mut clock = MockClock::new();
    clock.expect_now().return_const(at(seconds));
    Arc::new(clock)
}

/// Ids 100, 101, 102 and so on.
pub(crate) fn ids() -> Arc<dyn Ids> {
    let mut ids = MockIds::new();
    let mut next = 99;
    ids.expect_new_id().returning(move || {
        next += 1;
        Uuid::from_u128(next)
    });
    Arc::new(ids)
}

/// Randomness that is none: bytes of 7, and one half.
pub(crate) fn entropy() -> Arc<dyn Entropy> {
    let mut entropy = MockEntropy::new();
    entropy.expect_bytes().return_const([7; 32]);
    entropy.expect_fraction().return_const(0.5);
    Arc::new(entropy)
}

/// What bytes begin with that were sealed with a key that nobody has.
pub(crate) const OTHER_KEY: &[u8] = b"another key|";

/// Sealing that can be looked through: the context, a bar, and the bytes turned around.
pub(crate) fn secrets() -> Arc<dyn Secrets> {
    let mut secrets = MockSecrets::new();
    secrets
        .expect_seal()
        .returning(|clear, context| Ok(sealed(clear, context)));
    secrets.expect_open().returning(|sealed, context| {
        if sealed.as_bytes().starts_with(OTHER_KEY) {
            return Err(SecretsError::UnknownKey);
        }
        let prefix = format!("{context}|");
        let turned = sealed
            .as_bytes()
            .strip_prefix(prefix.as_bytes())
            .ok_or(SecretsError::Damaged)?;
        Ok(Zeroizing::new(turned.iter().rev().copied().collect()))
    });
    Arc::new(secrets)
}

pub(crate) fn sealed(clear: &[u8], context: &str) -> Sealed {
    Sealed::new(
        format!("{context}|")
            .into_bytes()
            .into_iter()
            .chain(clear.iter().rev().copied())
            .collect(),
    )
}

pub(crate) fn organization() -> Organization {
    Organization {
        id: OrganizationId::new(Uuid::from_u128(9)),
        slug: Slug::default_organization(),
        phi_guard: PhiGuard::Warn,
        nabla_connect_version: None,
        created_at: at(0),
    }
}

/// Who acts in these tests: an API client, through `/v1`.
pub(crate) fn actor() -> Actor {
    Actor {
        surface: Surface::V1,
        client: Some(ApiClientId::new(Uuid::from_u128(3))),
    }
}

pub(crate) fn acting(organization: &Organization) -> Acting<'_> {
    Acting {
        organization,
        actor: actor(),
    }
}

pub(crate) fn set(text: &str) -> Change<String> {
    Change::Set(text.to_owned())
}

pub(crate) fn user_id(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

/// A user of a number, made at second 0 from a request.
pub(crate) fn user(number: u128, changes: &UserChanges) -> User {
    User::create(user_id(number), organization().id, changes, PhiGuard::Off, at(0))
        .expect("a valid request")
        .user
}

/// What Ann's record says.
pub(crate) fn ann_changes() -> UserChanges {
    UserChanges {
        external_id: set("ehr-1"),
        email: set("ann@example.org"),
        ..UserChanges::default()
    }
}

/// Ann, who is user 1.
pub(crate) fn ann() -> User {
    user(1, &ann_changes())
}

pub(crate) fn connection_id() -> ConnectionId {
    ConnectionId::new(Uuid::from_u128(5))
}

/// A connection to Nabla Core.
pub(crate) fn connection() -> Connection {
    Connection {
        id: connection_id(),
        organization_id: organization().id,
        vendor: Vendor::NablaCore,
        label: None,
        base_url: BaseUrl::new("https://vendor.example").expect("valid"),
        options: ConnectionOptions::default(),
        paused: None,
        created_at: at(0),
        updated_at: at(0),
        version: 1,
    }
}

/// The credentials of [`connection`], as they are stored.
pub(crate) fn stored_credentials() -> Sealed {
    sealed(
        br#"{"kind":"api_key","api_key":"k-1"}"#,
        &format!("connection {}", connection_id()),
    )
}

/// The account of a user at [`connection`], of whom this is known there.
pub(crate) fn account(user: &User, known: Known) -> Account {
    Account {
        organization_id: user.organization_id,
        user_id: user.id,
        connection_id: connection_id(),
        vendor: Vendor::NablaCore,
        is_assigned: true,
        desired_version: user.version,
        known,
        invite_url: None,
        attempts: 0,
        next_attempt_at: Some(at(0)),
        last_error: None,
        attention: None,
        removed_at: None,
        paused: false,
        held_since: None,
        drift: None,
        updated_at: at(0),
    }
}

/// A vendor that can do everything.
pub(crate) const ABLE: Capabilities = Capabilities {
    look_up: Some(KeyKind::ExternalId),
    refuses_duplicates: true,
    update: true,
    update_inactive: true,
    deactivate: true,
    reactivate: true,
    delete: true,
    read_back: true,
    initial_password: true,
    required: &[],
};

mockall::mock! {
    /// The calls of a [`ConnectionStore`]. Not `automock`, which cannot mock a reference inside an `Option`.
    pub(crate) ConnectionStore {
        pub(crate) fn create_connection(&self, connection: &Connection, credentials: &Sealed) -> Result<(), StoreError>;
        pub(crate) fn connections(
            &self, organization: OrganizationId, after: Option<ConnectionId>, limit: u32,
        ) -> Result<Vec<Connection>, StoreError>;
        pub(crate) fn connection(
            &self, organization: OrganizationId, id: ConnectionId,
        ) -> Result<Option<(Connection, Sealed)>, StoreError>;
        pub(crate) fn update_connection(
            &self, connection: &Connection, credentials: Option<Sealed>, expected: Version,
        ) -> Result<(), StoreError>;
        pub(crate) fn lift_floors(
            &self, organization: OrganizationId, id: ConnectionId, now: Timestamp,
        ) -> Result<(), StoreError>;
        pub(crate) fn delete_connection(&self, organization: OrganizationId, id: ConnectionId) -> Result<bool, StoreError>;
        pub(crate) fn holds(&self, organization: OrganizationId) -> Result<Vec<Hold>, StoreError>;
        pub(crate) fn approve(
            &self, organization: OrganizationId, connection: ConnectionId, now: Timestamp,
        ) -> Result<Option<u64>, StoreError>;
    }
}

#[async_trait]
impl ConnectionStore for MockConnectionStore {
    async fn create_connection(&self, connection: &Connection, credentials: &Sealed) -> Result<(), StoreError> {
        self.create_connection(connection, credentials)
    }

    async fn connections(
        &self,
        organization: OrganizationId,
        after: Option<ConnectionId>,
        limit: u32,
    ) -> Result<Vec<Connection>, StoreError> {
        self.connections(organization, after, limit)
    }

    async fn connection(
        &self,
        organization: OrganizationId,
        id: ConnectionId,
    ) -> Result<Option<(Connection, Sealed)>, StoreError> {
        self.connection(organization, id)
    }

    async fn update_connection(
        &self,
        connection: &Connection,
        credentials: Option<&Sealed>,
        expected: Version,
    ) -> Result<(), StoreError> {
        self.update_connection(connection, credentials.cloned(), expected)
    }

    async fn lift_floors(
        &self,
        organization: OrganizationId,
        id: ConnectionId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.lift_floors(organization, id, now)
    }

    async fn delete_connection(&self, organization: OrganizationId, id: ConnectionId) -> Result<bool, StoreError> {
        self.delete_connection(organization, id)
    }

    async fn holds(&self, organization: OrganizationId) -> Result<Vec<Hold>, StoreError> {
        self.holds(organization)
    }

    async fn approve(
        &self,
        organization: OrganizationId,
        connection: ConnectionId,
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        self.approve(organization, connection, now)
    }
}
