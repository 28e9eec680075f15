//! Databases that an older Roster made.

#![expect(clippy::unwrap_used, reason = "a store that says no fails the test")]

use roster_application::ports::{
    AccountQueue, AccountStore, ApiClientStore, ConnectionKey, ConnectionStore, CustomerStore, DepartureCount,
    DirectoryStore, HistoryStore, InCustomer, OrganizationStore, Sealed, UserQuery, UserStore,
};
use roster_contract::store::{TestDatabase, given};
use roster_domain::scim::{Filter, Operand, Operator, Path, ResourceType};
use roster_domain::{
    AccountStatus, Assignment, Connection, ConnectionId, ConnectionOptions, ExternalId, OrganizationId, User, UserId,
};
use roster_store_postgres::PostgresStore;
use sqlx::migrate::Migrator;
use sqlx::{Connection as _, PgConnection};

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
    migrations(1).run(&mut connection).await.unwrap();
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
    given::update(store, &moved, user.version, Some(&given::password(1)))
        .await
        .unwrap();

    let held = store.delete_customer(organization, &customer.id).await;

    assert!(held.is_err(), "{held:?}");
    assert_eq!(store.user(organization, user.id).await.unwrap(), Some(moved));
    let accounts = store.accounts_of_user(organization, user.id).await.unwrap();
    let desired: Vec<_> = accounts.iter().map(|account| account.desired_version).collect();
    assert_eq!(desired, [5]);
}

/// What the second version wrote beside that: connections with options of their own, and accounts that are in sync, that
/// are tried again, and that are leased.
const ROWS_OF_SECOND: &str = r"
    UPDATE users SET initial_password = '\x010203' WHERE id = '019b8d3a-0000-7000-8000-000000000003';
    INSERT INTO connections (organization_id, id, vendor, base_url, api_version, allow_private_addresses, credentials,
        paused_reason, paused_at, created_at, updated_at, version)
    VALUES
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000005', 'nabla_core',
        'http://127.0.0.1:1', '2024-10-01', true, '\x00ff', NULL, NULL, '2026-01-05 08:00:00+00',
        '2026-01-05 08:00:00+00', 1),
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000006', 'nabla_core',
        'https://vendor.example/', NULL, false, '\x00ff', 'refused', '2026-01-05 08:00:00+00',
        '2026-01-05 08:00:00+00', '2026-01-05 08:00:00+00', 7);
    INSERT INTO accounts (organization_id, user_id, connection_id, desired_version, applied_version, vendor_user_id,
        vendor_active, attempts, next_attempt_at, last_error, claim_token, lease_until, updated_at)
    VALUES
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000003',
        '019b8d3a-0000-7000-8000-000000000005', 4, 3, 'v-1', true, 2, '2026-01-05 08:00:01+00', 'refused', 9,
        '2026-01-05 08:01:00+00', '2026-01-05 08:00:01+00'),
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000003',
        '019b8d3a-0000-7000-8000-000000000006', 4, 4, 'v-2', true, 0, NULL, NULL, 3, NULL, '2026-01-05 08:00:01+00');
";

