//! `/projects/{projectId}/customers/{customerId}/users`

use e2e::corti::{self, customer, project, user};
use e2e::{Server, Store, Surface};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, shows};

/// The body of the vendor's document, as it stands there.
const EXAMPLE: &str = r#"{
  "email": "user@example.com",
  "firstName": "John",
  "lastName": "Doe",
  "password": "My$ecureP@ssw0rd123!"
}"#;

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn the_documents_example_makes_a_user_with_the_documented_fields(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let admin = corti::admin(&server, &server.api()).await;
    admin
        .post("/projects/default/customers", customer("contosohospital"))
        .await
        .expect(201);
    let vendor = admin.below("/projects/default/customers/contosohospital");

    // When the example of the document is sent as it stands there
    let body = e2e::Body::Raw("application/json", EXAMPLE.as_bytes().to_vec());
    let made = vendor.send(reqwest::Method::POST, "/users", body).await;

    // Then the answer has the keys of the example's answer, and no password,
    shows!(made, @r#"
    {
      "body": {
        "createdAt": "[time]",
        "email": "user@example.com",
        "emailVerified": false,
        "enabled": true,
        "firstName": "John",
        "id": "[id]",
        "lastName": "Doe"
      },
      "status": 201
    }
    "#);
    let time = made.text_at("/createdAt");
    assert_eq!((time.len(), &time[10..11], &time[19..]), (20, "T", "Z"), "{time}");
    let id = made.text_at("/id");
    assert!(id.len() == 36 && id == id.to_lowercase(), "{id}");
    // which is in no other answer either: in no list, and on no other surface.
    let list = vendor.get("/users").await.expect(200);
    assert_eq!(list.json()["users"], json!([made.json()]));
    for answer in [
        list,
        server.api().get(&format!("/v1/users/{id}")).await.expect(200),
        made,
    ] {
        assert!(
            !answer.text.contains("My$ecure") && !answer.text.to_lowercase().contains("password"),
            "{answer:?}"
        );
    }
    let canonical = given::canonical(&server.api(), &id).await;
    for (name, value) in [
        ("email", json!("user@example.com")),
        ("first_name", json!("John")),
        ("last_name", json!("Doe")),
        ("customer_id", json!("contosohospital")),
        ("external_id", Value::Null),
    ] {
        assert_eq!(canonical[name], value, "{name}");
    }
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_user_is_changed_disabled_and_deleted(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let vendor = project(&server, &server.api()).await.below("/customers/default");
    let made = vendor.post("/users", user("ann@example.org")).await.expect(201).json();
    let path = format!("/users/{}", given::id(&made));

    let mut expected = made.clone();
    for (change, shown) in [
        (json!({}), json!({})),
        (json!({ "firstName": "Bea" }), json!({ "firstName": "Bea" })),
        (
            json!({ "lastName": "Lee", "enabled": false }),
            json!({ "lastName": "Lee", "enabled": false }),
        ),
        (json!({ "enabled": true }), json!({ "enabled": true })),
        (json!({ "password": "Another-P4ssword-9" }), json!({})),
        (
            json!({ "email": "eve@example.org", "emailVerified": true, "id": "x", "unknown": [] }),
            json!({}),
        ),
    ] {
        expected = given::with(&expected, shown);
        assert_eq!(
            vendor.patch(&path, change.clone()).await.expect(200).json(),
            expected,
            "{change}"
        );
    }
    assert_eq!(
        given::canonical(&server.api(), given::id(&made)).await["email"],
        "ann@example.org"
    );

    let deleted = vendor.delete(&path).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    shows!(vendor.delete(&path).await, @r#"
    {
      "body": {
        "code": "not_found",
        "errors": [],
        "message": "there is no such user"
      },
      "status": 404
    }
    "#);
    server
        .api()
        .get(&format!("/v1/users/{}", given::id(&made)))
        .await
        .expect(404);
    assert_eq!(vendor.get("/users").await.expect(200).json()["users"], json!([]));
    // and the address is free again.
    vendor.post("/users", user("ann@example.org")).await.expect(201);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn users_are_listed_in_their_customer_page_by_page(#[case] store: Store) {
    // Given users in a customer, and others in the default one, of whom one was made elsewhere
    let server = Server::on(store).start().await;
    let vendor = project(&server, &server.api()).await;
    vendor.post("/customers", customer("clinic")).await.expect(201);
    let mut clinic = Vec::new();
    for number in 0..5 {
        let body = user(&format!("ann-{number}@example.org"));
        clinic.push(vendor.post("/customers/clinic/users", body).await.expect(201).json());
    }
    let mut bea = vendor
        .post("/customers/default/users", user("bea@example.org"))
        .await
        .expect(201)
        .json();
    let elsewhere = given::user(&server.api(), "ehr-1").await;
    let disabled = format!("/customers/default/users/{}", given::id(&bea));
    bea = vendor
        .patch(&disabled, json!({ "enabled": false }))
        .await
        .expect(200)
        .json();

    let page = async |path: &str| {
        let page = vendor.get(path).await.expect(200).json();
        (
            page["users"].as_array().expect("users").clone(),
            page["pagination"].clone(),
        )
    };
    let pagination = |page: u32, size: u32, more: bool| json!({ "page": page, "pageSize": size, "hasNextPage": more });
    let users = "/customers/clinic/users";
    assert_eq!(page(users).await, (clinic.clone(), pagination(1, 20, false)));
    assert_eq!(
        page(&format!("{users}?pageSize=2")).await,
        (clinic[..2].to_vec(), pagination(1, 2, true))
    );
    assert_eq!(
        page(&format!("{users}?page=2&pageSize=2")).await,
        (clinic[2..4].to_vec(), pagination(2, 2, true))
    );
    assert_eq!(
        page(&format!("{users}?page=3&pageSize=2")).await,
        (clinic[4..].to_vec(), pagination(3, 2, false))
    );
    assert_eq!(
        page(&format!("{users}?page=9&pageSize=2")).await,
        (vec![], pagination(9, 2, false))
    );
    // Whoever was made elsewhere is in the default customer, with empty text for what is missing
    let (found, _) = page("/customers/default/users").await;
    assert_eq!(found[0], bea);
    assert_eq!(found.len(), 2);
    assert_eq!(
        given::with(&found[1], json!({ "createdAt": null })),
        json!({
            "id": elsewhere["id"], "email": "", "firstName": "", "lastName": "", "emailVerified": false,
            "enabled": true, "createdAt": null,
        })
    );
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn every_documented_refusal_can_be_had(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let admin = corti::admin(&server, &server.api()).await;
    let vendor = admin.below("/projects/default");
    vendor.post("/customers", customer("clinic")).await.expect(201);
    let made = vendor
        .post("/customers/clinic/users", user("ann@example.org"))
        .await
        .expect(201)
        .json();
    let (users, id) = ("/customers/clinic/users", given::id(&made));
    let before = given::users(&server.api()).await;

    // 400
    let password = |text: &str| given::with(&user("bea@example.org"), json!({ "password": text }));
    for (what, body, fields) in [
        ("nothing", json!({}), vec!["/email", "/firstName", "/lastName"]),
        (
            "null",
            json!({ "email": null, "firstName": null, "lastName": null, "password": null }),
            vec!["/email", "/firstName", "/lastName", "/password"],
        ),
        (
            "empty",
            json!({ "email": "", "firstName": "", "lastName": " " }),
            vec!["/email", "/firstName", "/lastName"],
        ),
        ("no address", user("nobody"), vec!["/email"]),
        (
            "an address too long",
            user(&format!("{}@example.org", "a".repeat(250))),
            vec!["/email"],
        ),
        ("a short password", password(&"x".repeat(15)), vec!["/password"]),
        ("a long password", password(&"x".repeat(65)), vec!["/password"]),
        (
            "a password that is not ASCII",
            password("pässwörd-pässwörd"),
            vec!["/password"],
        ),
        (
            "a password with a space",
            password("correct horse battery"),
            vec!["/password"],
        ),
    ] {
        let refused = vendor.post(users, body.clone()).await.expect(400);
        Surface::Corti.is_error(&refused);
        let mut named: Vec<String> = refused.json()["errors"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|fault| fault["field"].as_str().expect("a field").to_owned())
            .collect();
        named.sort();
        assert_eq!(named, fields, "{what}: {refused:?}");
        if let Some(password) = body["password"].as_str() {
            assert!(!refused.text.contains(password), "{what}: {refused:?}");
        }
    }
    shows!(vendor.post(users, password("too-short")).await, @r#"
    {
      "body": {
        "code": "invalid_request",
        "errors": [
          {
            "field": "/password",
            "message": "password must have 16 to 64 characters; given: 9 characters"
          }
        ],
        "message": "password must have 16 to 64 characters; given: 9 characters"
      },
      "status": 400
    }
    "#);
    for field in ["firstName", "lastName", "enabled", "password"] {
        let refused = vendor
            .patch(&format!("{users}/{id}"), json!({ field: null }))
            .await
            .expect(400);
        assert_eq!(refused.json()["errors"][0]["field"], format!("/{field}"), "{refused:?}");
    }
    // 401, 403, 404, 405
    let unknown = e2e::clock::unknown_id();
    let elsewhere = format!("/customers/default/users/{id}");
    for (what, answer, status) in [
        (
            "no token",
            vendor.anonymous().post(users, user("bea@example.org")).await,
            401,
        ),
        ("an API key", vendor.bearer(server.key()).get(users).await, 401),
        (
            "another project",
            admin.get("/projects/other/customers/clinic/users").await,
            403,
        ),
        (
            "another project",
            admin.delete(&format!("/projects/other{users}/{id}")).await,
            403,
        ),
        ("an unknown customer", vendor.get("/customers/nobody/users").await, 404),
        (
            "an unknown customer",
            vendor.post("/customers/nobody/users", user("bea@example.org")).await,
            404,
        ),
        (
            "an unknown user",
            vendor.patch(&format!("{users}/{unknown}"), json!({})).await,
            404,
        ),
        (
            "an unknown user",
            vendor.delete(&format!("{users}/{unknown}")).await,
            404,
        ),
        ("an id that is none", vendor.delete(&format!("{users}/ann")).await, 400),
        (
            "a user of another customer",
            vendor.patch(&elsewhere, json!({ "enabled": false })).await,
            404,
        ),
        ("a user of another customer", vendor.delete(&elsewhere).await, 404),
        ("one user", vendor.get(&format!("{users}/{id}")).await, 405),
    ] {
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        Surface::Corti.is_error(&answer);
    }
    // 409
    shows!(vendor.post("/customers/default/users", user("ANN@example.org")).await, @r#"
    {
      "body": {
        "code": "conflict",
        "errors": [],
        "message": "another user has this email"
      },
      "status": 409
    }
    "#);
    assert_eq!(given::users(&server.api()).await, before);
    // Passwords just within the limits are taken
    for (number, password) in [
        "x".repeat(16),
        "~!@#$%^&*()_+{}|:\"<>?`-=[]\\;',./Az09".to_owned(),
        "y".repeat(64),
    ]
    .into_iter()
    .enumerate()
    {
        let body = given::with(
            &user(&format!("cem-{number}@example.org")),
            json!({ "password": password }),
        );
        vendor.post(users, body).await.expect(201);
    }
}
