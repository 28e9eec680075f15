//! What the cases start from.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use roster_application::ports::{Claim, ClientSecret, Sealed, Settled, Settlement, Store};
use roster_domain::{
    Account, ApiClient, ApiClientId, ApiClientKind, Attention, BaseUrl, Cause, Change, ConnectVersion, Connection,
    ConnectionId, ConnectionOptions, Customer, CustomerChanges, CustomerId, Known, Organization, OrganizationId, Pause,
    PhiGuard, PhoneChanges, Remedy, SettingsChanges, Slug, SpecialtyChanges, Timestamp, User, UserChanges, UserId,
    Vendor, VendorUserId,
};
use uuid::{Builder, Uuid};

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
            allow_private_addresses: false,
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
        ..UserChanges::default()
    }
}

/// A stored user with an external id.
pub async fn user(store: &dyn Store, organization: OrganizationId, id: &str) -> User {
    let user = new_user(organization, &external_id(id));
    store.create_user(&user, None).await.expect("a user is stored");
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
    store.create_user(&user, None).await.expect("a user is stored");
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
    store
        .update_user(&renamed, user.version, None)
        .await
        .expect("a user is changed");
    renamed
}

/// Stores that a user is deleted.
pub async fn delete(store: &dyn Store, user: &User, now: Timestamp) -> User {
    let deleted = user.delete(now);
    store
        .update_user(&deleted, user.version, None)
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

/// Claims the only account that is due at a time, for a minute.
pub async fn claim(store: &dyn Store, now: Timestamp) -> Claim {
    let mut claims = store
        .claim(now, now + TimeDelta::minutes(1), 10)
        .await
        .expect("accounts are claimed");
    assert_eq!(claims.len(), 1, "one account is due");
    claims.remove(0)
}

/// What a worker says of a claim: how it ended, and that the vendor has the version that the claim carried where it
/// ended well.
#[must_use]
pub fn settlement(claim: &Claim, settled: Settled) -> Settlement {
    let known = match settled {
        Settled::InSync | Settled::Removed => Known {
            vendor_user_id: Some(VendorUserId::new(format!("vendor-{}", claim.user.id))),
            active: Some(true),
            applied_version: claim.user.version,
            ..Known::default()
        },
        _ => claim.account.known.clone(),
    };
    Settlement {
        version: claim.user.version,
        known,
        invite_url: None,
        settled,
    }
}

/// Records how a claim ended.
pub async fn record(store: &dyn Store, claim: &Claim, settled: Settled, now: Timestamp) {
    let held = store
        .record(&claim.key, &settlement(claim, settled), now)
        .await
        .expect("a claim is recorded");
    assert!(held, "the claim holds");
}

/// A failure that is tried again.
#[must_use]
pub fn retry(at: Timestamp, floor: Option<Timestamp>) -> Settled {
    Settled::Retry {
        at,
        floor,
        attempts: 3,
        error: "the vendor answered 503".to_owned(),
    }
}

/// A question to a person.
#[must_use]
pub fn attention() -> Settled {
    Settled::Attention(Attention {
        cause: Cause::from_str("missing_field").expect("a cause"),
        message: "the vendor needs an e-mail address: add it".to_owned(),
        remedy: Remedy::Customer,
        since: after(1),
    })
}
