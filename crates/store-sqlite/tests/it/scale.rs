//! What is asked all the time, with very many accounts that are due.

use std::time::{Duration, Instant};

use roster_application::ports::AccountQueue;
use roster_contract::store::{TestDatabase, given};
use roster_domain::Connection;

use crate::database::Database;

/// Fifty thousand accounts that are due. A query that looks at each of them takes many milliseconds.
const FILL: &str = r"
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 50000)
    INSERT INTO users (organization_id, id, roles, default_note_template_ids, active, created_at, updated_at, version)
    SELECT o.id, randomblob(16), '[]', '[]', 1, 1000000, 1000000, 1
    FROM organizations o CROSS JOIN numbers;
";
/// What a query that looks at a few rows takes at the most.
const SOON: Duration = Duration::from_millis(4);
const WORKER: uuid::Uuid = given::WORKER;

/// The shortest of many runs: what the query costs where nothing else has the machine.
async fn shortest<T, F: Future<Output = T>>(ask: impl Fn() -> F) -> Duration {
    let mut shortest = Duration::MAX;
    for _ in 0..30 {
        let start = Instant::now();
        ask().await;
        shortest = shortest.min(start.elapsed());
    }
    shortest
}

#[tokio::test]
async fn finding_work_costs_the_same_however_much_there_is() {
    let database = Database::fresh().await;
    let store = database.store().await;
    let (connection, _): (Connection, _) = given::due_account(&store).await;
    let key = given::key(&connection);
    let now = given::after(1);
    let until = given::after(9_999);
    given::claims(&store, now, given::after(61), 1).await;
    database.tamper(FILL).await;
    assert_eq!(
        given::claims(&store, now, until, 64).await.len(),
        64,
        "some are under way"
    );

    let next_due = shortest(|| async { store.next_due(WORKER, &[]).await.unwrap().unwrap() }).await;
    let next_due_at = shortest(|| async { store.next_due_at(&key).await.unwrap().unwrap() }).await;
    let own = shortest(|| async { assert_eq!(store.own(WORKER, now, until, 64).await.unwrap().len(), 1) }).await;
    let claim = shortest(|| async { store.claim(WORKER, &key, now, until, 1).await.unwrap()[0].key }).await;

    // Claiming writes, which takes as long as the disk.
    assert!(claim < SOON * 10, "a claim took {claim:?}");
    for (what, took) in [("next_due", next_due), ("next_due_at", next_due_at), ("own", own)] {
        assert!(took < SOON, "{what} took {took:?}");
    }
}
