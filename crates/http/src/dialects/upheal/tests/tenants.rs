//! Nobody reaches another organization: not by its ids, and not by its keys.

use axum::http::{Method, StatusCode};
use rstest::rstest;
use serde_json::json;

use super::{ANOTHER_KEY, KEY, STRANGERS_KEY, V1, V2, bearing, given, request};

/// Every endpoint that names a user, with a body that it would accept.
const ENDPOINTS: [(Method, &str, &str); 6] = [
    (Method::GET, "/users/providers/{id}", ""),
    (Method::PATCH, "/users/providers/{id}", r#"{"therapyLicence": "L"}"#),
    (Method::GET, "/users/{id}", ""),
    (Method::PATCH, "/users/{id}", r#"{"firstName": "Anna"}"#),
    (Method::POST, "/users/{id}/activate", ""),
    (Method::DELETE, "/users/{id}", ""),
];

/// The others, likewise.
const OTHERS: [(Method, &str, &str); 3] = [
    (Method::POST, "/users/check", r#"{"email": "ann.lee@example.org"}"#),
    (Method::POST, "/users/providers", NEW),
    (Method::POST, "/organizations/clinic/users/providers", NEW),
];

const NEW: &str = r#"{"firstName": "Ann", "lastName": "Lee", "email": "ann@example.com"}"#;

#[rstest]
#[case::first(V1)]
#[case::second(V2)]
#[tokio::test]
async fn a_user_of_another_organization_looks_like_one_who_is_not_there(#[case] version: &str) {
    let given = given();
    let id = given.provider().await;
    let before = given.kept(&id).await;

    for (method, path, body) in ENDPOINTS {
        for name in [id.as_str(), "ehr-7"] {
            let theirs = format!("{version}{}", path.replace("{id}", name));
            let nobodys = format!(
                "{version}{}",
                path.replace("{id}", "98fce1ef-dbca-41ef-8bc7-4d1621ac07c6")
            );
            let refused = given.with_key(STRANGERS_KEY, method.clone(), &theirs, body).await;
            let unknown = given.with_key(STRANGERS_KEY, method.clone(), &nobodys, body).await;

            assert_eq!(refused.refusal(), (403, "NOT_ALLOWED".to_owned()), "{method} {path}");
            assert_eq!(refused.body, unknown.body, "{method} {path}");
        }
    }
    assert_eq!(given.kept(&id).await, before);
}

#[rstest]
#[case::first(V1)]
#[case::second(V2)]
#[tokio::test]
async fn another_organizations_addresses_and_ids_are_not_seen_and_not_in_the_way(#[case] version: &str) {
    let given = given();
    given.provider().await;
    let body = json!({"email": "ann.lee@example.org"}).to_string();

    let checked = given
        .with_key(STRANGERS_KEY, Method::POST, &format!("{version}/users/check"), &body)
        .await;
    let same = json!({
        "partnerUserId": "ehr-7", "firstName": "Ann", "lastName": "Lee", "email": "ann.lee@example.org"
    });
    let made = given
        .with_key(
            STRANGERS_KEY,
            Method::POST,
            &format!("{version}/users/providers"),
            &same.to_string(),
        )
        .await;

    assert_eq!(checked.json(), json!({"isUserExists": false}));
    assert_eq!(made.status, StatusCode::OK);
    assert_eq!(
        (
            given.memory.count(&given.organization),
            given.memory.count(&given.strangers)
        ),
        (1, 1)
    );
}

#[rstest]
#[case::by_slug("strangers")]
#[case::by_id("00000000-0000-0000-0000-000000000002")]
#[case::of_nobody("nobody")]
#[case::of_nobody_by_id("98fce1ef-dbca-41ef-8bc7-4d1621ac07c6")]
#[tokio::test]
async fn in_another_organization_nobody_is_made(#[case] organization: &str) {
    let given = given();

    for version in [V1, V2] {
        // What is wrong with the body does not matter: the organization is asked for first.
        for body in [NEW, "{}"] {
            let path = format!("{version}/organizations/{organization}/users/providers");
            let answer = given.call(Method::POST, &path, body).await;

            assert_eq!(answer.refusal(), (404, "NOT_FOUND".to_owned()));
            assert_eq!(answer.json()["message"], json!("there is no such organization"));
        }
    }
    assert_eq!(
        (
            given.memory.count(&given.organization),
            given.memory.count(&given.strangers)
        ),
        (0, 0)
    );
}

#[rstest]
#[case::missing(&[])]
#[case::unknown(&[("x-api-key", "nobody's-key")])]
#[case::unknown_as_bearer(&[("authorization", "Bearer nobody's-key")])]
#[case::empty(&[("x-api-key", "")])]
#[case::basic(&[("authorization", "Basic a2V5OmtleQ==")])]
#[case::twice(&[("x-api-key", KEY), ("x-api-key", ANOTHER_KEY)])]
#[case::two_that_differ(&[("x-api-key", KEY), ("authorization", "Bearer another-key-of-the-clinic")])]
#[tokio::test]
async fn without_a_valid_key_no_endpoint_does_anything(#[case] headers: &[(&str, &str)]) {
    let given = given();
    let id = given.provider().await;
    let before = given.kept(&id).await;

    for version in [V1, V2] {
        for (method, path, body) in ENDPOINTS.into_iter().chain(OTHERS) {
            let uri = format!("{version}{}", path.replace("{id}", &id));
            let answer = given.send(request(method.clone(), &uri, body, headers)).await;

            assert_eq!(answer.refusal(), (401, "UNAUTHORIZED".to_owned()), "{method} {uri}");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    assert_eq!(given.kept(&id).await, before);
    assert_eq!(given.memory.count(&given.organization), 1);
}

#[tokio::test]
async fn a_key_is_taken_in_either_header_and_in_both_if_they_agree() {
    let given = given();
    let id = given.provider().await;
    let uri = format!("{V2}/users/{id}");
    let both: &[(&str, &str)] = &[("x-api-key", KEY), ("authorization", &format!("bearer {KEY}"))];

    for request in [
        request(Method::GET, &uri, "", &[("x-api-key", KEY)]),
        bearing(KEY, Method::GET, &uri),
        request(Method::GET, &uri, "", both),
        bearing(ANOTHER_KEY, Method::GET, &uri),
    ] {
        assert_eq!(given.send(request).await.status, StatusCode::OK);
    }
}
