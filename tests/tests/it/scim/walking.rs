//! Walking through many users while they change.

use std::collections::BTreeSet;

use e2e::{Api, Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use super::{found, many, named, provider, query, refused, user};

/// How many there are at first.
const USERS: usize = 10_000;
/// How many of them go, and how many others come, while somebody walks.
const CHANGED: usize = 500;

/// Every page from the first to the last, by cursor.
async fn walk(scim: &Api, parameters: &[(&str, &str)]) -> Vec<String> {
    let mut cursor = String::new();
    let mut seen = Vec::new();
    loop {
        let mut all = vec![("cursor", cursor.as_str()), ("attributes", "userName")];
        all.extend(parameters);
        let page = query(scim, "/Users", &all).await.expect(200).json();
        for resource in page["Resources"].as_array().into_iter().flatten() {
            seen.push(resource["id"].as_str().expect("id").to_owned());
        }
        match page["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return seen,
        }
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn who_is_there_throughout_is_seen_exactly_once_while_others_come_and_go(#[case] store: Store) {
    // Given ten thousand users
    let server = Server::on(store).start().await;
    let scim = provider(&server).await;
    let ids = many(&scim, "first", USERS).await;
    let going: Vec<String> = ids.iter().step_by(USERS / CHANGED).cloned().collect();
    assert_eq!(going.len(), CHANGED);

    // When somebody walks through them, in two orders, while five hundred go and five hundred come
    let leaving = async {
        for id in &going {
            scim.delete(&format!("/Users/{id}")).await.expect(204);
        }
    };
    let coming = async {
        for number in 0..CHANGED {
            user(&scim, named(&format!("late-{number:05}"))).await;
        }
    };
    let by_age = walk(&scim, &[("count", "50")]);
    let by_name = walk(
        &scim,
        &[("count", "50"), ("sortBy", "userName"), ("sortOrder", "descending")],
    );
    let ((), (), by_age, by_name) = tokio::join!(leaving, coming, by_age, by_name);

    // Then nobody who was there all the time was missed, and nobody was seen twice.
    let gone: BTreeSet<&String> = going.iter().collect();
    let stayed: BTreeSet<&String> = ids.iter().filter(|id| !gone.contains(id)).collect();
    for walked in [by_age, by_name] {
        let seen: BTreeSet<&String> = walked.iter().collect();
        assert_eq!(seen.len(), walked.len(), "somebody was seen twice");
        let missed: Vec<_> = stayed.difference(&seen).collect();
        assert!(
            missed.is_empty(),
            "{} were missed, such as {:?}",
            missed.len(),
            missed.first()
        );
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn pages_by_number_and_by_cursor_have_the_same_users_in_the_same_order(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let scim = provider(&server).await;
    many(&scim, "user", 57).await;
    for order in ["ascending", "descending"] {
        let by_cursor = walk(&scim, &[("count", "10"), ("sortBy", "userName"), ("sortOrder", order)]).await;
        let mut by_number = Vec::new();
        for start in (1..=57).step_by(10) {
            let start = start.to_string();
            let parameters = [
                ("startIndex", start.as_str()),
                ("count", "10"),
                ("sortBy", "userName"),
                ("sortOrder", order),
            ];
            let page = query(&scim, "/Users", &parameters).await.expect(200).json();
            assert_eq!(page["totalResults"], json!(57));
            assert_eq!(page["startIndex"].to_string(), start);
            let resources = page["Resources"].as_array().expect("resources");
            assert_eq!(page["itemsPerPage"], json!(resources.len()));
            by_number.extend(resources.iter().map(super::id));
        }
        assert_eq!(by_cursor, by_number);
        assert_eq!(by_cursor.len(), 57);
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn pages_that_cannot_be_are_refused_and_those_beyond_the_end_are_empty(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let scim = provider(&server).await;
    many(&scim, "user", 12).await;

    let none = query(&scim, "/Users", &[("count", "0")]).await.expect(200).json();
    assert_eq!(none["totalResults"], json!(12));
    assert_eq!(none.get("Resources").and_then(Value::as_array).map_or(0, Vec::len), 0);
    let first = query(&scim, "/Users", &[("startIndex", "-3"), ("count", "2")])
        .await
        .expect(200);
    assert_eq!(first.json()["startIndex"], json!(1));
    assert_eq!(found(&first, "userName").len(), 2);
    let negative = query(&scim, "/Users", &[("count", "-1")]).await.expect(200).json();
    assert_eq!(negative["itemsPerPage"], json!(0));
    let beyond = query(&scim, "/Users", &[("startIndex", "1000")])
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&beyond["totalResults"], &beyond["itemsPerPage"]),
        (&json!(12), &json!(0))
    );

    refused(
        query(&scim, "/Users", &[("count", "many")]).await,
        400,
        Some("invalidValue"),
    );
    refused(
        query(&scim, "/Users", &[("startIndex", "first")]).await,
        400,
        Some("invalidValue"),
    );
    refused(
        query(&scim, "/Users", &[("cursor", "made-up")]).await,
        400,
        Some("invalidCursor"),
    );
    refused(
        query(&scim, "/Users", &[("cursor", ""), ("count", "-1")]).await,
        400,
        Some("invalidCount"),
    );
    // A cursor is good for the query that it came from.
    let page = query(&scim, "/Users", &[("cursor", ""), ("count", "5")])
        .await
        .expect(200);
    let cursor = page.text_at("/nextCursor");
    let other = query(&scim, "/Users", &[("cursor", &cursor), ("filter", "title pr")]).await;
    refused(other, 400, Some("invalidCursor"));
}
