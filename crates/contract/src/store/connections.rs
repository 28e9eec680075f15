//! Connections.

use roster_application::ports::{Sealed, Store, StoreError, UniqueKey};
use roster_domain::{
    Assignment, BaseUrl, Connection, ConnectionId, ConnectionOptions, DriftMode, OnLeave, OrganizationId, Pause,
    Timestamp, User, UserChanges, Vendor,
};

use super::given::{self, NOW, after};

fn other_credentials() -> Sealed {
    Sealed::new(vec![9; 500])
}

/// Every field changed at once.
fn replaced(connection: &Connection) -> Connection {
    Connection {
        vendor: Vendor::Upheal,
        label: None,
        base_url: BaseUrl::new("http://127.0.0.1:8080/x").expect("valid"),
        options: ConnectionOptions {
            allow_private_addresses: true,
            ..ConnectionOptions::default()
        },
        paused: Some(Pause {
            reason: "moving house".to_owned(),
            since: after(4),
        }),
        updated_at: after(5),
        version: connection.version + 1,
        ..connection.clone()
    }
}

/// Every field, and the credentials.
pub async fn a_connection_comes_back_as_it_was_stored(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::connection(store, organization).await;
    let other = replaced(&given::new_connection(organization));
    store
        .create_connection(&other, &other_credentials())
        .await
        .expect("created");

    let first = store.connection(organization, connection.id).await.expect("read");
    let second = store.connection(organization, other.id).await.expect("read");
    let none = store
        .connection(organization, ConnectionId::new(given::new_id()))
        .await
        .expect("read");

    assert_eq!(first, Some((connection, given::credentials())));
    assert_eq!(second, Some((other, other_credentials())));
    assert_eq!(none, None);
}

/// Every option of every vendor that has it, each with another value than the default.
pub async fn every_option_comes_back_as_it_was_stored(store: &dyn Store) {
    let organization = given::organization(store).await;
    let common = ConnectionOptions {
        api_version: Some("2026 \"Ω\"".to_owned()),
        allow_private_addresses: true,
        assignment: Assignment::Chosen,
        on_leave: OnLeave::Delete,
        drift: DriftMode::Report,
        read_back_minutes: 43_200,
        concurrency: 64,
        requests_per_minute: Some(0),
        hold_percent: 100,
        hold_floor: u32::MAX,
        hold_window_minutes: 10_080,
        ..ConnectionOptions::default()
    };
    let upheal = ConnectionOptions {
        organization_id: Some("org 'Ω'".to_owned()),
        api_key_header: Some("x-partner-key".to_owned()),
        drift: DriftMode::Off,
        requests_per_minute: Some(300),
        ..common.clone()
    };
    let corti = ConnectionOptions {
        project_id: Some("project".to_owned()),
        customer_id: Some("customer".to_owned()),
        create_customer: true,
        ..common.clone()
    };
    for (vendor, options) in [
        (Vendor::NablaCore, ConnectionOptions::default()),
        (Vendor::NablaConnect, common),
        (Vendor::Upheal, upheal),
        (Vendor::Corti, corti),
    ] {
        let created = Connection {
            vendor,
            options: options.clone(),
            ..given::new_connection(organization)
        };
        store
            .create_connection(&created, &given::credentials())
            .await
            .expect("created");
        let updated = Connection {
            options: ConnectionOptions::default(),
            version: 2,
            ..created.clone()
        };

        let found = store.connection(organization, created.id).await.expect("read");
        assert_eq!(found.map(|(connection, _)| connection), Some(created.clone()));
        store.update_connection(&updated, None, 1).await.expect("updated");
        let back = Connection { version: 3, ..created };
        store.update_connection(&back, None, 2).await.expect("updated");
        let found = store.connection(organization, back.id).await.expect("read");
        assert_eq!(found.map(|(connection, _)| connection.options), Some(options));
    }
}

