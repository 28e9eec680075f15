//! Making users.

use roster_application::ports::VendorGateway;
use roster_contract::vendor::clinician;
use roster_domain::{Change, ConnectionOptions, OutcomeClass, PhoneChanges, User, UserChanges};
use rstest::rstest;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, ResponseTemplate};

use super::{API_KEY, ID, Setting, but, clinician_with, error, id, key, set, shown, subject};

fn made() -> Value {
    json!({
        "userId": ID, "inviteUrl": "https://app.upheal.example/invite/1",
        "privateRoomLink": "https://upheal.example/ann", "partnerUserId": "ehr-4711",
        "defaultNoteTemplateIds": ["template-1", "template-2"], "organizationId": "o-1", "noteIdentifier": "Clinician"
    })
}

/// A clinician with a name and an address alone.
fn bare() -> User {
    clinician_with(&UserChanges {
        external_id: Change::Clear,
        phone: Change::Clear,
        locale: Change::Clear,
        npi: Change::Clear,
        therapy_licence: Change::Clear,
        note_identifier: Change::Clear,
        default_note_template_ids: Change::Clear,
        default_session_type: Change::Clear,
        pronoun: Change::Clear,
        date_of_birth: Change::Clear,
        ..UserChanges::default()
    })
}

#[tokio::test]
async fn a_create_sends_all_that_v2_takes_and_hands_the_invitation_on() {
    let setting = Setting::new().await;
    let body = json!({
        "partnerUserId": "ehr-4711", "firstName": "Ann", "lastName": "Müller", "email": "an@older.example",
        "phoneNumber": "2025550123", "phoneCountryCode": "+1", "locale": "en-US",
        "defaultNoteTemplateIds": ["template-1", "template-2"], "nationalProviderIdentifier": "1234567893",
        "therapyLicence": "LIC-7", "noteIdentifier": "Clinician"
    });
    Mock::given(method("POST"))
        .and(path("/v2/users/providers"))
        .and(header("x-api-key", API_KEY))
        .and(header("content-type", "application/json"))
        .and(body_json(body))
        .respond_with(ResponseTemplate::new(200).set_body_json(made()))
        .expect(1)
        .mount(&setting.server)
        .await;

    let key = roster_domain::VendorKey::new("an@older.example");
    let created = setting
        .client
        .create(setting.target(), &key, subject(&clinician()))
        .await
        .unwrap();

    assert_eq!((created.id, created.active, created.matches), (id(), true, false));
    assert_eq!(
        created.differing,
        ["pronoun", "dateOfBirth"],
        "a create cannot carry these"
    );
    assert_eq!(
        created.invite_url.as_deref(),
        Some("https://app.upheal.example/invite/1")
    );
}

#[tokio::test]
async fn v1_has_a_session_type_and_no_templates_and_is_made_in_the_organization_that_the_connection_says() {
    let setting = Setting::with(ConnectionOptions {
        api_version: Some("v1".to_owned()),
        organization_id: Some("ward/4 ..".to_owned()),
        api_key_header: Some("X-Partner-Key".to_owned()),
        ..ConnectionOptions::default()
    })
    .await;
    let body = json!({
        "partnerUserId": "ehr-4711", "firstName": "Ann", "lastName": "Müller", "email": "ann@example.org",
        "phoneNumber": "2025550123", "phoneCountryCode": "+1", "locale": "en-US",
        "nationalProviderIdentifier": "1234567893", "therapyLicence": "LIC-7", "defaultSessionType": "Soap"
    });
    let answer = json!({"userId": ID, "inviteUrl": "", "privateRoomLink": "https://upheal.example/ann"});
    Mock::given(method("POST"))
        .and(path("/v1/organizations/ward%2F4%20../users/providers"))
        .and(header("x-partner-key", API_KEY))
        .and(body_json(body))
        .respond_with(ResponseTemplate::new(201).set_body_json(answer))
        .expect(1)
        .mount(&setting.server)
        .await;

    let created = setting
        .client
        .create(setting.target(), &key(), subject(&clinician()))
        .await
        .unwrap();

    assert_eq!(
        (created.id, created.invite_url),
        (id(), None),
        "an empty invitation is none"
    );
}

#[tokio::test]
async fn what_the_user_has_not_is_left_out_and_what_the_answer_leaves_out_is_as_it_was_sent() {
    let setting = Setting::new().await;
    let body = json!({"firstName": "Ann", "lastName": "Müller", "email": "ann@example.org"});
    Mock::given(method("POST"))
        .and(body_json(body))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"userId": ID})))
        .expect(1)
        .mount(&setting.server)
        .await;

    let created = setting
        .client
        .create(setting.target(), &key(), subject(&bare()))
        .await
        .unwrap();

    assert_eq!((created.id, created.active, created.matches), (id(), true, true));
    assert_eq!((created.invite_url, created.differing), (None, vec![]));
}

