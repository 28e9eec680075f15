//! Invitations and rooms.

use std::collections::BTreeSet;

use axum::http::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{STRANGERS_KEY, V1, V2, given};

fn links(user: &Value) -> (String, String) {
    let text = |name: &str| user[name].as_str().expect("a link").to_owned();
    (text("inviteUrl"), text("privateRoomLink"))
}

#[rstest]
#[case::first(V1)]
#[case::second(V2)]
#[tokio::test]
async fn links_stay_whatever_changes(#[case] version: &str) {
    let given = given();
    let body = json!({"firstName": "Ann", "lastName": "Lee", "email": "ann.lee@example.org"});
    let made = given
        .send_json(Method::POST, &format!("{version}/users/providers"), &body)
        .await;
    let path = format!("{version}/users/{}", made.id());

    let changed = given
        .send_json(Method::PATCH, &path, &json!({"firstName": "Zoe", "lastName": "Park"}))
        .await;
    given.call(Method::DELETE, &path, "").await;
    given.call(Method::POST, &format!("{path}/activate"), "").await;
    let shown = given.call(Method::GET, &path, "").await;

    let first = links(&made.json());
    assert_eq!([&links(&changed.json()), &links(&shown.json())], [&first, &first]);
}

#[tokio::test]
async fn links_have_the_vendors_form_and_say_nothing_of_the_user() {
    let given = given();
    let id = given.provider().await;

    let (invite, room) = links(&given.call(Method::GET, &format!("{V1}/users/{id}"), "").await.json());

    let token = invite
        .strip_prefix("https://app.upheal.io/invite/")
        .expect("an invitation");
    let name = room.strip_prefix("https://upheal.io/").expect("a room");
    assert_eq!(token.parse::<uuid::Uuid>().expect("a UUID").get_version_num(), 8);
    assert_eq!(name.len(), 22);
    for told in ["ann", "lee", "ehr-7", "example", id.as_str()] {
        assert!(!invite.to_lowercase().contains(told) && !room.contains(told), "{told}");
    }
}

#[tokio::test]
async fn every_user_has_links_of_its_own_also_under_the_same_name() {
    let given = given();
    let mut seen = BTreeSet::new();

    for number in 0..50 {
        for (key, version) in [(super::KEY, V1), (STRANGERS_KEY, V2)] {
            let body = json!({"firstName": "Ann", "lastName": "Lee", "email": format!("ann{number}@example.org")});
            let path = format!("{version}/users/providers");
            let made = given.with_key(key, Method::POST, &path, &body.to_string()).await;
            let (invite, room) = links(&made.json());
            assert!(seen.insert(invite) && seen.insert(room));
        }
    }

    assert_eq!(seen.len(), 200);
}
