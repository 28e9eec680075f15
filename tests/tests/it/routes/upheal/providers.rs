//! `/users/providers/{providerUserId}`: reading and changing what a provider has of a provider.

use e2e::upheal::{V1, V2};
use e2e::{Server, Store, Surface};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, shows};

/// A user with everything that the endpoints show.
async fn ann(server: &Server) -> String {
    let body = json!({
        "external_id": "p/1 é", "first_name": "Ann", "last_name": "Moreau", "email": "ann@example.org",
        "phone": { "country_code": "+33", "number": "123456789" }, "npi": "1234567893",
        "therapy_licence": "PSY 1", "note_identifier": "Clinician", "default_session_type": "Soap",
        "default_note_template_ids": ["t-1", "t-2"], "locale": "fr-FR", "metadata": { "site": "Lyon" },
    });
    server.api().post("/v1/users", body).await.expect(201).text_at("/id")
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_provider_is_read_by_either_id_with_each_versions_fields(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let id = ann(&server).await;

    let read = server.api().below(V2).get(&format!("/users/providers/{id}")).await;

    shows!(read, @r#"
    {
      "body": {
        "defaultNoteTemplateIds": [
          "t-1",
          "t-2"
        ],
        "email": "ann@example.org",
        "firstName": "Ann",
        "lastName": "Moreau",
        "nationalProviderIdentifier": "1234567893",
        "noteIdentifier": "Clinician",
        "organizationId": "[organization]",
        "partnerUserId": "p/1 é",
        "phoneCountryCode": "+33",
        "phoneNumber": "123456789",
        "therapyLicence": "PSY 1",
        "userId": "[id]"
      },
      "status": 200
    }
    "#);
    shows!(server.api().below(V1).get(&format!("/users/providers/{id}")).await, @r#"
    {
      "body": {
        "defaultSessionType": "Soap",
        "email": "ann@example.org",
        "firstName": "Ann",
        "lastName": "Moreau",
        "nationalProviderIdentifier": "1234567893",
        "organizationId": "[organization]",
        "partnerUserId": "p/1 é",
        "phoneCountryCode": "+33",
        "phoneNumber": "123456789",
        "therapyLicence": "PSY 1",
        "userId": "[id]"
      },
      "status": 200
    }
    "#);
    for name in ["p%2F1%20%C3%A9", &id.to_uppercase()] {
        let again = server
            .api()
            .below(V2)
            .get(&format!("/users/providers/{name}"))
            .await
            .expect(200);
        assert_eq!(again.json(), read.json(), "by {name}");
    }
    // Whoever was made elsewhere and lacks what the document requires is shown with empty text
    let nobody = given::user(&server.api(), "ehr-2").await;
    shows!(server.api().below(V2).get(&format!("/users/providers/{}", given::id(&nobody))).await, @r#"
    {
      "body": {
        "defaultNoteTemplateIds": [],
        "email": "",
        "firstName": "",
        "lastName": "",
        "organizationId": "[organization]",
        "partnerUserId": "ehr-2",
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
async fn a_change_changes_what_it_names_and_each_version_has_its_fields(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let id = ann(&server).await;
    let path = format!("/users/providers/{id}");
    let (v1, v2) = (server.api().below(V1), server.api().below(V2));
    let mut expected = v2.get(&path).await.expect(200).json();

    // V2: field by field, null clears, and what the version does not know is passed over
    for (change, shown) in [
        (json!({}), json!({})),
        (
            json!({ "noteIdentifier": "Coach" }),
            json!({ "noteIdentifier": "Coach" }),
        ),
        (
            json!({ "defaultNoteTemplateIds": ["t-3"] }),
            json!({ "defaultNoteTemplateIds": ["t-3"] }),
        ),
        (
            json!({ "therapyLicence": "PSY 2" }),
            json!({ "therapyLicence": "PSY 2" }),
        ),
        (
            json!({ "nationalProviderIdentifier": "1679576722" }),
            json!({ "nationalProviderIdentifier": "1679576722" }),
        ),
        (
            json!({ "firstName": "Bea", "email": "bea@example.org", "defaultSessionType": "Emdr", "unknown": [] }),
            json!({}),
        ),
        (
            json!({ "defaultNoteTemplateIds": null }),
            json!({ "defaultNoteTemplateIds": [] }),
        ),
    ] {
        expected = given::with(&expected, shown);
        assert_eq!(
            v2.patch(&path, change.clone()).await.expect(200).json(),
            expected,
            "{change}"
        );
    }
    let cleared = v2
        .patch(&path, json!({ "therapyLicence": null, "noteIdentifier": null }))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (cleared.get("therapyLicence"), cleared.get("noteIdentifier")),
        (None, None),
        "{cleared}"
    );

    // V1: the session type, which its answer calls otherwise
    shows!(v1.patch(&path, json!({ "defaultSessionType": "PsychiatricIntake", "noteIdentifier": "Writer" })).await, @r#"
    {
      "body": {
        "defaultNotesType": "PsychiatricIntake",
        "userId": "[id]"
      },
      "status": 200
    }
    "#);
    let canonical = given::canonical(&server.api(), &id).await;
    for (name, value) in [
        ("default_session_type", json!("PsychiatricIntake")),
        ("note_identifier", Value::Null),
        ("therapy_licence", Value::Null),
        ("npi", json!("1679576722")),
        ("first_name", json!("Ann")),
        ("email", json!("ann@example.org")),
        ("metadata", json!({ "site": "Lyon" })),
        ("locale", json!("fr-FR")),
    ] {
        assert_eq!(canonical[name], value, "{name}");
    }
    let standard = v1
        .patch(&path, json!({ "defaultSessionType": null }))
        .await
        .expect(200)
        .json();
    assert_eq!(standard, json!({ "userId": id, "defaultNotesType": "Standard" }));
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn every_documented_refusal_can_be_had(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let id = ann(&server).await;
    let before = given::users(&server.api()).await;
    let unknown = e2e::clock::unknown_id();

    for prefix in [V1, V2] {
        let vendor = server.api().below(prefix);
        let path = |name: &str| format!("/users/providers/{name}");
        let broken = json!({
            "nationalProviderIdentifier": "1", "therapyLicence": "x".repeat(101),
            "defaultSessionType": "Nap", "noteIdentifier": "Boss",
        });
        for (what, answer, status) in [
            ("broken rules", vendor.patch(&path(&id), broken).await, 400),
            ("a list", vendor.patch(&path(&id), json!([])).await, 400),
            ("no key to read", vendor.anonymous().get(&path(&id)).await, 401),
            (
                "no key to change",
                vendor.anonymous().patch(&path(&id), json!({})).await,
                401,
            ),
            ("nobody is read", vendor.get(&path(&unknown)).await, 403),
            ("nobody is changed", vendor.patch(&path("nobody"), json!({})).await, 403),
            (
                "a wrong method",
                vendor.send(Method::PUT, &path(&id), e2e::Body::Json(json!({}))).await,
                405,
            ),
            ("an unknown path", vendor.get(&format!("{}/x", path(&id))).await, 404),
        ] {
            assert_eq!(answer.status, status, "{what}: {answer:?}");
            Surface::Upheal.is_error(&answer);
        }
    }
    assert_eq!(given::users(&server.api()).await, before);
    let path = format!("/users/providers/{unknown}");
    shows!(server.api().below(V2).get(&path).await, @r#"
    {
      "body": {
        "code": "NOT_ALLOWED",
        "errors": [],
        "message": "Given API key is not allowed to access this user.",
        "statusCode": 403
      },
      "status": 403
    }
    "#);
    shows!(server.api().below(V2).patch(&format!("/users/providers/{id}"), json!({ "noteIdentifier": "Boss" })).await, @r#"
    {
      "body": {
        "code": "INVALID_REQUEST",
        "errors": [
          {
            "field": "/noteIdentifier",
            "message": "noteIdentifier must be one of Therapist, Clinician, Coach, FirstName, DrLastName, Provider, Physician, Practitioner, Author, Writer, Counselor, Psychologist, PeerSupportSpecialist, CaseManager, Supervisor, Dietitian; given: \"Boss\""
          }
        ],
        "message": "noteIdentifier must be one of Therapist, Clinician, Coach, FirstName, DrLastName, Provider, Physician, Practitioner, Author, Writer, Counselor, Psychologist, PeerSupportSpecialist, CaseManager, Supervisor, Dietitian; given: \"Boss\"",
        "statusCode": 400
      },
      "status": 400
    }
    "#);

    // A deactivated user cannot be changed, and is left as it is
    server
        .api()
        .post(&format!("/v1/users/{id}/deactivate"), json!({}))
        .await
        .expect(200);
    let path = format!("/users/providers/{id}");
    shows!(server.api().below(V2).patch(&path, json!({ "therapyLicence": "PSY 9" })).await, @r#"
    {
      "body": {
        "code": "USER_DEACTIVATED",
        "errors": [],
        "message": "the user is deactivated and cannot be changed: activate the user first",
        "statusCode": 400
      },
      "status": 400
    }
    "#);
    server
        .api()
        .below(V1)
        .patch(&path, json!({ "therapyLicence": "PSY 9" }))
        .await
        .expect(400);
    assert_eq!(given::canonical(&server.api(), &id).await["therapy_licence"], "PSY 1");
    server.api().below(V2).get(&path).await.expect(200);
}
