//! Changing users: what differs is sent, to the record that it is in, and nothing else.

use roster_application::ports::{RemoteUser, VendorError, VendorGateway};
use roster_contract::vendor::{clinician, read_back};
use roster_domain::{Change, OutcomeClass, User, UserChanges};
use rstest::rstest;
use serde_json::{Value, json};

use super::{ID, Setting, but, checked, clinician_with, error, id, person, provider, set, shown, subject};

async fn update(setting: &Setting, user: &User) -> Result<RemoteUser, VendorError> {
    setting.client.update(setting.target(), &id(), subject(user)).await
}

/// Takes changes of either record, and shows it then as it should be.
async fn takes_changes(setting: &Setting) {
    setting
        .answers("PATCH", &format!("/v2/users/providers/{ID}"), 200, provider())
        .await;
    setting
        .answers("PATCH", &format!("/v2/users/{ID}"), 200, person())
        .await;
}

#[rstest]
#[case::only_the_provider(
    json!({"therapyLicence": "LIC-6", "nationalProviderIdentifier": null}), json!({}),
    Some(json!({"therapyLicence": "LIC-7", "nationalProviderIdentifier": "1234567893"})), None
)]
#[case::only_the_person(
    json!({"firstName": "Anna"}), json!({"firstName": "Anna", "dateOfBirth": null}),
    None, Some(json!({"firstName": "Ann", "dateOfBirth": "1980-02-29"}))
)]
#[case::both(
    json!({"defaultNoteTemplateIds": ["template-2"], "noteIdentifier": "Therapist"}),
    json!({"lastName": "Muller", "pronoun": "NeutralThem"}),
    Some(json!({"defaultNoteTemplateIds": ["template-1", "template-2"], "noteIdentifier": "Clinician"})),
    Some(json!({"lastName": "Müller", "pronoun": "FeminineHer"}))
)]
#[tokio::test]
async fn a_change_goes_to_the_record_that_differs_with_the_fields_that_differ(
    #[case] provider_there: Value,
    #[case] person_there: Value,
    #[case] provider_sent: Option<Value>,
    #[case] person_sent: Option<Value>,
) {
    let setting = Setting::new().await;
    setting
        .has(
            but(provider(), provider_there),
            but(person(), person_there),
            checked(true),
        )
        .await;
    takes_changes(&setting).await;

    let updated = update(&setting, &clinician()).await.unwrap();

    assert_eq!(
        (updated.id, updated.active, updated.matches),
        (id(), true, true),
        "{:?}",
        updated.differing
    );
    let expected: Vec<(String, Value)> = [
        provider_sent.map(|body| (format!("/users/providers/{ID}"), body)),
        person_sent.map(|body| (format!("/users/{ID}"), body)),
    ]
    .into_iter()
    .flatten()
    .collect();
    assert_eq!(setting.changes().await, expected);
}

#[rstest]
#[case(true)]
#[case(false)]
#[tokio::test]
async fn where_nothing_differs_nothing_is_sent_and_the_state_is_asked_for(#[case] active: bool) {
    let setting = Setting::new().await;
    setting.has(provider(), person(), checked(active)).await;

    let updated = update(&setting, &clinician()).await.unwrap();

    assert_eq!((updated.id, updated.active, updated.matches), (id(), active, true));
    assert_eq!(setting.changes().await, []);
}

#[tokio::test]
async fn what_the_user_has_no_more_is_cleared_but_for_what_is_not_there_anyway() {
    let setting = Setting::new().await;
    let user = clinician_with(&UserChanges {
        npi: Change::Clear,
        therapy_licence: Change::Clear,
        note_identifier: Change::Clear,
        default_note_template_ids: Change::Clear,
        pronoun: Change::Clear,
        date_of_birth: Change::Clear,
        ..UserChanges::default()
    });
    let there = json!({"therapyLicence": null, "noteIdentifier": ""});
    setting
        .has(
            but(provider(), there),
            but(person(), json!({"dateOfBirth": null})),
            checked(true),
        )
        .await;
    let cleared = json!({
        "therapyLicence": null, "noteIdentifier": null, "nationalProviderIdentifier": null, "defaultNoteTemplateIds": []
    });
    setting
        .answers(
            "PATCH",
            &format!("/v2/users/providers/{ID}"),
            200,
            but(provider(), cleared),
        )
        .await;
    let cleared = json!({"pronoun": null, "dateOfBirth": null});
    setting
        .answers("PATCH", &format!("/v2/users/{ID}"), 200, but(person(), cleared))
        .await;

    let updated = update(&setting, &user).await.unwrap();

    assert!(updated.matches, "{:?}", updated.differing);
    assert_eq!(
        setting.changes().await,
        [
            (
                format!("/users/providers/{ID}"),
                json!({"nationalProviderIdentifier": null, "defaultNoteTemplateIds": []})
            ),
            (format!("/users/{ID}"), json!({"pronoun": null})),
        ]
    );
}

