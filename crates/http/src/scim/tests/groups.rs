//! Groups, and who is in them.

use axum::http::Method;
use rstest::rstest;
use serde_json::{Value as Json, json};

use super::{Answer, Given, given, request};

/// A group with two of three users, and how the three are called.
async fn clinic(given: &Given) -> (String, [String; 3]) {
    let users = [
        given.user("ann").await,
        given.user("bob").await,
        given.user("cid").await,
    ];
    let group = given.group("Clinic", &[&users[0], &users[1]]).await;
    (format!("/Groups/{group}"), users)
}

/// Who is in the group, by position among the users.
fn members(answer: &Answer, users: &[String; 3]) -> Vec<usize> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    let members = body["members"].as_array().cloned().unwrap_or_default();
    let position = |member: &Json| {
        users
            .iter()
            .position(|id| member["value"] == **id)
            .expect("one of them")
    };
    members.iter().map(position).collect()
}

#[tokio::test]
async fn a_group_shows_its_members_and_where_they_are() {
    let given = given();
    let ann = given.user("ann").await;

    let made = given
        .post(
            "/Groups",
            &json!({"displayName": "Clinic", "externalId": "g-1", "members": [{"value": ann, "display": "Ann"}]}),
        )
        .await;

    assert_eq!(
        (made.status.as_u16(), made.header("etag")),
        (201, "W/\"1\""),
        "{made:?}"
    );
    insta::assert_snapshot!(format!("{:#}", made.json()), @r#"
    {
      "displayName": "Clinic",
      "externalId": "g-1",
      "id": "01970000-0000-7000-8000-000000000004",
      "members": [
        {
          "$ref": "https://roster.example/scim/v2/Users/01970000-0000-7000-8000-000000000002",
          "type": "User",
          "value": "01970000-0000-7000-8000-000000000002"
        }
      ],
      "meta": {
        "created": "2025-06-15T15:06:40.123456Z",
        "lastModified": "2025-06-15T15:06:40.123456Z",
        "location": "https://roster.example/scim/v2/Groups/01970000-0000-7000-8000-000000000004",
        "resourceType": "Group",
        "version": "W/\"1\""
      },
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:Group"
      ]
    }
    "#);
}

#[rstest]
#[case::add(&[json!({"op": "Add", "path": "members", "value": [{"value": "2"}]})], &[0, 1, 2])]
#[case::add_one(&[json!({"op": "add", "path": "members", "value": {"value": "2"}})], &[0, 1, 2])]
#[case::add_whoever_is_there(&[json!({"op": "add", "path": "members", "value": [{"value": "0"}]})], &[0, 1])]
#[case::add_without_a_path(&[json!({"op": "add", "value": {"members": [{"value": "2"}]}})], &[0, 1, 2])]
#[case::remove_one(&[json!({"op": "remove", "path": "members[value eq \"0\"]"})], &[1])]
#[case::remove_some(&[json!({"op": "remove", "path": "members[value eq \"0\" or value eq \"1\"]"})], &[])]
#[case::remove_by_value(&[json!({"op": "Remove", "path": "members", "value": [{"value": "1"}]})], &[0])]
#[case::remove_by_other_filter(&[json!({"op": "remove", "path": "members[not (value eq \"1\")]"})], &[1])]
#[case::remove_by_type(&[json!({"op": "remove", "path": "members[type eq \"User\"]"})], &[])]
#[case::remove_all(&[json!({"op": "remove", "path": "members"})], &[])]
#[case::remove_nobody(&[json!({"op": "remove", "path": "members[value eq \"2\"]"})], &[0, 1])]
#[case::remove_no_id(&[json!({"op": "remove", "path": "members[value eq \"nobody\"]"})], &[0, 1])]
#[case::replace(&[json!({"op": "replace", "path": "members", "value": [{"value": "2"}]})], &[2])]
#[case::replace_by_nobody(&[json!({"op": "replace", "path": "members", "value": []})], &[])]
#[case::replace_without_a_path(&[json!({"op": "replace", "value": {"members": [{"value": "1"}]}})], &[1])]
#[case::one_after_the_other(
    &[
        json!({"op": "add", "path": "members", "value": [{"value": "2"}]}),
        json!({"op": "remove", "path": "members[value eq \"2\"]"}),
        json!({"op": "remove", "path": "members[value eq \"0\"]"}),
        json!({"op": "add", "path": "members", "value": [{"value": "0"}]}),
    ],
    &[0, 1]
)]
#[case::others_of_those_who_came(
    &[
        json!({"op": "replace", "path": "members", "value": [{"value": "1"}, {"value": "2"}]}),
        json!({"op": "remove", "path": "members[value ne \"2\"]"}),
    ],
    &[2]
)]
#[tokio::test]
async fn members_come_and_go_by_operations(#[case] operations: &[Json], #[case] expected: &[usize]) {
    let given = given();
    let (path, users) = clinic(&given).await;
    let mut text = json!(operations).to_string();
    for (index, id) in users.iter().enumerate() {
        text = text.replace(&format!("\"{index}\""), &format!("\"{id}\""));
        text = text.replace(&format!("\\\"{index}\\\""), &format!("\\\"{id}\\\""));
    }

    let patched = given.patch(&path, &text.parse().unwrap()).await;

    assert_eq!(members(&patched, &users), expected);
    assert_eq!(members(&given.get(&path).await, &users), expected);
}

