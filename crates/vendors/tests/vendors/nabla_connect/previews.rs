//! What a preview shows where a step takes more than one request, and where there can be none.

use roster_application::ports::{VendorError, VendorGateway};
use roster_domain::{OutcomeClass, Step, User, VendorKey, VendorUserId};
use serde_json::{Value, json};

use super::{Given, ID, bare, given, sending, told, with_settings};

fn previewed(given: &Given, step: &Step, user: &User) -> Result<Vec<Value>, VendorError> {
    let requests = given.client.preview(given.target(), step, user, false)?;
    for request in &requests {
        let authorization = ("authorization".to_owned(), "Bearer ***".to_owned());
        assert!(request.headers.contains(&authorization), "{request:?}");
        assert_eq!(request.url, format!("{}/users", given.connection.base_url));
    }
    let bodies = requests.into_iter().map(|request| request.body.unwrap());
    Ok(bodies.map(|body| serde_json::from_str(&body).unwrap()).collect())
}

fn create() -> Step {
    Step::Create(VendorKey::new(ID))
}

fn update() -> Step {
    Step::Update(VendorUserId::new(ID))
}

#[tokio::test]
async fn a_specialty_without_speech_locale_shows_every_request_that_a_new_user_takes() {
    let given = given().await;
    let user = with_settings(Some("CARDIOLOGY"), None, None);

    let creating = previewed(&given, &create(), &user).unwrap();
    let updating = previewed(&given, &update(), &user).unwrap();

    let specialty = json!({"kind": "CARDIOLOGY", "other_specialty_name": null});
    let corrected = sending(&specialty, "ENGLISH_US", &json!(null));
    assert_eq!(creating, [bare(), bare(), corrected.clone()]);
    assert_eq!(updating, [bare(), corrected.clone()]);
    assert!(given.server.received_requests().await.unwrap().is_empty());
    let nothing = json!(null);
    let answers = [told(&nothing), told(&nothing), told(&corrected["settings"])];
    let given = given.answering(answers).await;
    given.create(&user).await.unwrap();
    given.update(&user).await.unwrap();
    assert_eq!(given.bodies().await, creating, "the same is then sent");
}

#[tokio::test]
async fn a_record_without_settings_shows_one_request() {
    let given = given().await;
    let user = with_settings(None, None, None);

    for step in [create(), update()] {
        assert_eq!(previewed(&given, &step, &user).unwrap(), [bare()]);
    }
}

#[tokio::test]
async fn what_would_be_refused_before_it_is_sent_is_refused_in_a_preview() {
    let mut given = given().await;
    let mut user = with_settings(None, None, None);
    user.profile.email = None;

    let incomplete = previewed(&given, &create(), &user).unwrap_err();
    given.connection.options.allow_private_addresses = false;
    let inside = previewed(&given, &create(), &with_settings(None, None, None)).unwrap_err();

    assert_eq!(incomplete.class, OutcomeClass::Rejected);
    assert_eq!(inside.class, OutcomeClass::Unauthorized);
    assert_eq!(
        inside.message,
        "Nabla Connect is only called over https: check the connection's base URL"
    );
}
