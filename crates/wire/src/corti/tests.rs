//! Golden JSON: what the vendor's documents show, parsed and written back; and what requests are read as.

use chrono::{DateTime, Utc};
use roster_domain::{Change, CustomerChanges, OrganizationId, PhiGuard, UserChanges, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

/// The request of the document, character by character.
const DOCUMENTED_REQUEST: &str = r#"{
  "email": "user@example.com",
  "firstName": "John",
  "lastName": "Doe",
  "password": "My$ecureP@ssw0rd123!"
}"#;

/// The answer of the document, character by character.
const DOCUMENTED_ANSWER: &str = r#"{
  "id": "123e4567-e89b-12d3-a456-426614174000",
  "email": "user@example.com",
  "firstName": "John",
  "lastName": "Doe",
  "emailVerified": true,
  "enabled": true,
  "createdAt": "2023-10-01T12:00:00Z"
}"#;

fn parsed<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).unwrap()
}

fn written<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap()
}

fn changes<T: DeserializeOwned + Into<UserChanges>>(json: Value) -> UserChanges {
    serde_json::from_value::<T>(json).unwrap().into()
}

fn violations(changes: &UserChanges) -> Vec<String> {
    changes.unreadable.iter().map(ToString::to_string).collect()
}

fn user_of(changes: &UserChanges) -> roster_domain::User {
    let id = UserId::new(Uuid::from_u128(0xABCD));
    let organization = OrganizationId::new(Uuid::from_u128(1));
    let now: DateTime<Utc> = "2023-10-01T12:00:00.987654Z".parse().unwrap();
    roster_domain::User::create(id, organization, changes, PhiGuard::Off, now)
        .unwrap()
        .user
}

#[test]
fn the_documented_request_comes_back_as_it_was() {
    let written = serde_json::to_string_pretty(&parsed::<NewUser>(DOCUMENTED_REQUEST)).unwrap();

    assert_eq!(written, DOCUMENTED_REQUEST);
}

#[test]
fn the_documented_answer_comes_back_value_by_value() {
    let written = written(&parsed::<User>(DOCUMENTED_ANSWER));

    assert_eq!(written, parsed::<Value>(DOCUMENTED_ANSWER));
}

#[test]
fn the_documented_request_makes_a_user_of_the_documented_answers_fields() {
    let changes = UserChanges::from(parsed::<CreateUserRequest>(DOCUMENTED_REQUEST));

    let written = serde_json::to_value(User::from(&user_of(&changes))).unwrap();

    let password = changes.password.as_set().map(roster_domain::Password::expose);
    assert_eq!(password, Some("My$ecureP@ssw0rd123!"));
    assert_eq!(
        written,
        json!({
            "id": "00000000-0000-0000-0000-00000000abcd",
            "email": "user@example.com",
            "firstName": "John",
            "lastName": "Doe",
            "emailVerified": false,
            "enabled": true,
            "createdAt": "2023-10-01T12:00:00Z"
        })
    );
}

#[test]
fn a_user_without_names_and_address_is_written_with_empty_ones() {
    let user = user_of(&UserChanges {
        active: Change::Set(false),
        ..UserChanges::default()
    });

    let written = serde_json::to_value(User::from(&user)).unwrap();

    assert_eq!(
        written,
        json!({
            "id": "00000000-0000-0000-0000-00000000abcd",
            "email": "",
            "firstName": "",
            "lastName": "",
            "emailVerified": false,
            "enabled": false,
            "createdAt": "2023-10-01T12:00:00Z"
        })
    );
}

