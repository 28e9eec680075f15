//! `/projects/{projectId}/customers`

use std::time::Duration;

use e2e::corti::{self, CORTI, customer, project, user};
use e2e::{Api, Server, Store, Surface, wait};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::shows;

/// The ids of a page of customers.
fn ids(page: &Value) -> Vec<String> {
    let customers = page["customers"].as_array().expect("customers");
    customers
        .iter()
        .map(|customer| customer["customerId"].as_str().expect("an id").to_owned())
        .collect()
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_customer_is_created_listed_changed_and_deleted(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let vendor = project(&server, &server.api()).await;

    // A customer with all that is documented, and one with what is required
    let all = json!({
        "displayName": "Contoso Hospital", "customerId": "contosohospital", "tenantName": "contoso",
        "region": "us", "isNfr": true,
    });
    let made = vendor.post("/customers", all).await;
    shows!(made, @r#"
    {
      "body": {
        "createdAt": "[time]",
        "customerId": "contosohospital",
        "displayName": "Contoso Hospital",
        "isNfr": true,
        "region": "us",
        "tenantName": "contoso"
      },
      "status": 201
    }
    "#);
    let time = made.text_at("/createdAt");
    assert_eq!((time.len(), &time[10..11], &time[19..]), (20, "T", "Z"), "{time}");
    // made a little later, since customers are listed by age
    wait::pause(Duration::from_millis(5)).await;
    shows!(vendor.post("/customers", customer("clinic")).await, @r#"
    {
      "body": {
        "createdAt": "[time]",
        "customerId": "clinic",
        "displayName": "Clinic",
        "isNfr": false,
        "region": "eu",
        "tenantName": "base"
      },
      "status": 201
    }
    "#);
    // Every project has a default customer before all others
    let page = vendor.get("/customers").await.expect(200).json();
    assert_eq!(ids(&page), ["default", "contosohospital", "clinic"]);
    assert_eq!(page["customers"][1], made.json());
    assert_eq!(
        page["pagination"],
        json!({ "page": 1, "pageSize": 20, "hasNextPage": false })
    );
    assert_eq!(page["customers"][0]["displayName"], "default");

    // What is left out of a change stays; tenant and region stay whatever is said
    let path = "/customers/contosohospital";
    let mut expected = made.json();
    for (change, shown) in [
        (json!({}), json!({})),
        (json!({ "displayName": "Contoso" }), json!({ "displayName": "Contoso" })),
        (json!({ "isNfr": false }), json!({ "isNfr": false })),
        (
            json!({ "tenantName": "other", "region": "eu", "unknown": 1 }),
            json!({}),
        ),
    ] {
        expected = crate::given::with(&expected, shown);
        assert_eq!(
            vendor.patch(path, change.clone()).await.expect(200).json(),
            expected,
            "{change}"
        );
    }
    // A new id takes the users along
    let ann = vendor
        .post(&format!("{path}/users"), user("ann@example.org"))
        .await
        .expect(201)
        .json();
    let renamed = vendor
        .patch(path, json!({ "customerId": "con/to so" }))
        .await
        .expect(200);
    assert_eq!(renamed.text_at("/customerId"), "con/to so");
    vendor.get(&format!("{path}/users")).await.expect(404);
    let path = "/customers/con%2Fto%20so";
    assert_eq!(
        vendor.get(&format!("{path}/users")).await.expect(200).json()["users"],
        json!([ann])
    );

    // A customer with users in it cannot be deleted; after them it can, once
    shows!(vendor.delete(path).await, @r#"
    {
      "body": {
        "code": "conflict",
        "errors": [],
        "message": "the customer still has users: delete them first"
      },
      "status": 409
    }
    "#);
    vendor
        .delete(&format!("{path}/users/{}", crate::given::id(&ann)))
        .await
        .expect(204);
    let deleted = vendor.delete(path).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    shows!(vendor.delete(path).await, @r#"
    {
      "body": {
        "code": "not_found",
        "errors": [],
        "message": "there is no such customer"
      },
      "status": 404
    }
    "#);
    assert_eq!(
        ids(&vendor.get("/customers").await.expect(200).json()),
        ["default", "clinic"]
    );
    // and its id is free again.
    vendor.post("/customers", customer("con/to so")).await.expect(201);
}

/// A page of customers: their ids, and whether there is another.
async fn page(vendor: &Api, query: &str) -> (Vec<String>, Value) {
    let page = vendor.get(&format!("/customers?{query}")).await.expect(200).json();
    (ids(&page), page["pagination"].clone())
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn customers_are_listed_by_page_numbers_that_are_bounded(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let vendor = project(&server, &server.api()).await;
    let mut all = vec!["default".to_owned()];
    for number in 0..6 {
        let id = format!("clinic-{}", 9 - number);
        vendor.post("/customers", customer(&id)).await.expect(201);
        wait::pause(Duration::from_millis(5)).await;
        all.push(id);
    }

    let pagination = |page: u32, size: u32, more: bool| json!({ "page": page, "pageSize": size, "hasNextPage": more });
    assert_eq!(page(&vendor, "").await, (all.clone(), pagination(1, 20, false)));
    assert_eq!(
        page(&vendor, "pageSize=3").await,
        (all[..3].to_vec(), pagination(1, 3, true))
    );
    assert_eq!(
        page(&vendor, "page=2&pageSize=3").await,
        (all[3..6].to_vec(), pagination(2, 3, true))
    );
    assert_eq!(
        page(&vendor, "page=3&pageSize=3").await,
        (all[6..].to_vec(), pagination(3, 3, false))
    );
    assert_eq!(
        page(&vendor, "page=4&pageSize=3").await,
        (vec![], pagination(4, 3, false))
    );
    assert_eq!(
        page(&vendor, "pageSize=7").await,
        (all.clone(), pagination(1, 7, false))
    );
    assert_eq!(
        page(&vendor, "pageSize=1").await,
        (all[..1].to_vec(), pagination(1, 1, true))
    );
    assert_eq!(
        page(&vendor, "page=2&pageSize=1").await,
        (all[1..2].to_vec(), pagination(2, 1, true))
    );

    for query in [
        "page=0",
        "page=-1",
        "page=x",
        "page=",
        "page=1.5",
        "page=99999999999999999999",
        "page=1000000",
        "page=1&page=2",
        "pageSize=0",
        "pageSize=101",
        "pageSize=",
        "pageSize=ten",
    ] {
        for list in ["/customers", "/customers/default/users"] {
            let refused = vendor.get(&format!("{list}?{query}")).await;
            assert_eq!(refused.status, 400, "{list}?{query}: {refused:?}");
            Surface::Corti.is_error(&refused);
        }
    }
    shows!(vendor.get("/customers?page=0&pageSize=1000").await, @r#"
    {
      "body": {
        "code": "invalid_request",
        "errors": [
          {
            "field": "/page",
            "message": "page must be a whole number from 1 to 5000; given: \"0\""
          },
          {
            "field": "/pageSize",
            "message": "pageSize must be a whole number from 1 to 100; given: \"1000\""
          }
        ],
        "message": "2 rules are broken; see errors"
      },
      "status": 400
    }
    "#);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn every_documented_refusal_can_be_had(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let admin = corti::admin(&server, &server.api()).await;
    let other = server.another_organization("other");
    let vendor = admin.below("/projects/default");
    vendor.post("/customers", customer("clinic")).await.expect(201);
    let before = vendor.get("/customers").await.expect(200).json();

    // 400
    for (what, body, fields) in [
        ("nothing", json!({}), vec!["/customerId", "/displayName"]),
        (
            "null",
            json!({ "customerId": null, "displayName": null }),
            vec!["/customerId", "/displayName"],
        ),
        (
            "everything wrong",
            json!({
                "customerId": "x".repeat(65), "displayName": "", "tenantName": "x".repeat(15), "region": "mars",
                "isNfr": "yes",
            }),
            vec!["/customerId", "/displayName", "/isNfr", "/region", "/tenantName"],
        ),
        (
            "null where there is a default",
            json!({ "customerId": "a", "displayName": "A", "tenantName": null, "region": null, "isNfr": null }),
            vec!["/isNfr", "/region", "/tenantName"],
        ),
    ] {
        let refused = vendor.post("/customers", body).await.expect(400);
        Surface::Corti.is_error(&refused);
        let mut named: Vec<String> = refused.json()["errors"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|fault| fault["field"].as_str().expect("a field").to_owned())
            .collect();
        named.sort();
        assert_eq!(named, fields, "{what}: {refused:?}");
    }
    shows!(vendor.patch("/customers/clinic", json!({ "displayName": null, "customerId": "" })).await, @r#"
    {
      "body": {
        "code": "invalid_request",
        "errors": [
          {
            "field": "/customerId",
            "message": "customerId must have 1 to 64 characters; given: 0 characters"
          },
          {
            "field": "/displayName",
            "message": "displayName must not be null; given: null"
          }
        ],
        "message": "2 rules are broken; see errors"
      },
      "status": 400
    }
    "#);
    // 401, 403, 404, 405
    let clinic = "/customers/clinic";
    shows!(vendor.anonymous().get("/customers").await, @r#"
    {
      "body": {
        "code": "unauthorized",
        "errors": [],
        "message": "an Authorization header with a Bearer token is needed"
      },
      "status": 401
    }
    "#);
    for project in [
        "other",
        "nowhere",
        "Default",
        &other.get("/v1/organization").await.expect(200).text_at("/id"),
    ] {
        for answer in [
            admin.get(&format!("/projects/{project}/customers")).await,
            admin
                .post(&format!("/projects/{project}/customers"), customer("a"))
                .await,
            admin.patch(&format!("/projects/{project}{clinic}"), json!({})).await,
            admin.delete(&format!("/projects/{project}{clinic}")).await,
        ] {
            assert_eq!(answer.status, 403, "{answer:?}");
            Surface::Corti.is_error(&answer);
        }
    }
    shows!(admin.get("/projects/nowhere/customers").await, @r#"
    {
      "body": {
        "code": "forbidden",
        "errors": [],
        "message": "the account may not act for this project"
      },
      "status": 403
    }
    "#);
    shows!(vendor.patch("/customers/nobody", json!({})).await, @r#"
    {
      "body": {
        "code": "not_found",
        "errors": [],
        "message": "there is no such customer"
      },
      "status": 404
    }
    "#);
    vendor.get(clinic).await.expect(405);
    server.api().anonymous().below(CORTI).get("/projects").await.expect(404);
    // 409
    shows!(vendor.post("/customers", customer("clinic")).await, @r#"
    {
      "body": {
        "code": "conflict",
        "errors": [],
        "message": "another customer has this customerId"
      },
      "status": 409
    }
    "#);
    vendor.post("/customers", customer("second")).await.expect(201);
    vendor
        .patch("/customers/second", json!({ "customerId": "clinic" }))
        .await
        .expect(409);
    vendor.delete("/customers/second").await.expect(204);
    shows!(vendor.post("/customers", customer("default")).await, @r#"
    {
      "body": {
        "code": "conflict",
        "errors": [],
        "message": "the default customer belongs to every organization and can be neither made, changed nor deleted"
      },
      "status": 409
    }
    "#);
    for answer in [
        vendor
            .patch("/customers/default", json!({ "displayName": "Ours" }))
            .await,
        vendor.patch(clinic, json!({ "customerId": "default" })).await,
        vendor.delete("/customers/default").await,
    ] {
        assert_eq!(answer.status, 409, "{answer:?}");
        Surface::Corti.is_error(&answer);
    }
    assert_eq!(vendor.get("/customers").await.expect(200).json(), before);
    // The project may be named by its id as well.
    let id = server.api().get("/v1/organization").await.expect(200).text_at("/id");
    assert_eq!(
        admin.get(&format!("/projects/{id}/customers")).await.expect(200).json(),
        before
    );
}