#[tokio::test]
async fn a_group_is_renamed_and_loses_its_external_id() {
    let given = given();
    let made = given
        .post("/Groups", &json!({"displayName": "Clinic", "externalId": "g-1"}))
        .await;
    let path = format!("/Groups/{}", made.id());

    // Okta sends the id along.
    let operations = json!([
        {"op": "replace", "value": {"id": made.id(), "displayName": "Ward"}}, {"op": "remove", "path": "externalId"},
    ]);
    let patched = given.patch(&path, &operations).await.json();

    assert_eq!(
        (&patched["displayName"], patched.get("externalId")),
        (&json!("Ward"), None)
    );
    let unnamed = given
        .patch(&path, &json!([{"op": "remove", "path": "displayName"}]))
        .await;
    assert_eq!(unnamed.refusal(), (400, "mutability".to_owned()));
}

#[tokio::test]
async fn an_empty_external_id_is_none_for_a_group_as_for_a_user() {
    let given = given();
    let body = json!({"userName": "ann", "displayName": "Clinic", "externalId": ""});
    let with_id = json!({"userName": "ann", "displayName": "Clinic", "externalId": "x-1"});

    for endpoint in ["/Users", "/Groups"] {
        let made = given.post(endpoint, &body).await;
        assert_eq!(
            (made.status.as_u16(), made.json().get("externalId")),
            (201, None),
            "{made:?}"
        );
        let path = format!("{endpoint}/{}", made.id());
        for change in [
            given.put(&path, &with_id).await,
            given.put(&path, &body).await,
            given.put(&path, &with_id).await,
            given
                .patch(&path, &json!([{"op": "replace", "path": "externalId", "value": ""}]))
                .await,
        ] {
            assert_eq!(change.status, 200, "{change:?}");
        }
        assert_eq!(given.get(&path).await.json().get("externalId"), None);
    }
}

#[tokio::test]
async fn a_put_replaces_members_and_clears_what_it_leaves_out() {
    let given = given();
    let (path, users) = clinic(&given).await;

    let put = given
        .put(&path, &json!({"displayName": "Ward", "members": [{"value": users[2]}]}))
        .await;
    assert_eq!(members(&put, &users), [2]);
    let empty = given.put(&path, &json!({"displayName": "Ward"})).await;
    assert_eq!(members(&empty, &users), [0_usize; 0]);
    let unnamed = given.put(&path, &json!({"members": []})).await;
    assert_eq!(unnamed.refusal(), (400, "invalidValue".to_owned()));
}

#[rstest]
#[case::nobody(json!([{"value": "00000000-0000-0000-0000-000000000099"}]))]
#[case::no_id(json!([{"value": "ann"}]))]
#[case::no_value(json!([{"display": "Ann"}]))]
#[case::a_group(json!([{"value": "00000000-0000-0000-0000-000000000099", "type": "Group"}]))]
#[case::no_object(json!([7]))]
#[tokio::test]
async fn who_is_no_user_cannot_be_a_member(#[case] named: Json) {
    let given = given();
    let (path, users) = clinic(&given).await;

    let made = given
        .post("/Groups", &json!({"displayName": "Ward", "members": named}))
        .await;
    let patched = given
        .patch(&path, &json!([{"op": "add", "path": "members", "value": named}]))
        .await;

    assert_eq!(made.refusal(), (400, "invalidValue".to_owned()));
    assert_eq!(patched.refusal(), (400, "invalidValue".to_owned()));
    assert!(
        made.json()["detail"].as_str().unwrap().starts_with("members"),
        "{made:?}"
    );
    assert_eq!(members(&given.get(&path).await, &users), [0, 1]);
}

#[tokio::test]
async fn a_group_without_its_members_is_small() {
    let given = given();
    let (path, _) = clinic(&given).await;

    for query in ["excludedAttributes=members", "attributes=displayName"] {
        let shown = given.get(&format!("{path}?{query}")).await.json();
        assert_eq!((&shown["displayName"], shown.get("members")), (&json!("Clinic"), None));
    }
    let listed = given.get("/Groups?excludedAttributes=members").await.json();
    assert_eq!(listed["Resources"][0].get("members"), None);
}

#[tokio::test]
async fn a_deleted_group_is_gone_and_its_members_stay() {
    let given = given();
    let (path, users) = clinic(&given).await;

    let stale = given
        .send(request(Method::DELETE, &path, None, &[("if-match", "W/\"7\"")]))
        .await;
    assert_eq!(stale.refusal(), (412, String::new()));
    assert_eq!(given.delete(&path).await.status, 204);
    assert_eq!(given.delete(&path).await.refusal(), (404, String::new()));

    let ann = given.get(&format!("/Users/{}", users[0])).await.json();
    assert_eq!(ann.get("groups"), None);
}

#[tokio::test]
async fn two_groups_may_have_a_name_and_not_an_external_id_in_common() {
    let given = given();
    let body = |external_id: &str| json!({"displayName": "Clinic", "externalId": external_id});
    given.post("/Groups", &body("g-1")).await;

    assert_eq!(given.post("/Groups", &body("g-2")).await.status, 201);
    assert_eq!(
        given.post("/Groups", &body("g-1")).await.refusal(),
        (409, "uniqueness".to_owned())
    );
}
