//! Users: made, read, replaced, changed piece by piece, deleted, and made again.

use axum::http::Method;
use roster_application::Acting;
use roster_domain::{Change, Surface, UserChanges};
use rstest::rstest;
use serde_json::{Value as Json, json};

use super::{given, request};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const ROSTER: &str = "urn:ietf:params:scim:schemas:extension:roster:2.0:User";

fn ann() -> Json {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE, ROSTER],
        "userName": "ann",
        "externalId": "ehr-7",
        "name": {"givenName": "Ann", "familyName": "Lee", "honorificPrefix": "Dr"},
        "title": "Senior Physician",
        "emails": [{"value": "ann.lee@example.org", "type": "work", "primary": true}],
        "colour": "red",
        ENTERPRISE: {"department": "ENT"},
        ROSTER: {"npi": "1234567893"},
    })
}

#[tokio::test]
async fn a_user_comes_back_as_it_was_sent_with_what_roster_says_of_it() {
    let given = given();

    let made = given.post("/Users", &ann()).await;

    assert_eq!(made.status, 201, "{made:?}");
    insta::assert_snapshot!(format!("{:#}", made.json()), @r#"
    {
      "active": true,
      "emails": [
        {
          "primary": true,
          "type": "work",
          "value": "ann.lee@example.org"
        }
      ],
      "externalId": "ehr-7",
      "id": "01970000-0000-7000-8000-000000000002",
      "meta": {
        "created": "2025-06-15T15:06:40.123456Z",
        "lastModified": "2025-06-15T15:06:40.123456Z",
        "location": "https://roster.example/scim/v2/Users/01970000-0000-7000-8000-000000000002",
        "resourceType": "User",
        "version": "W/\"1\""
      },
      "name": {
        "familyName": "Lee",
        "givenName": "Ann",
        "honorificPrefix": "Dr"
      },
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        "urn:ietf:params:scim:schemas:extension:roster:2.0:User"
      ],
      "title": "Senior Physician",
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
        "department": "ENT"
      },
      "urn:ietf:params:scim:schemas:extension:roster:2.0:User": {
        "npi": "1234567893"
      },
      "userName": "ann"
    }
    "#);
    let location = format!("https://roster.example/scim/v2/Users/{}", made.id());
    assert_eq!(
        (made.header("location"), made.header("etag")),
        (location.as_str(), "W/\"1\"")
    );
    assert_eq!(made.header("content-type"), "application/scim+json");
    let shown = given.get(&format!("/Users/{}", made.id())).await;
    assert_eq!((shown.status.as_u16(), shown.json()), (200, made.json()));
    assert_eq!(given.memory.deeds(), [format!("scim created {}", given.client)]);
}

#[tokio::test]
async fn what_a_put_leaves_out_is_cleared() {
    let given = given();
    let path = format!("/Users/{}", given.post("/Users", &ann()).await.id());

    let put = given
        .put(&path, &json!({"userName": "ann", "id": "other", "active": "False"}))
        .await;

    let body = put.json();
    assert_eq!((put.status.as_u16(), put.header("etag")), (200, "W/\"2\""), "{put:?}");
    assert_eq!((&body["active"], &body["userName"]), (&json!(false), &json!("ann")));
    for gone in ["externalId", "name", "title", "emails", ENTERPRISE, ROSTER] {
        assert!(body.get(gone).is_none(), "{gone}: {body}");
    }
}

#[tokio::test]
async fn a_patch_changes_what_it_names() {
    let given = given();
    let path = format!("/Users/{}", given.post("/Users", &ann()).await.id());

    let patched = given
        .patch(
            &path,
            &json!([
                {"op": "Replace", "path": "active", "value": "False"},
                {"op": "Add", "value": {"name.familyName": "Park", "nickName": "Annie"}},
                {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "ann@example.org"},
                {"op": "remove", "path": "title"},
            ]),
        )
        .await;

    let body = patched.json();
    assert_eq!(patched.status, 200, "{patched:?}");
    assert_eq!(
        body["name"],
        json!({"givenName": "Ann", "familyName": "Park", "honorificPrefix": "Dr"})
    );
    assert_eq!((&body["active"], &body["nickName"]), (&json!(false), &json!("Annie")));
    assert_eq!(
        body["emails"],
        json!([{"value": "ann@example.org", "type": "work", "primary": true}])
    );
    assert_eq!((body.get("title"), &body["externalId"]), (None, &json!("ehr-7")));
}

