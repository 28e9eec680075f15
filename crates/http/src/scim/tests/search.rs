//! Searching: filters, orders, pages.

use rstest::rstest;
use serde_json::{Value as Json, json};

use super::{Given, given};

/// Five users and two groups.
async fn filled() -> Given {
    let given = given();
    for (name, title) in [("ann", "C"), ("bob", "B"), ("cid", "A"), ("dan", "B"), ("eve", "D")] {
        let made = given
            .post(
                "/Users",
                &json!({"userName": name, "title": title, "active": name != "eve"}),
            )
            .await;
        assert_eq!(made.status, 201, "{made:?}");
    }
    given.group("Clinic", &[]).await;
    given.group("Ward", &[]).await;
    given
}

/// All pages from an empty cursor on.
async fn walked(given: &Given, path: &str, name: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = given.get(&format!("{path}cursor={cursor}")).await;
        pages.push(page.found(name));
        match page.json()["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn a_list_says_how_many_there_are_and_shows_a_page() {
    let given = filled().await;

    let first = given.get("/Users?count=2&attributes=userName").await;

    assert_eq!(first.found("userName"), ["ann", "bob"]);
    let mut body = first.json();
    body.as_object_mut().unwrap().remove("Resources");
    let expected = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 5, "startIndex": 1, "itemsPerPage": 2,
    });
    assert_eq!(body, expected);
}

#[rstest]
#[case("startIndex=3&count=2", &["cid", "dan"])]
#[case("startIndex=5&count=2", &["eve"])]
#[case("startIndex=6", &[])]
#[case("startIndex=99999999999", &[])]
#[case("startIndex=0&count=1", &["ann"])]
#[case("count=0", &[])]
#[case("count=-1", &[])]
#[case("filter=active+eq+false", &["eve"])]
#[case("filter=title+eq+%22b%22&sortBy=userName&sortOrder=descending", &["dan", "bob"])]
#[case("sortBy=title", &["cid", "bob", "dan", "ann", "eve"])]
#[case("sortBy=title&sortOrder=Descending", &["eve", "ann", "bob", "dan", "cid"])]
#[case("aadOptscim062020&sortBy=userName&count=1", &["ann"])]
#[tokio::test]
async fn pages_filters_and_orders_go_together(#[case] query: &str, #[case] expected: &[&str]) {
    let given = filled().await;

    let found = given.get(&format!("/Users?{query}")).await;

    assert_eq!(found.found("userName"), expected);
    let total = if query.contains("title+eq") {
        2
    } else if query.contains("active") {
        1
    } else {
        5
    };
    assert_eq!(found.json()["totalResults"], total);
    assert_eq!(found.json()["itemsPerPage"], expected.len());
}

#[rstest]
#[case("/Users?count=2&", "userName", &[&["ann", "bob"][..], &["cid", "dan"], &["eve"]])]
#[case("/Users?count=2&sortBy=title&", "userName", &[&["cid", "bob"][..], &["dan", "ann"], &["eve"]])]
#[case("/Users?count=3&filter=active+eq+true&", "userName", &[&["ann", "bob", "cid"][..], &["dan"]])]
#[case("/Users?", "userName", &[&["ann", "bob", "cid", "dan", "eve"][..]])]
#[case("/Groups?count=1&", "displayName", &[&["Clinic"][..], &["Ward"]])]
#[case("/Users?filter=title+eq+%22x%22&", "userName", &[&[][..]])]
#[tokio::test]
async fn cursors_lead_through_all_pages(#[case] path: &str, #[case] name: &str, #[case] expected: &[&[&str]]) {
    let given = filled().await;

    assert_eq!(walked(&given, path, name).await, expected);
}

#[rstest]
#[case(1)]
#[case(2)]
#[case(5)]
#[case(6)]
#[case(7)]
#[tokio::test]
async fn cursors_lead_through_all_types(#[case] count: usize) {
    let given = filled().await;
    let all = given.get("").await.found("id");

    let pages = walked(&given, &format!("?count={count}&"), "id").await;

    assert_eq!((all.len(), pages.concat()), (7, all));
    assert!(pages.iter().rev().skip(1).all(|page| page.len() == count), "{pages:?}");
    assert!(pages.iter().all(|page| !page.is_empty()));
}

#[tokio::test]
async fn an_index_leads_through_all_types() {
    let given = filled().await;
    let all = given.get("").await.found("id");

    for start in 1..=8 {
        let page = given.get(&format!("?startIndex={start}&count=2")).await;
        let expected: Vec<_> = all.iter().skip(start - 1).take(2).cloned().collect();
        assert_eq!((page.found("id"), &page.json()["totalResults"]), (expected, &json!(7)));
    }
}

