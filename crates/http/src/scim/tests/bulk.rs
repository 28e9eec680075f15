//! Many requests in one.

use rstest::rstest;
use serde_json::{Value as Json, json};

use super::{Given, given};

fn statuses(body: &Json) -> Vec<&str> {
    let operations = body["Operations"].as_array().expect("operations").iter();
    operations
        .map(|operation| operation["status"].as_str().expect("a status"))
        .collect()
}

async fn sent(given: &Given, body: &Json) -> Json {
    let answer = given.post("/Bulk", body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn user(name: &str) -> Json {
    json!({"method": "POST", "path": "/Users", "bulkId": name, "data": {"userName": name}})
}

#[tokio::test]
async fn what_is_made_can_be_referred_to_before_it_is_made() {
    let given = given();
    let group = json!({"method": "POST", "path": "/Groups", "bulkId": "g", "data": {
        "displayName": "Clinic", "members": [{"value": "bulkId:ann"}, {"value": "bulkId:bob"}],
    }});
    let titled = json!({"method": "patch", "path": "/Users/bulkId:ann", "data": {
        "Operations": [{"op": "add", "path": "title", "value": "Chief"}],
    }});

    let done = sent(
        &given,
        &json!({"Operations": [titled, group, user("ann"), user("bob")]}),
    )
    .await;

    assert_eq!(statuses(&done), ["200", "201", "201", "201"], "{done:#}");
    assert_eq!(done["Operations"][1]["bulkId"], "g");
    let path = |index: usize| {
        let location = done["Operations"][index]["location"].as_str().expect("a location");
        location
            .strip_prefix("https://roster.example/scim/v2")
            .expect("ours")
            .to_owned()
    };
    assert_eq!(path(0), path(2));
    let (group, ann) = (given.get(&path(1)).await.json(), given.get(&path(2)).await.json());
    assert_eq!(group["members"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&ann["title"], &done["Operations"][0]["version"]),
        (&json!("Chief"), &json!("W/\"2\""))
    );
}

#[tokio::test]
async fn each_failure_is_told_and_the_others_are_done() {
    let given = given();
    let gone = json!({"method": "DELETE", "path": "/Users/00000000-0000-0000-0000-000000000099"});
    let wrong = json!({"method": "POST", "path": "/Users", "bulkId": "x", "data": {"userName": 7}});
    let unnamed = json!({"method": "POST", "path": "/Users", "data": {"userName": "zoe"}});
    let refers = json!({"method": "POST", "path": "/Groups", "bulkId": "g", "data": {
        "displayName": "G", "members": [{"value": "bulkId:x"}],
    }});
    let strange = json!({"method": "POST", "path": "/Bulk", "bulkId": "b", "data": {}});

    let done = sent(
        &given,
        &json!({"Operations": [gone, wrong, unnamed, refers, strange, 7, user("ann")]}),
    )
    .await;

    assert_eq!(
        statuses(&done),
        ["404", "400", "400", "400", "400", "400", "201"],
        "{done:#}"
    );
    assert_eq!(done["Operations"][1]["response"]["scimType"], "invalidValue");
    assert_eq!(done["Operations"][1]["response"]["status"], "400");
    assert!(done["Operations"][0]["location"].as_str().unwrap().ends_with("0099"));
    assert_eq!(given.get("/Users").await.found("userName"), ["ann"]);
}

#[tokio::test]
async fn after_so_many_failures_nothing_more_is_done() {
    let given = given();
    let wrong = || json!({"method": "POST", "path": "/Users", "bulkId": "x", "data": {}});
    let operations = json!([user("ann"), wrong(), user("bob"), wrong(), user("cid")]);

    let done = sent(&given, &json!({"failOnErrors": 2, "Operations": operations})).await;

    assert_eq!(statuses(&done), ["201", "400", "201", "400"], "{done:#}");
    assert_eq!(given.get("/Users").await.found("userName"), ["ann", "bob"]);
}

#[tokio::test]
async fn what_is_sent_first_is_done_first() {
    let given = given();
    let bob = format!("/Users/{}", given.user("bo1").await);
    let group = json!({"method": "POST", "path": "/Groups", "bulkId": "g", "data": {
        "displayName": "Clinic", "members": [{"value": "bulkId:n"}],
    }});
    let renamed = json!({"method": "PATCH", "path": bob, "data": {
        "Operations": [{"op": "replace", "path": "userName", "value": "bo-renamed"}],
    }});
    let made = json!({"method": "POST", "path": "/Users", "bulkId": "n", "data": {"userName": "bo1"}});

    let done = sent(&given, &json!({"Operations": [group, renamed, made]})).await;

    assert_eq!(statuses(&done), ["201", "200", "201"], "{done:#}");
}

#[tokio::test]
async fn references_in_a_circle_are_a_conflict_for_all_of_it() {
    let given = given();
    let managed = |name: &str, manager: &str| {
        let manager = json!({"manager": {"value": format!("bulkId:{manager}")}});
        json!({"method": "POST", "path": "/Users", "bulkId": name, "data": {
            "userName": name, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": manager,
        }})
    };

    let operations = json!([
        managed("ann", "bob"),
        managed("bob", "ann"),
        user("cid"),
        managed("dan", "cid")
    ]);
    let done = sent(&given, &json!({"Operations": operations})).await;

    assert_eq!(statuses(&done), ["409", "409", "201", "201"], "{done:#}");
    assert_eq!(given.get("/Users").await.found("userName"), ["cid", "dan"]);
}

#[tokio::test]
async fn an_answer_says_where_the_resource_is_by_its_id() {
    let given = given();
    let delete = json!({"method": "DELETE", "path": "/Users/bulkId:ann"});
    let put = json!({"method": "PUT", "path": "/Users/bulkId:bob", "data": {}});
    let nobody = json!({"method": "DELETE", "path": "/Users/bulkId:nobody"});

    let done = sent(
        &given,
        &json!({"Operations": [user("ann"), user("bob"), delete, put, nobody]}),
    )
    .await;

    assert_eq!(statuses(&done), ["201", "201", "204", "400", "400"], "{done:#}");
    let location = |index: usize| done["Operations"][index]["location"].as_str();
    assert!(location(0).is_some_and(|location| location.starts_with("https://roster.example/scim/v2/Users/0")));
    assert_eq!((location(2), location(3)), (location(0), location(1)));
    assert_eq!(location(4), None);
}

#[rstest]
#[case::number(json!(1))]
#[case::object(json!({"value": "W/\"1\""}))]
#[case::no_tag(json!("1"))]
#[case::empty(json!(""))]
#[tokio::test]
async fn a_version_that_is_none_is_refused(#[case] version: Json) {
    let given = given();
    let path = format!("/Users/{}", given.user("ann").await);
    let put = json!({"method": "PUT", "path": path, "version": version, "data": {"userName": "anna"}});

    let done = sent(&given, &json!({"Operations": [put]})).await;

    let response = &done["Operations"][0]["response"];
    assert_eq!(
        (statuses(&done), &response["scimType"]),
        (vec!["400"], &json!("invalidValue")),
        "{done:#}"
    );
    assert!(
        response["detail"]
            .as_str()
            .unwrap()
            .starts_with("the version of an operation")
    );
    assert_eq!(given.get(&path).await.json()["userName"], "ann");
}

#[tokio::test]
async fn an_operation_is_bound_to_a_version() {
    let given = given();
    let path = format!("/Users/{}", given.user("ann").await);
    let put = |version: &str| json!({"method": "PUT", "path": path, "version": version, "data": {"userName": "ann", "title": "x"}});

    let done = sent(
        &given,
        &json!({"Operations": [put("W/\"7\""), put("W/\"1\""), put("*")]}),
    )
    .await;

    assert_eq!(statuses(&done), ["412", "200", "200"]);
}

#[tokio::test]
async fn a_request_in_bulk_has_its_bounds() {
    let given = given();
    let many: Vec<Json> = (0..1001).map(|index| user(&index.to_string())).collect();

    assert_eq!(given.post("/Bulk", &json!({"Operations": many})).await.refusal().0, 413);
    assert_eq!(
        given.post("/Bulk", &json!({})).await.refusal(),
        (400, "invalidSyntax".to_owned())
    );
    let never = json!({"failOnErrors": 0, "Operations": []});
    assert_eq!(
        given.post("/Bulk", &never).await.refusal(),
        (400, "invalidValue".to_owned())
    );
    assert_eq!(given.get("/Users").await.json()["totalResults"], 0);
}