#[tokio::test]
async fn a_change_that_the_vendor_did_not_take_over_still_differs() {
    let setting = Setting::new().await;
    let older = json!({"therapyLicence": "LIC-6"});
    setting
        .has(but(provider(), older.clone()), person(), checked(true))
        .await;
    setting
        .answers(
            "PATCH",
            &format!("/v2/users/providers/{ID}"),
            200,
            but(provider(), older),
        )
        .await;

    let updated = update(&setting, &clinician()).await.unwrap();

    assert_eq!((updated.matches, updated.differing), (false, vec!["therapyLicence"]));
}

#[tokio::test]
async fn v1_changes_the_session_type_and_is_answered_with_next_to_nothing() {
    let setting = Setting::v1().await;
    let v1 = json!({
        "defaultNoteTemplateIds": null, "noteIdentifier": null, "defaultSessionType": "Standard", "therapyLicence": null
    });
    setting
        .answers("GET", &format!("/v1/users/providers/{ID}"), 200, but(provider(), v1))
        .await;
    setting.answers("GET", &format!("/v1/users/{ID}"), 200, person()).await;
    let answer = json!({"userId": ID, "defaultNotesType": "Soap"});
    setting
        .answers("PATCH", &format!("/v1/users/providers/{ID}"), 200, answer)
        .await;

    let updated = update(&setting, &clinician()).await.unwrap();

    assert!(updated.matches, "{:?}", updated.differing);
    let sent = json!({"defaultSessionType": "Soap", "therapyLicence": "LIC-7"});
    assert_eq!(setting.changes().await, [(format!("/users/providers/{ID}"), sent)]);
}

#[tokio::test]
async fn in_v1_a_session_type_that_neither_side_has_is_left_alone_and_another_becomes_the_default() {
    let user = clinician_with(&UserChanges {
        default_session_type: Change::Clear,
        ..UserChanges::default()
    });
    let mut sent = Vec::new();
    for there in [json!(null), json!("Standard"), json!("Dap")] {
        let setting = Setting::v1().await;
        let provider = but(provider(), json!({"defaultSessionType": there}));
        setting
            .answers("GET", &format!("/v1/users/providers/{ID}"), 200, provider)
            .await;
        setting.answers("GET", &format!("/v1/users/{ID}"), 200, person()).await;
        setting.answers("POST", "/v1/users/check", 200, checked(true)).await;
        setting
            .answers(
                "PATCH",
                &format!("/v1/users/providers/{ID}"),
                200,
                json!({"userId": ID}),
            )
            .await;

        let updated = update(&setting, &user).await.unwrap();

        assert!(updated.matches, "{there}: {:?}", updated.differing);
        sent.extend(setting.changes().await.into_iter().map(|(_, body)| body));
    }

    assert_eq!(sent, [json!({"defaultSessionType": "Standard"})]);
}

#[tokio::test]
async fn where_the_person_cannot_be_read_it_is_sent_what_the_user_has() {
    let setting = Setting::new().await;
    setting
        .answers("GET", &format!("/v2/users/providers/{ID}"), 200, provider())
        .await;
    takes_changes(&setting).await;

    let updated = update(&setting, &clinician()).await.unwrap();

    assert!(updated.matches);
    let sent = json!({"pronoun": "FeminineHer", "dateOfBirth": "1980-02-29"});
    assert_eq!(setting.changes().await, [(format!("/users/{ID}"), sent)]);
}

