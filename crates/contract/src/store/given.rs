//! What the cases start from.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use roster_application::ports::{
    CallRecord, ChangeRecord, ClientSecret, ConnectionKey, Sealed, Store, StoreError, UserWrite,
};
use roster_domain::scim::{Attributes, Value};
use roster_domain::{
    Account, Actor, ApiClient, ApiClientId, ApiClientKind, Assignment, BaseUrl, Change, ConnectVersion, Connection,
    ConnectionId, ConnectionOptions, Customer, CustomerChanges, CustomerId, Deed, Organization, OrganizationId, Pause,
    PhiGuard, PhoneChanges, SettingsChanges, Slug, SpecialtyChanges, Surface, Timestamp, User, UserChanges, UserId,
    Vendor, Version,
};
use uuid::{Builder, Uuid};

mod groups;
mod queue;

pub use groups::*;
pub use queue::*;

/// When everything begins: 2026-01-05 08:00:00 UTC and 123456 microseconds, so that a store that rounds is found out.
pub const NOW: Timestamp = Timestamp::from_timestamp_micros(1_767_600_000_123_456).expect("a time of this calendar");

/// So many seconds after [`NOW`].
#[must_use]
pub fn after(seconds: i64) -> Timestamp {
    NOW + TimeDelta::seconds(seconds)
}

/// A new id: a `UUIDv7` that sorts after all before it.
#[must_use]
pub fn new_id() -> Uuid {
    static MADE: AtomicU64 = AtomicU64::new(1_767_600_000_000);
    let made = MADE.fetch_add(1, Ordering::Relaxed);
    let [.., a, b] = made.to_be_bytes();
    Builder::from_unix_timestamp_millis(made, &[a, b, 0xC0, 0xFF, 0xEE, 0, 0, 0, 0, 1]).into_uuid()
}

/// An organization that is not stored, and its API key.
#[must_use]
pub fn new_organization(slug: &str) -> (Organization, ApiClient, ClientSecret) {
    let organization = Organization {
        id: OrganizationId::new(new_id()),
        slug: Slug::new(slug).expect("a valid slug"),
        phi_guard: PhiGuard::Warn,
        nabla_connect_version: Some(ConnectVersion::NEWEST),
        created_at: NOW,
    };
    let client = new_client(organization.id, ApiClientKind::ApiKey);
    let secret = ClientSecret::KeyDigest(digest_of(client.id.uuid()));
    (organization, client, secret)
}

/// A digest that no other id has.
#[must_use]
pub fn digest_of(id: Uuid) -> [u8; 32] {
    let mut digest = [0xA5; 32];
    digest[..16].copy_from_slice(id.as_bytes());
    digest
}

/// A client that is not stored.
#[must_use]
pub fn new_client(organization: OrganizationId, kind: ApiClientKind) -> ApiClient {
    ApiClient {
        id: ApiClientId::new(new_id()),
        organization_id: organization,
        kind,
        label: Some("a client".to_owned()),
        surface: None,
        created_at: NOW,
    }
}

/// A stored organization.
pub async fn organization(store: &dyn Store) -> OrganizationId {
    let (organization, client, secret) = new_organization(&format!("org-{}", new_id().simple()));
    store
        .create_organization(&organization, &client, &secret)
        .await
        .expect("an organization is stored");
    organization.id
}

/// A connection that is not stored.
#[must_use]
pub fn new_connection(organization: OrganizationId) -> Connection {
    Connection {
        id: ConnectionId::new(new_id()),
        organization_id: organization,
        vendor: Vendor::NablaCore,
        label: Some("the clinic's".to_owned()),
        base_url: BaseUrl::new("https://vendor.example/api").expect("a valid URL"),
        options: ConnectionOptions {
            api_version: Some("2024-10-01".to_owned()),
            ..ConnectionOptions::default()
        },
        paused: None,
        created_at: NOW,
        updated_at: NOW,
        version: 1,
    }
}

/// Credentials as they are stored.
#[must_use]
pub fn credentials() -> Sealed {
    Sealed::new(vec![0, 1, 2, 0xFF])
}

/// A stored connection.
pub async fn connection(store: &dyn Store, organization: OrganizationId) -> Connection {
    let connection = new_connection(organization);
    store
        .create_connection(&connection, &credentials())
        .await
        .expect("a connection is stored");
    connection
}

/// Which connection.
#[must_use]
pub fn key(connection: &Connection) -> ConnectionKey {
    ConnectionKey {
        organization_id: connection.organization_id,
        connection_id: connection.id,
    }
}

/// A connection that takes nobody who is not assigned to it, not stored.
#[must_use]
pub fn new_choosy_connection(organization: OrganizationId) -> Connection {
    let connection = new_connection(organization);
    taking(&connection, Assignment::Chosen)
}

/// A stored connection that takes nobody who is not assigned to it.
pub async fn choosy_connection(store: &dyn Store, organization: OrganizationId) -> Connection {
    let connection = new_choosy_connection(organization);
    store
        .create_connection(&connection, &credentials())
        .await
        .expect("a connection is stored");
    connection
}

