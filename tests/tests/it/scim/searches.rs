//! Searches that cost more than anybody should wait for.

use std::time::Duration;

use e2e::{Api, Server, Store, wait};
use rstest::rstest;
use serde_json::{Value, json};

use super::{USER, id, named, provider, query, refused, user};

const USERS: usize = 2_000;
/// How many users fit into one request.
const STEP: usize = 200;
const ADDRESSES: usize = 50;
/// More than there is room for.
const SEARCHES: usize = 10;
/// How long a caller waits before it goes.
const PATIENCE: Duration = Duration::from_secs(1);
/// What is not kept waiting takes less, also on a machine with much else to do.
const SOON: Duration = Duration::from_secs(4);

/// As long a filter as there may be, which nobody meets, on users with many addresses.
fn heavy() -> Value {
    let terms: Vec<String> = (0..256)
        .map(|number| format!("emails.value co \"nobody{number}\""))
        .collect();
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": terms.join(" or "),
        "count": 1,
    })
}

async fn many_with_many_addresses(scim: &Api) {
    for start in (0..USERS).step_by(STEP) {
        let operations: Vec<Value> = (start..start + STEP)
            .map(|user| {
                let emails: Vec<Value> = (0..ADDRESSES)
                    .map(|number| json!({ "value": format!("u{user}-{number}@example.org") }))
                    .collect();
                let data = json!({ "schemas": [USER], "userName": format!("user-{user}"), "emails": emails });
                json!({ "method": "POST", "path": "/Users", "bulkId": format!("b{user}"), "data": data })
            })
            .collect();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations
        });
        let answer = scim.post("/Bulk", body).await.expect(200).json();
        for done in answer["Operations"].as_array().expect("operations") {
            assert_eq!(done["status"], "201", "{done}");
        }
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn heavy_searches_keep_nobody_waiting_and_end(#[case] store: Store) {
    // Given many users, and searches that look at every address of everybody
    let server = Server::on(store).start().await;
    let scim = provider(&server).await;
    let ann = format!("/Users/{}", id(&user(&scim, named("ann")).await));
    many_with_many_addresses(&scim).await;

    // When ten callers search, and go away
    let searches: Vec<_> = (0..SEARCHES)
        .map(|_| {
            let scim = scim.clone();
            tokio::spawn(async move {
                tokio::time::timeout(PATIENCE, scim.post("/Users/.search", heavy()))
                    .await
                    .is_err()
            })
        })
        .collect();
    wait::pause(PATIENCE / 2).await;

    // Then others are answered meanwhile, who read, write and look somebody up,
    let meanwhile = async {
        scim.get(&ann).await.expect(200);
        user(&scim, named("bea")).await;
        let looked_up = query(&scim, "/Users", &[("filter", "userName eq \"bea\"")]).await;
        assert_eq!(looked_up.expect(200).json()["totalResults"], 1);
    };
    let answered = tokio::time::timeout(SOON, meanwhile).await;
    answered.expect("others need not wait for searches");
    for search in searches {
        assert!(search.await.expect("a search ended badly"), "it was not heavy");
    }
    // and who searches next is answered, too,
    let next = tokio::time::timeout(SOON, query(&scim, "/Users", &[("count", "1")])).await;
    next.expect("nothing is left of the searches").expect(200);

    // and who waits for such a search to end is told why it does not.
    refused(scim.post("/Users/.search", heavy()).await, 400, Some("tooMany"));
}