/// MUST: `Conflict(Id)`.
pub async fn an_id_that_is_taken_is_a_conflict(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::connection(store, organization).await;

    let refused = store
        .create_connection(&replaced(&connection), &other_credentials())
        .await;

    assert!(
        matches!(refused, Err(StoreError::Conflict(UniqueKey::Id))),
        "{refused:?}"
    );
    let stored = store.connection(organization, connection.id).await.expect("read");
    assert_eq!(stored, Some((connection, given::credentials())));
}

/// For everyone who is not deleted, at the version that they are at.
pub async fn a_new_connection_has_an_account_for_every_user_that_is_due_at_once(store: &dyn Store) {
    let organization = given::organization(store).await;
    let first = given::user(store, organization, "E-1").await;
    let second = given::user(store, organization, "E-2").await;
    let second = given::rename(store, &second, "Bea", after(1)).await;
    let deleted = given::user(store, organization, "E-3").await;
    given::delete(store, &deleted, after(1)).await;
    let elsewhere = given::organization(store).await;
    let stranger = given::user(store, elsewhere, "E-1").await;

    let connection = given::connection(store, organization).await;

    for user in [&first, &second] {
        let account = given::account(store, user).await;
        assert_eq!(account.connection_id, connection.id);
        assert_eq!(
            (account.desired_version, account.known.applied_version),
            (user.version, 0)
        );
        assert_eq!(account.next_attempt_at, Some(NOW));
    }
    assert_eq!(
        store.accounts_of_user(organization, deleted.id).await.expect("read"),
        []
    );
    assert_eq!(store.accounts_of_user(elsewhere, stranger.id).await.expect("read"), []);
}

/// By id, a page at a time.
pub async fn connections_are_listed_page_by_page(store: &dyn Store) {
    let organization = given::organization(store).await;
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(given::connection(store, organization).await);
    }

    let first = store.connections(organization, None, 2).await.expect("read");
    let second = store.connections(organization, Some(all[1].id), 2).await.expect("read");
    let third = store.connections(organization, Some(all[2].id), 2).await.expect("read");

    assert_eq!(
        (first, second, third),
        (all[..2].to_vec(), all[2..].to_vec(), Vec::new())
    );
}

/// Everything is replaced; credentials only where they are given.
pub async fn an_update_replaces_a_connection_and_keeps_or_replaces_its_credentials(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::connection(store, organization).await;

    let second = replaced(&connection);
    store.update_connection(&second, None, 1).await.expect("updated");
    let kept = store.connection(organization, connection.id).await.expect("read");
    let third = Connection {
        version: 3,
        ..second.clone()
    };
    store
        .update_connection(&third, Some(&other_credentials()), 2)
        .await
        .expect("updated");
    let changed = store.connection(organization, connection.id).await.expect("read");

    assert_eq!(kept, Some((second, given::credentials())));
    assert_eq!(changed, Some((third, other_credentials())));
}

/// MUST: `Stale`, and nothing is written.
pub async fn an_update_of_another_version_or_of_nothing_is_stale(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::connection(store, organization).await;

    let late = store
        .update_connection(&replaced(&connection), Some(&other_credentials()), 7)
        .await;
    let absent = store
        .update_connection(&given::new_connection(organization), None, 1)
        .await;

    assert!(matches!(late, Err(StoreError::Stale)), "{late:?}");
    assert!(matches!(absent, Err(StoreError::Stale)), "{absent:?}");
    let stored = store.connection(organization, connection.id).await.expect("read");
    assert_eq!(stored, Some((connection, given::credentials())));
}

/// With its accounts, and without its users.
pub async fn a_deleted_connection_takes_its_accounts_with_it_and_nothing_else(store: &dyn Store) {
    let organization = given::organization(store).await;
    let doomed = given::connection(store, organization).await;
    let staying = given::connection(store, organization).await;
    let user = given::user(store, organization, "E-1").await;

    assert!(store.delete_connection(organization, doomed.id).await.expect("deleted"));

    assert_eq!(store.connection(organization, doomed.id).await.expect("read"), None);
    assert_eq!(given::account(store, &user).await.connection_id, staying.id);
    assert_eq!(store.user(organization, user.id).await.expect("read"), Some(user));
}