/// The same connection, which takes others.
#[must_use]
pub fn taking(connection: &Connection, assignment: Assignment) -> Connection {
    Connection {
        options: ConnectionOptions {
            assignment,
            ..connection.options.clone()
        },
        ..connection.clone()
    }
}

/// Stores that a connection takes others from a time on.
pub async fn take(store: &dyn Store, connection: &Connection, assignment: Assignment, now: Timestamp) -> Connection {
    let changed = Connection {
        version: connection.version + 1,
        updated_at: now,
        ..taking(connection, assignment)
    };
    store
        .update_connection(&changed, None, connection.version)
        .await
        .expect("a connection is changed");
    changed
}

/// Pauses a connection.
pub async fn pause(store: &dyn Store, connection: &Connection) -> Connection {
    let paused = Connection {
        paused: Some(Pause {
            reason: "the vendor refuses the credentials".to_owned(),
            since: after(1),
        }),
        version: connection.version + 1,
        updated_at: after(1),
        ..connection.clone()
    };
    store
        .update_connection(&paused, None, connection.version)
        .await
        .expect("a connection is paused");
    paused
}

/// A user that is not stored, out of a request.
#[must_use]
pub fn new_user(organization: OrganizationId, changes: &UserChanges) -> User {
    User::create(UserId::new(new_id()), organization, changes, PhiGuard::Off, NOW)
        .expect("a valid request")
        .user
}

/// A request that sets an external id and nothing else.
#[must_use]
pub fn external_id(external_id: &str) -> UserChanges {
    UserChanges {
        external_id: Change::Set(external_id.to_owned()),
        ..UserChanges::default()
    }
}

/// A request that sets an e-mail address and nothing else.
#[must_use]
pub fn email(email: &str) -> UserChanges {
    UserChanges {
        email: Change::Set(email.to_owned()),
        ..UserChanges::default()
    }
}

/// A request that sets a first name and nothing else.
#[must_use]
pub fn first_name(name: &str) -> UserChanges {
    UserChanges {
        first_name: Change::Set(name.to_owned()),
        ..UserChanges::default()
    }
}

/// A request that sets every field but the customer, which has to be there first.
#[must_use]
pub fn every_field() -> UserChanges {
    let set = |text: &str| Change::Set(text.to_owned());
    let metadata = BTreeMap::from([
        ("Ward".to_owned(), "Nœud 3 · 心臓内科".to_owned()),
        ("z".to_owned(), String::new()),
    ]);
    UserChanges {
        external_id: set("EHR-Ω-1"),
        email: set("Ann.Müller@Example.org"),
        first_name: set("Ann"),
        last_name: set("O'Müller"),
        phone: Change::Set(PhoneChanges {
            country_code: set("+1"),
            number: set("555-0100"),
        }),
        locale: set("de-CH"),
        active: Change::Set(false),
        roles: Change::Set(vec!["PRACTITIONER".to_owned(), "ADMINISTRATOR".to_owned()]),
        metadata: Change::Set(metadata),
        npi: set("1234567893"),
        therapy_licence: set("LMFT 12345"),
        note_identifier: set("DrLastName"),
        default_note_template_ids: Change::Set(vec!["second, \"quoted\"".to_owned(), "first".to_owned()]),
        default_session_type: set("PsychiatricIntake"),
        pronoun: set("NeutralThem"),
        date_of_birth: set("1984-02-29"),
        settings: Change::Set(SettingsChanges {
            specialty: Change::Set(SpecialtyChanges {
                kind: set("OTHER"),
                other_specialty_name: set("Phlebology"),
            }),
            speech_locale: set("en-US"),
            secondary_speech_locale: set("es-MX"),
        }),
        user_name: set("Ann.Müller@Login.example.org"),
        scim: Change::Set(kept()),
        ..UserChanges::default()
    }
}

/// What an identity provider says that Roster has no use for: every type of value.
fn kept() -> Attributes {
    let mut address = Attributes::new();
    address.set("locality", Value::text("Zürich \"West\""));
    address.set("primary", Value::Boolean(true));
    let mut kept = Attributes::new();
    kept.set("title", Value::text("O'Ärztin \\ 100%"));
    kept.set("addresses", Value::Many(vec![Value::Complex(address)]));
    kept.set("seen", Value::DateTime(NOW));
    kept
}

/// What the history is told of a change of a user.
#[must_use]
pub fn change(deed: Deed, version: Version, at: Timestamp) -> ChangeRecord {
    ChangeRecord {
        id: new_id(),
        at,
        actor: Actor {
            surface: Surface::V1,
            client: None,
        },
        deed,
        fields: Vec::new(),
        connection_id: None,
        version,
    }
}

/// A call to a vendor, as the history is told of it.
#[must_use]
pub fn call(operation: &str, outcome: &str, at: Timestamp) -> CallRecord {
    CallRecord {
        id: new_id(),
        at,
        operation: operation.to_owned(),
        outcome: outcome.to_owned(),
        status: None,
        message: None,
        took: Duration::from_millis(7),
    }
}

