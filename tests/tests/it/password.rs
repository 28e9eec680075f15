//! Initial passwords: they go to the vendor that takes one, and are kept no longer than that takes.

use e2e::{Played, Server, Store, corti, wait};
use rstest::rstest;
use serde_json::json;

use crate::given::{self, SOON};
use crate::whole;

/// The short name of the organization that plays Corti.
const VENDOR: &str = "sandbox-corti";

async fn nothing_is_kept(server: &Server) {
    wait::until("the password is forgotten here", SOON, async || {
        match server.database().kept_passwords("default").await {
            0 => Ok(()),
            count => Err(format!("{count} are kept")),
        }
    })
    .await;
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn an_initial_password_is_delivered_and_then_gone(#[case] store: Store) {
    let server = Server::on(store).sandbox().start().await;
    let api = server.api();
    let console = corti::project(&server, &api).await.below("/customers/default");
    let database = server.database();
    let (first, second) = ("first-passw0rd-9-Xq", "second-passw0rd-9-Yr");

    // Given a user with a password, while Corti cannot be reached
    whole::pause(&api, "corti", true).await;
    let mut described = corti::user(&whole::email("ann"));
    described["password"] = json!(first);
    let made = console.post("/users", described).await.expect(201);
    assert!(!made.text.contains(first), "{}", made.text);
    let id = made.text_at("/id");
    assert_eq!(database.kept_passwords("default").await, 1);
    assert_eq!(database.kept_passwords(VENDOR).await, 0);

    // When it can
    whole::pause(&api, "corti", false).await;
    whole::in_sync(&api, &id, "corti").await;

    // Then Corti has it, and it is gone here.
    nothing_is_kept(&server).await;
    assert_eq!(database.kept_passwords(VENDOR).await, 1);

    // And so has it another one, with a change.
    assert_eq!(database.lose_passwords(VENDOR).await, 1);
    let change = json!({ "firstName": "Anna", "password": second });
    let changed = console.patch(&format!("/users/{id}"), change).await.expect(200);
    assert!(!changed.text.contains(second), "{}", changed.text);
    whole::in_sync(&api, &id, "corti").await;
    nothing_is_kept(&server).await;
    assert_eq!(database.kept_passwords(VENDOR).await, 1);
    assert_eq!(
        Played::of(&server, "corti").user(&whole::email("ann")).await["first_name"],
        "Anna"
    );

    // A change without one brings none,
    assert_eq!(database.lose_passwords(VENDOR).await, 1);
    api.patch(&format!("/v1/users/{id}"), json!({ "first_name": "Eve" }))
        .await
        .expect(200);
    whole::in_sync(&api, &id, "corti").await;
    assert_eq!(database.kept_passwords(VENDOR).await, 0);
    // and nothing tells what they were.
    let history = api.get(&format!("/v1/users/{id}/history")).await.expect(200).text;
    let shown = [server.log(), history, given::canonical(&api, &id).await.to_string()].concat();
    assert!(!shown.contains(first) && !shown.contains(second), "a password is shown");
    // Connect knows users by an external id, which Corti's API does not give.
    api.patch(&format!("/v1/users/{id}"), json!({ "external_id": "ann" }))
        .await
        .expect(200);
    given::by_external_id(&api, "ann").await;
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_password_is_kept_until_the_vendor_has_taken_it(#[case] store: Store) {
    let server = whole::with_only(store, &["corti"]).await;
    let api = server.api();
    let played = Played::of(&server, "corti");
    let console = corti::project(&server, &api).await.below("/customers/default");
    played.refuse("create", 500).await;

    // Given a vendor that fails
    let mut described = corti::user(&whole::email("ann"));
    described["password"] = json!("first-passw0rd-9-Xq");
    let id = console.post("/users", described).await.expect(201).text_at("/id");
    whole::account_with(&api, &id, "corti", "retrying").await;
    assert_eq!(server.database().kept_passwords("default").await, 1);

    // When it works again
    played.mend().await;
    let path = whole::account_path(&api, &id, "corti").await;
    api.post(&format!("{path}/retry"), json!({})).await.expect(200);

    // Then it has been delivered.
    whole::in_sync(&api, &id, "corti").await;
    nothing_is_kept(&server).await;
    assert_eq!(server.database().kept_passwords(VENDOR).await, 1);
}