#[tokio::test]
async fn of_a_patch_with_one_operation_that_cannot_be_nothing_is_done() {
    let given = given();
    let path = format!("/Users/{}", given.post("/Users", &ann()).await.id());

    let operations = json!([{"op": "remove", "path": "title"}, {"op": "remove", "path": "userName"}]);
    let patched = given.patch(&path, &operations).await;

    assert_eq!(patched.refusal(), (400, "mutability".to_owned()));
    assert_eq!(given.get(&path).await.json()["title"], "Senior Physician");
}

#[tokio::test]
async fn whoever_is_deleted_is_gone_and_comes_back_as_the_same_user() {
    let given = given();
    let id = given.post("/Users", &ann()).await.id();
    let path = format!("/Users/{id}");

    assert_eq!(given.delete(&path).await.status, 204);
    assert_eq!(given.delete(&path).await.refusal(), (404, String::new()));
    assert_eq!(given.get(&path).await.status, 404);
    assert_eq!(given.get("/Users").await.json()["totalResults"], 0);

    let again = given.post("/Users", &ann()).await;

    assert_eq!((again.status.as_u16(), again.id()), (201, id));
}

#[rstest]
#[case::user_name(json!({"userName": "ANN"}))]
#[case::external_id(json!({"userName": "bob", "externalId": "ehr-7"}))]
#[case::email(json!({"userName": "bob", "emails": [{"value": "Ann.Lee@example.org"}]}))]
#[tokio::test]
async fn what_another_user_has_is_a_conflict(#[case] body: Json) {
    let given = given();
    given.post("/Users", &ann()).await;
    let bob = format!("/Users/{}", given.user("bob2").await);

    let made = given.post("/Users", &body).await;
    let replaced = given.put(&bob, &body).await;
    let patched = given.patch(&bob, &json!([{"op": "replace", "value": body}])).await;

    for answer in [made, replaced, patched] {
        assert_eq!(answer.refusal(), (409, "uniqueness".to_owned()), "{answer:?}");
    }
}

#[tokio::test]
async fn a_user_made_elsewhere_has_its_address_as_user_name_and_nobody_else_may_have_it() {
    let given = given();
    let changes = UserChanges {
        email: Change::Set("ann.lee@example.org".to_owned()),
        ..UserChanges::default()
    };
    let acting = Acting::inside(&given.organization, Surface::V1);
    let made = given
        .memory
        .users()
        .create(acting, &changes, None)
        .await
        .expect("a user");
    let path = format!("/Users/{}", made.user.id);

    let taken = given.post("/Users", &json!({"userName": "Ann.Lee@Example.org"})).await;
    let own = given.put(&path, &json!({"userName": "Ann.Lee@Example.org"})).await;

    assert_eq!(taken.refusal(), (409, "uniqueness".to_owned()));
    assert_eq!(own.status, 200, "{own:?}");
}

#[tokio::test]
async fn entity_tags_guard_changes_and_spare_answers() {
    let given = given();
    let path = format!("/Users/{}", given.user("ann").await);
    let body = json!({"userName": "ann", "title": "Chief"});
    let send = async |method, tag: (&str, &str), body| given.send(request(method, &path, body, &[tag])).await;

    let known = send(Method::GET, ("if-none-match", "W/\"1\""), None).await;
    assert_eq!(
        (known.status.as_u16(), known.header("etag"), known.text.as_str()),
        (304, "W/\"1\"", "")
    );
    let changed = send(Method::PUT, ("if-match", "W/\"1\""), Some(&body)).await;
    assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, "W/\"2\""));
    let stale = send(Method::PUT, ("if-match", "W/\"1\""), Some(&body)).await;
    assert_eq!(
        (stale.refusal(), stale.header("etag")),
        ((412, String::new()), "W/\"2\"")
    );
    let untitled = json!({"Operations": [{"op": "remove", "path": "title"}]});
    assert_eq!(
        send(Method::PATCH, ("if-match", "W/\"1\""), Some(&untitled))
            .await
            .status,
        412
    );
    assert_eq!(send(Method::DELETE, ("if-match", "W/\"1\""), None).await.status, 412);
    assert_eq!(send(Method::GET, ("if-none-match", "W/\"1\""), None).await.status, 200);
    assert_eq!(send(Method::DELETE, ("if-match", "*"), None).await.status, 204);
}

