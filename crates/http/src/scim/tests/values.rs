//! Values: which of them a request means, which it leaves alone, and which cannot be.

use axum::http::StatusCode;
use rstest::rstest;
use serde_json::{Value as Json, json};

use super::{Given, given};

const ROSTER: &str = "urn:ietf:params:scim:schemas:extension:roster:2.0:User";

/// Ann, with two e-mail addresses and two addresses. The path to her.
async fn ann(given: &Given) -> String {
    let ann = json!({
        "userName": "ann",
        "title": "Chief",
        "emails": [{"value": "ann@work.example", "type": "work"}, {"value": "ann@home.example", "type": "home"}],
        "addresses": [
            {"type": "work", "streetAddress": "s1", "locality": "Bern"},
            {"type": "work", "streetAddress": "s2", "locality": "Bern"},
        ],
    });
    let made = given.post("/Users", &ann).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    format!("/Users/{}", made.id())
}

/// The texts at a part of each value of an attribute.
fn texts(resource: &Json, attribute: &str, part: &str) -> Vec<String> {
    let values = resource[attribute].as_array().map_or(&[][..], Vec::as_slice).iter();
    values
        .map(|value| value[part].as_str().expect("text").to_owned())
        .collect()
}

#[rstest]
#[case::replaced(json!({"op": "replace", "path": "emails"}))]
#[case::one_value(json!({"op": "replace", "path": "title"}))]
#[case::added(json!({"op": "add", "path": "title"}))]
#[case::chosen(json!({"op": "replace", "path": "emails[type eq \"work\"]"}))]
#[case::without_a_path(json!({"op": "add"}))]
#[tokio::test]
async fn an_operation_whose_value_was_forgotten_changes_nothing(#[case] operation: Json) {
    let given = given();
    let path = ann(&given).await;

    let refused = given.patch(&path, &json!([operation])).await;

    assert_eq!(refused.refusal(), (400, "invalidValue".to_owned()));
    let user = given.get(&path).await.json();
    assert_eq!(
        (&user["title"], user["emails"].as_array().map(Vec::len)),
        (&json!("Chief"), Some(2))
    );
}

#[rstest]
#[case::by_one_part(json!([{"type": "WORK"}]), &["ann@home.example"])]
#[case::by_all_that_is_said(json!([{"type": "home", "value": "ann@work.example"}]), &["ann@work.example", "ann@home.example"])]
#[case::each_by_itself(json!([{"value": "ann@work.example"}, {"type": "home"}]), &[])]
#[case::by_a_text(json!("ann@home.example"), &["ann@work.example"])]
#[case::by_nothing(json!([]), &["ann@work.example", "ann@home.example"])]
#[case::by_a_value_that_says_nothing(json!([{}]), &["ann@work.example", "ann@home.example"])]
#[case::by_what_nobody_has(json!([{"value": "junk"}]), &["ann@work.example", "ann@home.example"])]
#[case::all(Json::Null, &[])]
#[tokio::test]
async fn a_removal_with_values_removes_those_and_no_others(#[case] value: Json, #[case] stay: &[&str]) {
    let given = given();
    let path = ann(&given).await;

    let changed = given
        .patch(&path, &json!([{"op": "remove", "path": "emails", "value": value}]))
        .await;

    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_eq!(texts(&changed.json(), "emails", "value"), stay);
}

#[tokio::test]
async fn values_without_a_part_that_is_their_value_are_removed_by_what_is_said_of_them() {
    let given = given();
    let path = ann(&given).await;

    let value = json!([{"type": "work", "streetAddress": "s1"}]);
    let changed = given
        .patch(&path, &json!([{"op": "remove", "path": "addresses", "value": value}]))
        .await;

    assert_eq!(texts(&changed.json(), "addresses", "streetAddress"), ["s2"]);
    let mistyped = json!([{"op": "remove", "path": "emails", "value": [{"primary": "perhaps"}]}]);
    assert_eq!(
        given.patch(&path, &mistyped).await.refusal(),
        (400, "invalidValue".to_owned())
    );
}

