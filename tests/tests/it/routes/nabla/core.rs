//! `/nabla/v1/core/server`: the current generation.

use e2e::nabla::{self, CORE};
use e2e::{Answer, Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, shows};

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_user_of_nothing_has_exactly_five_keys(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let vendor = nabla::core(&server, &server.api()).await;

    let created = vendor.post("/users", json!({})).await;

    shows!(created, @r#"
    {
      "body": {
        "activated": true,
        "created_at": "[time]",
        "external_id": null,
        "id": "[id]",
        "metadata": null
      },
      "status": 200
    }
    "#);
    let user = created.json();
    assert_eq!(
        vendor
            .get(&format!("/users/{}", given::id(&user)))
            .await
            .expect(200)
            .json(),
        user
    );
}

#[tokio::test]
async fn email_and_roles_are_passed_over_and_not_stored() {
    let server = Server::on(Store::Sqlite).start().await;
    let vendor = nabla::core(&server, &server.api()).await;

    let user = vendor
        .post("/users", json!({ "email": "ann@example.org", "roles": ["NONSENSE"] }))
        .await
        .expect(200)
        .json();

    let canonical = server
        .api()
        .get(&format!("/v1/users/{}", given::id(&user)))
        .await
        .expect(200)
        .json();
    assert_eq!(canonical["email"], Value::Null);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn users_are_listed_page_by_page_in_either_order_and_by_state(#[case] store: Store) {
    // Given seven users, every third one deactivated
    let server = Server::on(store).start().await;
    let vendor = nabla::core(&server, &server.api()).await;
    let mut users = Vec::new();
    for number in 0..7 {
        let user = vendor
            .post("/users", json!({ "external_id": number.to_string() }))
            .await
            .expect(200)
            .json();
        let verb = if number % 3 == 0 { "deactivate" } else { "activate" };
        users.push(
            vendor
                .post(&format!("/users/{}/{verb}", given::id(&user)), json!({}))
                .await
                .expect(200)
                .json(),
        );
    }

    // When they are walked through with pages of three
    let walk = async |query: &str| {
        let (mut found, mut sizes, mut cursor) = (Vec::new(), Vec::new(), String::new());
        loop {
            let page: Answer = vendor.get(&format!("/users?limit=3{query}{cursor}")).await.expect(200);
            let json = page.json();
            sizes.push(page.data().len());
            found.extend(page.data());
            assert_eq!(
                json["has_more"].as_bool(),
                Some(json["next_cursor"].is_string()),
                "{json}"
            );
            let Some(next) = json["next_cursor"].as_str() else {
                return (found, sizes);
            };
            cursor = format!("&cursor={next}");
        }
    };

    // Then all are there once, in the order of their making, or the other way round
    assert_eq!(walk("").await, (users.clone(), vec![3, 3, 1]));
    assert_eq!(walk("&order=ASC").await.0, users);
    assert_eq!(
        walk("&order=DESC").await.0,
        users.iter().rev().cloned().collect::<Vec<_>>()
    );
    // and those who are active, or are not, can be asked for alone; a page that is just full is the last.
    let of_state = |active: bool| {
        users
            .iter()
            .filter(|user| user["activated"] == active)
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(walk("&activated=true").await.0, of_state(true));
    assert_eq!(walk("&activated=false").await, (of_state(false), vec![3]));
    // And a parameter out of its bounds is refused.
    shows!(vendor.get("/users?limit=101&order=UP&activated=maybe&cursor=x").await, @r#"
    {
      "body": {
        "code": 90002,
        "debuggingHints": [
          "cursor must be the next_cursor of a page; given: \"x\"",
          "limit must be a whole number from 1 to 100; given: \"101\"",
          "order must be one of ASC, DESC; given: \"UP\"",
          "activated must be true or false; given: \"maybe\""
        ],
        "message": "cursor must be the next_cursor of a page; given: \"x\"; limit must be a whole number from 1 to 100; given: \"101\"; order must be one of ASC, DESC; given: \"UP\"; activated must be true or false; given: \"maybe\"",
        "name": "INVALID_REQUEST",
        "traceId": "[trace]"
      },
      "status": 400
    }
    "#);
}

#[tokio::test]
async fn a_changed_user_reads_as_it_was_answered() {
    let server = Server::on(Store::Sqlite).start().await;
    let vendor = nabla::core(&server, &server.api()).await;
    let user = vendor
        .post("/users", json!({ "external_id": "1", "metadata": { "a": "b" } }))
        .await
        .expect(200)
        .json();
    let path = format!("/users/{}", given::id(&user));

    let changed = vendor.patch(&path, json!({ "external_id": "2" })).await;

    shows!(changed, @r#"
    {
      "body": {
        "activated": true,
        "created_at": "[time]",
        "external_id": "2",
        "id": "[id]",
        "metadata": {
          "a": "b"
        }
      },
      "status": 200
    }
    "#);
    assert_eq!(vendor.get(&path).await.expect(200).json(), changed.json());
    vendor.get("/users/find_by_external_id/1").await.expect(400);
}

#[rstest]
#[case::none(None, None, 200)]
#[case::oldest(Some("2024-10-01"), None, 200)]
#[case::documented(Some("2025-04-03"), None, 200)]
#[case::documented(Some("2025-05-07"), None, 200)]
#[case::documented(Some("2025-05-21"), None, 200)]
#[case::documented(Some("2025-07-24"), None, 200)]
#[case::documented(Some("2026-02-20"), None, 200)]
#[case::documented(Some("2026-06-12"), None, 200)]
#[case::newest(Some("2026-07-01"), None, 200)]
#[case::preview(Some("x-nabla-next"), None, 200)]
#[case::of_the_other_generation(Some("2024-04-22"), None, 400)]
#[case::never_released(Some("2025-01-01"), None, 400)]
#[case::no_version(Some("latest"), None, 400)]
#[case::in_the_query(None, Some("2026-06-12"), 200)]
#[case::wrong_in_the_query(None, Some("2025-01-01"), 400)]
#[case::in_both(Some("2026-06-12"), Some("2024-10-01"), 200)]
#[case::wrong_in_the_query_beside_the_header(Some("2026-06-12"), Some("2025-01-01"), 400)]
#[tokio::test]
async fn a_version_is_asked_for_by_header_or_query(
    #[case] header: Option<&str>,
    #[case] query: Option<&str>,
    #[case] status: u16,
) {
    let server = Server::on(Store::Sqlite).start().await;
    let mut vendor = nabla::core(&server, &server.api()).await;
    if let Some(version) = header {
        vendor = vendor.with("X-Nabla-Api-Version", version);
    }
    let query = query
        .map(|version| format!("?nabla-api-version={version}"))
        .unwrap_or_default();

    let answer = vendor.get(&format!("/users{query}")).await.expect(status);

    if status == 400 {
        answer.is_envelope().unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!(answer.text_at("/name"), "UNSUPPORTED_API_VERSION");
    }
}

#[tokio::test]
async fn a_version_header_without_its_x_is_ignored_as_the_vendor_does() {
    let server = Server::on(Store::Sqlite).start().await;
    let vendor = nabla::core(&server, &server.api()).await;

    vendor
        .with("nabla-api-version", "nonsense")
        .get("/users")
        .await
        .expect(200);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_answered_in_the_vendors_shape() {
    let server = Server::on(Store::Sqlite).start().await;
    let vendor = server.api().anonymous().below(CORE);

    shows!(vendor.get("/nowhere").await, @r#"
    {
      "body": {
        "code": 90005,
        "debuggingHints": [],
        "message": "there is no such path",
        "name": "ROUTE_NOT_FOUND",
        "traceId": "[trace]"
      },
      "status": 404
    }
    "#);
    shows!(vendor.delete("/users").await, @r#"
    {
      "body": {
        "code": 90005,
        "debuggingHints": [],
        "message": "this path does not know the method; see the Allow header",
        "name": "ROUTE_NOT_FOUND",
        "traceId": "[trace]"
      },
      "status": 405
    }
    "#);
}
