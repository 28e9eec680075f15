//! Golden JSON: what the vendor's documents show, parsed and written back.

use roster_domain::{Change, OrganizationId, PhiGuard, PhoneChanges, UserChanges, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use utoipa::PartialSchema;
use uuid::Uuid;

use super::*;

fn parsed_and_written<T: DeserializeOwned + Serialize>(json: &Value) -> Value {
    let value: T = serde_json::from_value(json.clone()).unwrap();
    serde_json::to_value(value).unwrap()
}

/// The example of the document "Create new provider user v2", word by word.
fn documented_answer() -> Value {
    json!({
        "userId": "d290f1ee-6c54-4b01-90e6-d701748f0852",
        "inviteUrl": "https://app.upheal.io/invite/2fb81b0a-611b-11ed-9b6a-0242ac120002",
        "privateRoomLink": "https://upheal.io/firstname-lastname-123",
        "partnerUserId": "string",
        "defaultNoteTemplateIds": [
            "2fb81b0a-611b-11ed-9b6a-0242ac120002"
        ],
        "organizationId": "d290f1ee-6c54-4b01-90e6-d701748f0851",
        "noteIdentifier": "Provider"
    })
}

/// A request with every field that the document lists; it gives no example of one.
fn documented_request() -> Value {
    json!({
        "partnerUserId": "string",
        "firstName": "Ann",
        "lastName": "Lee",
        "email": "ann.lee@example.org",
        "phoneNumber": "555 010 0199",
        "phoneCountryCode": "+1",
        "locale": "en-US",
        "defaultNoteTemplateIds": ["2fb81b0a-611b-11ed-9b6a-0242ac120002"],
        "nationalProviderIdentifier": "1234567893",
        "therapyLicence": "LCSW-4711",
        "noteIdentifier": "Provider"
    })
}

fn documented_urls() -> UserUrls {
    UserUrls {
        invite_url: "https://app.upheal.io/invite/2fb81b0a-611b-11ed-9b6a-0242ac120002".to_owned(),
        private_room_link: "https://upheal.io/firstname-lastname-123".to_owned(),
    }
}

fn provider(changes: &UserChanges) -> roster_domain::User {
    let id = UserId::new("d290f1ee-6c54-4b01-90e6-d701748f0852".parse::<Uuid>().unwrap());
    let organization = OrganizationId::new("d290f1ee-6c54-4b01-90e6-d701748f0851".parse::<Uuid>().unwrap());
    let now = "2026-07-01T08:00:00Z".parse().unwrap();
    roster_domain::User::create(id, organization, changes, PhiGuard::Off, now)
        .unwrap()
        .user
}

fn new_provider(request: Value, version: Version) -> UserChanges {
    serde_json::from_value::<NewProviderRequest>(request)
        .unwrap()
        .into_changes(version)
}

fn pointers(changes: &UserChanges) -> Vec<String> {
    changes
        .unreadable
        .iter()
        .map(|violation| violation.field.pointer())
        .collect()
}

#[test]
fn the_documented_answer_to_a_new_provider_comes_back_key_by_key() {
    assert_eq!(
        parsed_and_written::<CreatedProviderV2>(&documented_answer()),
        documented_answer()
    );
}

#[test]
fn a_new_provider_gives_the_documented_answer() {
    let user = provider(&new_provider(documented_request(), Version::V2));

    let answer = CreatedProviderV2::new(&user, documented_urls());

    assert_eq!(serde_json::to_value(answer).unwrap(), documented_answer());
}

#[test]
fn the_answer_of_the_first_version_has_neither_templates_nor_note_identifier() {
    let user = provider(&new_provider(documented_request(), Version::V2));

    let answer = serde_json::to_value(CreatedProviderV1::new(&user, documented_urls())).unwrap();

    let mut expected = documented_answer();
    expected
        .as_object_mut()
        .unwrap()
        .retain(|key, _| key != "defaultNoteTemplateIds" && key != "noteIdentifier");
    assert_eq!(answer, expected);
    assert_eq!(parsed_and_written::<CreatedProviderV1>(&answer), expected);
}

#[test]
fn a_request_of_either_version_comes_back_key_by_key() {
    assert_eq!(
        parsed_and_written::<NewProviderV2>(&documented_request()),
        documented_request()
    );
    let smallest = json!({"firstName": "Ann", "lastName": "Lee", "email": "ann.lee@example.org"});
    assert_eq!(parsed_and_written::<NewProviderV2>(&smallest), smallest);
    assert_eq!(parsed_and_written::<NewProviderV1>(&smallest), smallest);
    let mut first = documented_request();
    let members = first.as_object_mut().unwrap();
    members.retain(|key, _| key != "defaultNoteTemplateIds" && key != "noteIdentifier");
    members.insert("defaultSessionType".to_owned(), json!("PsychiatricSoap"));
    assert_eq!(parsed_and_written::<NewProviderV1>(&first), first);
}

#[test]
fn a_version_passes_over_what_only_the_other_one_knows() {
    let mut request = documented_request();
    request["defaultSessionType"] = json!("Soap");

    let first = new_provider(request.clone(), Version::V1);
    let second = new_provider(request, Version::V2);

    assert_eq!(first.default_session_type, Change::Set("Soap".to_owned()));
    assert_eq!(
        (first.default_note_template_ids, first.note_identifier),
        (Change::Keep, Change::Keep)
    );
    assert_eq!(second.default_session_type, Change::Keep);
    assert_eq!(second.note_identifier, Change::Set("Provider".to_owned()));
}

#[test]
fn number_and_country_code_are_one_telephone_number() {
    let changes = new_provider(documented_request(), Version::V1);
    let half = new_provider(json!({"phoneNumber": "5"}), Version::V1);
    let none = new_provider(json!({}), Version::V1);

    assert_eq!(
        changes.phone,
        Change::Set(PhoneChanges {
            country_code: Change::Set("+1".to_owned()),
            number: Change::Set("555 010 0199".to_owned()),
        })
    );
    assert_eq!(
        half.phone,
        Change::Set(PhoneChanges {
            country_code: Change::Keep,
            number: Change::Set("5".to_owned()),
        })
    );
    assert_eq!(none.phone, Change::Keep);
}

#[test]
fn everything_that_cannot_be_read_is_reported_together_in_the_vendors_names() {
    let changes = new_provider(
        json!({
            "partnerUserId": 1, "firstName": null, "email": {}, "phoneNumber": 1, "phoneCountryCode": 1, "locale": [],
            "nationalProviderIdentifier": 1_234_567_893, "therapyLicence": true, "defaultNoteTemplateIds": ["a", 1],
            "noteIdentifier": 7
        }),
        Version::V2,
    );

    assert_eq!(
        pointers(&changes),
        [
            "/partnerUserId",
            "/firstName",
            "/lastName",
            "/email",
            "/phoneNumber",
            "/phoneCountryCode",
            "/locale",
            "/nationalProviderIdentifier",
            "/therapyLicence",
            "/defaultNoteTemplateIds/1",
            "/noteIdentifier"
        ]
    );
}

#[test]
fn every_field_of_the_domain_has_the_vendors_name_when_it_breaks_a_rule() {
    let set = |text: &str| Change::Set(text.to_owned());
    let changes = UserChanges {
        external_id: set(""),
        first_name: set(""),
        last_name: set(""),
        email: set(""),
        phone: Change::Set(PhoneChanges {
            country_code: set(""),
            number: set(""),
        }),
        locale: set(""),
        npi: set(""),
        therapy_licence: set(""),
        note_identifier: set(""),
        default_note_template_ids: Change::Set(vec![String::new()]),
        default_session_type: set(""),
        pronoun: set(""),
        date_of_birth: set(""),
        ..UserChanges::default()
    };
    let broken = roster_domain::Profile::default().apply(&changes).unwrap_err();

    let mut pointers: Vec<String> = in_vendors_names(broken)
        .iter()
        .map(|violation| violation.field.pointer())
        .collect();

    pointers.sort();
    assert_eq!(
        pointers,
        [
            "/dateOfBirth",
            "/defaultNoteTemplateIds/0",
            "/defaultSessionType",
            "/email",
            "/firstName",
            "/lastName",
            "/locale",
            "/nationalProviderIdentifier",
            "/noteIdentifier",
            "/partnerUserId",
            "/phoneCountryCode",
            "/phoneNumber",
            "/pronoun",
            "/therapyLicence"
        ]
    );
}

#[test]
fn a_provider_is_written_with_the_fields_of_each_version() {
    let changes = UserChanges {
        default_session_type: Change::Set("Emdr".to_owned()),
        ..new_provider(documented_request(), Version::V2)
    };
    let user = provider(&changes);
    let both = json!({
        "userId": "d290f1ee-6c54-4b01-90e6-d701748f0852",
        "firstName": "Ann",
        "lastName": "Lee",
        "email": "ann.lee@example.org",
        "nationalProviderIdentifier": "1234567893",
        "therapyLicence": "LCSW-4711",
        "partnerUserId": "string",
        "phoneNumber": "555 010 0199",
        "phoneCountryCode": "+1",
        "organizationId": "d290f1ee-6c54-4b01-90e6-d701748f0851"
    });

    let first = serde_json::to_value(ProviderV1::from(&user)).unwrap();
    let second = serde_json::to_value(ProviderV2::from(&user)).unwrap();

    let with = |more: Value| {
        let mut all = both.clone();
        let Value::Object(more) = more else { unreachable!() };
        all.as_object_mut().unwrap().extend(more);
        all
    };
    assert_eq!(first, with(json!({"defaultSessionType": "Emdr"})));
    assert_eq!(
        second,
        with(json!({
            "defaultNoteTemplateIds": ["2fb81b0a-611b-11ed-9b6a-0242ac120002"],
            "noteIdentifier": "Provider"
        }))
    );
    assert_eq!(parsed_and_written::<ProviderV1>(&first), first);
    assert_eq!(parsed_and_written::<ProviderV2>(&second), second);
    assert_eq!(
        serde_json::to_value(UpdatedProviderV1::from(&user)).unwrap(),
        json!({"userId": "d290f1ee-6c54-4b01-90e6-d701748f0852", "defaultNotesType": "Emdr"})
    );
}

#[test]
fn a_generic_user_is_written_with_the_fields_of_each_version() {
    let changes = UserChanges {
        pronoun: Change::Set("NeutralThem".to_owned()),
        date_of_birth: Change::Set("1980-02-29".to_owned()),
        ..new_provider(documented_request(), Version::V2)
    };
    let user = provider(&changes);

    let first = serde_json::to_value(UserV1::new(&user, documented_urls())).unwrap();
    let second = serde_json::to_value(UserV2::new(&user, documented_urls())).unwrap();

    let mut expected = json!({
        "userId": "d290f1ee-6c54-4b01-90e6-d701748f0852",
        "firstName": "Ann",
        "lastName": "Lee",
        "email": "ann.lee@example.org",
        "userType": "HealthcareProvider",
        "phoneNumber": "555 010 0199",
        "phoneCountryCode": "+1",
        "inviteUrl": "https://app.upheal.io/invite/2fb81b0a-611b-11ed-9b6a-0242ac120002",
        "privateRoomLink": "https://upheal.io/firstname-lastname-123",
        "pronoun": "NeutralThem",
        "partnerUserId": "string",
        "dateOfBirth": "1980-02-29",
        "organizationId": "d290f1ee-6c54-4b01-90e6-d701748f0851",
        "defaultSessionType": "Standard"
    });
    assert_eq!(first, expected);
    assert_eq!(parsed_and_written::<UserV1>(&first), first);
    let members = expected.as_object_mut().unwrap();
    members.remove("defaultSessionType");
    members.insert(
        "defaultNoteTemplateIds".to_owned(),
        json!(["2fb81b0a-611b-11ed-9b6a-0242ac120002"]),
    );
    assert_eq!(second, expected);
    assert_eq!(parsed_and_written::<UserV2>(&second), second);
}

#[test]
fn of_a_user_who_lacks_what_is_required_it_is_empty_and_what_is_optional_is_left_out() {
    let user = provider(&UserChanges::default());

    assert_eq!(
        serde_json::to_value(ProviderV2::from(&user)).unwrap(),
        json!({
            "userId": "d290f1ee-6c54-4b01-90e6-d701748f0852",
            "firstName": "",
            "lastName": "",
            "email": "",
            "defaultNoteTemplateIds": [],
            "organizationId": "d290f1ee-6c54-4b01-90e6-d701748f0851"
        })
    );
}

#[test]
fn a_checked_address_is_of_a_user_or_of_nobody() {
    let user = provider(&new_provider(documented_request(), Version::V1));

    let somebody = serde_json::to_value(CheckedUser::from(Some(&user))).unwrap();
    let nobody = serde_json::to_value(CheckedUser::from(None)).unwrap();

    assert_eq!(
        somebody,
        json!({
            "isUserExists": true,
            "userId": "d290f1ee-6c54-4b01-90e6-d701748f0852",
            "email": "ann.lee@example.org",
            "isActive": true
        })
    );
    assert_eq!(parsed_and_written::<CheckedUser>(&somebody), somebody);
    assert_eq!(nobody, json!({"isUserExists": false}));
    let body = CheckUserBody {
        email: "ann.lee@example.org".to_owned(),
    };
    assert_eq!(
        serde_json::to_value(body).unwrap(),
        json!({"email": "ann.lee@example.org"})
    );
}

#[test]
fn a_change_leaves_out_what_stays_and_clears_with_null() {
    let changes = ProviderChangesV2 {
        default_note_template_ids: Change::Set(vec!["t".to_owned()]),
        national_provider_identifier: Change::Clear,
        ..ProviderChangesV2::default()
    };

    let written = serde_json::to_value(&changes).unwrap();

    assert_eq!(
        written,
        json!({"defaultNoteTemplateIds": ["t"], "nationalProviderIdentifier": null})
    );
    let read = serde_json::from_value::<ProviderRequest>(written)
        .unwrap()
        .into_changes(Version::V2);
    assert_eq!(
        read,
        UserChanges {
            default_note_template_ids: Change::Set(vec!["t".to_owned()]),
            npi: Change::Clear,
            ..UserChanges::default()
        }
    );
}

#[test]
fn every_change_that_clients_write_is_read_back() {
    let set = |text: &str| Change::Set(text.to_owned());
    let provider_v1 = serde_json::to_value(ProviderChangesV1 {
        default_session_type: set("Soap"),
        national_provider_identifier: set("1234567893"),
        therapy_licence: set("L"),
    })
    .unwrap();
    let user_v1 = serde_json::to_value(UserChangesV1 {
        first_name: set("Ann"),
        last_name: set("Lee"),
        pronoun: set("FeminineHer"),
        date_of_birth: Change::Clear,
        default_session_type: set("Dap"),
    })
    .unwrap();
    let user_v2 = serde_json::to_value(UserChangesV2 {
        default_note_template_ids: Change::Clear,
        ..UserChangesV2::default()
    })
    .unwrap();

    let read = |request: Value| serde_json::from_value::<UserRequest>(request).unwrap();

    assert_eq!(
        serde_json::from_value::<ProviderRequest>(provider_v1)
            .unwrap()
            .into_changes(Version::V1),
        UserChanges {
            default_session_type: set("Soap"),
            npi: set("1234567893"),
            therapy_licence: set("L"),
            ..UserChanges::default()
        }
    );
    assert_eq!(
        read(user_v1).into_changes(Version::V1),
        UserChanges {
            first_name: set("Ann"),
            last_name: set("Lee"),
            pronoun: set("FeminineHer"),
            date_of_birth: Change::Clear,
            default_session_type: set("Dap"),
            ..UserChanges::default()
        }
    );
    assert_eq!(user_v2, json!({"defaultNoteTemplateIds": null}));
    assert_eq!(
        read(user_v2).into_changes(Version::V2),
        UserChanges {
            default_note_template_ids: Change::Clear,
            ..UserChanges::default()
        }
    );
}

#[test]
fn a_name_can_be_changed_and_not_cleared() {
    let changes = serde_json::from_value::<UserRequest>(json!({"firstName": null, "lastName": "Lee"}))
        .unwrap()
        .into_changes(Version::V2);

    assert_eq!(pointers(&changes), ["/firstName"]);
    assert_eq!(changes.last_name, Change::Set("Lee".to_owned()));
}

#[test]
fn a_client_reads_numbers_where_the_documents_say_text() {
    let reported: ReportedProvider = serde_json::from_value(json!({
        "userId": "d290f1ee",
        "partnerUserId": 4711,
        "nationalProviderIdentifier": 1_234_567_893,
        "phoneNumber": 5_550_100_199_i64,
        "phoneCountryCode": 1,
        "therapyLicence": null,
        "noteIdentifier": "Shaman",
        "defaultNoteTemplateIds": null
    }))
    .unwrap();

    assert_eq!(reported.partner_user_id.as_deref(), Some("4711"));
    assert_eq!(reported.national_provider_identifier.as_deref(), Some("1234567893"));
    assert_eq!(reported.phone_number.as_deref(), Some("5550100199"));
    assert_eq!(reported.phone_country_code.as_deref(), Some("1"));
    assert_eq!(reported.therapy_licence, None);
    assert_eq!(reported.note_identifier.as_deref(), Some("Shaman"));
    assert_eq!(reported.default_note_template_ids, None);
}

#[test]
fn a_client_reads_the_documented_answer_and_what_the_dialect_writes() {
    let made: ReportedProvider = serde_json::from_value(documented_answer()).unwrap();
    let user = provider(&new_provider(documented_request(), Version::V2));
    let shown: ReportedUser =
        serde_json::from_value(serde_json::to_value(UserV1::new(&user, documented_urls())).unwrap()).unwrap();
    let checked: ReportedCheck =
        serde_json::from_value(serde_json::to_value(CheckedUser::from(Some(&user))).unwrap()).unwrap();

    assert_eq!(made.invite_url, Some(documented_urls().invite_url));
    assert_eq!(made.partner_user_id.as_deref(), Some("string"));
    assert_eq!(shown.private_room_link, Some(documented_urls().private_room_link));
    assert_eq!(
        (
            checked.is_user_exists,
            checked.user_id,
            checked.email,
            checked.is_active
        ),
        (
            true,
            Some(user.id.to_string()),
            Some("ann.lee@example.org".to_owned()),
            Some(true)
        )
    );
}

#[test]
fn a_client_reads_the_session_type_under_both_of_its_names() {
    let changed: ReportedProvider =
        serde_json::from_value(json!({"userId": "d290f1ee", "defaultNotesType": "Soap"})).unwrap();
    let shown: ReportedProvider =
        serde_json::from_value(json!({"userId": "d290f1ee", "defaultSessionType": "Séance"})).unwrap();

    assert_eq!(changed.default_session_type.as_deref(), Some("Soap"));
    assert_eq!(shown.default_session_type.as_deref(), Some("Séance"));
}

#[test]
fn a_client_reads_of_a_switch_whatever_it_says() {
    let read = |body: Value| serde_json::from_value::<ReportedSwitch>(body).unwrap();

    assert_eq!(read(json!({"message": "done"})), ReportedSwitch::default());
    assert_eq!(
        read(json!({"userId": "d290f1ee", "isActive": false})),
        ReportedSwitch {
            user_id: Some("d290f1ee".to_owned()),
            is_active: Some(false),
        }
    );
}

#[test]
fn a_client_does_not_take_a_body_without_an_id_for_a_user() {
    for body in [json!({}), json!({"userId": null}), json!([]), json!(null)] {
        assert!(
            serde_json::from_value::<ReportedProvider>(body.clone()).is_err(),
            "{body}"
        );
        assert!(serde_json::from_value::<ReportedUser>(body.clone()).is_err(), "{body}");
    }
    assert!(serde_json::from_value::<ReportedCheck>(json!({"userId": "1"})).is_err());
}

#[test]
fn the_error_body_names_fields_by_pointer() {
    let body = ErrorBody {
        status_code: 400,
        code: ErrorCode::INVALID_REQUEST.name().to_owned(),
        message: "email is required; given: nothing".to_owned(),
        errors: vec![FieldError {
            field: "/email".to_owned(),
            message: "email is required; given: nothing".to_owned(),
        }],
    };
    let written = json!({
        "statusCode": 400,
        "code": "INVALID_REQUEST",
        "message": "email is required; given: nothing",
        "errors": [{"field": "/email", "message": "email is required; given: nothing"}]
    });

    assert_eq!(serde_json::to_value(&body).unwrap(), written);
    assert_eq!(parsed_and_written::<ErrorBody>(&written), written);
    assert_eq!(
        ReportedError::read(written.to_string().as_bytes()),
        ReportedError {
            message: Some("email is required; given: nothing".to_owned()),
            code: Some("INVALID_REQUEST".to_owned()),
        }
    );
}

#[test]
fn an_error_is_known_by_its_code_and_of_an_api_if_it_has_one() {
    let read = |body: Value| ReportedError::read(body.to_string().as_bytes());
    let taken = read(json!({"statusCode": 403, "code": "USER_EXISTS", "message": "taken"}));
    let framework = read(json!({"statusCode": 404, "message": "none", "error": "Not Found"}));
    let gateway = read(json!({"message": "Not Found"}));

    assert!(taken.is(ErrorCode::USER_EXISTS) && !taken.is(ErrorCode::NOT_ALLOWED));
    assert!(taken.is_of_an_api() && framework.is_of_an_api());
    assert!(!gateway.is_of_an_api() && !ReportedError::read(b"<h1>404</h1>").is_of_an_api());
}

#[test]
fn an_error_body_of_any_shape_gives_one_short_line() {
    let message = |body: &[u8]| ReportedError::read(body).message;

    assert_eq!(message(b""), None);
    assert_eq!(
        message(b" <h1>Bad\n\tGateway</h1> ").as_deref(),
        Some("<h1>Bad  Gateway</h1>")
    );
    assert_eq!(
        message(br#"{"statusCode": 400, "message": ["no", "not this"], "error": "Bad Request"}"#).as_deref(),
        Some("no; not this")
    );
    assert_eq!(message(br#"{"error": {"message": "no"}}"#).as_deref(), Some("no"));
    assert_eq!(
        message("é".repeat(1_000).as_bytes()).unwrap().chars().count(),
        ReportedError::MAX_MESSAGE_CHARACTERS + 1
    );
}

#[test]
fn the_schemas_require_what_the_documents_require() {
    fn required<T: PartialSchema>() -> Value {
        serde_json::to_value(T::schema()).unwrap()["required"].clone()
    }

    assert_eq!(required::<NewProviderV1>(), json!(["firstName", "lastName", "email"]));
    assert_eq!(required::<NewProviderV2>(), json!(["firstName", "lastName", "email"]));
    assert_eq!(required::<CheckUserBody>(), json!(["email"]));
    assert_eq!(required::<CheckedUser>(), json!(["isUserExists"]));
    assert_eq!(required::<UpdatedProviderV1>(), json!(["userId", "defaultNotesType"]));
    assert_eq!(
        required::<CreatedProviderV2>(),
        json!([
            "userId",
            "inviteUrl",
            "privateRoomLink",
            "defaultNoteTemplateIds",
            "organizationId"
        ])
    );
    assert_eq!(
        required::<ProviderV2>(),
        json!([
            "userId",
            "firstName",
            "lastName",
            "email",
            "defaultNoteTemplateIds",
            "organizationId"
        ])
    );
    for changes in [
        required::<ProviderChangesV1>(),
        required::<ProviderChangesV2>(),
        required::<UserChangesV1>(),
        required::<UserChangesV2>(),
    ] {
        assert_eq!(changes, Value::Null);
    }
}

#[test]
fn the_schemas_say_which_fields_may_be_null() {
    let second = serde_json::to_value(UserChangesV2::schema()).unwrap();
    let types = |name: &str| second["properties"][name]["type"].clone();

    assert_eq!(types("firstName"), json!("string"));
    assert_eq!(types("dateOfBirth"), json!(["string", "null"]));
    assert_eq!(types("pronoun"), json!(["string", "null"]));
    assert_eq!(types("defaultNoteTemplateIds"), json!(["array", "null"]));
    let new = serde_json::to_value(NewProviderV2::schema()).unwrap();
    assert_eq!(new["properties"]["partnerUserId"]["type"], json!(["string", "null"]));
    assert_eq!(new["properties"]["noteIdentifier"]["type"], json!(["string", "null"]));
    let made = serde_json::to_value(CreatedProviderV2::schema()).unwrap();
    assert_eq!(made["properties"]["partnerUserId"]["type"], json!("string"));
}

#[test]
fn a_partner_user_id_that_is_a_path_of_the_api_is_refused() {
    for text in ["check", "providers"] {
        let request: NewProviderRequest = serde_json::from_value(
            json!({"partnerUserId": text, "firstName": "A", "lastName": "L", "email": "a@b.org"}),
        )
        .unwrap();

        let wrong = request.into_changes(Version::V2).unreadable.to_string();

        assert!(wrong.starts_with("partnerUserId must be another id than"), "{wrong}");
    }
}
