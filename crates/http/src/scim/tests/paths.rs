//! Paths as callers write them, and the media type that they ask for.

use axum::http::Method;
use rstest::rstest;
use serde_json::json;

use super::{STRANGERS_KEY, given, request};

#[rstest]
#[case::all("", "/")]
#[case::all_with_a_query("?count=1&filter=userName+eq+%22ann%22", "/?count=1&filter=userName+eq+%22ann%22")]
#[case::users("/Users", "/Users/")]
#[case::users_with_a_query("/Users?startIndex=1", "/Users/?startIndex=1")]
#[case::user("/Users/{user}", "/Users/{user}/")]
#[case::groups("/Groups", "/Groups/")]
#[case::schemas("/Schemas", "/Schemas/")]
#[case::configuration("/ServiceProviderConfig", "/ServiceProviderConfig/")]
#[tokio::test]
async fn a_slash_at_the_end_is_of_no_account(#[case] path: &str, #[case] with_slash: &str) {
    let given = given();
    let user = given.user("ann").await;
    let get = async |path: &str| given.get(&path.replace("{user}", &user)).await;

    let (without, with) = (get(path).await, get(with_slash).await);

    assert_eq!((with.status.as_u16(), with.json()), (200, without.json()));
}

#[tokio::test]
async fn everything_can_be_done_with_a_slash_at_the_end() {
    let given = given();

    let made = given.post("/Users/", &json!({"userName": "ann"})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("/Users/{}/", made.id());
    assert_eq!(
        made.header("location"),
        format!("https://roster.example/scim/v2{}", path.trim_end_matches('/'))
    );
    assert_eq!(given.put(&path, &json!({"userName": "anna"})).await.status, 200);
    assert_eq!(
        given
            .patch(&path, &json!([{"op": "add", "path": "title", "value": "x"}]))
            .await
            .status,
        200
    );
    assert_eq!(
        given.post("/Users/.search/", &json!({})).await.found("userName"),
        ["anna"]
    );
    assert_eq!(given.post("/Bulk/", &json!({"Operations": []})).await.status, 200);
    assert_eq!(given.delete(&path).await.status, 204);
}

#[rstest]
#[case::unknown("/nowhere/", 404)]
#[case::two("/Users//", 404)]
#[case::the_prefix_again("/scim/v2/Users/", 404)]
#[case::method("/Bulk/", 405)]
#[case::me("/Me/", 501)]
#[tokio::test]
async fn a_slash_at_the_end_opens_nothing_else(#[case] path: &str, #[case] status: u16) {
    let given = given();

    assert_eq!(given.get(path).await.refusal(), (status, String::new()));
    let nobody = request(Method::GET, path, None, &[("authorization", "Bearer another")]);
    assert_eq!(given.send(nobody).await.refusal().0, 401);
}

#[tokio::test]
async fn a_slash_at_the_end_shows_a_stranger_nothing() {
    let given = given();
    given.user("ann").await;
    let stranger = format!("Bearer {STRANGERS_KEY}");

    for path in ["/", "/Users/"] {
        let answer = given
            .send(request(Method::GET, path, None, &[("authorization", &stranger)]))
            .await;
        assert_eq!(answer.json()["totalResults"], 0);
    }
}

#[rstest]
#[case::general("application/json", "application/json")]
#[case::own("application/scim+json", "application/scim+json")]
#[case::anything("*/*", "application/scim+json")]
#[tokio::test]
async fn an_answer_has_the_media_type_that_is_asked_for(#[case] accept: &str, #[case] expected: &str) {
    let given = given();
    let path = format!("/Users/{}", given.user("ann").await);

    for path in [path.as_str(), "/Users", "/Schemas", "/nowhere", "/Me"] {
        let answer = given
            .send(request(Method::GET, path, None, &[("accept", accept)]))
            .await;
        assert_eq!(answer.header("content-type"), expected, "{answer:?}");
    }
    let nobody = request(
        Method::GET,
        "/Users",
        None,
        &[("accept", accept), ("authorization", "Bearer another")],
    );
    assert_eq!(given.send(nobody).await.header("content-type"), expected);
    let gone = given
        .send(request(Method::DELETE, &path, None, &[("accept", accept)]))
        .await;
    assert_eq!((gone.status.as_u16(), gone.header("content-type")), (204, ""));
}
