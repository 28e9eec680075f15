//! Groups as `/v1` shows them, and their ties.

use std::collections::BTreeSet;

use axum::http::Method;
use roster_application::groups::Groups;
use roster_domain::{Change, Group, GroupChanges, MemberChanges, Surface, UserId};
use rstest::rstest;
use serde_json::{Value, json};

use crate::v1::tests::{Given, given};

fn groups(given: &Given) -> Groups {
    given.memory.services().groups
}

/// A group as an identity provider would make it.
async fn group(given: &Given, name: &str, external_id: Option<&str>, members: &[UserId]) -> Group {
    let changes = GroupChanges {
        name: Change::Set(name.to_owned()),
        external_id: external_id.map(str::to_owned).into(),
        members: MemberChanges::replaced(members.iter().copied()),
        ..GroupChanges::default()
    };
    let acting = roster_application::Acting::inside(&given.organization, Surface::Scim);
    groups(given).create(acting, &changes).await.expect("a group")
}

#[tokio::test]
async fn a_group_is_shown_with_what_it_is_tied_to() {
    let given = given();
    let connection = given.connection("nabla_core", json!({"assignment": "chosen"})).await;
    let made = group(&given, "Cardiology", Some("g-1"), &[]).await;
    let path = format!("/v1/groups/{}", made.id);

    let tied = given
        .call(Method::PUT, &format!("{path}/connections/{connection}"), "")
        .await;
    let shown = given.call(Method::GET, &path, "").await;

    assert_eq!((tied.status.as_u16(), &tied.body), (200, &shown.body));
    let expected = json!({
        "id": made.id.to_string(), "name": "Cardiology", "external_id": "g-1", "connections": [connection.to_string()],
        "created_at": "2025-06-15T15:06:40.123456Z", "updated_at": "2025-06-15T15:06:40.123456Z", "version": 1,
    });
    assert_eq!(shown.body, expected);
}

#[tokio::test]
async fn a_tie_is_made_and_undone_as_often_as_one_likes() {
    let given = given();
    let connection = given.connection("nabla_core", json!({"assignment": "chosen"})).await;
    let made = group(&given, "Cardiology", None, &[]).await;
    let path = format!("/v1/groups/{}/connections/{connection}", made.id);
    let tied = async || {
        let shown = given.call(Method::GET, "/v1/groups", "").await.body;
        shown["data"][0]["connections"].as_array().expect("a list").len()
    };

    for (method, status, ties) in [
        (Method::DELETE, 204, 0),
        (Method::PUT, 200, 1),
        (Method::PUT, 200, 1),
        (Method::DELETE, 204, 0),
    ] {
        let answer = given.call(method.clone(), &path, "").await;
        assert_eq!((answer.status.as_u16(), tied().await), (status, ties), "{method}");
    }
}

/// Walks a list two by two, and gives back what the records say of themselves.
async fn walk(given: &Given, path: &str, name: &str) -> Vec<String> {
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let cursor_parameter = cursor.map_or(String::new(), |cursor| format!("&cursor={cursor}"));
        let page = given
            .call(Method::GET, &format!("{path}?limit=2{cursor_parameter}"), "")
            .await
            .body;
        let data = page["data"].as_array().expect("a page");
        assert!(data.len() <= 2);
        seen.extend(data.iter().map(|one| one[name].as_str().expect("text").to_owned()));
        match &page["next_cursor"] {
            Value::String(next) => cursor = Some(next.clone()),
            _ => return seen,
        }
    }
}

#[tokio::test]
async fn pages_show_every_group_and_every_member_once() {
    let given = given();
    let mut users = Vec::new();
    for number in 0..5 {
        users.push(given.user(&json!({"external_id": number.to_string()})).await);
    }
    let whole = group(&given, "All", None, &users).await;
    for name in ["B", "C", "D"] {
        group(&given, name, None, &users[..1]).await;
    }

    assert_eq!(walk(&given, "/v1/groups", "name").await, ["All", "B", "C", "D"]);
    let members = walk(&given, &format!("/v1/groups/{}/members", whole.id), "user_id").await;
    assert_eq!(members.len(), 5);
    let members: BTreeSet<String> = members.into_iter().collect();
    assert_eq!(members, users.iter().map(ToString::to_string).collect());
}

#[rstest]
#[case::group(Method::GET, "/v1/groups/{group}")]
#[case::members(Method::GET, "/v1/groups/{group}/members")]
#[case::tie(Method::PUT, "/v1/groups/{group}/connections/{connection}")]
#[case::untie(Method::DELETE, "/v1/groups/{group}/connections/{connection}")]
#[tokio::test]
async fn another_organizations_groups_are_not_there(#[case] method: Method, #[case] path: &str) {
    let given = given();
    let connection = given.connection("nabla_core", json!({"assignment": "chosen"})).await;
    let made = group(&given, "Cardiology", None, &[]).await;
    let path = path
        .replace("{group}", &made.id.to_string())
        .replace("{connection}", &connection.to_string());

    assert_eq!(
        given.call_as_stranger(method, &path, "").await.problem(),
        (404, "not-found")
    );

    let shown = given.call_as_stranger(Method::GET, "/v1/groups", "").await.body;
    assert_eq!(shown, json!({"data": [], "next_cursor": null}));
    let ties = groups(&given)
        .ties(&given.organization, &[made.id])
        .await
        .expect("ties");
    assert!(ties.is_empty());
}

#[rstest]
#[case::no_group(Method::GET, "/v1/groups/nobody", 404, "not-found")]
#[case::members_of_no_group(
    Method::GET,
    "/v1/groups/00000000-0000-0000-0000-000000000001/members",
    404,
    "not-found"
)]
#[case::no_connection(
    Method::PUT,
    "/v1/groups/{group}/connections/00000000-0000-0000-0000-000000000001",
    404,
    "not-found"
)]
#[case::no_id(Method::DELETE, "/v1/groups/{group}/connections/nowhere", 404, "not-found")]
#[case::parameter(Method::GET, "/v1/groups?colour=red", 400, "invalid-parameters")]
#[case::cursor_of_another_list(Method::GET, "/v1/groups?cursor=AQAAAAAAAAAAAAAAAAAAAAc", 400, "invalid-parameters")]
#[case::made_elsewhere(Method::POST, "/v1/groups", 405, "method-not-allowed")]
#[tokio::test]
async fn what_cannot_be_answered_is_a_problem(
    #[case] method: Method,
    #[case] path: &str,
    #[case] status: u16,
    #[case] problem: &str,
) {
    let given = given();
    let made = group(&given, "Cardiology", None, &[]).await;

    let answer = given
        .call(method, &path.replace("{group}", &made.id.to_string()), "")
        .await;

    assert_eq!(answer.problem(), (status, problem), "{answer:?}");
}
