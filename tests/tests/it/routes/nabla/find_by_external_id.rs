//! `/nabla/v1/core/server/users/find_by_external_id/…`: any text finds its user, encoded or not.

use std::fmt::Write;

use e2e::nabla::{self, CORE};
use e2e::{Server, Store, raw};
use rstest::rstest;
use serde_json::json;

/// Every byte of a text, percent-encoded, as careful clients do.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        write!(encoded, "%{byte:02X}").expect("text can be written");
        encoded
    })
}

#[rstest]
#[tokio::test]
async fn a_user_is_found_by_whatever_its_external_id_is(#[values(Store::Sqlite, Store::Postgres)] store: Store) {
    let server = Server::on(store).start().await;
    let vendor = nabla::core(&server, &server.api()).await;
    let token = vendor.authorization().expect("credentials");
    let token = token.strip_prefix("Bearer ").expect("a Bearer token");
    // What can stand in a request as it is, and what cannot
    let cases = [
        ("plain-1", true),
        ("with/slash", true),
        ("with//two/slashes/", true),
        ("ünïcödé 漢字", false),
        ("漢字", true),
        ("with space", false),
        ("a+b=c&d", true),
        ("100%", false),
        ("question?", false),
        ("hash#", false),
        ("semi;colon,comma", true),
        ("🩺", true),
        ("quote\"'", false),
        ("back\\slash", false),
        ("UPPER", true),
        ("upper", true),
    ];
    for (external_id, _) in cases {
        vendor
            .post("/users", json!({ "external_id": external_id }))
            .await
            .expect(200);
    }

    for (external_id, as_it_is) in cases {
        let path = |segment: &str| format!("{CORE}/users/find_by_external_id/{segment}");
        let found = raw::get(&server.url(), &path(&encoded(external_id)), token)
            .await
            .expect(200);
        assert_eq!(found.json()["external_id"], external_id, "encoded");
        if as_it_is {
            let found = raw::get(&server.url(), &path(external_id), token).await.expect(200);
            assert_eq!(found.json()["external_id"], external_id, "not encoded");
        }
    }
}

#[tokio::test]
async fn who_is_not_there_is_400_with_code_20000() {
    let server = Server::on(Store::Sqlite).start().await;
    let vendor = nabla::core(&server, &server.api()).await;
    vendor.post("/users", json!({ "external_id": "a" })).await.expect(200);

    // Neither a longer nor a shorter text, nor another case, nor one that could not be an external id at all
    for other in ["aa", "A", "a/", "%20a", &"x".repeat(300), "%00"] {
        let answer = vendor
            .get(&format!("/users/find_by_external_id/{other}"))
            .await
            .expect(400);
        answer.is_envelope().unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!(answer.json()["code"], 20_000, "{answer:?}");
        assert_eq!(answer.json()["name"], "ENTITY_NOT_FOUND");
    }
}
