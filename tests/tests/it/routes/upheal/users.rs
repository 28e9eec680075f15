//! `/users/check` and `/users/{userId}`.

use e2e::upheal::{V1, V2, partners_provider};
use e2e::{Server, Store, Surface};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, shows};

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn an_address_is_checked_in_any_case(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let vendor = server.api().below(V2);
    let made = vendor
        .post("/users/providers", partners_provider("p-1", "Ann@example.org"))
        .await
        .expect(200);
    let id = made.text_at("/userId");

    for (prefix, active) in [(V1, true), (V2, true), (V1, false), (V2, false)] {
        if !active {
            vendor.delete(&format!("/users/{id}")).await.expect(202);
        }
        let vendor = server.api().below(prefix);
        let found = vendor
            .post("/users/check", json!({ "email": "ANN@EXAMPLE.ORG" }))
            .await
            .expect(200)
            .json();
        assert_eq!(
            found,
            json!({ "isUserExists": true, "userId": id, "email": "Ann@example.org", "isActive": active })
        );
        let unknown = vendor
            .post("/users/check", json!({ "email": "bea@example.org" }))
            .await
            .expect(200);
        assert_eq!(unknown.json(), json!({ "isUserExists": false }));
        for (what, body) in [
            ("no address", json!({})),
            ("null", json!({ "email": null })),
            ("empty", json!({ "email": "" })),
            ("no text", json!({ "email": ["ann@example.org"] })),
            ("none that is one", json!({ "email": "ann" })),
        ] {
            let refused = vendor.post("/users/check", body).await;
            assert_eq!(refused.status, 400, "{what}: {refused:?}");
            Surface::Upheal.is_error(&refused);
            assert_eq!(refused.json()["errors"][0]["field"], "/email", "{what}: {refused:?}");
        }
        let refused = vendor
            .anonymous()
            .post("/users/check", json!({ "email": "ann@example.org" }))
            .await
            .expect(401);
        Surface::Upheal.is_error(&refused);
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_user_is_read_and_changed_by_either_id_in_either_version(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let (v1, v2) = (server.api().below(V1), server.api().below(V2));
    let body = given::with(
        &partners_provider("p-1", "ann@example.org"),
        json!({ "phoneNumber": "5550100", "phoneCountryCode": "US", "defaultNoteTemplateIds": ["t-1"] }),
    );
    let id = v2.post("/users/providers", body).await.expect(200).text_at("/userId");

    // The example of the document, in each version
    let changed = json!({
        "firstName": "Bea", "lastName": "Lee", "pronoun": "NeutralThem", "dateOfBirth": "1980-02-29",
        "defaultNoteTemplateIds": ["t-2"], "defaultSessionType": "Birp", "email": "eve@example.org",
    });
    shows!(v1.get("/users/p-1").await, @r#"
    {
      "body": {
        "defaultSessionType": "Standard",
        "email": "ann@example.org",
        "firstName": "Ann",
        "inviteUrl": "[invite]",
        "lastName": "Moreau",
        "organizationId": "[organization]",
        "partnerUserId": "p-1",
        "phoneCountryCode": "US",
        "phoneNumber": "5550100",
        "privateRoomLink": "[room]",
        "userId": "[id]",
        "userType": "HealthcareProvider"
      },
      "status": 200
    }
    "#);
    shows!(v2.patch(&format!("/users/{id}"), changed).await, @r#"
    {
      "body": {
        "dateOfBirth": "1980-02-29",
        "defaultNoteTemplateIds": [
          "t-2"
        ],
        "email": "ann@example.org",
        "firstName": "Bea",
        "inviteUrl": "[invite]",
        "lastName": "Lee",
        "organizationId": "[organization]",
        "partnerUserId": "p-1",
        "phoneCountryCode": "US",
        "phoneNumber": "5550100",
        "privateRoomLink": "[room]",
        "pronoun": "NeutralThem",
        "userId": "[id]",
        "userType": "HealthcareProvider"
      },
      "status": 200
    }
    "#);
    shows!(v1.patch("/users/p-1", json!({ "defaultSessionType": "Girp", "pronoun": "FeminineHer" })).await, @r#"
    {
      "body": {
        "dateOfBirth": "1980-02-29",
        "defaultSessionType": "Girp",
        "email": "ann@example.org",
        "firstName": "Bea",
        "inviteUrl": "[invite]",
        "lastName": "Lee",
        "organizationId": "[organization]",
        "partnerUserId": "p-1",
        "phoneCountryCode": "US",
        "phoneNumber": "5550100",
        "privateRoomLink": "[room]",
        "pronoun": "FeminineHer",
        "userId": "[id]",
        "userType": "HealthcareProvider"
      },
      "status": 200
    }
    "#);
    // What the one changed is seen by the other, and the other's own field was not touched
    let read = v2.get(&format!("/users/{id}")).await.expect(200).json();
    assert_eq!(
        (&read["pronoun"], &read["defaultNoteTemplateIds"]),
        (&json!("FeminineHer"), &json!(["t-2"]))
    );
    assert_eq!(
        v1.get(&format!("/users/{id}")).await.expect(200).json()["defaultSessionType"],
        "Girp"
    );
    // Null clears what may be missing
    let cleared = v2
        .patch("/users/p-1", json!({ "pronoun": null, "dateOfBirth": null }))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (cleared.get("pronoun"), cleared.get("dateOfBirth")),
        (None, None),
        "{cleared}"
    );

    // And what breaks rules is refused, field by field
    let before = given::users(&server.api()).await;
    for (field, value) in [
        ("firstName", Value::Null),
        ("lastName", Value::Null),
        ("firstName", json!("")),
        ("lastName", json!("x".repeat(201))),
        ("pronoun", json!("Xe")),
        ("dateOfBirth", json!("1981-02-29")),
        ("dateOfBirth", json!("29.02.1980")),
        ("dateOfBirth", json!("1899-12-31")),
    ] {
        for vendor in [&v1, &v2] {
            let refused = vendor
                .patch(&format!("/users/{id}"), json!({ field: value }))
                .await
                .expect(400);
            Surface::Upheal.is_error(&refused);
            assert_eq!(refused.json()["errors"][0]["field"], format!("/{field}"), "{refused:?}");
        }
    }
    for vendor in [&v1, &v2] {
        let nobody = format!("/users/{}", e2e::clock::unknown_id());
        for (answer, status) in [
            (vendor.get(&nobody).await, 403),
            (vendor.patch(&nobody, json!({ "firstName": "Eve" })).await, 403),
            (vendor.anonymous().get("/users/p-1").await, 401),
            (vendor.anonymous().patch("/users/p-1", json!({})).await, 401),
        ] {
            assert_eq!(answer.status, status, "{answer:?}");
            Surface::Upheal.is_error(&answer);
        }
    }
    assert_eq!(given::users(&server.api()).await, before);
}
