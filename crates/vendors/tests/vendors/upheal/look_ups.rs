//! Finding users, and comparing them.

use roster_application::ports::{RemoteUser, VendorError};
use roster_contract::vendor::{clinician, read_back};
use roster_domain::{Change, ExternalId, OutcomeClass, User, UserChanges};
use rstest::rstest;
use serde_json::{Value, json};

use super::{ADDRESS, ID, Setting, but, checked, clinician_with, error, id, key, person, provider, set, shown};

async fn look_up(setting: &Setting, user: &User) -> Result<Option<RemoteUser>, VendorError> {
    roster_contract::vendor::look_up(&setting.client, setting.target(), &key(), user).await
}

#[tokio::test]
async fn a_check_that_finds_somebody_inactive_is_followed_by_reading_and_comparing() {
    let setting = Setting::new().await;
    setting.has(provider(), person(), checked(false)).await;

    let found = look_up(&setting, &clinician()).await.unwrap().unwrap();

    assert_eq!((found.id, found.active, found.matches), (id(), false, true));
    assert_eq!(
        found.differing,
        Vec::<&str>::new(),
        "numbers for NPI and telephone are no difference"
    );
    assert_eq!(found.invite_url.as_deref(), Some("https://app.upheal.example/invite/1"));
    assert_eq!(
        setting.heard().await,
        [
            "POST /v2/users/check".to_owned(),
            format!("GET /v2/users/providers/{ID}"),
            format!("GET /v2/users/{ID}")
        ]
    );
    let asked: Value = setting.received().await[0].body_json().unwrap();
    assert_eq!(asked, json!({"email": ADDRESS}));
}

#[tokio::test]
async fn everything_that_can_be_changed_is_compared_and_what_cannot_is_not() {
    let setting = Setting::new().await;
    let other = json!({
        "nationalProviderIdentifier": "1245319599", "therapyLicence": null, "noteIdentifier": "Shaman",
        "defaultNoteTemplateIds": ["template-2", "template-1"], "phoneNumber": 5, "partnerUserId": 4711
    });
    let other_person = json!({
        "firstName": "Anna", "lastName": "Muller", "pronoun": null, "dateOfBirth": "1980-02-28",
        "phoneNumber": "5", "partnerUserId": "x"
    });
    setting
        .has(but(provider(), other), but(person(), other_person), checked(true))
        .await;

    let found = look_up(&setting, &clinician()).await.unwrap().unwrap();

    assert!(!found.matches);
    assert_eq!(
        found.differing,
        [
            "firstName",
            "lastName",
            "defaultNoteTemplateIds",
            "nationalProviderIdentifier",
            "therapyLicence",
            "noteIdentifier",
            "pronoun",
            "dateOfBirth"
        ]
    );
}

#[tokio::test]
async fn fields_that_answers_leave_out_or_empty_are_not_set_there() {
    let setting = Setting::new().await;
    let names = json!({"userId": ID, "firstName": "Ann", "lastName": "Müller"});
    let empty = json!({"noteIdentifier": null, "therapyLicence": "", "defaultNoteTemplateIds": []});
    setting
        .has(
            but(names.clone(), empty),
            but(names, json!({"pronoun": ""})),
            checked(true),
        )
        .await;
    let nothing_set = clinician_with(&UserChanges {
        npi: Change::Clear,
        therapy_licence: Change::Clear,
        note_identifier: Change::Clear,
        default_note_template_ids: Change::Clear,
        pronoun: Change::Clear,
        date_of_birth: Change::Clear,
        ..UserChanges::default()
    });

    let same = look_up(&setting, &nothing_set).await.unwrap().unwrap();
    let lacking = look_up(&setting, &clinician()).await.unwrap().unwrap();

    assert_eq!((same.matches, same.invite_url), (true, None));
    assert_eq!(lacking.differing.len(), 6, "{:?}", lacking.differing);
}

