//! `POST /users/{userId}/activate` and `DELETE /users/{userId}`, which deactivates.

use e2e::upheal::{V1, V2, partners_provider};
use e2e::{Answer, Server, Store, Surface};
use rstest::rstest;
use serde_json::json;

use crate::given::{self, shows};

#[track_caller]
fn accepted(answer: &Answer) {
    assert_eq!((answer.status, answer.text.as_str()), (202, ""), "{answer:?}");
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_user_is_deactivated_and_activated_and_never_deleted(#[case] store: Store) {
    let server = Server::on(store).start().await;
    let vendor = server.api().below(V2);
    let made = vendor
        .post("/users/providers", partners_provider("p-1", "ann@example.org"))
        .await
        .expect(200);
    let id = made.text_at("/userId");
    let active = async || given::canonical(&server.api(), &id).await["active"].clone();

    for (prefix, name) in [(V1, "p-1"), (V2, "p-1"), (V1, id.as_str()), (V2, id.as_str())] {
        let vendor = server.api().below(prefix);
        let (user, activate) = (format!("/users/{name}"), format!("/users/{name}/activate"));
        // Deactivating may be repeated
        accepted(&vendor.delete(&user).await);
        accepted(&vendor.delete(&user).await);
        assert_eq!(active().await, false);
        // Who is deactivated is still there, and cannot be changed
        vendor.get(&user).await.expect(200);
        let refused = vendor.patch(&user, json!({ "firstName": "Eve" })).await.expect(400);
        assert_eq!(refused.json()["code"], "USER_DEACTIVATED", "{refused:?}");
        // Activating may not be repeated, which is how the document's 400 reads
        accepted(&vendor.send(reqwest::Method::POST, &activate, e2e::Body::None).await);
        assert_eq!(active().await, true);
        let refused = vendor
            .send(reqwest::Method::POST, &activate, e2e::Body::None)
            .await
            .expect(400);
        Surface::Upheal.is_error(&refused);
        assert_eq!(active().await, true);
    }
    shows!(vendor.post("/users/p-1/activate", json!({})).await, @r#"
    {
      "body": {
        "code": "USER_ACTIVE",
        "errors": [],
        "message": "the user is active already",
        "statusCode": 400
      },
      "status": 400
    }
    "#);
    for (what, answer, status) in [
        ("nobody", vendor.post("/users/nobody/activate", json!({})).await, 403),
        ("nobody", vendor.delete("/users/nobody").await, 403),
        (
            "no key",
            vendor.anonymous().post("/users/p-1/activate", json!({})).await,
            401,
        ),
        ("no key", vendor.anonymous().delete("/users/p-1").await, 401),
    ] {
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        Surface::Upheal.is_error(&answer);
    }
    assert_eq!(active().await, true);
}
