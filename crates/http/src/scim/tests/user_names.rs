//! Names that users are shown with: each is one user's only, as far as it comes through here.

use roster_application::Acting;
use roster_domain::{Change, Surface, UserChanges};
use rstest::rstest;
use serde_json::{Value as Json, json};

use super::{Given, given};

/// A user that another surface made, without a `userName`. The path.
async fn made_elsewhere(given: &Given, email: Option<&str>, external_id: Option<&str>) -> String {
    let changes = UserChanges {
        email: email.map(str::to_owned).into(),
        external_id: external_id.map(str::to_owned).into(),
        ..UserChanges::default()
    };
    let acting = Acting::inside(&given.organization, Surface::V1);
    let made = given
        .memory
        .users()
        .create(acting, &changes, None)
        .await
        .expect("a user");
    format!("/Users/{}", made.user.id)
}

async fn change_elsewhere(given: &Given, path: &str, email: &str) {
    let changes = UserChanges {
        email: Change::Set(email.to_owned()),
        ..UserChanges::default()
    };
    let acting = Acting::inside(&given.organization, Surface::V1);
    let id = path.trim_start_matches("/Users/").parse().expect("an id");
    given
        .memory
        .users()
        .update(acting, id, &changes, None)
        .await
        .expect("a change");
}

const TAKEN: (u16, &str) = (409, "uniqueness");

#[rstest]
#[case::address(json!([{"op": "replace", "path": "emails", "value": [{"value": "Ann@Example.org"}]}]))]
#[case::address_by_filter(json!([{"op": "replace", "path": "emails[primary eq true].value", "value": "ann@example.org"}]))]
#[case::without_a_path(json!([{"op": "replace", "value": {"emails": [{"value": "ann@example.org"}]}}]))]
#[case::external_id(json!([{"op": "remove", "path": "emails"}, {"op": "replace", "path": "externalId", "value": "ann@example.org"}]))]
#[case::own_name(json!([{"op": "add", "path": "userName", "value": "ANN@example.org"}]))]
#[tokio::test]
async fn nobody_comes_to_be_shown_with_the_name_of_another(#[case] operations: Json) {
    let given = given();
    let ann = format!("/Users/{}", given.user("ann@example.org").await);
    let other = made_elsewhere(&given, Some("bob@example.org"), Some("b-1")).await;
    let operations = operations
        .to_string()
        .replace("primary eq true", "value eq \\\"bob@example.org\\\"");

    let refused = given.patch(&other, &operations.parse().expect("JSON")).await;

    let (status, word) = refused.refusal();
    assert_eq!((status, word.as_str()), TAKEN, "{refused:?}");
    assert_eq!(given.get(&other).await.json()["userName"], "bob@example.org");
    let own = given.put(&ann, &json!({"userName": "ann@example.org"})).await;
    assert_eq!(own.status, 200, "{own:?}");
}

#[tokio::test]
async fn a_name_that_stands_in_is_as_taken_as_one_that_was_given() {
    let given = given();
    made_elsewhere(&given, None, Some("b-1")).await;
    let unnamed = made_elsewhere(&given, Some("cid@example.org"), None).await;
    let id = unnamed.trim_start_matches("/Users/").to_owned();
    let ann = format!("/Users/{}", given.user("ann").await);

    for name in ["B-1", "cid@example.org"] {
        let made = given.post("/Users", &json!({"userName": name})).await;
        let replaced = given.put(&ann, &json!({"userName": name})).await;
        let patched = given
            .patch(&ann, &json!([{"op": "replace", "path": "userName", "value": name}]))
            .await;
        let body =
            json!({"Operations": [{"method": "POST", "path": "/Users", "bulkId": "x", "data": {"userName": name}}]});
        let bulk = given.post("/Bulk", &body).await.json();
        for answer in [made, replaced, patched] {
            assert_eq!(answer.refusal().0, 409, "{name} {answer:?}");
        }
        assert_eq!(bulk["Operations"][0]["status"], "409");
    }
    // Without an address, the user is shown with the id.
    assert_eq!(
        given
            .patch(&unnamed, &json!([{"op": "remove", "path": "emails"}]))
            .await
            .json()["userName"],
        id
    );
    assert_eq!(
        given
            .post("/Users", &json!({"userName": "cid@example.org"}))
            .await
            .status,
        201
    );
    assert_eq!(given.post("/Users", &json!({"userName": id})).await.refusal().0, 409);
}

#[tokio::test]
async fn a_name_that_stays_as_it_is_is_never_refused() {
    let given = given();
    let ann = format!("/Users/{}", given.user("ann@example.org").await);
    let other = made_elsewhere(&given, Some("bob@example.org"), None).await;
    // No other surface knows of names.
    change_elsewhere(&given, &other, "ann@example.org").await;

    let both = given.get("/Users?filter=userName+eq+%22ann@example.org%22").await;
    assert_eq!(both.json()["totalResults"], 2);
    for (path, name) in [(&ann, "Ann@example.org"), (&other, "ANN@example.org")] {
        let body = json!({"userName": name, "title": "Chief", "emails": given.get(path).await.json()["emails"]});
        let put = given.put(path, &body).await;
        assert_eq!(
            (put.status.as_u16(), &put.json()["title"]),
            (200, &json!("Chief")),
            "{put:?}"
        );
        let patched = given.patch(path, &json!([{"op": "remove", "path": "title"}])).await;
        assert_eq!(patched.status, 200, "{patched:?}");
    }
    // Whoever's name it is keeps it, and the other is still shown with the address.
    assert_eq!(given.get(&ann).await.json()["userName"], "Ann@example.org");
    assert_eq!(given.get(&other).await.json()["userName"], "ann@example.org");

    // It cannot become a name of the other's own, and another name mends it.
    let cleared = given.put(&other, &json!({"userName": "ann@example.org"})).await;
    assert_eq!(cleared.refusal().0, 409);
    let mended = given
        .patch(&other, &json!([{"op": "add", "path": "userName", "value": "bob"}]))
        .await;
    assert_eq!(
        (mended.status.as_u16(), &mended.json()["userName"]),
        (200, &json!("bob"))
    );
}

#[tokio::test]
async fn a_put_makes_the_name_that_is_shown_the_users_own() {
    let given = given();
    let path = made_elsewhere(&given, Some("ann@example.org"), None).await;

    let put = given.put(&path, &json!({"userName": "Ann@Example.org"})).await;

    assert_eq!(
        (put.status.as_u16(), &put.json()["userName"]),
        (200, &json!("Ann@Example.org")),
        "{put:?}"
    );
    assert_eq!(
        given
            .post("/Users", &json!({"userName": "ann@example.org"}))
            .await
            .refusal()
            .0,
        409
    );
}