#[tokio::test]
async fn a_database_of_the_second_version_keeps_its_rows_and_takes_new_ones() {
    let database = Database::fresh().await;
    database
        .tamper("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .await;
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    migrations(1).run(&mut connection).await.unwrap();
    database.tamper(ROWS).await;
    migrations(2).run(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    database.tamper(ROWS_OF_SECOND).await;

    let store = database.store().await;
    store.migrate().await.unwrap();

    let organization = OrganizationId::new("019b8d3a-0000-7000-8000-000000000001".parse().unwrap());
    let id = UserId::new("019b8d3a-0000-7000-8000-000000000003".parse().unwrap());
    let connections = store.connections(organization, None, 9).await.unwrap();
    let plain = ConnectionOptions::default();
    let special = ConnectionOptions {
        api_version: Some("2024-10-01".to_owned()),
        allow_private_addresses: true,
        ..plain.clone()
    };
    let found: Vec<_> = connections
        .iter()
        .map(|connection| connection.options.clone())
        .collect();
    assert_eq!(found, [plain.clone(), special, plain]);
    assert_eq!(
        connections[2].paused.as_ref().map(|pause| pause.reason.as_str()),
        Some("refused")
    );
    let accounts = store.accounts_of_user(organization, id).await.unwrap();
    let found: Vec<_> = accounts
        .iter()
        .map(|account| {
            (
                account.status(),
                account.is_assigned,
                account.held_since,
                account.drift.clone(),
            )
        })
        .collect();
    let as_before = |status| (status, true, None, None);
    assert_eq!(
        found,
        [
            as_before(AccountStatus::Pending),
            as_before(AccountStatus::Retrying),
            as_before(AccountStatus::InSync)
        ]
    );
    assert_eq!(store.history(organization, id, None, 9).await.unwrap(), []);
    converges(&store, organization, &connections).await;
    database.discard().await;
}

/// What the third version brought works with rows of the second.
async fn converges(store: &PostgresStore, organization: OrganizationId, connections: &[Connection]) {
    let claims = given::claims(store, given::after(30), given::after(90), 9).await;
    assert!(
        claims.iter().all(|claim| claim.connection == connections[0]),
        "the other ones are leased, or in sync"
    );
    let claim = claims.iter().find(|claim| claim.user.deleted_at.is_none()).unwrap();
    assert_eq!(claim.password, Some(Sealed::new(vec![1, 2, 3])));
    let claim = given::claim(store, given::after(61)).await;
    assert_eq!((claim.key.token, claim.account.attempts), (10, 2));
    given::record(store, &claim, given::IN_SYNC, given::after(62)).await;

    let choosy = given::take(store, &connections[0], Assignment::Chosen, given::after(63)).await;
    let newcomer = given::user(store, organization, "E-new").await;
    let accounts = store.accounts_of_user(organization, newcomer.id).await.unwrap();
    assert_eq!(accounts.len(), 2, "at those that take all");
    given::assign(store, &newcomer, &choosy, true, given::after(64)).await;
    let renamed = given::rename(store, &newcomer, "Ann", given::after(65)).await;
    let accounts = store.accounts_of_user(organization, newcomer.id).await.unwrap();
    let desired: Vec<_> = accounts.iter().map(|account| account.desired_version).collect();
    assert_eq!(desired, [renamed.version; 3]);
    assert_eq!(
        store.history(organization, newcomer.id, None, 9).await.unwrap().len(),
        3
    );
}

/// What the third version wrote beside that: a connection that reads accounts back every hour, with two that are in sync
/// and one that is behind and is to leave, and one that does not, with one that is in sync.
const ROWS_OF_THIRD: &str = r#"
    UPDATE connections SET options = options || '{"read_back_minutes":60}'
    WHERE id = '019b8d3a-0000-7000-8000-000000000005';
    UPDATE connections SET options = options || '{"drift":"off"}' WHERE id = '019b8d3a-0000-7000-8000-000000000006';
    UPDATE accounts SET applied_version = 4, attempts = 0, last_error = NULL, next_attempt_at = NULL, lease_until = NULL
    WHERE connection_id = '019b8d3a-0000-7000-8000-000000000005';
    INSERT INTO users (organization_id, id, roles, default_note_template_ids, active, created_at, updated_at, version)
    VALUES
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000007', '{}', '{}', true,
        '2026-01-05 08:00:00+00', '2026-01-05 08:00:00+00', 1),
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000008', '{}', '{}', false,
        '2026-01-05 08:00:00+00', '2026-01-05 08:00:00+00', 2);
    INSERT INTO accounts (organization_id, user_id, connection_id, desired_version, applied_version, vendor_user_id,
        vendor_active, next_attempt_at, updated_at)
    VALUES
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000007',
        '019b8d3a-0000-7000-8000-000000000005', 1, 1, 'v-7', true, NULL, '2026-01-05 08:00:00+00'),
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000008',
        '019b8d3a-0000-7000-8000-000000000005', 2, 1, 'v-8', true, '2026-01-05 08:00:00.123456+00',
        '2026-01-05 08:00:00+00');
