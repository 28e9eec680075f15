//! What a vendor requires and a user lacks: a person is asked before the vendor is.

use e2e::{Played, Server, Store};
use rstest::rstest;
use serde_json::{Value, json};

use crate::given;
use crate::whole;

/// The vendors that take nobody without an address, as people call them.
const STRICT: [(&str, &str); 3] = [
    ("upheal", "Upheal"),
    ("corti", "Corti"),
    ("nabla_connect", "Nabla Connect"),
];

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn who_has_no_address_is_sent_to_no_vendor_that_needs_one_until_there_is_one(#[case] store: Store) {
    let server = Server::on(store).sandbox().start().await;
    let api = server.api();

    // Given a user without an address
    let mut described = whole::described("ann");
    described.as_object_mut().expect("an object").remove("email");
    let user = api.post("/v1/users", described).await.expect(201).json();

    // Then each vendor that needs one says so by its name and the field's, and was not called,
    for (vendor, title) in STRICT {
        let account = whole::account_with(&api, given::id(&user), vendor, "needs_attention").await;
        let attention = &account["attention"];
        assert_eq!(attention["cause"], "missing_field", "{account}");
        assert_eq!(attention["remedy"], "customer", "{account}");
        let message = attention["message"].as_str().expect("a message");
        assert!(message.contains(title) && message.contains("email"), "{message}");
        assert_eq!(account["attempts"], 0, "{account}");
        assert_eq!(Played::of(&server, vendor).calls().await, Vec::<Value>::new());
    }
    // while the one that needs none has the user.
    whole::in_sync(&api, given::id(&user), "nabla_core").await;

    // When it is added
    let path = format!("/v1/users/{}", given::id(&user));
    api.patch(&path, json!({ "email": whole::email("ann") }))
        .await
        .expect(200);

    // Then all have the user, by themselves, once.
    for (vendor, _) in STRICT {
        whole::in_sync(&api, given::id(&user), vendor).await;
        assert_eq!(Played::of(&server, vendor).users().await.len(), 1);
    }
}

#[rstest]
#[case::upheal("upheal", "last_name")]
#[case::corti("corti", "first_name")]
#[case::nabla_connect("nabla_connect", "external_id")]
#[tokio::test]
async fn every_field_that_a_vendor_needs_is_named(#[case] vendor: &'static str, #[case] field: &str) {
    let server = whole::with_only(Store::Sqlite, &[vendor]).await;
    let api = server.api();
    let mut described = whole::described("ann");
    described.as_object_mut().expect("an object").remove(field);

    let user = api.post("/v1/users", described).await.expect(201).json();

    let account = whole::account_with(&api, given::id(&user), vendor, "needs_attention").await;
    let message = account["attention"]["message"].as_str().expect("a message");
    assert!(message.contains(field) && !message.contains("email"), "{message}");
    assert_eq!(Played::of(&server, vendor).calls().await, Vec::<Value>::new());
    let path = format!("/v1/users/{}", given::id(&user));
    api.patch(&path, json!({ field: "Added" })).await.expect(200);
    whole::in_sync(&api, given::id(&user), vendor).await;
}