#[test]
fn a_password_is_not_shown_by_debug() {
    let password = json!({"email": "a@example.org", "password": "My$ecureP@ssw0rd123!"});
    let shown = [
        format!("{:?}", parsed::<NewUser>(DOCUMENTED_REQUEST)),
        format!("{:?}", parsed::<CreateUserRequest>(DOCUMENTED_REQUEST)),
        format!("{:?}", parsed::<UserChange>(DOCUMENTED_REQUEST)),
        format!("{:?}", parsed::<UpdateUserRequest>(DOCUMENTED_REQUEST)),
        format!("{:?}", changes::<CreateUserRequest>(password.clone())),
        format!("{:?}", changes::<UpdateUserRequest>(password.clone())),
        format!(
            "{:?}",
            serde_json::from_value::<LoginRequest>(password.clone()).unwrap()
        ),
        format!("{:?}", serde_json::from_value::<LoginRequest>(password).unwrap().read()),
        format!("{:?}", TokenResponse::new("My$ecureP@ssw0rd123!", 3600)),
    ];

    for shown in shown {
        assert!(!shown.contains("ecureP"), "{shown}");
    }
}

#[test]
fn a_password_that_breaks_its_rule_is_not_repeated() {
    for password in ["short-secret", "a secret with spaces in it"] {
        let changes = changes::<UpdateUserRequest>(json!({"password": password}));

        let shown = format!("{changes:?} {}", changes.unreadable);
        assert!(!shown.contains("secret"), "{shown}");
        assert_eq!(changes.unreadable.iter().count(), 1);
    }
}

#[test]
fn a_new_user_needs_an_address_and_two_names_and_null_is_no_value() {
    assert_eq!(
        violations(&changes::<CreateUserRequest>(json!({}))),
        [
            "email is required; given: nothing",
            "firstName is required; given: nothing",
            "lastName is required; given: nothing"
        ]
    );
    let nulls = json!({"email": null, "firstName": null, "lastName": null, "password": null});
    assert_eq!(
        violations(&changes::<CreateUserRequest>(nulls)),
        [
            "email must not be null; given: null",
            "firstName must not be null; given: null",
            "lastName must not be null; given: null",
            "password must not be null; given: null"
        ]
    );
    let wrong = json!({"email": 1, "firstName": true, "lastName": [], "password": {}});
    assert_eq!(
        violations(&changes::<CreateUserRequest>(wrong)),
        [
            "email must be a string; given: a number",
            "firstName must be a string; given: a boolean",
            "lastName must be a string; given: an array",
            "password must be a string; given: an object"
        ]
    );
}

#[test]
fn a_change_keeps_what_is_left_out_and_knows_neither_address_nor_null() {
    assert_eq!(changes::<UpdateUserRequest>(json!({})), UserChanges::default());
    assert_eq!(
        changes::<UpdateUserRequest>(json!({"email": 7, "firstName": "Ann", "enabled": false, "avatar": 7})),
        UserChanges {
            first_name: Change::Set("Ann".to_owned()),
            active: Change::Set(false),
            ..UserChanges::default()
        }
    );
    let wrong = json!({"firstName": null, "lastName": null, "enabled": null, "password": null});
    assert_eq!(
        violations(&changes::<UpdateUserRequest>(wrong)),
        [
            "firstName must not be null; given: null",
            "lastName must not be null; given: null",
            "enabled must not be null; given: null",
            "password must not be null; given: null"
        ]
    );
}

#[test]
fn what_is_wrong_with_a_user_has_the_vendors_names() {
    let long = "x".repeat(201);
    let changes = changes::<CreateUserRequest>(json!({"email": "nowhere", "firstName": long, "lastName": ""}));

    let found = roster_domain::Profile::default().apply(&changes).unwrap_err();

    let fields: Vec<String> = found
        .renamed(USER_FIELDS)
        .iter()
        .map(|violation| violation.field.pointer())
        .collect();
    assert_eq!(fields, ["/email", "/firstName", "/lastName"]);
}

#[test]
fn a_customer_is_written_and_read_back_key_by_key() {
    let document = json!({
        "displayName": "Contoso Hospital",
        "tenantName": "base",
        "region": "eu",
        "customerId": "contosohospital",
        "isNfr": false,
        "createdAt": "2023-10-01T12:00:00Z"
    });

    let customer: Customer = serde_json::from_value(document.clone()).unwrap();

    assert_eq!(serde_json::to_value(customer).unwrap(), document);
}