#[tokio::test]
async fn a_number_without_a_country_goes_without_one() {
    let setting = Setting::new().await;
    setting.answers("POST", "/v2/users/providers", 200, made()).await;
    let user = clinician_with(&UserChanges {
        phone: Change::Set(PhoneChanges {
            country_code: Change::Clear,
            number: set("555 0199"),
        }),
        ..UserChanges::default()
    });

    setting
        .client
        .create(setting.target(), &key(), subject(&user))
        .await
        .unwrap();

    let sent: Value = setting.received().await[0].body_json().unwrap();
    assert_eq!(
        (&sent["phoneNumber"], sent.get("phoneCountryCode")),
        (&json!("555 0199"), None)
    );
}

#[tokio::test]
async fn a_key_in_authorization_goes_as_a_bearer() {
    let setting = Setting::with(ConnectionOptions {
        api_key_header: Some("Authorization".to_owned()),
        ..ConnectionOptions::default()
    })
    .await;
    setting.answers("POST", "/v2/users/providers", 200, made()).await;

    setting
        .client
        .create(setting.target(), &key(), subject(&clinician()))
        .await
        .unwrap();

    let received = setting.received().await;
    assert_eq!(received[0].headers["authorization"], format!("Bearer {API_KEY}"));
    assert!(!received[0].headers.contains_key("x-api-key"));
}

#[tokio::test]
async fn what_the_answer_to_a_create_says_otherwise_differs() {
    let setting = Setting::new().await;
    let other = json!({"defaultNoteTemplateIds": [], "noteIdentifier": "Therapist"});
    setting
        .answers("POST", "/v2/users/providers", 200, but(made(), other))
        .await;

    let created = setting
        .client
        .create(setting.target(), &key(), subject(&clinician()))
        .await
        .unwrap();

    assert!(!created.matches);
    assert_eq!(
        created.differing,
        ["defaultNoteTemplateIds", "noteIdentifier", "pronoun", "dateOfBirth"]
    );
}

#[rstest]
#[case::known_to_be_taken(403, error(403, "USER_EXISTS"), OutcomeClass::Conflict)]
#[case::taken_as_a_bad_request(400, error(400, "USER_EXISTS"), OutcomeClass::Conflict)]
#[case::not_allowed(403, error(403, "NOT_ALLOWED"), OutcomeClass::Rejected)]
#[case::forbidden_without_a_word(403, json!({"message": "Forbidden"}), OutcomeClass::Rejected)]
#[case::broken_rules(400, error(400, "INVALID_REQUEST"), OutcomeClass::Rejected)]
#[case::the_key(401, error(401, "UNAUTHORIZED"), OutcomeClass::Unauthorized)]
#[case::no_such_route(404, error(404, "NOT_FOUND"), OutcomeClass::Unauthorized)]
#[case::accepted_is_not_made(202, json!({"userId": ID}), OutcomeClass::Unknown)]
#[tokio::test]
async fn a_create_that_is_refused_is_about_the_user_unless_it_is_the_key(
    #[case] status: u16,
    #[case] body: Value,
    #[case] class: OutcomeClass,
) {
    let setting = Setting::new().await;
    setting.answers("POST", "/v2/users/providers", status, body).await;

    let error = setting
        .client
        .create(setting.target(), &key(), subject(&clinician()))
        .await
        .unwrap_err();

    assert_eq!(shown(&error), (class, Some(status)), "{error}");
}

#[tokio::test]
async fn an_organization_that_is_not_there_is_a_matter_of_the_connection() {
    let setting = Setting::with(ConnectionOptions {
        organization_id: Some("o-9".to_owned()),
        ..ConnectionOptions::default()
    })
    .await;
    let at = "/v2/organizations/o-9/users/providers";
    setting.answers("POST", at, 404, error(404, "NOT_FOUND")).await;

    let error = setting
        .client
        .create(setting.target(), &key(), subject(&clinician()))
        .await
        .unwrap_err();

    assert_eq!(shown(&error), (OutcomeClass::Unauthorized, Some(404)));
    assert_eq!(
        error.message,
        "Upheal has no such organization, or is not at the connection's base URL (404), saying \"so it is\": check \
         options.organization_id and the base URL"
    );
}

#[rstest]
#[case::without_an_id(but(made(), json!({"userId": null})))]
#[case::with_an_empty_id(but(made(), json!({"userId": ""})))]
#[case::with_another_partners_id(but(made(), json!({"partnerUserId": "ehr-9"})))]
#[tokio::test]
async fn an_answer_that_is_not_about_the_new_user_is_unknown(#[case] answer: Value) {
    let setting = Setting::new().await;
    setting.answers("POST", "/v2/users/providers", 200, answer).await;

    let error = setting
        .client
        .create(setting.target(), &key(), subject(&clinician()))
        .await
        .unwrap_err();

    assert_eq!(shown(&error), (OutcomeClass::Unknown, Some(200)), "{error}");
}
