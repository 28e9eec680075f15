//! Databases that an older Roster made.

#![expect(clippy::unwrap_used, reason = "a store that says no fails the test")]

use roster_application::ports::{
    AccountStore, ConnectionStore, CustomerStore, InCustomer, OrganizationStore, UserQuery, UserStore,
};
use roster_contract::store::{TestDatabase, given};
use roster_domain::{OrganizationId, User, UserId};
use roster_store_postgres::PostgresStore;
use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection};

use crate::database::Database;

/// An organization, a connection, a user, a tombstone, and an account, as the first version wrote them.
const ROWS: &str = r#"
    INSERT INTO organizations (id, slug, phi_guard, created_at)
    VALUES ('019b8d3a-0000-7000-8000-000000000001', 'st-marys', 'reject', '2026-01-05 08:00:00.123456+00');
    INSERT INTO connections (organization_id, id, vendor, base_url, allow_private_addresses, credentials, created_at,
        updated_at, version)
    VALUES ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000002', 'nabla_core',
        'https://vendor.example/', false, '\x00ff', '2026-01-05 08:00:00+00', '2026-01-05 08:00:00+00', 1);
    INSERT INTO users (organization_id, id, external_id, email, email_folded, roles, metadata,
        default_note_template_ids, active, created_at, updated_at, deleted_at, version)
    VALUES
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000003', 'E-1', 'Ann@example.org',
        'ann@example.org', '{PRACTITIONER}', '{"Ward":"3"}', '{first}', true, '2026-01-05 08:00:00+00',
        '2026-01-05 08:00:01+00', NULL, 4),
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000004', 'E-1', 'Ann@example.org',
        'ann@example.org', '{}', NULL, '{}', true, '2026-01-05 08:00:00+00', '2026-01-05 08:00:01+00',
        '2026-01-05 08:00:01+00', 2);
    INSERT INTO accounts (organization_id, user_id, connection_id, desired_version, next_attempt_at, updated_at)
    VALUES ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000003',
        '019b8d3a-0000-7000-8000-000000000002', 4, '2026-01-05 08:00:01+00', '2026-01-05 08:00:01+00');
"#;

#[tokio::test]
async fn a_database_of_the_first_version_keeps_its_rows_and_takes_new_ones() {
    let database = Database::fresh().await;
    database
        .tamper("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .await;
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    first_migration().run(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    database.tamper(ROWS).await;

    let store = database.store().await;
    store.migrate().await.unwrap();
    store.migrate().await.unwrap();

    let organization = OrganizationId::new("019b8d3a-0000-7000-8000-000000000001".parse().unwrap());
    let id = UserId::new("019b8d3a-0000-7000-8000-000000000003".parse().unwrap());
    let kept = store.organization(organization).await.unwrap().unwrap();
    assert_eq!((kept.slug.as_str(), kept.nabla_connect_version), ("st-marys", None));
    let user = store.user(organization, id).await.unwrap().unwrap();
    assert_eq!((user.version, user.profile.roles.len()), (4, 1));
    assert_eq!(user.profile.email.as_ref().unwrap().as_str(), "Ann@example.org");
    assert_eq!(user.profile.customer_id, None);
    assert_eq!(store.connections(organization, None, 9).await.unwrap().len(), 1);
    works_with(&store, user).await;
    database.discard().await;
}

/// What the second version brought works with rows of the first.
async fn works_with(store: &PostgresStore, user: User) {
    let organization = user.organization_id;
    let in_default = UserQuery {
        customer: Some(InCustomer::Default),
        ..UserQuery::first(9)
    };
    let found = store.users(organization, &in_default).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&user));
    let customer = given::customer(store, organization, "clinic").await;
    let moved = given::changed(&user, &given::in_customer("clinic"), given::after(60));
    store
        .update_user(&moved, user.version, Some(&given::password(1)))
        .await
        .unwrap();

    let held = store.delete_customer(organization, &customer.id).await;

    assert!(held.is_err(), "{held:?}");
    assert_eq!(store.user(organization, user.id).await.unwrap(), Some(moved));
    let accounts = store.accounts_of_user(organization, user.id).await.unwrap();
    let desired: Vec<_> = accounts.iter().map(|account| account.desired_version).collect();
    assert_eq!(desired, [5]);
}

/// The first migration alone.
fn first_migration() -> Migrator {
    let all = sqlx::migrate!();
    Migrator::with_migrations(all.iter().take(1).cloned().collect())
}