"#;

#[tokio::test]
async fn a_database_of_the_third_version_has_accounts_in_sync_read_back_and_knows_who_leaves() {
    let database = Database::fresh().await;
    database
        .tamper("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .await;
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    migrations(1).run(&mut connection).await.unwrap();
    database.tamper(ROWS).await;
    migrations(2).run(&mut connection).await.unwrap();
    database.tamper(ROWS_OF_SECOND).await;
    migrations(3).run(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    database.tamper(ROWS_OF_THIRD).await;

    let store = database.store().await;
    store.migrate().await.unwrap();

    let organization = OrganizationId::new("019b8d3a-0000-7000-8000-000000000001".parse().unwrap());
    let of = |number: &str| format!("019b8d3a-0000-7000-8000-0000000000{number}").parse().unwrap();
    let looking = ConnectionKey {
        organization_id: organization,
        connection_id: ConnectionId::new(of("05")),
    };
    let mut due = Vec::new();
    for user in ["03", "07", "08"] {
        let accounts = store
            .accounts_of_user(organization, UserId::new(of(user)))
            .await
            .unwrap();
        let there = accounts.iter().filter(|account| account.known.vendor_user_id.is_some());
        due.extend(there.map(|account| (account.connection_id == looking.connection_id, account.next_attempt_at)));
    }
    let [(true, Some(first)), (false, None), (true, Some(second)), (true, behind)] = due[..] else {
        panic!("whoever is looked at is due, one at once and one in time: {due:?}")
    };
    assert!(first > given::NOW, "from now on: {first}");
    assert_eq!(
        (second - first).num_milliseconds(),
        30 * 60_000,
        "the second of two within an hour"
    );
    assert_eq!(behind, Some(given::NOW), "as before");
    let everything = DepartureCount {
        since: given::NOW,
        percent: 0,
        deletes: true,
    };
    let departures = store.departures(&looking, everything).await.unwrap();
    assert_eq!((departures.leaving, departures.of), (1, 3));
    database.discard().await;
}

/// What the third version wrote: a connection that takes the chosen and one that takes all, and a user who is at both, one who
/// is at neither any more, and a tombstone.
const ASSIGNED_IN_THIRD: &str = r#"
    INSERT INTO organizations (id, slug, phi_guard, created_at) VALUES ('019b8d3a-0000-7000-8000-000000000001', 'st-marys', 'off', '2026-01-05 08:00:00.123456+00');
    INSERT INTO api_clients (organization_id, id, kind, key_digest, created_at)
    VALUES ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000009', 'api_key', '\x00ff', '2026-01-05 08:00:00.123456+00');
    INSERT INTO users (organization_id, id, external_id, roles, default_note_template_ids, active, created_at, updated_at,
        deleted_at, version)
    VALUES
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000004', 'E-4', '{}', '{}', true, '2026-01-05 08:00:00.123456+00', '2026-01-05 08:00:00.123456+00', NULL, 1),
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000005', 'E-5', '{}', '{}', true, '2026-01-05 08:00:00.123456+00', '2026-01-05 08:00:00.123456+00', NULL, 1),
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000006', 'E-6', '{}', '{}', true, '2026-01-05 08:00:00.123456+00', '2026-01-05 08:00:00.123456+00', '2026-01-05 08:00:00.123456+00', 2);
    INSERT INTO connections (organization_id, id, vendor, base_url, options, credentials, created_at, updated_at, version)
    VALUES
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000002', 'nabla_core', 'https://vendor.example', '{"assignment": "chosen"}', '\x00ff', '2026-01-05 08:00:00.123456+00', '2026-01-05 08:00:00.123456+00', 1),
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000003', 'nabla_core', 'https://vendor.example', '{}', '\x00ff', '2026-01-05 08:00:00.123456+00', '2026-01-05 08:00:00.123456+00', 1);
    INSERT INTO accounts (organization_id, user_id, connection_id, desired_version, is_assigned, updated_at)
    VALUES
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000004', '019b8d3a-0000-7000-8000-000000000002', 1, true, '2026-01-05 08:00:00.123456+00'),
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000005', '019b8d3a-0000-7000-8000-000000000002', 1, false, '2026-01-05 08:00:00.123456+00'),
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000004', '019b8d3a-0000-7000-8000-000000000003', 1, true, '2026-01-05 08:00:00.123456+00'),
        ('019b8d3a-0000-7000-8000-000000000001', '019b8d3a-0000-7000-8000-000000000005', '019b8d3a-0000-7000-8000-000000000003', 1, true, '2026-01-05 08:00:00.123456+00');
"#;

#[tokio::test]
async fn a_database_of_the_third_version_is_made_searchable_and_keeps_its_assignments() {
    let database = Database::fresh().await;
    database
        .tamper("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .await;
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    migrations(3).run(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    database.tamper(ASSIGNED_IN_THIRD).await;

    let store = database.store().await;
    store.migrate().await.unwrap();

    let organization = OrganizationId::new("019b8d3a-0000-7000-8000-000000000001".parse().unwrap());
    let user = |number: u8| UserId::new(format!("019b8d3a-0000-7000-8000-00000000000{number}").parse().unwrap());
    let path = Path::resolve(ResourceType::User, None, "externalId", None).unwrap();
    let by_key = Filter::compare(path, Operator::Equal, Operand::Text("E-4".to_owned())).unwrap();
    assert_eq!(store.count_users(organization, Some(&by_key)).await.unwrap(), 0);
    assert_eq!(store.index_users(1).await.unwrap(), 1);
    assert_eq!(store.index_users(9).await.unwrap(), 1);
    assert_eq!(store.index_users(9).await.unwrap(), 0);
    assert_eq!(store.count_users(organization, Some(&by_key)).await.unwrap(), 1);
    assert_eq!(store.clients(organization, None, 9).await.unwrap()[0].surface, None);
    let key = ExternalId::new("E-6").unwrap();
    let tombstone = store
        .deleted_user(organization, Some(&key), None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(tombstone.id, user(6));

    // Who was chosen before stays when a group is left, and who was not is there as long as in the group.
    let connections = store.connections(organization, None, 9).await.unwrap();
    let (chosen, other) = (
        store.user(organization, user(4)).await.unwrap().unwrap(),
        store.user(organization, user(5)).await.unwrap().unwrap(),
    );
    let group = given::group(&store, organization, "Ward", &[&chosen, &other]).await;
    for connection in &connections {
        given::tie(&store, &group, connection, true, given::after(1)).await;
    }
    assert_eq!(assigned(&store, &chosen).await, [true, true]);
    assert_eq!(assigned(&store, &other).await, [true, true]);
    given::delete_group(&store, &group, given::after(2)).await;

    assert_eq!(assigned(&store, &chosen).await, [true, true]);
    assert_eq!(assigned(&store, &other).await, [false, true]);
    database.discard().await;
}

async fn assigned(store: &PostgresStore, user: &User) -> Vec<bool> {
    let accounts = store.accounts_of_user(user.organization_id, user.id).await.unwrap();
    accounts.iter().map(|account| account.is_assigned).collect()
}

/// The first so many migrations alone.
fn migrations(count: usize) -> Migrator {
    let all = sqlx::migrate!();
    Migrator::with_migrations(all.iter().take(count).cloned().collect())
}
