//! Pages by number.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::given;

fn keys(page: &Value, list: &str, key: &str) -> Vec<String> {
    let entries = page[list].as_array().expect("entries");
    entries
        .iter()
        .map(|entry| entry[key].as_str().expect("a text").to_owned())
        .collect()
}

#[tokio::test]
async fn walking_the_pages_shows_every_user_of_the_customer_once_and_in_order() {
    let given = given().await;
    given.given_customer("contoso").await;
    let mut made = Vec::new();
    for number in 0..5 {
        let email = format!("ann{number}@example.org");
        given.given_user("contoso", &email).await;
        given.given_user("default", &format!("bob{number}@example.org")).await;
        made.push(email);
    }

    let mut seen = Vec::new();
    for page in 1.. {
        let path = format!("/customers/contoso/users?page={page}&pageSize=2");
        let answer = given.call(Method::GET, &path, "").await.json();
        seen.extend(keys(&answer, "users", "email"));
        assert_eq!(
            answer["pagination"],
            json!({"page": page, "pageSize": 2, "hasNextPage": page < 3})
        );
        if answer["pagination"]["hasNextPage"] == json!(false) {
            break;
        }
    }

    assert_eq!(seen, made);
}

#[tokio::test]
async fn walking_the_pages_shows_the_default_customer_and_then_every_other_once() {
    let given = given().await;
    for id in ["a", "b", "c"] {
        given.given_customer(id).await;
    }

    let mut seen = Vec::new();
    for page in 1..=2 {
        let path = format!("/customers?page={page}&pageSize=2");
        let answer = given.call(Method::GET, &path, "").await.json();
        seen.extend(keys(&answer, "customers", "customerId"));
        assert_eq!(
            answer["pagination"],
            json!({"page": page, "pageSize": 2, "hasNextPage": page == 1})
        );
    }

    assert_eq!(seen, ["default", "a", "b", "c"]);
}

#[tokio::test]
async fn a_page_behind_the_last_is_empty() {
    let given = given().await;
    given.given_user("default", "ann@example.org").await;
    for (path, list) in [("/customers", "customers"), ("/customers/default/users", "users")] {
        let answer = given
            .call(Method::GET, &format!("{path}?page=5000&pageSize=100"), "")
            .await;

        assert_eq!(
            (answer.status, answer.json()),
            (
                StatusCode::OK,
                json!({list: [], "pagination": {"page": 5000, "pageSize": 100, "hasNextPage": false}})
            )
        );
    }
}

#[tokio::test]
async fn a_page_has_twenty_entries_unless_the_caller_says_so() {
    let given = given().await;
    for number in 0..21 {
        given.given_user("default", &format!("ann{number}@example.org")).await;
    }

    let page = given
        .call(Method::GET, "/customers/default/users?sort=x", "")
        .await
        .json();

    assert_eq!(keys(&page, "users", "id").len(), 20);
    assert_eq!(
        page["pagination"],
        json!({"page": 1, "pageSize": 20, "hasNextPage": true})
    );
}