#[test]
fn a_customer_of_the_domain_is_written_with_its_defaults() {
    let request = json!({"displayName": "Contoso Hospital", "customerId": "contosohospital"});
    let changes = CustomerChanges::from(serde_json::from_value::<CreateCustomerRequest>(request).unwrap());
    let organization = OrganizationId::new(Uuid::from_u128(1));
    let now = "2023-10-01T12:00:00.5Z".parse().unwrap();
    let customer = roster_domain::Customer::create(organization, &changes, now).unwrap();

    assert_eq!(
        serde_json::to_value(Customer::from(&customer)).unwrap(),
        json!({
            "displayName": "Contoso Hospital",
            "tenantName": "base",
            "region": "eu",
            "customerId": "contosohospital",
            "isNfr": false,
            "createdAt": "2023-10-01T12:00:00Z"
        })
    );
}

#[test]
fn a_change_of_a_customer_passes_over_tenant_and_region() {
    let request = json!({"displayName": "x", "tenantName": 7, "region": "mars", "isNfr": true});

    let changes = CustomerChanges::from(serde_json::from_value::<UpdateCustomerRequest>(request).unwrap());

    assert_eq!(
        changes,
        CustomerChanges {
            display_name: Change::Set("x".to_owned()),
            is_nfr: Change::Set(true),
            ..CustomerChanges::default()
        }
    );
}

#[test]
fn a_client_leaves_out_what_it_does_not_say() {
    let user = UserChange {
        enabled: Some(false),
        ..UserChange::default()
    };
    let customer = NewCustomer {
        display_name: "Contoso".into(),
        customer_id: "contoso".into(),
        tenant_name: None,
        region: None,
        is_nfr: None,
    };

    assert_eq!(written(&user), json!({"enabled": false}));
    assert_eq!(written(&CustomerChange::default()), json!({}));
    assert_eq!(
        written(&customer),
        json!({"displayName": "Contoso", "customerId": "contoso"})
    );
}

#[test]
fn the_token_exchange_has_the_documented_names() {
    let request = TokenRequest {
        email: "admin@example.com".into(),
        password: Secret::new("p"),
    };

    assert_eq!(
        written(&request),
        json!({"email": "admin@example.com", "password": "p"})
    );
    assert_eq!(
        written(&TokenResponse::new("a.b.c", 3600)),
        json!({"accessToken": "a.b.c", "tokenType": "bearer", "expiresIn": 3600})
    );
}

#[test]
fn a_login_needs_an_address_and_a_password_of_any_length() {
    let read = |json: Value| serde_json::from_value::<LoginRequest>(json).unwrap().read();
    let wrong = |json: Value| read(json).unwrap_err().to_string();

    let (email, password) = read(json!({"email": "A@example.org", "password": "p", "x": 1})).unwrap();
    assert_eq!((email.as_str(), password.expose()), ("A@example.org", "p"));
    assert_eq!(
        wrong(json!({})),
        "email is required; given: nothing\npassword is required; given: nothing"
    );
    assert_eq!(
        wrong(json!({"email": null, "password": ""})),
        "email must not be null; given: null\npassword is required; given: nothing"
    );
    assert_eq!(
        wrong(json!({"email": "nowhere", "password": 7})),
        "email must be an e-mail address; given: \"nowhere\"\npassword must be a string; given: a number"
    );
}

#[test]
fn pages_are_written_with_whether_there_is_a_next_one() {
    let pagination = Pagination {
        page: 2,
        page_size: 20,
        has_next_page: true,
    };
    let page = UserPage {
        users: vec![parsed(DOCUMENTED_ANSWER)],
        pagination,
    };

    assert_eq!(
        written(&page),
        json!({
            "users": [parsed::<Value>(DOCUMENTED_ANSWER)],
            "pagination": {"page": 2, "pageSize": 20, "hasNextPage": true}
        })
    );
    let page = CustomerPage {
        customers: vec![],
        pagination,
    };
    assert_eq!(
        written(&page),
        json!({"customers": [], "pagination": {"page": 2, "pageSize": 20, "hasNextPage": true}})
    );
}

