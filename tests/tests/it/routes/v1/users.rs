//! `/v1/users`

use e2e::{Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, shows};

/// A user with everything that there is.
fn everything() -> Value {
    json!({
        "external_id": "ehr-1",
        "email": "Ann.Moreau@example.org",
        "first_name": "Ann",
        "last_name": "Moreau",
        "phone": { "country_code": "+33", "number": "123456789" },
        "locale": "fr-FR",
        "roles": ["PRACTITIONER"],
        "metadata": { "site": "Lyon" },
        "npi": "1234567893",
        "therapy_licence": "LIC-1",
        "note_identifier": "Therapist",
        "default_note_template_ids": ["soap"],
        "settings": {
            "specialty": { "kind": "OTHER", "other_specialty_name": "Sleep medicine" },
            "speech_locale": "fr-FR",
            "secondary_speech_locale": "en-US",
        },
    })
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_user_with_everything_is_created_read_and_cleared(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let api = server.api();

    // Created
    let created = api.post("/v1/users", everything()).await;
    shows!(created, @r#"
    {
      "body": {
        "active": true,
        "created_at": "[time]",
        "customer_id": null,
        "date_of_birth": null,
        "default_note_template_ids": [
          "soap"
        ],
        "default_session_type": null,
        "email": "Ann.Moreau@example.org",
        "external_id": "ehr-1",
        "first_name": "Ann",
        "id": "[id]",
        "last_name": "Moreau",
        "locale": "fr-FR",
        "metadata": {
          "site": "Lyon"
        },
        "note_identifier": "Therapist",
        "npi": "1234567893",
        "phone": {
          "country_code": "+33",
          "number": "123456789"
        },
        "pronoun": null,
        "roles": [
          "PRACTITIONER"
        ],
        "settings": {
          "secondary_speech_locale": "en-US",
          "specialty": {
            "kind": "OTHER",
            "other_specialty_name": "Sleep medicine"
          },
          "speech_locale": "fr-FR"
        },
        "therapy_licence": "LIC-1",
        "updated_at": "[time]",
        "version": 1
      },
      "status": 201
    }
    "#);
    let path = format!("/v1/users/{}", created.text_at("/id"));
    assert_eq!(
        (created.header("location"), created.header("etag")),
        (Some(path.as_str()), Some("\"1\""))
    );
    // read,
    let read = api.get(&path).await.expect(200);
    assert_eq!((read.json(), read.header("etag")), (created.json(), Some("\"1\"")));
    assert_eq!(api.with("If-None-Match", "\"1\"").get(&path).await.expect(304).text, "");
    // changed in one field, which leaves the others,
    let changed = api.patch(&path, json!({ "first_name": "Anna" })).await.expect(200);
    let mut expected = created.json();
    expected["first_name"] = json!("Anna");
    expected["version"] = json!(2);
    expected["updated_at"] = changed.json()["updated_at"].clone();
    assert_eq!(changed.json(), expected);
    assert_eq!(changed.header("etag"), Some("\"2\""));
    // changed to what it is, which is no change,
    assert_eq!(
        api.patch(&path, json!({ "first_name": "Anna" }))
            .await
            .expect(200)
            .json(),
        expected
    );
    // and cleared.
    let null: Value = everything()
        .as_object()
        .expect("fields")
        .keys()
        .map(|name| (name.clone(), Value::Null))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let cleared = api.patch(&path, null).await;
    shows!(cleared, @r#"
    {
      "body": {
        "active": true,
        "created_at": "[time]",
        "customer_id": null,
        "date_of_birth": null,
        "default_note_template_ids": [],
        "default_session_type": null,
        "email": null,
        "external_id": null,
        "first_name": null,
        "id": "[id]",
        "last_name": null,
        "locale": null,
        "metadata": null,
        "note_identifier": null,
        "npi": null,
        "phone": null,
        "pronoun": null,
        "roles": [],
        "settings": {
          "secondary_speech_locale": null,
          "specialty": null,
          "speech_locale": null
        },
        "therapy_licence": null,
        "updated_at": "[time]",
        "version": 3
      },
      "status": 200
    }
    "#);
    assert_eq!(api.get(&path).await.expect(200).json(), cleared.json());
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_merge_patch_merges_objects_but_replaces_metadata(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let path = format!(
        "/v1/users/{}",
        server
            .api()
            .post("/v1/users", everything())
            .await
            .expect(201)
            .text_at("/id")
    );

    let body = json!({
        "metadata": { "floor": "3" },
        "phone": { "number": "987654321" },
        "settings": { "specialty": null, "secondary_speech_locale": "de-DE" },
    });
    let kind = "application/merge-patch+json";
    let bytes = e2e::Body::Raw(kind, body.to_string().into_bytes());
    let changed = server
        .api()
        .send(reqwest::Method::PATCH, &path, bytes)
        .await
        .expect(200)
        .json();

    assert_eq!(changed["metadata"], json!({ "floor": "3" }));
    assert_eq!(
        changed["phone"],
        json!({ "country_code": "+33", "number": "987654321" })
    );
    assert_eq!(
        changed["settings"],
        json!({ "specialty": null, "speech_locale": "fr-FR", "secondary_speech_locale": "de-DE" })
    );
}

#[tokio::test]
async fn everything_that_is_wrong_is_reported_together() {
    let server = Server::on(Store::Sqlite).start().await;

    let refused = server
        .api()
        .post(
            "/v1/users",
            json!({
                "external_id": "x".repeat(257),
                "email": "ann",
                "roles": ["CLEANER"],
                "npi": "1234567890",
                "metadata": { "k".repeat(41): "v", "n": 7 },
                "settings": { "speech_locale": "en-US", "secondary_speech_locale": "en-US" },
                "colour": "red",
                "version": 7,
            }),
        )
        .await;

    shows!(refused, @r#"
    {
      "body": {
        "detail": "9 rules are broken; see errors",
        "errors": [
          {
            "code": "type",
            "detail": "metadata.n must be a string",
            "given": "a number",
            "pointer": "/metadata/n"
          },
          {
            "code": "read_only",
            "detail": "version is set by Roster and cannot be changed",
            "given": "a number",
            "pointer": "/version"
          },
          {
            "code": "unknown_field",
            "detail": "colour is not a field of this request",
            "given": "\"colour\"",
            "pointer": "/colour"
          },
          {
            "code": "length",
            "detail": "external_id must have 1 to 256 characters",
            "given": "257 characters",
            "pointer": "/external_id"
          },
          {
            "code": "format",
            "detail": "email must be an e-mail address",
            "given": "\"ann\"",
            "pointer": "/email"
          },
          {
            "code": "one_of",
            "detail": "roles.0 must be one of ADMINISTRATOR, PRACTITIONER",
            "given": "\"CLEANER\"",
            "pointer": "/roles/0"
          },
          {
            "code": "length",
            "detail": "metadata.kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk must have 1 to 40 characters in its key",
            "given": "41 characters",
            "pointer": "/metadata/kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
          },
          {
            "code": "format",
            "detail": "npi must be an NPI with a valid check digit (Luhn over 80840 and the NPI)",
            "given": "\"1234567890\"",
            "pointer": "/npi"
          },
          {
            "code": "differs_from",
            "detail": "settings.secondary_speech_locale must differ from speech_locale",
            "given": "\"en-US\"",
            "pointer": "/settings/secondary_speech_locale"
          }
        ],
        "instance": "[id]",
        "status": 422,
        "title": "Fields break rules",
        "type": "/problems/invalid-fields"
      },
      "status": 422
    }
    "#);
    assert_eq!(given::users(&server.api()).await, Vec::<Value>::new());
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn conflicts_name_the_field(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let api = server.api();
    let first = api
        .post(
            "/v1/users",
            json!({ "external_id": "ehr-1", "email": "ann@example.org" }),
        )
        .await
        .expect(201);
    let second = api
        .post(
            "/v1/users",
            json!({ "external_id": "ehr-2", "email": "bea@example.org" }),
        )
        .await
        .expect(201);
    let path = format!("/v1/users/{}", second.text_at("/id"));

    shows!(api.post("/v1/users", json!({ "external_id": "ehr-1" })).await, @r#"
    {
      "body": {
        "detail": "another user has this external_id",
        "errors": [
          {
            "code": "taken",
            "detail": "another user has this external_id",
            "pointer": "/external_id"
          }
        ],
        "instance": "[id]",
        "status": 409,
        "title": "Another record stands against the request",
        "type": "/problems/conflict"
      },
      "status": 409
    }
    "#);
    shows!(api.patch(&path, json!({ "email": "ANN@EXAMPLE.ORG" })).await, @r#"
    {
      "body": {
        "detail": "another user has this email",
        "errors": [
          {
            "code": "taken",
            "detail": "another user has this email",
            "pointer": "/email"
          }
        ],
        "instance": "[id]",
        "status": 409,
        "title": "Another record stands against the request",
        "type": "/problems/conflict"
      },
      "status": 409
    }
    "#);
    let mut two = api
        .put("/v1/users/by-external-id/ehr-2", json!({ "email": "ann@example.org" }))
        .await;
    for (user, name) in [(&first, "[first]"), (&second, "[second]")] {
        two.text = two.text.replace(&user.text_at("/id"), name);
    }
    shows!(two, @r#"
    {
      "body": {
        "detail": "external_id belongs to user [second], email to user [first]",
        "errors": [
          {
            "code": "taken",
            "detail": "external_id belongs to user [second], email to user [first]",
            "pointer": "/external_id"
          },
          {
            "code": "taken",
            "detail": "external_id belongs to user [second], email to user [first]",
            "pointer": "/email"
          }
        ],
        "instance": "[id]",
        "status": 409,
        "title": "Another record stands against the request",
        "type": "/problems/conflict"
      },
      "status": 409
    }
    "#);

    assert_eq!(api.get(&path).await.expect(200).json(), second.json());
    // What a deleted user had is free again.
    api.delete(&format!("/v1/users/{}", first.text_at("/id")))
        .await
        .expect(204);
    api.patch(&path, json!({ "external_id": "ehr-1", "email": "ann@example.org" }))
        .await
        .expect(200);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_user_is_put_by_external_id_created_then_changed(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let api = server.api();
    // An external id with everything that a path must escape
    let path = "/v1/users/by-external-id/EHR%2F1%20%3F%23%25%C3%A9%E6%BC%A2";

    let created = api.put(path, json!({ "first_name": "Ann" })).await.expect(201).json();
    let changed = api.put(path, json!({ "last_name": "Moreau" })).await.expect(200).json();

    assert_eq!(created["external_id"], "EHR/1 ?#%é漢");
    assert_eq!(
        (&changed["id"], &changed["first_name"], &changed["last_name"]),
        (&created["id"], &json!("Ann"), &json!("Moreau"))
    );
    // Whoever has the e-mail address and no external id yet is given this one.
    let lone = api
        .post("/v1/users", json!({ "email": "bea@example.org" }))
        .await
        .expect(201)
        .json();
    let linked = api
        .put("/v1/users/by-external-id/ehr-2", json!({ "email": "bea@example.org" }))
        .await
        .expect(200)
        .json();
    assert_eq!((&linked["id"], &linked["external_id"]), (&lone["id"], &json!("ehr-2")));
    assert_eq!(given::users(&api).await.len(), 2);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn users_are_listed_page_by_page_and_filtered(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let api = server.api();
    let mut users = Vec::new();
    for number in 0..7 {
        let body = json!({ "external_id": format!("ehr-{number}"), "email": format!("u{number}@example.org"), "active": number % 2 == 0 });
        users.push(api.post("/v1/users", body).await.expect(201).json());
    }

    // Page by page; the last says so
    let first = api.get("/v1/users?limit=3").await.expect(200);
    assert_eq!(first.data(), users[..3]);
    let second = api
        .get(&format!("/v1/users?limit=3&cursor={}", first.text_at("/next_cursor")))
        .await
        .expect(200);
    assert_eq!(second.data(), users[3..6]);
    // also when somebody is deleted and somebody is made in between,
    api.delete(&format!("/v1/users/{}", given::id(&users[5])))
        .await
        .expect(204);
    let late = given::user(&api, "late").await;
    let third = api
        .get(&format!("/v1/users?limit=3&cursor={}", second.text_at("/next_cursor")))
        .await
        .expect(200);
    assert_eq!(third.json(), json!({ "data": [users[6], late], "next_cursor": null }));
    // and filtered.
    let found = async |query: &str| api.get(&format!("/v1/users?{query}")).await.expect(200).data();
    assert_eq!(found("external_id=ehr-3").await, users[3..4]);
    assert_eq!(found("email=U4%40EXAMPLE.org").await, users[4..5]);
    assert_eq!(found("active=false").await, [users[1].clone(), users[3].clone()]);
    assert_eq!(found("external_id=ehr-3&active=true").await, Vec::<Value>::new());
    shows!(api.get("/v1/users?limit=201&active=maybe&colour=red&cursor=x").await, @r#"
    {
      "body": {
        "detail": "4 rules are broken; see errors",
        "errors": [
          {
            "code": "format",
            "detail": "limit must be a whole number from 1 to 200",
            "given": "\"201\"",
            "parameter": "limit"
          },
          {
            "code": "format",
            "detail": "cursor must be next_cursor of the page before, unchanged",
            "given": "\"x\"",
            "parameter": "cursor"
          },
          {
            "code": "one_of",
            "detail": "active must be one of true, false",
            "given": "\"maybe\"",
            "parameter": "active"
          },
          {
            "code": "unknown_parameter",
            "detail": "colour is not a parameter of this request",
            "given": "\"colour\"",
            "parameter": "colour"
          }
        ],
        "instance": "[id]",
        "status": 400,
        "title": "Query parameters break rules",
        "type": "/problems/invalid-parameters"
      },
      "status": 400
    }
    "#);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_user_is_deactivated_activated_and_deleted(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let api = server.api();
    let path = format!("/v1/users/{}", given::id(&given::user(&api, "ehr-1").await));

    let off = api
        .post(&format!("{path}/deactivate"), json!({}))
        .await
        .expect(200)
        .json();
    let still_off = api
        .send(reqwest::Method::POST, &format!("{path}/deactivate"), e2e::Body::None)
        .await
        .expect(200)
        .json();
    let on = api
        .post(&format!("{path}/activate"), json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&off["active"], &off["version"], &on["active"], &on["version"]),
        (&json!(false), &json!(2), &json!(true), &json!(3))
    );
    assert_eq!(off, still_off);

    // Only at the version that was seen
    let stale = api.with("If-Match", "\"1\"");
    shows!(stale.delete(&path).await, @r#"
    {
      "body": {
        "detail": "the record is at version 3, not at the one expected",
        "instance": "[id]",
        "status": 412,
        "title": "The record is at another version",
        "type": "/problems/version-mismatch"
      },
      "status": 412
    }
    "#);
    stale.post(&format!("{path}/deactivate"), json!({})).await.expect(412);
    stale.patch(&path, json!({ "first_name": "Ann" })).await.expect(412);
    api.with("If-Match", "3").delete(&path).await.expect(400);
    let deleted = api.with("If-Match", "\"3\"").delete(&path).await.expect(204);
    assert_eq!(deleted.text, "");
    shows!(api.get(&path).await, @r#"
    {
      "body": {
        "detail": "there is no such user",
        "instance": "[id]",
        "status": 404,
        "title": "There is no such record",
        "type": "/problems/not-found"
      },
      "status": 404
    }
    "#);
    api.delete(&path).await.expect(404);
    assert_eq!(given::users(&api).await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_looks_like_patient_data_is_warned_of_or_refused_as_the_organization_chooses() {
    let server = Server::on(Store::Sqlite).start().await;
    let api = server.api();
    let body = |number: u32| json!({ "external_id": number.to_string(), "metadata": { "ssn": "123-45-6789" } });
    let choose = async |guard: &str| {
        api.patch("/v1/organization", json!({ "phi_guard": guard }))
            .await
            .expect(200)
    };

    choose("warn").await;
    let warned = api.post("/v1/users", body(1)).await.expect(201);
    assert!(
        warned.json()["warnings"]
            .as_array()
            .is_some_and(|warnings| warnings.len() == 1),
        "{warned:?}"
    );
    choose("reject").await;
    let refused = api.post("/v1/users", body(2)).await.expect(422);
    assert!(!refused.text.contains("6789"), "{refused:?}");
    choose("off").await;
    assert_eq!(
        api.post("/v1/users", body(3)).await.expect(201).json()["warnings"],
        Value::Null
    );
}