#[rstest]
#[case::by_id(|id: &str| json!([{"value": id}]), 1)]
#[case::by_id_with_what_is_shown_of_it(|id: &str| json!([{"value": id, "type": "User", "display": "Ann"}]), 1)]
#[case::by_a_text(|id: &str| json!(id), 1)]
#[case::by_another_type(|id: &str| json!([{"value": id, "type": "Group"}]), 2)]
#[case::by_nothing(|_: &str| json!([]), 2)]
#[case::by_a_value_that_says_nothing(|_: &str| json!([{}]), 2)]
#[case::by_a_name(|_: &str| json!([{"display": "Ann"}]), 2)]
#[case::by_no_id(|_: &str| json!([{"value": "junk"}]), 2)]
#[case::all(|_: &str| Json::Null, 0)]
#[tokio::test]
async fn a_removal_with_members_removes_those_and_no_others(#[case] value: fn(&str) -> Json, #[case] stay: usize) {
    let given = given();
    let (ann, bob) = (given.user("ann").await, given.user("bob").await);
    let path = format!("/Groups/{}", given.group("Clinic", &[&ann, &bob]).await);

    let operations = json!([{"op": "Remove", "path": "members", "value": value(&ann)}]);
    let changed = given.patch(&path, &operations).await;

    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_eq!(texts(&changed.json(), "members", "value").len(), stay);
}

#[tokio::test]
async fn a_group_whose_members_were_to_be_replaced_by_nothing_that_is_said_keeps_them() {
    let given = given();
    let ann = given.user("ann").await;
    let path = format!("/Groups/{}", given.group("Clinic", &[&ann]).await);

    let refused = given.patch(&path, &json!([{"op": "replace", "path": "members"}])).await;

    assert_eq!(refused.refusal(), (400, "invalidValue".to_owned()));
    assert_eq!(texts(&given.get(&path).await.json(), "members", "value"), [ann]);
}

#[tokio::test]
async fn who_is_no_member_is_not_replaced_by_another() {
    let given = given();
    let (ann, bob) = (given.user("ann").await, given.user("bob").await);
    let path = format!("/Groups/{}", given.group("Clinic", &[&ann]).await);
    let replace = |who: &str, by: &str| json!([{"op": "replace", "path": format!("members[value eq \"{who}\"]"), "value": {"value": by}}]);

    let refused = given.patch(&path, &replace(&bob, &bob)).await;
    assert_eq!(refused.refusal(), (400, "noTarget".to_owned()));
    assert_eq!(
        texts(&given.get(&path).await.json(), "members", "value"),
        [ann.as_str()]
    );

    let replaced = given.patch(&path, &replace(&ann, &bob)).await;
    assert_eq!(texts(&replaced.json(), "members", "value"), [bob.as_str()]);
    // Of a member who came by the operation before as well.
    let twice = json!([
        {"op": "add", "path": "members", "value": [{"value": ann}]},
        replace(&ann, &bob)[0],
    ]);
    assert_eq!(
        texts(&given.patch(&path, &twice).await.json(), "members", "value"),
        [bob]
    );
}

#[tokio::test]
async fn a_group_that_is_what_it_was_has_the_version_that_it_had() {
    let given = given();
    let (ann, bob) = (given.user("ann").await, given.user("bob").await);
    let path = format!("/Groups/{}", given.group("Clinic", &[&ann]).await);
    let before = given.get(&path).await;
    let [add, remove, replace] = ["add", "remove", "replace"].map(|op| {
        let who = if op == "remove" { &bob } else { &ann };
        json!([{"op": op, "path": "members", "value": [{"value": who}]}])
    });

    let body = json!({"displayName": "Clinic", "members": [{"value": ann}]});
    let mut answers = vec![given.put(&path, &body).await];
    for operations in [&add, &remove, &replace] {
        answers.push(given.patch(&path, operations).await);
    }

    for answer in answers {
        assert_eq!(
            (answer.status, answer.header("etag")),
            (StatusCode::OK, "W/\"1\""),
            "{answer:?}"
        );
        assert_eq!(answer.json(), before.json());
    }
    let changed = given
        .patch(
            &path,
            &json!([{"op": "add", "path": "members", "value": [{"value": bob}]}]),
        )
        .await;
    assert_eq!(changed.header("etag"), "W/\"2\"");
}