#[rstest]
#[case::no_such_route(404, json!({"message": "Not Found"}))]
#[case::not_to_be_read(405, json!({}))]
#[tokio::test]
async fn where_the_generic_user_cannot_be_read_the_provider_is_compared_alone(
    #[case] status: u16,
    #[case] body: Value,
) {
    let setting = Setting::new().await;
    setting
        .answers("GET", &format!("/v2/users/providers/{ID}"), 200, provider())
        .await;
    setting.answers("GET", &format!("/v2/users/{ID}"), status, body).await;
    setting.answers("POST", "/v2/users/check", 200, checked(true)).await;
    let renamed = clinician_with(&UserChanges {
        first_name: set("Anna"),
        ..UserChanges::default()
    });

    let same = look_up(&setting, &clinician()).await.unwrap().unwrap();
    let other = look_up(&setting, &renamed).await.unwrap().unwrap();

    assert!(
        same.matches,
        "nothing says that pronoun and day of birth differ: {:?}",
        same.differing
    );
    assert_eq!(other.differing, ["firstName"]);
}

#[tokio::test]
async fn v1_compares_the_session_type_and_neither_templates_nor_the_word_in_notes() {
    let setting = Setting::v1().await;
    let v1 = json!({"defaultNoteTemplateIds": null, "noteIdentifier": null, "defaultSessionType": "Dap"});
    setting
        .answers("GET", &format!("/v1/users/providers/{ID}"), 200, but(provider(), v1))
        .await;
    setting.answers("GET", &format!("/v1/users/{ID}"), 200, person()).await;
    setting.answers("POST", "/v1/users/check", 200, checked(true)).await;
    let dap = clinician_with(&UserChanges {
        default_session_type: set("Dap"),
        ..UserChanges::default()
    });

    let other = look_up(&setting, &clinician()).await.unwrap().unwrap();
    let same = look_up(&setting, &dap).await.unwrap().unwrap();

    assert_eq!(other.differing, ["defaultSessionType"]);
    assert!(same.matches, "{:?}", same.differing);
}

#[tokio::test]
async fn a_user_who_is_there_under_another_address_is_found_by_the_external_id() {
    let setting = Setting::new().await;
    let older = json!({"email": "ann@older.example"});
    let nobody = json!({"isUserExists": false});
    setting
        .answers(
            "GET",
            "/v2/users/providers/ehr-4711",
            200,
            but(provider(), older.clone()),
        )
        .await;
    setting
        .answers("GET", &format!("/v2/users/{ID}"), 200, but(person(), older.clone()))
        .await;
    let asks = |address: &str, answer: Value| {
        wiremock::Mock::given(wiremock::matchers::path("/v2/users/check"))
            .and(wiremock::matchers::body_json(json!({"email": address})))
            .respond_with(wiremock::ResponseTemplate::new(200).set_body_json(answer))
            .mount(&setting.server)
    };
    asks(ADDRESS, nobody).await;
    asks("ann@older.example", but(checked(false), older)).await;

    let found = look_up(&setting, &clinician()).await.unwrap().unwrap();

    assert_eq!((found.id, found.active, found.matches), (id(), false, true));
}

#[rstest]
#[case::unknown_to_the_key(403, error(403, "NOT_ALLOWED"))]
#[case::no_id_of_its_kind(400, json!({"message": "not a UUID"}))]
#[case::no_such_user(404, json!({"message": "Not Found"}))]
#[tokio::test]
async fn who_is_not_there_by_address_nor_by_external_id_is_nobody(#[case] status: u16, #[case] body: Value) {
    let setting = Setting::new().await;
    setting
        .answers("POST", "/v2/users/check", 200, json!({"isUserExists": false}))
        .await;
    setting
        .answers("GET", "/v2/users/providers/ehr-4711", status, body)
        .await;

    assert_eq!(look_up(&setting, &clinician()).await.unwrap(), None);
}

