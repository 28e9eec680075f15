//! Users of both generations.

use axum::http::{Method, StatusCode};
use rstest::rstest;
use serde_json::json;

use super::{KEY, given, request};

#[tokio::test]
async fn the_current_generation_answers_a_new_user_with_five_keys() {
    let given = given();

    let answer = given.current(Method::POST, "/users", "{}").await;

    insta::assert_snapshot!(answer.whole(), @r#"
    200 OK
    {
      "activated": true,
      "created_at": "2025-06-15T15:06:40.123Z",
      "external_id": null,
      "id": "01970000-0000-7000-8000-000000000003",
      "metadata": null
    }
    "#);
}

#[tokio::test]
async fn the_archived_generation_knows_email_and_roles_and_passes_unknown_fields_over() {
    let given = given();
    let body = json!({
        "email": "ann.lee@example.org",
        "roles": ["PRACTITIONER"],
        "external_id": "ehr-7",
        "metadata": {"ward": "3"},
        "favourite_colour": "blue",
    });

    let answer = given.archived(Method::POST, "/users", &body.to_string()).await;

    insta::assert_snapshot!(answer.whole(), @r#"
    200 OK
    {
      "activated": true,
      "created_at": "2025-06-15T15:06:40.123Z",
      "email": "ann.lee@example.org",
      "external_id": "ehr-7",
      "id": "01970000-0000-7000-8000-000000000003",
      "metadata": {
        "ward": "3"
      },
      "roles": [
        "PRACTITIONER"
      ]
    }
    "#);
}

#[tokio::test]
async fn roles_that_are_left_out_are_an_empty_list() {
    let given = given();

    let answer = given.archived(Method::POST, "/users", "{}").await;

    assert_eq!(
        (&answer.json()["roles"], &answer.json()["email"]),
        (&json!([]), &json!(null))
    );
}

#[tokio::test]
async fn the_current_generation_passes_email_and_roles_over() {
    let given = given();

    let made = given
        .current(Method::POST, "/users", r#"{"email": 5, "roles": "none"}"#)
        .await;
    let path = format!("/users/{}", made.json()["id"].as_str().expect("an id"));
    let shown = given.archived(Method::GET, &path, "").await;

    assert_eq!(
        (&shown.json()["roles"], &shown.json()["email"]),
        (&json!([]), &json!(null))
    );
}

#[rstest]
#[case::left_out(json!({"external_id": "b"}), json!({"a": "1", "b": "2"}))]
#[case::replaced(json!({"metadata": {"c": "3"}}), json!({"c": "3"}))]
#[case::emptied(json!({"metadata": {}}), json!({}))]
#[case::cleared(json!({"metadata": null}), json!(null))]
#[tokio::test]
async fn metadata_is_replaced_whole_kept_or_cleared(
    #[case] patch: serde_json::Value,
    #[case] expected: serde_json::Value,
) {
    let given = given();
    let made = given
        .archived(Method::POST, "/users", r#"{"metadata": {"a": "1", "b": "2"}}"#)
        .await;
    let path = format!("/users/{}", made.json()["id"].as_str().expect("an id"));

    let patched = given.archived(Method::PATCH, &path, &patch.to_string()).await;

    assert_eq!(patched.status, StatusCode::OK);
    assert_eq!(patched.json()["metadata"], expected);
}

#[tokio::test]
async fn a_patch_passes_email_and_roles_over() {
    let given = given();
    let body = r#"{"email": "ann@example.org", "roles": ["ADMINISTRATOR"]}"#;
    let made = given.archived(Method::POST, "/users", body).await;
    let path = format!("/users/{}", made.json()["id"].as_str().expect("an id"));

    let patched = given
        .archived(Method::PATCH, &path, r#"{"email": "other@example.org", "roles": []}"#)
        .await;

    assert_eq!((patched.status, patched.json()), (StatusCode::OK, made.json()));
}

#[tokio::test]
async fn an_id_is_read_in_upper_case_and_written_in_lower_case() {
    let given = given();
    let made = given.current(Method::POST, "/users", "{}").await;
    let id = made.json()["id"].as_str().expect("an id").to_owned();

    let shown = given
        .current(Method::GET, &format!("/users/{}", id.to_uppercase()), "")
        .await;

    assert_eq!((shown.status, shown.json()), (StatusCode::OK, made.json()));
}

#[rstest]
#[case::plain("ehr-7", "ehr-7")]
#[case::slashes("ward/3/7", "ward/3/7")]
#[case::encoded("ward%2F3%20b", "ward/3 b")]
#[case::percent("100%", "100%")]
#[case::plus("a+b", "a+b")]
#[case::name_of_an_action("activate", "activate")]
#[tokio::test]
async fn an_external_id_is_found_encoded_or_not(#[case] path: &str, #[case] external_id: &str) {
    let given = given();
    let made = given
        .current(Method::POST, "/users", &json!({"external_id": external_id}).to_string())
        .await;

    let found = given
        .current(Method::GET, &format!("/users/find_by_external_id/{path}"), "")
        .await;

    assert_eq!((found.status, found.json()), (StatusCode::OK, made.json()));
}

#[tokio::test]
async fn a_user_is_deactivated_and_activated_with_and_without_a_body() {
    let given = given();
    let made = given.current(Method::POST, "/users", "{}").await;
    let path = format!("/users/{}", made.json()["id"].as_str().expect("an id"));

    let mut seen = Vec::new();
    for (action, body) in [
        ("deactivate", "{}"),
        ("deactivate", ""),
        ("activate", ""),
        ("activate", "{}"),
    ] {
        let answer = given.current(Method::POST, &format!("{path}/{action}"), body).await;
        assert_eq!(answer.status, StatusCode::OK);
        seen.push(answer.json()["activated"].clone());
    }

    assert_eq!(seen, [false, false, true, true]);
}

#[tokio::test]
async fn pages_lead_to_every_user_once_in_both_directions() {
    let given = given();
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(given.current(Method::POST, "/users", "{}").await.json());
    }

    for order in ["ASC", "DESC"] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = given
                .current(Method::GET, &format!("/users?limit=2&order={order}{cursor}"), "")
                .await
                .json();
            seen.extend(page["data"].as_array().expect("users").iter().cloned());
            let Some(next) = page["next_cursor"].as_str() else {
                assert_eq!(page["has_more"], json!(false));
                break;
            };
            assert_eq!(page["has_more"], json!(true));
            cursor = format!("&cursor={next}");
        }
        if order == "DESC" {
            seen.reverse();
        }
        assert_eq!(seen, made);
    }
}

#[tokio::test]
async fn only_users_who_are_or_are_not_active_are_listed_on_demand() {
    let given = given();
    let first = given.archived(Method::POST, "/users", "{}").await.json();
    given.archived(Method::POST, "/users", "{}").await;
    let path = format!("/users/{}/deactivate", first["id"].as_str().expect("an id"));
    given.archived(Method::POST, &path, "{}").await;

    let inactive = given.archived(Method::GET, "/users?activated=false", "").await.json();
    let active = given.archived(Method::GET, "/users?activated=true", "").await.json();

    assert_eq!(
        (&inactive["data"][0]["id"], inactive["data"].as_array().map(Vec::len)),
        (&first["id"], Some(1))
    );
    assert_eq!(active["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_body_without_a_media_type_is_read_as_json() {
    let given = given();
    let mut request = request(
        Method::POST,
        "/nabla/v1/copilot-api/server/users",
        "{}",
        Some(&format!("Bearer {KEY}")),
    );
    request.headers_mut().remove("content-type");

    assert_eq!(given.send(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_write_tells_the_history_which_client_made_it_through_this_api() {
    let given = given();
    let made = given.current(Method::POST, "/users", "{}").await.json();
    let user = format!("/users/{}", made["id"].as_str().expect("an id"));

    given.current(Method::PATCH, &user, r#"{"external_id": "e"}"#).await;
    given.current(Method::POST, &format!("{user}/deactivate"), "").await;
    given.current(Method::POST, &format!("{user}/activate"), "").await;

    insta::assert_snapshot!(given.memory.deeds().join("\n").replace(&given.client.to_string(), "{client}"), @r"
    nabla_core created {client}
    nabla_core updated {client}
    nabla_core deactivated {client}
    nabla_core activated {client}
    ");
}