#[rstest]
#[case::who_is_found_by_the_address(json!({"partnerUserId": null}), OutcomeClass::NotFound)]
#[case::who_is_found_by_the_external_id(json!({"email": "ann@older.example"}), OutcomeClass::NotFound)]
#[case::who_would_not_be_found(
    json!({"email": "ann@older.example", "partnerUserId": null}),
    OutcomeClass::Rejected
)]
#[tokio::test]
async fn a_user_who_was_deactivated_there_takes_no_changes_and_is_looked_up_anew(
    #[case] there: Value,
    #[case] class: OutcomeClass,
) {
    for refusal in [error(400, "USER_DEACTIVATED"), json!({"message": "no"})] {
        let setting = Setting::new().await;
        let differing = but(provider(), json!({"therapyLicence": null}));
        let same_address = but(checked(false), json!({"email": null}));
        setting.has(but(differing, there.clone()), person(), same_address).await;
        setting
            .answers("PATCH", &format!("/v2/users/providers/{ID}"), 400, refusal)
            .await;

        let error = update(&setting, &clinician()).await.unwrap_err();

        assert_eq!(shown(&error), (class, Some(400)));
        assert_eq!(
            error.message,
            "the user was deactivated at Upheal, which takes no changes until it is active again"
        );
    }
}

#[tokio::test]
async fn a_change_that_is_refused_of_somebody_active_is_refused() {
    let setting = Setting::new().await;
    setting
        .has(provider(), but(person(), json!({"pronoun": null})), checked(true))
        .await;
    let body = json!({"statusCode": 400, "message": ["pronoun is unknown"], "error": "Bad Request"});
    setting.answers("PATCH", &format!("/v2/users/{ID}"), 400, body).await;

    let error = update(&setting, &clinician()).await.unwrap_err();

    assert_eq!(shown(&error), (OutcomeClass::Rejected, Some(400)));
    assert!(error.message.ends_with("saying \"pronoun is unknown\""), "{error}");
}

#[rstest]
#[case::of_the_provider("/users/providers/", "therapyLicence")]
#[case::of_the_person("/users/", "pronoun")]
#[tokio::test]
async fn an_answer_about_another_user_is_no_answer(#[case] below: &str, #[case] field: &str) {
    let setting = Setting::new().await;
    let lacking = json!({field: null});
    setting
        .has(but(provider(), lacking.clone()), but(person(), lacking), checked(true))
        .await;
    let another = but(person(), json!({"userId": "another"}));
    setting.answers("PATCH", &format!("/v2{below}{ID}"), 200, another).await;

    let error = update(&setting, &clinician()).await.unwrap_err();

    assert_eq!(shown(&error), (OutcomeClass::Unknown, Some(200)));
}

#[rstest]
#[case::known_as_nobody(403, error(403, "NOT_ALLOWED"), OutcomeClass::NotFound)]
#[case::forbidden_without_a_word(403, json!({"message": "Forbidden"}), OutcomeClass::Rejected)]
#[case::said_by_an_api(404, json!({"statusCode": 404, "error": "Not Found"}), OutcomeClass::NotFound)]
#[case::said_by_anybody(404, json!({"message": "Not Found"}), OutcomeClass::Unknown)]
#[tokio::test]
async fn what_is_refused_of_an_id_is_about_the_user_and_never_about_the_key(
    #[case] status: u16,
    #[case] body: Value,
    #[case] class: OutcomeClass,
) {
    let setting = Setting::new().await;
    setting
        .answers("GET", &format!("/v2/users/providers/{ID}"), status, body)
        .await;

    let read = read_back(&setting.client, setting.target(), &id(), &clinician())
        .await
        .unwrap_err();
    let updated = update(&setting, &clinician()).await.unwrap_err();

    assert_eq!(
        (shown(&read), shown(&updated)),
        ((class, Some(status)), (class, Some(status)))
    );
}

#[tokio::test]
async fn a_new_address_and_number_are_nothing_that_could_be_sent() {
    let setting = Setting::new().await;
    setting.has(provider(), person(), checked(true)).await;
    let moved = clinician_with(&UserChanges {
        email: set("ann@new.example"),
        phone: Change::Clear,
        locale: Change::Clear,
        ..UserChanges::default()
    });

    let updated = update(&setting, &moved).await.unwrap();

    assert!(updated.active && updated.matches);
    assert_eq!(setting.changes().await, []);
}
