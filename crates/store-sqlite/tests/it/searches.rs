//! Searches that cost much: how much that is, and that they neither go on nor keep others waiting.

#![expect(clippy::unwrap_used, reason = "a test without its database fails")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use roster_application::ports::{DirectoryStore, Find, StoreError, UserStore};
use roster_contract::store::{TestDatabase, given};
use roster_domain::scim::{Filter, Operand, Operator, Path, ResourceType};
use roster_domain::{OrganizationId, UserId};
use roster_store_sqlite::{Options, SqliteStore};

use crate::database::Database;

/// Fifty thousand users, each in one of two thousand groups.
const FILL: &str = r"
    CREATE TEMP TABLE numbers AS
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 50000)
    SELECT n, unhex(printf('019b8d3a000070008000%012x', n)) AS id FROM numbers;
    INSERT INTO users (organization_id, id, roles, default_note_template_ids, active, created_at, updated_at, version,
        search)
    SELECT o.id, numbers.id, '[]', '[]', 1, 1000000, 1000000, 1,
        json_object('emails', json_array(json_object('value', n || '@example.org')))
    FROM organizations o CROSS JOIN numbers;
    INSERT INTO groups (organization_id, id, name, search, created_at, updated_at, version)
    SELECT o.id, numbers.id, n, json_object('displayName', 'ward ' || n), 1000000, 1000000, 1
    FROM organizations o CROSS JOIN numbers WHERE n <= 2000;
    INSERT INTO group_members (organization_id, group_id, user_id)
    SELECT o.id, g.id, numbers.id
    FROM organizations o CROSS JOIN numbers JOIN numbers g ON g.n = numbers.n % 2000 + 1;
";
/// Longer than any test waits: a search that ends sooner was stopped.
const FOREVER: Duration = Duration::from_mins(10);
/// Of what is not kept waiting, also on a machine with much else to do.
const SOON: Duration = Duration::from_secs(5);
/// As long as a filter may be.
const TERMS: usize = 256;
/// More than there is room for.
const SEARCHES: usize = 10;

/// A filter that nobody meets, with so many terms.
fn filter(attribute: &str, part: &str, terms: usize) -> Filter {
    let term = |number| {
        let path = Path::resolve(ResourceType::User, None, attribute, Some(part)).unwrap();
        Filter::compare(path, Operator::Contains, Operand::Text(format!("nobody {number}"))).unwrap()
    };
    Filter::Or((0..terms).map(term).collect())
}

async fn count(store: &SqliteStore, organization: OrganizationId, filter: &Filter) -> Result<u64, StoreError> {
    store.count_users(organization, Some(filter)).await
}

async fn filled(search_limit: Duration) -> (Database, Arc<SqliteStore>, OrganizationId) {
    let database = Database::fresh().await;
    let options = Options {
        max_connections: 4,
        search_limit,
        ..Options::default()
    };
    let store = SqliteStore::connect_with(&database.url(), options).await.unwrap();
    let organization = given::organization(&store).await;
    database.tamper(FILL).await;
    (database, Arc::new(store), organization)
}

/// The shortest of some runs: what it costs where nothing else has the machine.
async fn shortest(store: &SqliteStore, organization: OrganizationId, filter: &Filter) -> Duration {
    let mut shortest = Duration::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        assert_eq!(count(store, organization, filter).await.unwrap(), 0);
        shortest = shortest.min(start.elapsed());
    }
    shortest
}

#[tokio::test]
async fn a_filter_by_groups_costs_as_much_as_it_is_long() {
    let (_database, store, organization) = filled(Options::default().search_limit).await;

    let short = shortest(&store, organization, &filter("groups", "display", TERMS / 8)).await;
    let long = shortest(&store, organization, &filter("groups", "display", TERMS)).await;

    // Eight times as long. With its square it would be sixty-four times.
    assert!(
        long < short * 24,
        "{short:?}, and {long:?} for eight times as many terms"
    );
}

#[tokio::test]
async fn a_search_that_takes_too_long_is_stopped() {
    let (_database, store, organization) = filled(Duration::from_millis(200)).await;
    let filter = filter("emails", "value", TERMS);
    let find = Find {
        filter: Some(filter.clone()),
        sort: None,
        after: None,
        skip: 0,
        limit: 1,
    };

    let counted = count(&store, organization, &filter).await;
    let found = store.find_users(organization, &find).await;

    assert!(matches!(counted, Err(StoreError::TooLong)), "{counted:?}");
    assert!(matches!(found, Err(StoreError::TooLong)), "{found:?}");
    // And the next one, where these were, is as free as any.
    assert_eq!(store.count_groups(organization, None).await.unwrap(), 2_000);
}

#[tokio::test]
async fn searches_keep_nothing_else_waiting_and_end_with_whoever_waits_for_them() {
    let (_database, store, organization) = filled(FOREVER).await;
    let filter = Arc::new(filter("emails", "value", TERMS));
    let searches: Vec<_> = (0..SEARCHES)
        .map(|_| {
            let (store, filter) = (Arc::clone(&store), Arc::clone(&filter));
            tokio::spawn(async move { count(&store, organization, &filter).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;

    // While they are under way, others are answered,
    let nobody = UserId::new(uuid::Uuid::from_u128(7));
    let answered = tokio::time::timeout(SOON, store.user(organization, nobody)).await;
    let answered = answered.expect("nothing else waits for searches").unwrap();
    assert!(answered.is_none());
    assert!(searches.iter().all(|search| !search.is_finished()), "they were heavy");

    // and once they are abandoned, nothing is left of them.
    for search in searches {
        search.abort();
        assert!(search.await.unwrap_err().is_cancelled());
    }
    let next = tokio::time::timeout(SOON, store.count_users(organization, None)).await;
    assert_eq!(next.expect("abandoned searches end").unwrap(), 50_000);
}
