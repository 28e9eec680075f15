//! Everything that is refused, in the vendor's shape.

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use super::{Given, KEY, V1, V2, given, request};
use crate::dialects::upheal::error::render;
use crate::refusal::{Kind, Refusal};

/// Calls both versions, and shows what came back: once if it is the same, as it mostly must be.
async fn both(given: &Given, method: &Method, path: &str, body: &str) -> String {
    let show = |answer: &super::Answer| {
        assert_eq!(answer.header("content-type"), "application/json", "{answer:?}");
        let keys: Vec<String> = answer.json().as_object().expect("an object").keys().cloned().collect();
        assert_eq!(keys, ["code", "errors", "message", "statusCode"]);
        assert_eq!(answer.json()["statusCode"], json!(answer.status.as_u16()));
        let body = answer.json();
        let (code, message) = (text(&body["code"]), text(&body["message"]));
        let line = |error: &Value| format!("{}: {}", text(&error["field"]), text(&error["message"]));
        let errors = body["errors"].as_array().expect("an array");
        let what = match errors.as_slice() {
            // What is wrong with a single field is the message, too.
            [only] if only["message"] == body["message"] => line(only),
            errors => errors
                .iter()
                .fold(message.to_owned(), |what, error| what + "\n    " + &line(error)),
        };
        format!("{} {code} {what}", answer.status.as_u16())
    };
    let first = show(&given.call(method.clone(), &format!("{V1}{path}"), body).await);
    let second = show(&given.call(method.clone(), &format!("{V2}{path}"), body).await);
    if first == second {
        first
    } else {
        format!("V1 {first}\n  V2 {second}")
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// One row a request: what is wrong with it, and what came back.
async fn table(given: &Given, rows: impl IntoIterator<Item = (&'static str, Method, String, String)>) -> String {
    let mut lines = Vec::new();
    for (wrong, method, path, body) in rows {
        lines.push(format!("{wrong}\n  {}", both(given, &method, &path, &body).await));
    }
    lines.join("\n")
}

/// A new provider in which one field is another.
fn new_with(field: &str, value: &Value) -> String {
    let mut body = json!({"firstName": "Ann", "lastName": "Lee", "email": "ann.lee@example.org"});
    body[field] = value.clone();
    body.to_string()
}

#[tokio::test]
async fn a_new_provider_that_breaks_a_rule_is_refused() {
    let given = given();
    let rows = [
        ("partnerUserId empty", "partnerUserId", json!("")),
        ("partnerUserId over 256", "partnerUserId", json!("x".repeat(257))),
        ("partnerUserId with NUL", "partnerUserId", json!("a\u{0}b")),
        ("partnerUserId number", "partnerUserId", json!(4711)),
        ("firstName empty", "firstName", json!("")),
        ("firstName white space", "firstName", json!("   ")),
        ("firstName null", "firstName", json!(null)),
        ("firstName over 200", "firstName", json!("x".repeat(201))),
        ("lastName null", "lastName", json!(null)),
        ("lastName array", "lastName", json!(["Lee"])),
        ("email empty", "email", json!("")),
        ("email null", "email", json!(null)),
        ("email without a domain", "email", json!("ann.lee")),
        (
            "email over 254 bytes",
            "email",
            json!(format!("{}@example.org", "x".repeat(243))),
        ),
        ("phoneNumber letters", "phoneNumber", json!("call me")),
        ("phoneNumber number", "phoneNumber", json!(5_550_100_199_i64)),
        ("phoneCountryCode of four digits", "phoneCountryCode", json!("+1234")),
        ("locale with a space", "locale", json!("en US")),
        ("NPI of nine digits", "nationalProviderIdentifier", json!("123456789")),
        (
            "NPI with a wrong check digit",
            "nationalProviderIdentifier",
            json!("1234567890"),
        ),
        ("NPI number", "nationalProviderIdentifier", json!(1_234_567_893)),
        ("therapyLicence over 100", "therapyLicence", json!("x".repeat(101))),
        ("therapyLicence object", "therapyLicence", json!({})),
    ];
    let rows = rows.map(|(wrong, field, value)| {
        (
            wrong,
            Method::POST,
            "/users/providers".to_owned(),
            new_with(field, &value),
        )
    });

    let shown = table(&given, rows).await;

    insta::assert_snapshot!(shown, @r#"
    partnerUserId empty
      400 INVALID_REQUEST /partnerUserId: partnerUserId must have 1 to 256 characters; given: 0 characters
    partnerUserId over 256
      400 INVALID_REQUEST /partnerUserId: partnerUserId must have 1 to 256 characters; given: 257 characters
    partnerUserId with NUL
      400 INVALID_REQUEST /partnerUserId: partnerUserId must be text without control characters; given: "a\0b"
    partnerUserId number
      400 INVALID_REQUEST /partnerUserId: partnerUserId must be a string; given: a number
    firstName empty
      400 INVALID_REQUEST /firstName: firstName must have 1 to 200 characters; given: 0 characters
    firstName white space
      400 INVALID_REQUEST /firstName: firstName must be a name, not only white space; given: "   "
    firstName null
      400 INVALID_REQUEST /firstName: firstName must not be null; given: null
    firstName over 200
      400 INVALID_REQUEST /firstName: firstName must have 1 to 200 characters; given: 201 characters
    lastName null
      400 INVALID_REQUEST /lastName: lastName must not be null; given: null
    lastName array
      400 INVALID_REQUEST /lastName: lastName must be a string; given: an array
    email empty
      400 INVALID_REQUEST /email: email must be an e-mail address; given: ""
    email null
      400 INVALID_REQUEST /email: email must not be null; given: null
    email without a domain
      400 INVALID_REQUEST /email: email must be an e-mail address; given: "ann.lee"
    email over 254 bytes
      400 INVALID_REQUEST /email: email must have 3 to 254 bytes; given: 255 bytes
    phoneNumber letters
      400 INVALID_REQUEST /phoneNumber: phoneNumber must be a telephone number of digits and separators; given: "call me"
    phoneNumber number
      400 INVALID_REQUEST /phoneNumber: phoneNumber must be a string; given: a number
    phoneCountryCode of four digits
      400 INVALID_REQUEST /phoneCountryCode: phoneCountryCode must be a calling code of 1 to 3 digits such as +1, or two capital letters; given: "+1234"
    locale with a space
      400 INVALID_REQUEST /locale: locale must be a BCP 47 language tag such as en-US; given: "en US"
    NPI of nine digits
      400 INVALID_REQUEST /nationalProviderIdentifier: nationalProviderIdentifier must be an NPI of 10 digits; given: "123456789"
    NPI with a wrong check digit
      400 INVALID_REQUEST /nationalProviderIdentifier: nationalProviderIdentifier must be an NPI with a valid check digit (Luhn over 80840 and the NPI); given: "1234567890"
    NPI number
      400 INVALID_REQUEST /nationalProviderIdentifier: nationalProviderIdentifier must be a string; given: a number
    therapyLicence over 100
      400 INVALID_REQUEST /therapyLicence: therapyLicence must have 1 to 100 characters; given: 101 characters
    therapyLicence object
      400 INVALID_REQUEST /therapyLicence: therapyLicence must be a string; given: an object
    "#);
    assert_eq!(given.memory.count(&given.organization), 0);
}

#[tokio::test]
async fn what_only_one_version_knows_breaks_rules_only_there() {
    let given = given();
    let wrong = json!({
        "firstName": "Ann", "lastName": "Lee", "email": "nowhere", "defaultSessionType": "Gossip",
        "defaultNoteTemplateIds": ["", 5, "x".repeat(101)], "noteIdentifier": "provider",
    });
    let many: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    let rows = [
        ("words and lists", wrong),
        (
            "a list that is none",
            json!({"defaultNoteTemplateIds": "t-1", "defaultSessionType": 1}),
        ),
        (
            "too many templates",
            json!({"defaultNoteTemplateIds": many, "defaultSessionType": "standard"}),
        ),
    ];
    let rows = rows.map(|(wrong, body)| (wrong, Method::POST, "/users/providers".to_owned(), body.to_string()));

    let shown = table(&given, rows).await;

    insta::assert_snapshot!(shown, @r#"
    words and lists
      V1 400 INVALID_REQUEST 2 rules are broken; see errors
        /email: email must be an e-mail address; given: "nowhere"
        /defaultSessionType: defaultSessionType must be one of Intake, Standard, Soap, Dap, Girp, Birp, Mse, Emdr, PsychiatricSoap, PsychiatricIntake; given: "Gossip"
      V2 400 INVALID_REQUEST 3 rules are broken; see errors
        /defaultNoteTemplateIds/1: defaultNoteTemplateIds.1 must be a string; given: a number
        /email: email must be an e-mail address; given: "nowhere"
        /noteIdentifier: noteIdentifier must be one of Therapist, Clinician, Coach, FirstName, DrLastName, Provider, Physician, Practitioner, Author, Writer, Counselor, Psychologist, PeerSupportSpecialist, CaseManager, Supervisor, Dietitian; given: "provider"
    a list that is none
      V1 400 INVALID_REQUEST 4 rules are broken; see errors
        /firstName: firstName is required; given: nothing
        /lastName: lastName is required; given: nothing
        /email: email is required; given: nothing
        /defaultSessionType: defaultSessionType must be a string; given: a number
      V2 400 INVALID_REQUEST 4 rules are broken; see errors
        /firstName: firstName is required; given: nothing
        /lastName: lastName is required; given: nothing
        /email: email is required; given: nothing
        /defaultNoteTemplateIds: defaultNoteTemplateIds must be an array of strings; given: a string
    too many templates
      V1 400 INVALID_REQUEST 4 rules are broken; see errors
        /firstName: firstName is required; given: nothing
        /lastName: lastName is required; given: nothing
        /email: email is required; given: nothing
        /defaultSessionType: defaultSessionType must be one of Intake, Standard, Soap, Dap, Girp, Birp, Mse, Emdr, PsychiatricSoap, PsychiatricIntake; given: "standard"
      V2 400 INVALID_REQUEST 4 rules are broken; see errors
        /firstName: firstName is required; given: nothing
        /lastName: lastName is required; given: nothing
        /email: email is required; given: nothing
        /defaultNoteTemplateIds: defaultNoteTemplateIds must have at most 100 entries; given: 101 entries
    "#);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_new_provider_is_reported_together() {
    let given = given();
    let wrong = json!({
        "partnerUserId": "", "firstName": 1, "email": "x", "phoneNumber": "x", "phoneCountryCode": "x", "locale": "?",
        "nationalProviderIdentifier": "x", "therapyLicence": "", "defaultNoteTemplateIds": [""], "noteIdentifier": "x",
    });

    let answer = given
        .send_json(
            Method::POST,
            &format!("{V2}/organizations/clinic/users/providers"),
            &wrong,
        )
        .await;

    insta::assert_snapshot!(answer.whole(), @r#"
    400 Bad Request
    {
      "code": "INVALID_REQUEST",
      "errors": [
        {
          "field": "/firstName",
          "message": "firstName must be a string; given: a number"
        },
        {
          "field": "/lastName",
          "message": "lastName is required; given: nothing"
        },
        {
          "field": "/partnerUserId",
          "message": "partnerUserId must have 1 to 256 characters; given: 0 characters"
        },
        {
          "field": "/email",
          "message": "email must be an e-mail address; given: \"x\""
        },
        {
          "field": "/phoneCountryCode",
          "message": "phoneCountryCode must be a calling code of 1 to 3 digits such as +1, or two capital letters; given: \"x\""
        },
        {
          "field": "/phoneNumber",
          "message": "phoneNumber must be a telephone number of digits and separators; given: \"x\""
        },
        {
          "field": "/locale",
          "message": "locale must be a BCP 47 language tag such as en-US; given: \"?\""
        },
        {
          "field": "/nationalProviderIdentifier",
          "message": "nationalProviderIdentifier must be an NPI of 10 digits; given: \"x\""
        },
        {
          "field": "/therapyLicence",
          "message": "therapyLicence must have 1 to 100 characters; given: 0 characters"
        },
        {
          "field": "/noteIdentifier",
          "message": "noteIdentifier must be one of Therapist, Clinician, Coach, FirstName, DrLastName, Provider, Physician, Practitioner, Author, Writer, Counselor, Psychologist, PeerSupportSpecialist, CaseManager, Supervisor, Dietitian; given: \"x\""
        },
        {
          "field": "/defaultNoteTemplateIds/0",
          "message": "defaultNoteTemplateIds.0 must have 1 to 100 characters; given: 0 characters"
        }
      ],
      "message": "11 rules are broken; see errors",
      "statusCode": 400
    }
    "#);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused() {
    let given = given();
    given.provider().await;
    let rows = [
        ("no body", Method::POST, "/users/providers", String::new()),
        ("no JSON", Method::POST, "/users/providers", "{".to_owned()),
        ("no object", Method::POST, "/users/providers", "[]".to_owned()),
        ("null", Method::POST, "/users/check", "null".to_owned()),
        ("no address", Method::POST, "/users/check", "{}".to_owned()),
        (
            "an address that is none",
            Method::POST,
            "/users/check",
            r#"{"email": "x"}"#.to_owned(),
        ),
        (
            "an address of a wrong type",
            Method::POST,
            "/users/check",
            r#"{"email": 5}"#.to_owned(),
        ),
        (
            "half of a surrogate pair",
            Method::POST,
            "/users/check",
            r#"{"email": "\ud800"}"#.to_owned(),
        ),
        (
            "nested too deeply",
            Method::POST,
            "/users/check",
            "[".repeat(128) + &"]".repeat(128),
        ),
        ("too large", Method::POST, "/users/providers", "x".repeat(2_000_000)),
        (
            "a change that is none",
            Method::PATCH,
            "/users/providers/ehr-7",
            "7".to_owned(),
        ),
        (
            "activating with something",
            Method::POST,
            "/users/ehr-7/activate",
            "[]".to_owned(),
        ),
    ];
    let rows = rows.map(|(wrong, method, path, body)| (wrong, method, path.to_owned(), body));

    let shown = table(&given, rows).await;

    insta::assert_snapshot!(shown, @r#"
    no body
      400 INVALID_REQUEST the body ends too early: line 1, column 0
    no JSON
      400 INVALID_REQUEST the body ends too early: line 1, column 1
    no object
      400 INVALID_REQUEST : the request must be an object; given: an array
    null
      400 INVALID_REQUEST : the request must be an object; given: null
    no address
      400 INVALID_REQUEST /email: email is required; given: nothing
    an address that is none
      400 INVALID_REQUEST /email: email must be an e-mail address; given: "x"
    an address of a wrong type
      400 INVALID_REQUEST /email: email must be a string; given: a number
    half of a surrogate pair
      400 INVALID_REQUEST the body has a string with half of a surrogate pair, which is no character: line 1, column 18
    nested too deeply
      400 INVALID_REQUEST the body is nested more than 127 levels deep: line 1, column 128
    too large
      413 INVALID_REQUEST the body must have at most 1048576 bytes
    a change that is none
      400 INVALID_REQUEST : the request must be an object; given: a number
    activating with something
      400 INVALID_REQUEST : the request must be an object; given: an array
    "#);
    assert_eq!(given.memory.count(&given.organization), 1);
}

#[tokio::test]
async fn a_path_that_names_nothing_is_refused() {
    let given = given();
    let id = given.provider().await;
    let rows = [
        ("an id that is not UTF-8", Method::GET, "/users/%ff", ""),
        (
            "an organization that is not UTF-8",
            Method::POST,
            "/organizations/%ff/users/providers",
            "{}",
        ),
        ("an id of nobody", Method::GET, "/users/nobody", ""),
        ("a provider of nobody", Method::PATCH, "/users/providers/nobody", "{}"),
        ("an id with NUL", Method::GET, "/users/providers/a%00b", ""),
        ("an id that is too long", Method::DELETE, "/users/xxxxx", ""),
        ("unknown path", Method::GET, "/nowhere", ""),
        ("the prefix alone", Method::GET, "", ""),
        ("the prefix with a slash", Method::GET, "/", ""),
        ("a list, which there is none of", Method::GET, "/users", ""),
        ("clients, which there are none of", Method::POST, "/users/clients", "{}"),
        ("unknown method", Method::PUT, "/users/ehr-7", "{}"),
        ("unknown method of a check", Method::GET, "/users/check", ""),
    ];
    let rows = rows
        .map(|(wrong, method, path, body)| (wrong, method, path.replace("xxxxx", &"x".repeat(300)), body.to_owned()));

    let shown = table(&given, rows).await;

    insta::assert_snapshot!(shown, @r#"
    an id that is not UTF-8
      400 INVALID_REQUEST the path is not UTF-8 after percent-decoding
    an organization that is not UTF-8
      400 INVALID_REQUEST the path is not UTF-8 after percent-decoding
    an id of nobody
      403 NOT_ALLOWED Given API key is not allowed to access this user.
    a provider of nobody
      403 NOT_ALLOWED Given API key is not allowed to access this user.
    an id with NUL
      403 NOT_ALLOWED Given API key is not allowed to access this user.
    an id that is too long
      403 NOT_ALLOWED Given API key is not allowed to access this user.
    unknown path
      404 NOT_FOUND there is no such path
    the prefix alone
      404 NOT_FOUND there is no such path
    the prefix with a slash
      404 NOT_FOUND there is no such path
    a list, which there is none of
      404 NOT_FOUND there is no such path
    clients, which there are none of
      405 METHOD_NOT_ALLOWED this path does not know the method; see the Allow header
    unknown method
      405 METHOD_NOT_ALLOWED this path does not know the method; see the Allow header
    unknown method of a check
      405 METHOD_NOT_ALLOWED this path does not know the method; see the Allow header
    "#);
    assert!(given.kept(&id).await.active);
}

#[tokio::test]
async fn a_change_that_breaks_a_rule_is_refused() {
    let given = given();
    let id = given.provider().await;
    let before = given.kept(&id).await;
    let rows = [
        ("firstName null", "/users/ehr-7", json!({"firstName": null})),
        ("lastName empty", "/users/ehr-7", json!({"lastName": ""})),
        ("pronoun unknown", "/users/ehr-7", json!({"pronoun": "She"})),
        (
            "dateOfBirth that never was",
            "/users/ehr-7",
            json!({"dateOfBirth": "1981-02-29"}),
        ),
        (
            "dateOfBirth too early",
            "/users/ehr-7",
            json!({"dateOfBirth": "1899-12-31"}),
        ),
        (
            "dateOfBirth with a time",
            "/users/ehr-7",
            json!({"dateOfBirth": "1980-02-29T00:00:00Z"}),
        ),
        ("dateOfBirth number", "/users/ehr-7", json!({"dateOfBirth": 19_800_229})),
        (
            "session type or templates",
            "/users/ehr-7",
            json!({"defaultSessionType": "soap", "defaultNoteTemplateIds": [1]}),
        ),
        (
            "NPI",
            "/users/providers/ehr-7",
            json!({"nationalProviderIdentifier": "0000000000"}),
        ),
        (
            "therapyLicence empty",
            "/users/providers/ehr-7",
            json!({"therapyLicence": ""}),
        ),
        (
            "noteIdentifier",
            "/users/providers/ehr-7",
            json!({"noteIdentifier": "Shaman", "defaultSessionType": ""}),
        ),
    ];
    let rows = rows.map(|(wrong, path, body)| (wrong, Method::PATCH, path.to_owned(), body.to_string()));

    let shown = table(&given, rows).await;

    insta::assert_snapshot!(shown, @r#"
    firstName null
      400 INVALID_REQUEST /firstName: firstName must not be null; given: null
    lastName empty
      400 INVALID_REQUEST /lastName: lastName must have 1 to 200 characters; given: 0 characters
    pronoun unknown
      400 INVALID_REQUEST /pronoun: pronoun must be one of MasculineHim, FeminineHer, NeutralThem; given: "She"
    dateOfBirth that never was
      400 INVALID_REQUEST /dateOfBirth: dateOfBirth must be a date from 1900-01-01 on, written YYYY-MM-DD; given: "1981-02-29"
    dateOfBirth too early
      400 INVALID_REQUEST /dateOfBirth: dateOfBirth must be a date from 1900-01-01 on, written YYYY-MM-DD; given: "1899-12-31"
    dateOfBirth with a time
      400 INVALID_REQUEST /dateOfBirth: dateOfBirth must be a date from 1900-01-01 on, written YYYY-MM-DD; given: "1980-02-29T00:00:00Z"
    dateOfBirth number
      400 INVALID_REQUEST /dateOfBirth: dateOfBirth must be a string; given: a number
    session type or templates
      V1 400 INVALID_REQUEST /defaultSessionType: defaultSessionType must be one of Intake, Standard, Soap, Dap, Girp, Birp, Mse, Emdr, PsychiatricSoap, PsychiatricIntake; given: "soap"
      V2 400 INVALID_REQUEST /defaultNoteTemplateIds/0: defaultNoteTemplateIds.0 must be a string; given: a number
    NPI
      400 INVALID_REQUEST /nationalProviderIdentifier: nationalProviderIdentifier must be an NPI with a valid check digit (Luhn over 80840 and the NPI); given: "0000000000"
    therapyLicence empty
      400 INVALID_REQUEST /therapyLicence: therapyLicence must have 1 to 100 characters; given: 0 characters
    noteIdentifier
      V1 400 INVALID_REQUEST /defaultSessionType: defaultSessionType must be one of Intake, Standard, Soap, Dap, Girp, Birp, Mse, Emdr, PsychiatricSoap, PsychiatricIntake; given: ""
      V2 400 INVALID_REQUEST /noteIdentifier: noteIdentifier must be one of Therapist, Clinician, Coach, FirstName, DrLastName, Provider, Physician, Practitioner, Author, Writer, Counselor, Psychologist, PeerSupportSpecialist, CaseManager, Supervisor, Dietitian; given: "Shaman"
    "#);
    assert_eq!(given.kept(&id).await, before);
}

#[rstest]
#[case::partner_user_id("partnerUserId", json!("東".repeat(256)))]
#[case::names("firstName", json!("é".repeat(200)))]
#[case::licence("therapyLicence", json!("x".repeat(100)))]
#[case::templates("defaultNoteTemplateIds", json!((0..100).map(|number| format!("{number:0>100}")).collect::<Vec<_>>()))]
#[case::telephone("phoneNumber", json!("1".repeat(40)))]
#[tokio::test]
async fn what_is_at_its_limit_is_taken(#[case] field: &str, #[case] value: Value) {
    let given = given();

    let answer = given
        .call(Method::POST, &format!("{V2}/users/providers"), &new_with(field, &value))
        .await;

    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

#[tokio::test]
async fn a_body_of_another_media_type_is_refused_and_one_without_is_read() {
    let given = given();
    let send = async |media_type: Option<&'static str>| {
        let mut request = request(
            Method::POST,
            &format!("{V1}/users/check"),
            r#"{"email": "ann@example.org"}"#,
            &[("x-api-key", KEY)],
        );
        request.headers_mut().remove("content-type");
        if let Some(media_type) = media_type {
            request
                .headers_mut()
                .insert("content-type", HeaderValue::from_static(media_type));
        }
        given.send(request).await
    };

    insta::assert_snapshot!(send(Some("text/xml")).await.whole(), @r#"
    415 Unsupported Media Type
    {
      "code": "INVALID_REQUEST",
      "errors": [],
      "message": "the body must be JSON: send it with Content-Type: application/json",
      "statusCode": 415
    }
    "#);
    assert_eq!(send(None).await.status, StatusCode::OK);
    assert_eq!(
        send(Some("application/json; charset=utf-8")).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_method_that_a_path_does_not_know_is_answered_with_those_it_knows() {
    let given = given();

    let answer = given.call(Method::PUT, &format!("{V2}/users/ehr-7"), "{}").await;

    let mut allowed: Vec<&str> = answer.header("allow").split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["DELETE", "GET", "HEAD", "PATCH"]);
}

#[rstest]
#[case::contention(StatusCode::CONFLICT, Kind::Contention, 503, "UNAVAILABLE")]
#[case::database(StatusCode::SERVICE_UNAVAILABLE, Kind::Unavailable, 503, "UNAVAILABLE")]
#[case::too_slow(StatusCode::SERVICE_UNAVAILABLE, Kind::TimedOut, 503, "UNAVAILABLE")]
#[case::fault(StatusCode::INTERNAL_SERVER_ERROR, Kind::Internal, 500, "INTERNAL_ERROR")]
#[case::forbidden(StatusCode::FORBIDDEN, Kind::Forbidden, 403, "NOT_ALLOWED")]
#[tokio::test]
async fn what_is_not_the_requests_fault_has_its_own_kinds(
    #[case] status: StatusCode,
    #[case] kind: Kind,
    #[case] expected: u16,
    #[case] code: &str,
) {
    let response = render(&Refusal::new(status, kind, "later"), "an-id");

    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 10_000)
        .await
        .expect("a body");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(
        (status, body),
        (
            expected,
            json!({"statusCode": expected, "code": code, "message": "later", "errors": []})
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_refused_and_nothing_is_done() {
    let given = given();
    let mut request = request(
        Method::POST,
        &format!("{V2}/users/providers"),
        "{}",
        &[("x-api-key", KEY)],
    );
    *request.body_mut() = Body::from_stream(futures::stream::pending::<Result<String, std::io::Error>>());

    let answer = given.send(request).await;

    assert_eq!(answer.refusal(), (408, "INVALID_REQUEST".to_owned()));
    assert_eq!(given.memory.count(&given.organization), 0);
}