#[tokio::test]
async fn an_external_id_that_is_somebodys_id_at_the_vendor_finds_nobody() {
    let setting = Setting::new().await;
    setting
        .answers("POST", "/v2/users/check", 200, json!({"isUserExists": false}))
        .await;
    setting
        .answers("GET", &format!("/v2/users/providers/{ID}"), 200, provider())
        .await;
    let user = clinician_with(&UserChanges {
        external_id: set(ID),
        ..UserChanges::default()
    });

    assert_eq!(user.profile.external_id.as_ref().map(ExternalId::as_str), Some(ID));
    assert_eq!(look_up(&setting, &user).await.unwrap(), None);
}

#[tokio::test]
async fn an_address_that_is_somebody_elses_than_a_provider_of_this_key_is_held_elsewhere() {
    let setting = Setting::new().await;
    setting.answers("POST", "/v2/users/check", 200, checked(true)).await;
    let at = format!("/v2/users/providers/{ID}");
    setting.answers("GET", &at, 403, error(403, "NOT_ALLOWED")).await;

    let error = look_up(&setting, &clinician()).await.unwrap_err();

    assert_eq!(shown(&error), (OutcomeClass::Conflict, Some(403)));
    assert!(
        error
            .message
            .starts_with("ann@example.org belongs to somebody at Upheal"),
        "{error}"
    );
}

#[rstest]
#[case::of_another_address(but(checked(true), json!({"email": "bob@example.org"})))]
#[case::without_an_id(but(checked(true), json!({"userId": null})))]
#[case::without_a_state(but(checked(true), json!({"isActive": null})))]
#[case::of_another_id(but(checked(true), json!({"userId": "98fce1ef-0000-0000-0000-4d1621ac07c6"})))]
#[tokio::test]
async fn a_check_that_does_not_say_who_and_how_is_unknown(#[case] answer: Value) {
    let setting = Setting::new().await;
    setting.has(provider(), person(), answer).await;
    let other = "/v2/users/providers/98fce1ef-0000-0000-0000-4d1621ac07c6";
    setting.answers("GET", other, 200, provider()).await;

    let error = look_up(&setting, &clinician()).await.unwrap_err();

    assert_eq!(shown(&error), (OutcomeClass::Unknown, Some(200)), "{error}");
}

#[tokio::test]
async fn addresses_and_ids_are_the_same_in_any_case() {
    let setting = Setting::new().await;
    let answer = json!({"email": "ANN@Example.org"});
    let capitals = json!({"userId": ID.to_uppercase()});
    setting
        .has(
            but(provider(), capitals.clone()),
            but(person(), capitals),
            but(checked(true), answer),
        )
        .await;

    let found = look_up(&setting, &clinician()).await.unwrap().unwrap();

    assert!(found.active && found.matches);
}

#[tokio::test]
async fn a_read_back_asks_for_the_state_under_the_address_that_the_vendor_has() {
    let setting = Setting::new().await;
    let older = json!({"email": "ann@older.example"});
    setting
        .has(
            but(provider(), older.clone()),
            person(),
            but(checked(false), older.clone()),
        )
        .await;

    let read = read_back(&setting.client, setting.target(), &id(), &clinician())
        .await
        .unwrap();

    assert_eq!(
        (read.active, read.matches),
        (false, true),
        "an address cannot be changed there"
    );
    let asked: Value = setting.received().await.last().unwrap().body_json().unwrap();
    assert_eq!(asked, older);
}

#[rstest]
#[case::whose_address_is_nobodys(provider(), json!({"isUserExists": false}))]
#[case::whose_address_is_somebody_elses(provider(), but(checked(true), json!({"userId": "another"})))]
#[case::without_an_address(but(provider(), json!({"email": null})), checked(true))]
#[tokio::test]
async fn a_provider_of_whom_the_state_cannot_be_told_is_unknown(#[case] provider: Value, #[case] checked: Value) {
    let setting = Setting::new().await;
    setting.has(provider, person(), checked).await;

    let error = read_back(&setting.client, setting.target(), &id(), &clinician())
        .await
        .unwrap_err();

    assert_eq!(shown(&error), (OutcomeClass::Unknown, Some(200)), "{error}");
}
