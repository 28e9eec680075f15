//! The documented limits, on both generations: characters are counted, not bytes.

use std::collections::BTreeMap;

use e2e::nabla::{self, COPILOT};
use e2e::{Api, Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given;

/// One character each, of one to four bytes.
const CHARACTERS: [&str; 4] = ["a", "é", "漢", "🩺"];

/// Both generations, for the same organization.
async fn both(server: &Server) -> [Api; 2] {
    [server.api().below(COPILOT), nabla::core(server, &server.api()).await]
}

/// Creates and changes a user with a body that is just within, then with one that is just beyond a limit.
async fn holds(server: &Server, what: &str, within: Value, beyond: Value) {
    for vendor in both(server).await {
        let made = vendor.post("/users", within.clone()).await.expect(200).json();
        for (name, value) in within.as_object().expect("fields") {
            assert_eq!(&made[name], value, "{what} is kept as it is");
        }
        let path = format!("/users/{}", given::id(&made));
        let count = given::users(&server.api()).await.len();
        for refused in [
            vendor.post("/users", beyond.clone()).await,
            vendor.patch(&path, beyond.clone()).await,
        ] {
            assert_eq!(refused.status, 400, "{what}, beyond its limit: {refused:?}");
            refused.is_envelope().unwrap_or_else(|wrong| panic!("{wrong}"));
            assert_eq!(refused.json()["name"], "INVALID_REQUEST");
        }
        assert_eq!(vendor.get(&path).await.expect(200).json(), made, "nothing was changed");
        assert_eq!(given::users(&server.api()).await.len(), count, "nobody was made");
        // So that the other generation can have the same external id.
        vendor.patch(&path, json!({ "external_id": null })).await.expect(200);
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn an_external_id_has_256_characters_at_the_most(#[case] store: Store) {
    let server = Server::on(store).start().await;
    for character in CHARACTERS {
        let external_id = |count: usize| json!({ "external_id": character.repeat(count) });
        holds(
            &server,
            &format!("an external id of {character}"),
            external_id(256),
            external_id(257),
        )
        .await;
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn metadata_has_50_keys_of_40_characters_and_values_of_500_at_the_most(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let keys = |count: usize| {
        let entries: BTreeMap<String, String> = (0..count)
            .map(|number| (format!("key {number}"), String::new()))
            .collect();
        json!({ "metadata": entries })
    };
    holds(&server, "the number of keys", keys(50), keys(51)).await;
    for character in CHARACTERS {
        let key = |count: usize| json!({ "metadata": { character.repeat(count): "value" } });
        holds(&server, &format!("a key of {character}"), key(40), key(41)).await;
        let value = |count: usize| json!({ "metadata": { "key": character.repeat(count) } });
        holds(&server, &format!("a value of {character}"), value(500), value(501)).await;
    }
}

#[tokio::test]
async fn all_limits_at_once_fit() {
    let server = Server::on(Store::Sqlite).start().await;
    let entries: BTreeMap<String, String> = (10..60)
        .map(|number| (format!("{number}{}", "漢".repeat(38)), "🩺".repeat(500)))
        .collect();
    let largest = json!({ "external_id": "🩺".repeat(256), "metadata": entries });

    for vendor in both(&server).await {
        let made = vendor.post("/users", largest.clone()).await.expect(200).json();
        assert_eq!(made["metadata"], largest["metadata"]);
        vendor
            .patch(&format!("/users/{}", given::id(&made)), json!({ "external_id": null }))
            .await
            .expect(200);
    }
}
