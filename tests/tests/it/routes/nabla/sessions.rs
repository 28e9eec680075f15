//! `/nabla/v1/core/user/jwt`: the sessions of users.

use e2e::nabla::{self, CORE_USER};
use e2e::{Answer, Api, Body, Server, Store};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::given::{self, shows};

struct Clinic {
    server: Server,
    vendor: Api,
    user_api: Api,
    user: String,
}

impl Clinic {
    async fn with_a_user(store: Store) -> Self {
        let server = Server::on(store).start().await;
        let vendor = nabla::core(&server, &server.api()).await;
        let user = vendor.post("/users", json!({})).await.expect(200).text_at("/id");
        let user_api = server.api().anonymous().below(CORE_USER);
        Self {
            server,
            vendor,
            user_api,
            user,
        }
    }

    async fn authenticate(&self) -> Answer {
        self.vendor
            .post(&format!("/jwt/authenticate/{}", self.user), json!({}))
            .await
    }

    async fn refresh(&self, tokens: &Answer) -> Answer {
        self.user_api
            .post(
                "/jwt/refresh",
                json!({ "refresh_token": tokens.text_at("/refresh_token") }),
            )
            .await
    }

    async fn log_out(&self, tokens: &Answer) -> Answer {
        self.user_api
            .post(
                "/jwt/logout",
                json!({ "refresh_token": tokens.text_at("/refresh_token") }),
            )
            .await
    }

    async fn switch(&self, verb: &str) {
        self.vendor
            .post(&format!("/users/{}/{verb}", self.user), json!({}))
            .await
            .expect(200);
    }
}

/// The claims of a token, which anyone may read.
fn claims(token: &str) -> Value {
    use base64::Engine;
    let part = token.split('.').nth(1).expect("three parts");
    let bytes = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64");
    serde_json::from_slice(&bytes).expect("claims")
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_session_is_begun_refreshed_and_ended(#[case] store: Store) {
    let clinic = Clinic::with_a_user(store).await;

    // A session begins: two tokens, for 5 minutes and for 30 days
    let tokens = clinic.authenticate().await.expect(200);
    let names: Vec<String> = tokens.json().as_object().expect("an object").keys().cloned().collect();
    assert_eq!(names, ["access_token", "refresh_token"]);
    for (name, seconds) in [("/access_token", 300), ("/refresh_token", 30 * 24 * 3_600)] {
        let claims = claims(&tokens.text_at(name));
        let lifetime = claims["exp"]
            .as_i64()
            .zip(claims["iat"].as_i64())
            .map(|(exp, iat)| exp - iat);
        assert_eq!(lifetime, Some(seconds), "{name}");
        assert_eq!(claims["sub"], clinic.user.as_str());
    }
    // It is refreshed, again and again
    let second = clinic.refresh(&tokens).await.expect(200);
    let third = clinic.refresh(&second).await.expect(200);
    // It ends, with all its tokens; ending it twice is no error
    let ended = clinic.log_out(&third).await;
    assert_eq!((ended.status, ended.text.as_str()), (204, ""));
    clinic.log_out(&third).await.expect(204);
    for ended in [&tokens, &second, &third] {
        clinic.refresh(ended).await.expect(401);
    }
    shows!(clinic.refresh(&third).await, @r#"
    {
      "body": {
        "code": 90003,
        "debuggingHints": [],
        "message": "the token is not valid here",
        "name": "UNAUTHENTICATED",
        "traceId": "[trace]"
      },
      "status": 401
    }
    "#);
    // And other sessions of the same user go on.
    let other = clinic.authenticate().await.expect(200);
    clinic.refresh(&other).await.expect(200);
}

#[rstest]
#[case::sqlite(Store::Sqlite)]
#[case::postgres(Store::Postgres)]
#[tokio::test]
async fn a_deactivated_user_gets_authentication_errors_until_activated(#[case] store: Store) {
    let clinic = Clinic::with_a_user(store).await;
    let tokens = clinic.authenticate().await.expect(200);

    clinic.switch("deactivate").await;
    shows!(clinic.authenticate().await, @r#"
    {
      "body": {
        "code": 90003,
        "debuggingHints": [],
        "message": "the user is deactivated",
        "name": "UNAUTHENTICATED",
        "traceId": "[trace]"
      },
      "status": 401
    }
    "#);
    shows!(clinic.refresh(&tokens).await, @r#"
    {
      "body": {
        "code": 90003,
        "debuggingHints": [],
        "message": "the user is deactivated",
        "name": "UNAUTHENTICATED",
        "traceId": "[trace]"
      },
      "status": 401
    }
    "#);

    clinic.switch("activate").await;
    clinic.refresh(&tokens).await.expect(200);
    clinic.authenticate().await.expect(200);
}

#[tokio::test]
async fn a_deleted_users_session_ends() {
    let clinic = Clinic::with_a_user(Store::Sqlite).await;
    let tokens = clinic.authenticate().await.expect(200);

    clinic
        .server
        .api()
        .delete(&format!("/v1/users/{}", clinic.user))
        .await
        .expect(204);

    clinic.refresh(&tokens).await.expect(401);
    clinic.authenticate().await.expect(400);
}

#[tokio::test]
async fn authenticating_takes_any_body_or_none() {
    let clinic = Clinic::with_a_user(Store::Sqlite).await;
    let path = format!("/jwt/authenticate/{}", clinic.user);

    for body in [
        Body::None,
        Body::Json(json!({})),
        Body::Raw("text/plain", b"anything".to_vec()),
        Body::Raw("application/json", Vec::new()),
    ] {
        clinic.vendor.send(Method::POST, &path, body).await.expect(200);
    }
}

#[tokio::test]
async fn what_is_no_refresh_token_refreshes_nothing() {
    let clinic = Clinic::with_a_user(Store::Sqlite).await;
    let tokens = clinic.authenticate().await.expect(200);

    let access = json!({ "refresh_token": tokens.text_at("/access_token") });
    clinic.user_api.post("/jwt/refresh", access).await.expect(401);
    shows!(clinic.user_api.post("/jwt/refresh", json!({ "refresh_token": "garbage" })).await, @r#"
    {
      "body": {
        "code": 90003,
        "debuggingHints": [],
        "message": "the token is not valid here",
        "name": "UNAUTHENTICATED",
        "traceId": "[trace]"
      },
      "status": 401
    }
    "#);
    shows!(clinic.user_api.post("/jwt/refresh", json!({})).await, @r#"
    {
      "body": {
        "code": 90002,
        "debuggingHints": [
          "refresh_token is required; given: nothing"
        ],
        "message": "refresh_token is required; given: nothing",
        "name": "INVALID_REQUEST",
        "traceId": "[trace]"
      },
      "status": 400
    }
    "#);
    clinic
        .user_api
        .post("/jwt/logout", json!({ "refresh_token": 7 }))
        .await
        .expect(400);
    let changed = format!("{}x", tokens.text_at("/refresh_token"));
    clinic
        .user_api
        .post("/jwt/refresh", json!({ "refresh_token": changed }))
        .await
        .expect(401);
}

#[tokio::test]
async fn a_user_who_does_not_exist_has_no_session() {
    let clinic = Clinic::with_a_user(Store::Sqlite).await;

    let nobody = clinic
        .vendor
        .post(&format!("/jwt/authenticate/{}", e2e::clock::unknown_id()), json!({}))
        .await
        .expect(400);

    assert_eq!(nobody.json()["code"], 20_000);
    assert_eq!(given::users(&clinic.server.api()).await.len(), 1);
}
