//! `POST /users/providers`, alone and in an organization, of both versions.

use e2e::upheal::{V1, V2, partners_provider, provider, with_key};
use e2e::{Api, Server, Store, Surface};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, shows};

/// The NPI of the usual examples.
const NPI: &str = "1234567893";

/// Every field of the documents, those of both versions together: each version passes over those of the other.
fn everything() -> Value {
    json!({
        "partnerUserId": "string",
        "firstName": "Ann",
        "lastName": "Moreau",
        "email": "ann.moreau@example.org",
        "phoneNumber": "555 010 0199",
        "phoneCountryCode": "+1",
        "locale": "en-US",
        "defaultNoteTemplateIds": ["2fb81b0a-611b-11ed-9b6a-0242ac120002"],
        "nationalProviderIdentifier": NPI,
        "therapyLicence": "PSY 12345",
        "noteIdentifier": "Provider",
        "defaultSessionType": "Dap",
    })
}

fn is_uuid(text: &str) -> bool {
    let dashes = [8, 13, 18, 23];
    text.len() == 36
        && text.char_indices().all(|(place, c)| {
            (c == '-') == dashes.contains(&place) && (c == '-' || (c.is_ascii_hexdigit() && !c.is_ascii_uppercase()))
        })
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn v2_answers_with_the_fields_of_the_documents_example(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let organization = server.api().get("/v1/organization").await.expect(200).text_at("/id");
    let vendor = with_key(&server, V2, server.key());

    // When a provider is made with what the example's answer has
    let made = vendor.post("/users/providers", everything()).await;

    // Then the answer is the example, but for the ids and links,
    shows!(made, @r#"
    {
      "body": {
        "defaultNoteTemplateIds": [
          "2fb81b0a-611b-11ed-9b6a-0242ac120002"
        ],
        "inviteUrl": "[invite]",
        "noteIdentifier": "Provider",
        "organizationId": "[organization]",
        "partnerUserId": "string",
        "privateRoomLink": "[room]",
        "userId": "[id]"
      },
      "status": 200
    }
    "#);
    assert!(is_uuid(&made.text_at("/userId")), "{made:?}");
    assert_eq!(made.text_at("/organizationId"), organization);
    let invite = made.text_at("/inviteUrl");
    let invite = invite
        .strip_prefix("https://app.upheal.io/invite/")
        .expect("the vendor's page");
    assert!(is_uuid(invite), "{made:?}");
    let room = made.text_at("/privateRoomLink");
    let room = room.strip_prefix("https://upheal.io/").expect("the vendor's page");
    assert!(!room.contains('/') && room.len() > 20, "{made:?}");
    // and the rest is kept as well.
    let canonical = given::canonical(&server.api(), &made.text_at("/userId")).await;
    for (name, value) in [
        ("external_id", json!("string")),
        ("first_name", json!("Ann")),
        ("last_name", json!("Moreau")),
        ("email", json!("ann.moreau@example.org")),
        ("phone", json!({ "country_code": "+1", "number": "555 010 0199" })),
        ("locale", json!("en-US")),
        ("npi", json!(NPI)),
        ("therapy_licence", json!("PSY 12345")),
        ("note_identifier", json!("Provider")),
        (
            "default_note_template_ids",
            json!(["2fb81b0a-611b-11ed-9b6a-0242ac120002"]),
        ),
        ("default_session_type", Value::Null),
        ("active", json!(true)),
    ] {
        assert_eq!(canonical[name], value, "{name}");
    }
    // What is not given is left out of the answer where the document does not require it
    let least = vendor.post("/users/providers", provider("bea@example.org")).await;
    shows!(least, @r#"
    {
      "body": {
        "defaultNoteTemplateIds": [],
        "inviteUrl": "[invite]",
        "organizationId": "[organization]",
        "privateRoomLink": "[room]",
        "userId": "[id]"
      },
      "status": 200
    }
    "#);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn v1_knows_session_types_and_no_templates(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let vendor = server.api().below(V1);

    let made = vendor.post("/users/providers", everything()).await;

    shows!(made, @r#"
    {
      "body": {
        "inviteUrl": "[invite]",
        "organizationId": "[organization]",
        "partnerUserId": "string",
        "privateRoomLink": "[room]",
        "userId": "[id]"
      },
      "status": 200
    }
    "#);
    let canonical = given::canonical(&server.api(), &made.text_at("/userId")).await;
    assert_eq!(canonical["default_session_type"], "Dap");
    assert_eq!(canonical["default_note_template_ids"], json!([]));
    assert_eq!(canonical["note_identifier"], Value::Null);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn an_organization_may_be_named_by_id_or_short_name_and_must_be_the_keys(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let id = server.api().get("/v1/organization").await.expect(200).text_at("/id");
    let other = server.another_organization("other");
    let others_id = other.get("/v1/organization").await.expect(200).text_at("/id");

    for (number, (prefix, name)) in [(V1, "default"), (V1, &id), (V2, "default"), (V2, &id)]
        .into_iter()
        .enumerate()
    {
        let path = format!("/organizations/{name}/users/providers");
        let body = provider(&format!("ann-{number}@example.org"));
        let made = server.api().below(prefix).post(&path, body).await.expect(200);
        assert_eq!(made.text_at("/organizationId"), id, "{prefix}{path}");
    }
    let unknown = e2e::clock::unknown_id();
    for name in ["other", &others_id, &unknown, "nowhere"] {
        for prefix in [V1, V2] {
            let path = format!("/organizations/{name}/users/providers");
            let refused = server
                .api()
                .below(prefix)
                .post(&path, provider("bea@example.org"))
                .await;
            assert_eq!(refused.status, 404, "{refused:?}");
            Surface::Upheal.is_error(&refused);
        }
    }
    let path = "/organizations/nowhere/users/providers";
    shows!(server.api().below(V2).post(path, provider("bea@example.org")).await, @r#"
    {
      "body": {
        "code": "NOT_FOUND",
        "errors": [],
        "message": "there is no such organization",
        "statusCode": 404
      },
      "status": 404
    }
    "#);
    assert_eq!(given::users(&other).await, Vec::<Value>::new());
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn every_documented_refusal_can_be_had(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let path = "/users/providers";
    let made = server
        .api()
        .below(V2)
        .post(path, partners_provider("p-1", "ann@example.org"))
        .await
        .expect(200);
    let before = given::users(&server.api()).await;

    for vendor in [with_key(&server, V1, server.key()), with_key(&server, V2, server.key())] {
        // 400: required fields that are missing, null, or empty, and rules that are broken
        for (what, body, fields) in [
            ("nothing", json!({}), vec!["/firstName", "/lastName", "/email"]),
            (
                "null",
                json!({ "firstName": null, "lastName": null, "email": null }),
                vec!["/firstName", "/lastName", "/email"],
            ),
            (
                "empty",
                json!({ "firstName": "", "lastName": " ", "email": "" }),
                vec!["/firstName", "/lastName", "/email"],
            ),
            (
                "broken rules",
                given::with(
                    &provider("nobody"),
                    json!({
                        "partnerUserId": "x".repeat(257), "phoneNumber": "none", "phoneCountryCode": "+12345",
                        "locale": "english please", "nationalProviderIdentifier": "1234567890",
                    }),
                ),
                vec![
                    "/email",
                    "/partnerUserId",
                    "/phoneNumber",
                    "/phoneCountryCode",
                    "/locale",
                    "/nationalProviderIdentifier",
                ],
            ),
        ] {
            let refused = vendor.post(path, body).await.expect(400);
            Surface::Upheal.is_error(&refused);
            let mut named: Vec<String> = faults(&refused.json());
            let mut expected: Vec<String> = fields.into_iter().map(str::to_owned).collect();
            named.sort();
            expected.sort();
            assert_eq!(named, expected, "{what}: {refused:?}");
        }
        // 401: no key, a wrong key, two keys
        for (what, caller) in [
            ("no key", keyless(&server, vendor.base())),
            (
                "a wrong key",
                keyless(&server, vendor.base()).with("x-api-key", "rstr_wrong"),
            ),
            ("a wrong Bearer", keyless(&server, vendor.base()).bearer("rstr_wrong")),
            ("an empty key", keyless(&server, vendor.base()).with("x-api-key", "")),
            ("two keys", vendor.bearer("another")),
        ] {
            let refused = caller.post(path, provider("bea@example.org")).await;
            assert_eq!(refused.status, 401, "{what}: {refused:?}");
            Surface::Upheal.is_error(&refused);
        }
        // 403: what another user has
        for (field, body) in [
            ("/partnerUserId", partners_provider("p-1", "bea@example.org")),
            ("/email", partners_provider("p-2", "ANN@example.org")),
        ] {
            let refused = vendor.post(path, body).await.expect(403);
            Surface::Upheal.is_error(&refused);
            assert_eq!(faults(&refused.json()), [field], "{refused:?}");
        }
    }
    assert_eq!(given::users(&server.api()).await, before);
    shows!(server.api().below(V2).post(path, json!({ "firstName": 7, "lastName": "Moreau" })).await, @r#"
    {
      "body": {
        "code": "INVALID_REQUEST",
        "errors": [
          {
            "field": "/firstName",
            "message": "firstName must be a string; given: a number"
          },
          {
            "field": "/email",
            "message": "email is required; given: nothing"
          }
        ],
        "message": "2 rules are broken; see errors",
        "statusCode": 400
      },
      "status": 400
    }
    "#);
    shows!(server.api().anonymous().below(V2).post(path, provider("bea@example.org")).await, @r#"
    {
      "body": {
        "code": "UNAUTHORIZED",
        "errors": [],
        "message": "an API key is needed, in x-api-key or as Bearer token in Authorization",
        "statusCode": 401
      },
      "status": 401
    }
    "#);
    shows!(server.api().below(V2).post(path, partners_provider("p-1", "bea@example.org")).await, @r#"
    {
      "body": {
        "code": "USER_EXISTS",
        "errors": [
          {
            "field": "/partnerUserId",
            "message": "another user has this partnerUserId"
          }
        ],
        "message": "Given API key is not allowed to create user with given parameters.",
        "statusCode": 403
      },
      "status": 403
    }
    "#);

    // The same key may be given in both ways, and V1 and V2 have the same users.
    let both = with_key(&server, V1, server.key()).bearer(server.key());
    both.get(&format!("/users/{}", made.text_at("/userId")))
        .await
        .expect(200);
}

/// The fields that an error points at.
fn faults(error: &Value) -> Vec<String> {
    let faults = error["errors"].as_array().expect("a list");
    faults
        .iter()
        .map(|fault| fault["field"].as_str().expect("a field").to_owned())
        .collect()
}

fn keyless(server: &Server, base: &str) -> Api {
    server.api().anonymous().at(base)
}