#[tokio::test]
async fn a_value_that_is_made_of_a_filter_keeps_the_case_in_which_it_was_written() {
    let given = given();
    let path = ann(&given).await;

    let changed = given
        .patch(
            &path,
            &json!([
                {"op": "Add", "path": "entitlements[value eq \"License-ABC\"].display", "value": "License"},
                {"op": "Add", "path": "roles[type eq \"WindowsAzureActiveDirectoryRole\"].value", "value": "Nurse"},
                {"op": "Replace", "path": "emails[type eq \"Pager\"].value", "value": "ann@pager.example"},
            ]),
        )
        .await
        .json();

    assert_eq!(
        changed["entitlements"],
        json!([{"value": "License-ABC", "display": "License"}])
    );
    assert_eq!(
        changed["roles"],
        json!([{"type": "WindowsAzureActiveDirectoryRole", "value": "Nurse"}])
    );
    assert_eq!(
        changed["emails"][2],
        json!({"type": "Pager", "value": "ann@pager.example"})
    );
}

#[tokio::test]
async fn one_value_at_the_most_is_primary_and_each_is_kept_once() {
    let given = given();
    let path = format!("/Users/{}", given.user("ann").await);
    let email = |text: &str, primary: bool| json!({"value": text, "primary": primary});

    let two = json!({"userName": "bob", "emails": [email("a@x.org", true), email("b@x.org", true)]});
    for refused in [given.post("/Users", &two).await, given.put(&path, &two).await] {
        assert_eq!(refused.refusal(), (400, "invalidValue".to_owned()));
        let detail = refused.json()["detail"].as_str().expect("text").to_owned();
        assert!(detail.starts_with("emails "), "{detail}");
    }
    let twice =
        json!({"userName": "ann", "emails": [email("a@x.org", true), email("b@x.org", false), email("a@x.org", true)]});
    let put = given.put(&path, &twice).await;
    assert_eq!(texts(&put.json(), "emails", "value"), ["a@x.org", "b@x.org"], "{put:?}");
}

#[tokio::test]
async fn a_group_name_of_another_type_is_told_once() {
    let given = given();
    let path = format!("/Groups/{}", given.group("Clinic", &[]).await);
    let body = json!({"displayName": 7});

    for refused in [given.post("/Groups", &body).await, given.put(&path, &body).await] {
        assert_eq!(
            refused.json()["detail"],
            "displayName must be a string; given: a number"
        );
    }
}

#[tokio::test]
async fn what_a_user_says_in_rosters_extension_is_read_as_the_schema_has_it() {
    let given = given();
    let with = |extension: Json| json!({"userName": "ann", ROSTER: extension});

    let made = given
        .post(
            "/Users",
            &with(json!({"roles": "practitioner", "pronoun": "neutralthem"})),
        )
        .await;
    assert_eq!(
        made.json()[ROSTER],
        json!({"roles": "PRACTITIONER", "pronoun": "NeutralThem"})
    );
    let path = format!("/Users/{}", made.id());
    for wrong in [
        json!({"metadata": "k=%FF%FE"}),
        json!({"speechLocales": "en-US,en-US"}),
        json!({"roles": "BOSS"}),
    ] {
        let refused = given.put(&path, &with(wrong.clone())).await;
        assert_eq!(refused.refusal(), (400, "invalidValue".to_owned()));
        let name = wrong.as_object().and_then(|it| it.keys().next()).expect("a name");
        let detail = refused.json()["detail"].as_str().expect("text").to_owned();
        assert!(detail.starts_with(&format!("{ROSTER}:{name} must be ")), "{detail}");
    }
}