/// Users who are made while a connection is paused wait with the others.
pub async fn a_paused_connection_gets_accounts_that_wait(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::connection(store, organization).await;
    given::pause(store, &connection).await;

    let user = given::new_user(organization, &UserChanges::default());
    given::create(store, &user, None).await.expect("created");

    let account = given::account(store, &user).await;
    assert_eq!((account.paused, account.next_attempt_at), (true, Some(NOW)));
    assert_eq!(account.status(), roster_domain::AccountStatus::Paused);
}

/// A connection that is made anew owes nothing to one that was deleted.
pub async fn a_connection_made_after_another_was_deleted_starts_anew(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;
    let organization: OrganizationId = user.organization_id;
    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, given::IN_SYNC, after(1)).await;
    store
        .delete_connection(organization, connection.id)
        .await
        .expect("deleted");

    given::connection(store, organization).await;

    let account = given::account(store, &user).await;
    assert_eq!((account.known.applied_version, account.known.vendor_user_id), (0, None));
}

/// Two accounts that are to be tried again after a day, one of which the vendor asked to be left alone for an hour.
async fn waiting(store: &dyn Store) -> (Connection, [User; 2]) {
    let organization = given::organization(store).await;
    let connection = given::connection(store, organization).await;
    let users = [
        given::user(store, organization, "E-1").await,
        given::user(store, organization, "E-2").await,
    ];
    for claim in given::claims(store, after(1), after(60), 10).await {
        let is_first = claim.user.id == users[0].id;
        let floor = is_first.then(|| after(3_600));
        given::record(store, &claim, given::retry(after(86_400), floor), after(2)).await;
    }
    (connection, users)
}

/// When an account is due.
async fn due(store: &dyn Store, user: &User) -> Option<Timestamp> {
    given::account(store, user).await.next_attempt_at
}

/// With another base URL, or other credentials, it is as if another vendor had asked. A change of anything else leaves it.
pub async fn another_base_url_or_other_credentials_end_what_the_vendor_asked_for(store: &dyn Store) {
    for is_moved in [true, false] {
        let (connection, [waits, by_itself]) = waiting(store).await;
        let relabelled = Connection {
            label: None,
            version: 2,
            updated_at: after(3),
            ..connection.clone()
        };
        store.update_connection(&relabelled, None, 1).await.expect("updated");
        assert_eq!(
            due(store, &waits).await,
            Some(after(86_400)),
            "another label is no news"
        );

        let mut mended = Connection {
            version: 3,
            updated_at: after(4),
            ..relabelled
        };
        let credentials = (!is_moved).then(other_credentials);
        if is_moved {
            mended.base_url = BaseUrl::new("https://other.example").expect("valid");
        }
        store
            .update_connection(&mended, credentials.as_ref(), 2)
            .await
            .expect("updated");

        assert_eq!(due(store, &waits).await, Some(after(4)));
        assert_eq!(
            due(store, &by_itself).await,
            Some(after(86_400)),
            "nobody asked for that"
        );
        let owned = store.own(given::WORKER, after(5), after(6), 10).await.expect("owned");
        let owned = owned.iter().find(|owned| owned.connection.id == mended.id);
        assert_eq!(owned.expect("is due").not_before, None);
    }
}

/// The owner learns of it by the version, which stays where nothing was forgotten.
pub async fn floors_are_lifted_once_and_by_another_version(store: &dyn Store) {
    let (connection, [waits, by_itself]) = waiting(store).await;
    let organization = connection.organization_id;

    for now in [after(4), after(5)] {
        store
            .lift_floors(organization, connection.id, now)
            .await
            .expect("lifted");
        let (lifted, _) = store
            .connection(organization, connection.id)
            .await
            .expect("read")
            .expect("a connection");
        assert_eq!((lifted.version, lifted.updated_at), (connection.version + 1, after(4)));
    }
    store
        .lift_floors(organization, ConnectionId::new(given::new_id()), after(4))
        .await
        .expect("there is none");

    assert_eq!(due(store, &waits).await, Some(after(4)));
    assert_eq!(due(store, &by_itself).await, Some(after(86_400)));
}