#[tokio::test]
async fn a_cursor_is_refused_for_another_query() {
    let given = filled().await;
    let first = given.get("/Users?count=1&sortBy=title&cursor").await;
    let cursor = first.json()["nextCursor"].as_str().unwrap().to_owned();

    for query in [
        "count=1&",
        "sortBy=userName&",
        "sortBy=title&sortOrder=descending&",
        "sortBy=title&filter=title+pr&",
    ] {
        let refused = given.get(&format!("/Users?{query}cursor={cursor}")).await;
        assert_eq!(refused.refusal(), (400, "invalidCursor".to_owned()), "{query}");
    }
    assert_eq!(
        given
            .get(&format!("/Users?count=3&sortBy=title&cursor={cursor}"))
            .await
            .status,
        200
    );
    assert_eq!(given.get(&format!("/Groups?cursor={cursor}")).await.status, 400);
}

#[rstest]
#[case::another_type(9, 0x01)]
#[case::no_type(9, 0xff)]
#[case::another_place(10, 0x01)]
#[tokio::test]
async fn a_cursor_that_was_changed_is_refused(#[case] at: usize, #[case] change: u8) {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    let given = filled().await;
    let first = given.get("/Users?count=1&cursor").await;
    let mut bytes = BASE64_URL_SAFE_NO_PAD
        .decode(first.json()["nextCursor"].as_str().unwrap())
        .unwrap();
    bytes[at] ^= change;

    let refused = given
        .get(&format!("/Users?cursor={}", BASE64_URL_SAFE_NO_PAD.encode(bytes)))
        .await;

    assert_eq!(refused.refusal(), (400, "invalidCursor".to_owned()));
}

#[tokio::test]
async fn a_page_says_where_it_begins() {
    let given = filled().await;

    for (start, told) in [
        ("4", 4),
        ("99999999999", 99_999_999_999_u64),
        ("0", 1),
        ("-99999999999999999999", 1),
    ] {
        let page = given.get(&format!("/Users?startIndex={start}")).await;
        assert_eq!(page.json()["startIndex"], told, "{start}");
    }
}

#[rstest]
#[case::of_a_type("/Users/.search", json!({"filter": "userName sw \"d\""}), &["dan"])]
#[case::pages("/Users/.search", json!({"startIndex": 2, "count": 2, "sortBy": "userName"}), &["bob", "cid"])]
#[case::cursor("/Users/.search", json!({"cursor": "", "count": 1}), &["ann"])]
#[case::of_all("/.search", json!({"filter": "userName eq \"ann\" or displayName eq \"x\"", "attributes": ["userName"]}), &["ann"])]
#[tokio::test]
async fn a_search_is_sent_as_a_body(#[case] path: &str, #[case] body: Json, #[case] expected: &[&str]) {
    let given = filled().await;

    assert_eq!(given.post(path, &body).await.found("userName"), expected);
}

#[tokio::test]
async fn a_search_of_all_finds_by_what_only_one_type_has() {
    let given = filled().await;
    let search = async |filter: &str| given.post("/.search", &json!({"filter": filter})).await;

    assert_eq!(search("displayName eq \"Ward\"").await.json()["totalResults"], 1);
    assert_eq!(
        search("not (userName pr)").await.found("displayName"),
        ["Clinic", "Ward"]
    );
    assert_eq!(
        search("meta.resourceType eq \"Group\"").await.found("displayName"),
        ["Clinic", "Ward"]
    );
    assert_eq!(search("colour pr").await.refusal(), (400, "invalidFilter".to_owned()));
}

#[rstest]
#[case("/Users?filter=colour+eq+%22red%22", "invalidFilter")]
#[case("/Users?filter=userName+eq+ann", "invalidFilter")]
#[case("/Users?filter=", "invalidFilter")]
#[case("/Users?sortBy=colour", "invalidValue")]
#[case("/Users?sortBy=members", "invalidValue")]
#[case("/Users?sortBy=userName&sortOrder=up", "invalidValue")]
#[case("/Users?startIndex=one", "invalidValue")]
#[case("/Users?startIndex=99999999999999999999", "invalidValue")]
#[case("/Users?count=many", "invalidValue")]
#[case("/Users?count=0&cursor=", "invalidCount")]
#[case("/Users?cursor=x", "invalidCursor")]
#[case("/Users?cursor=&startIndex=1", "invalidValue")]
#[case("/Users?count=1&count=2", "invalidValue")]
#[case("/Users?filter=%ff", "invalidSyntax")]
#[tokio::test]
async fn what_cannot_be_searched_is_refused(#[case] path: &str, #[case] expected: &str) {
    let given = filled().await;

    assert_eq!(given.get(path).await.refusal(), (400, expected.to_owned()));
}