#[tokio::test]
async fn a_user_who_joins_a_group_is_no_longer_what_the_caller_has() {
    let given = given();
    let id = given.user("ann").await;
    let path = format!("/Users/{id}");
    let group = given.group("Clinic", &[&id]).await;

    let shown = given
        .send(request(Method::GET, &path, None, &[("if-none-match", "W/\"1\"")]))
        .await;

    let location = format!("https://roster.example/scim/v2/Groups/{group}");
    assert_eq!(
        shown.json()["groups"],
        json!([{"value": group, "$ref": location, "display": "Clinic", "type": "direct"}])
    );
    let tag = shown.header("etag").to_owned();
    assert_eq!(shown.json()["meta"]["version"], tag);
    let again = given
        .send(request(Method::GET, &path, None, &[("if-none-match", &tag)]))
        .await;
    assert_eq!(again.status, 304);
    let body = json!({"userName": "ann", "title": "Chief"});
    let put = given
        .send(request(Method::PUT, &path, Some(&body), &[("if-match", &tag)]))
        .await;
    assert_eq!(put.status, 200, "{put:?}");
}

#[tokio::test]
async fn answers_have_the_attributes_that_were_asked_for() {
    let given = given();
    let made = given.post("/Users?attributes=emails.type,userName", &ann()).await;
    let path = format!("/Users/{}", made.id());

    let names = |body: &Json| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&made.json()), ["emails", "id", "schemas", "userName"]);
    assert_eq!(made.json()["emails"], json!([{"type": "work"}]));
    let shown = given
        .get(&format!("{path}?excludedAttributes=emails,meta,name,{ENTERPRISE}"))
        .await
        .json();
    assert_eq!(
        names(&shown),
        ["active", "externalId", "id", "schemas", "title", ROSTER, "userName"]
    );
    let both = given
        .get(&format!("{path}?attributes=id&excludedAttributes=meta"))
        .await;
    assert_eq!(both.refusal(), (400, "invalidValue".to_owned()));
}

#[tokio::test]
async fn all_that_is_wrong_with_a_user_is_told_at_once() {
    let given = given();
    let body = json!({
        "userName": "", "active": 7, "emails": [{"value": "no address", "primary": "perhaps"}], "roles": ["a", 7],
        ROSTER: {"npi": "1", "roles": ["CHIEF"]},
    });

    let refused = given.post("/Users", &body).await;

    assert_eq!(refused.refusal(), (400, "invalidValue".to_owned()));
    insta::assert_snapshot!(refused.json()["detail"].as_str().unwrap(), @r#"
    active must be true or false; given: a number
    emails.0.primary must be true or false; given: "perhaps"
    roles.1 must be an object; given: a number
    urn:ietf:params:scim:schemas:extension:roster:2.0:User:roles must be a string; given: an array
    emails.value must be an e-mail address; given: "no address"
    urn:ietf:params:scim:schemas:extension:roster:2.0:User:npi must be an NPI of 10 digits; given: "1"
    userName must have 1 to 256 characters; given: 0 characters
    "#);
}

#[tokio::test]
async fn two_patches_at_once_are_both_done() {
    let given = given();
    let path = format!("/Users/{}", given.user("ann").await);
    let one = json!([{"op": "add", "path": "title", "value": "Chief"}]);
    let other = json!([{"op": "add", "path": "nickName", "value": "Annie"}]);

    let (first, second) = tokio::join!(given.patch(&path, &one), given.patch(&path, &other));

    assert_eq!((first.status.as_u16(), second.status.as_u16()), (200, 200));
    let shown = given.get(&path).await.json();
    assert_eq!(
        (&shown["title"], &shown["nickName"]),
        (&json!("Chief"), &json!("Annie"))
    );
}