/// Stores a new user, or does not.
pub async fn create(store: &dyn Store, user: &User, password: Option<&Sealed>) -> Result<(), StoreError> {
    let write = UserWrite {
        user,
        password,
        change: &change(Deed::Created, user.version, user.created_at),
    };
    store.create_user(write).await
}

/// Stores a change of a user, or does not.
pub async fn update(
    store: &dyn Store,
    user: &User,
    expected: Version,
    password: Option<&Sealed>,
) -> Result<(), StoreError> {
    let deed = if user.deleted_at.is_some() {
        Deed::Deleted
    } else {
        Deed::Updated
    };
    let write = UserWrite {
        user,
        password,
        change: &change(deed, user.version, user.updated_at),
    };
    store.update_user(write, expected).await
}

/// A stored user with an external id.
pub async fn user(store: &dyn Store, organization: OrganizationId, id: &str) -> User {
    let user = new_user(organization, &external_id(id));
    create(store, &user, None).await.expect("a user is stored");
    user
}

/// A customer that is not stored.
#[must_use]
pub fn new_customer(organization: OrganizationId, id: &str) -> Customer {
    let changes = CustomerChanges {
        customer_id: Change::Set(id.to_owned()),
        display_name: Change::Set(format!("The {id} clinic")),
        ..CustomerChanges::default()
    };
    Customer::create(organization, &changes, NOW).expect("a valid request")
}

/// A stored customer.
pub async fn customer(store: &dyn Store, organization: OrganizationId, id: &str) -> Customer {
    let customer = new_customer(organization, id);
    store.create_customer(&customer).await.expect("a customer is stored");
    customer
}

/// A customer after its id was changed, not stored.
#[must_use]
pub fn renamed(customer: &Customer, id: &str) -> Customer {
    Customer {
        id: CustomerId::new(id).expect("a valid id"),
        version: customer.version + 1,
        ..customer.clone()
    }
}

/// A request that puts a user into a customer and does nothing else.
#[must_use]
pub fn in_customer(id: &str) -> UserChanges {
    UserChanges {
        customer_id: Change::Set(id.to_owned()),
        ..UserChanges::default()
    }
}

/// A stored user in a customer.
pub async fn user_in(store: &dyn Store, customer: &Customer) -> User {
    let user = new_user(customer.organization_id, &in_customer(customer.id.as_str()));
    create(store, &user, None).await.expect("a user is stored");
    user
}

/// An initial password as it is stored, by a number that makes it another one.
#[must_use]
pub fn password(number: u8) -> Sealed {
    Sealed::new(vec![0, 0xFF, number, 0])
}

/// A user after a request, not stored.
#[must_use]
pub fn changed(user: &User, changes: &UserChanges, now: Timestamp) -> User {
    let revision = user.update(changes, PhiGuard::Off, now).expect("a valid request");
    assert!(revision.changed, "the request changes something");
    revision.user
}

/// Stores a change of a user's name, made at a time.
pub async fn rename(store: &dyn Store, user: &User, name: &str, now: Timestamp) -> User {
    let renamed = changed(user, &first_name(name), now);
    update(store, &renamed, user.version, None)
        .await
        .expect("a user is changed");
    renamed
}

/// Stores that a user is deleted.
pub async fn delete(store: &dyn Store, user: &User, now: Timestamp) -> User {
    let deleted = user.delete(now);
    update(store, &deleted, user.version, None)
        .await
        .expect("a user is deleted");
    deleted
}

/// The only account of a user.
pub async fn account(store: &dyn Store, user: &User) -> Account {
    let mut accounts = store
        .accounts_of_user(user.organization_id, user.id)
        .await
        .expect("accounts are read");
    assert_eq!(accounts.len(), 1, "the user has one account");
    accounts.remove(0)
}

/// An organization with one connection and one user, whose account is due.
pub async fn due_account(store: &dyn Store) -> (Connection, User) {
    let organization = organization(store).await;
    let connection = connection(store, organization).await;
    let user = user(store, organization, "E-1").await;
    (connection, user)
}

/// Stores that a user is deactivated, or activated.
pub async fn set_active(store: &dyn Store, user: &User, active: bool, now: Timestamp) -> User {
    let changes = UserChanges {
        active: Change::Set(active),
        ..UserChanges::default()
    };
    let switched = changed(user, &changes, now);
    update(store, &switched, user.version, None)
        .await
        .expect("a user is changed");
    switched
}

/// Assigns a user to a connection, or takes the user off.
pub async fn assign(
    store: &dyn Store,
    user: &User,
    connection: &Connection,
    is_assigned: bool,
    now: Timestamp,
) -> Account {
    let deed = if is_assigned { Deed::Assigned } else { Deed::Unassigned };
    let change = ChangeRecord {
        connection_id: Some(connection.id),
        ..change(deed, user.version, now)
    };
    store
        .assign(user.organization_id, user.id, connection.id, is_assigned, &change)
        .await
        .expect("asked")
        .expect("user and connection are there")
}