#[test]
fn a_client_goes_on_by_whichever_of_the_two_paginations_it_is_given() {
    let has_more = |pagination: Value, seen: u64| {
        let page = json!({"users": [parsed::<Value>(DOCUMENTED_ANSWER)], "pagination": pagination});
        let page: ReportedUserPage = serde_json::from_value(page).unwrap();
        page.pagination.has_more(seen)
    };

    assert_eq!(
        has_more(json!({"page": 1, "pageSize": 1, "hasNextPage": true}), 1),
        Some(true)
    );
    assert_eq!(
        has_more(json!({"page": 1, "pageSize": 1, "hasNextPage": false}), 1),
        Some(false)
    );
    assert_eq!(has_more(json!({"page": 1, "pageSize": 1, "total": 2}), 1), Some(true));
    assert_eq!(has_more(json!({"page": 2, "pageSize": 1, "total": 2}), 2), Some(false));
    assert_eq!(has_more(json!({"page": 1}), 1), None);
    let customers: ReportedCustomerPage = serde_json::from_value(json!({"customers": [{"customerId": "c"}]})).unwrap();
    assert_eq!(customers.customers[0].customer_id, "c");
    assert_eq!(customers.pagination.has_more(1), None);
}

#[test]
fn a_client_reads_what_it_needs_of_a_user_and_takes_nothing_else_for_one() {
    let reported: ReportedUser = serde_json::from_value(json!({"id": "7", "email": "a@example.org", "x": []})).unwrap();

    assert_eq!(
        reported,
        ReportedUser {
            id: "7".into(),
            email: "a@example.org".into(),
            first_name: None,
            last_name: None,
            enabled: true
        }
    );
    for body in [
        json!({}),
        json!({"id": "1"}),
        json!({"email": "a@example.org"}),
        json!(null),
    ] {
        assert!(serde_json::from_value::<ReportedUser>(body.clone()).is_err(), "{body}");
    }
}

#[test]
fn an_error_names_every_broken_rule_by_its_field() {
    let found = changes::<UpdateUserRequest>(json!({"enabled": "yes"})).unreadable;
    let body = ErrorBody {
        code: ErrorCode::InvalidRequest.name().to_owned(),
        message: found.to_string(),
        errors: found.iter().map(FieldError::from).collect(),
    };

    assert_eq!(
        written(&body),
        json!({
            "code": "invalid_request",
            "message": "enabled must be true or false; given: a string",
            "errors": [{"field": "/enabled", "message": "enabled must be true or false; given: a string"}]
        })
    );
}

#[test]
fn an_error_body_of_any_shape_gives_one_short_line() {
    let read = |body: &str| {
        let error = ReportedError::read(body.as_bytes());
        (error.message, error.code)
    };
    let some = |text: &str| Some(text.to_owned());

    assert_eq!(read(""), (None, None));
    assert_eq!(read(" <h1>Bad\n\tGateway</h1>"), (some("<h1>Bad  Gateway</h1>"), None));
    assert_eq!(
        read(r#"{"code": "conflict", "message": "another"}"#),
        (some("another"), some("conflict"))
    );
    assert_eq!(read(r#"{"error": "no such user"}"#), (some("no such user"), None));
    assert_eq!(
        read(r#"{"error": {"code": "x", "message": "no"}}"#),
        (some("no"), some("x"))
    );
    assert_eq!(read(r#"{"detail": "no"}"#), (some("no"), None));
    assert_eq!(read(r#"{"message": 7}"#), (some(r#"{"message": 7}"#), None));
    let (long, _) = read(&"é".repeat(1_000));
    assert_eq!(long.unwrap().chars().count(), ReportedError::MAX_MESSAGE_CHARACTERS + 1);
}
