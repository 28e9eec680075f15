//! Who is let in, and who is not: access tokens at the endpoint for users, assertions at the one for tokens.

use std::fmt::Write;
use std::sync::Arc;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use roster_application::authentication::{Audience, Tokens};
use roster_application::ports::{ApiClientStore, Clock};
use roster_domain::{ApiClientId, Surface};
use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use super::{AUDIENCE, BASE, Given, callers, given, request, token, token_request};
use crate::dialects::Scheme;
use crate::dialects::memory::keys::{OTHER, OWN};
use crate::dialects::memory::organization;

const BODY: &str = r#"{"provider_email": "ann@example.org", "external_provider_id": "ehr-7"}"#;
const CORE_TOKEN_URL: &str = "https://roster.example/nabla/v1/core/server/oauth/token";

/// A token of the caller's client for an audience.
fn token_for(given: &Given, audience: Audience) -> String {
    let now = given.memory.now();
    token(&given.memory, given.client, &given.organization, audience, now)
}

#[tokio::test]
async fn whoever_has_no_access_token_for_this_api_is_refused() {
    let given = given();
    given.memory.add_api_key("an-api-key", &given.organization);
    let (memory, client, own) = (&given.memory, given.client, &given.organization);
    let now = memory.now();
    let good = token_for(&given, AUDIENCE);
    let long_ago = now - Tokens::ACCESS - Tokens::ACCESS;
    let (claims, signature) = good.rsplit_once('.').expect("a signature");
    let rows = [
        ("nothing", None),
        ("another scheme", Some("Basic YW5uOnNlY3JldA==".to_owned())),
        ("no token", Some("Bearer ".to_owned())),
        ("no JWT", Some("Bearer nonsense".to_owned())),
        ("an API key", Some("Bearer an-api-key".to_owned())),
        ("an assertion", Some(format!("Bearer {}", given.assertion(&json!({}))))),
        ("no signature", Some(format!("Bearer {claims}."))),
        (
            "another signature",
            Some(format!(
                "Bearer {claims}.{}",
                signature.chars().rev().collect::<String>()
            )),
        ),
        (
            "an expired one",
            Some(format!("Bearer {}", token(memory, client, own, AUDIENCE, long_ago))),
        ),
        (
            "Nabla Core's",
            Some(format!("Bearer {}", token_for(&given, Audience::NablaCoreServer))),
        ),
        (
            "a user's",
            Some(format!("Bearer {}", token_for(&given, Audience::NablaCoreUser))),
        ),
        (
            "Corti's",
            Some(format!("Bearer {}", token_for(&given, Audience::Corti))),
        ),
        (
            "a client that nobody knows",
            Some(format!(
                "Bearer {}",
                token(memory, ApiClientId::new(Uuid::nil()), own, AUDIENCE, now)
            )),
        ),
        (
            "another organization than the client's",
            Some(format!(
                "Bearer {}",
                token(memory, client, &organization(2), AUDIENCE, now)
            )),
        ),
    ];

    let mut table = String::new();
    for (row, authorization) in &rows {
        let answer = given.send(request(BODY, authorization.as_deref())).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{row}");
        writeln!(table, "{row}: {}", answer.line()).expect("a line");
    }

    insta::assert_snapshot!(table, @r#"
    nothing: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"an Authorization header with a Bearer token is needed","name":"UNAUTHENTICATED","traceId":"[trace]"}
    another scheme: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"an Authorization header with a Bearer token is needed","name":"UNAUTHENTICATED","traceId":"[trace]"}
    no token: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"an Authorization header with a Bearer token is needed","name":"UNAUTHENTICATED","traceId":"[trace]"}
    no JWT: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the token is not valid here","name":"UNAUTHENTICATED","traceId":"[trace]"}
    an API key: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the token is not valid here","name":"UNAUTHENTICATED","traceId":"[trace]"}
    an assertion: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the token is not valid here","name":"UNAUTHENTICATED","traceId":"[trace]"}
    no signature: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the token is not valid here","name":"UNAUTHENTICATED","traceId":"[trace]"}
    another signature: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the token is not valid here","name":"UNAUTHENTICATED","traceId":"[trace]"}
    an expired one: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the token has expired","name":"UNAUTHENTICATED","traceId":"[trace]"}
    Nabla Core's: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the token is not valid here","name":"UNAUTHENTICATED","traceId":"[trace]"}
    a user's: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the token is not valid here","name":"UNAUTHENTICATED","traceId":"[trace]"}
    Corti's: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the token is not valid here","name":"UNAUTHENTICATED","traceId":"[trace]"}
    a client that nobody knows: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the client of this access token is not known any more","name":"UNAUTHENTICATED","traceId":"[trace]"}
    another organization than the client's: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the client of this access token is not known any more","name":"UNAUTHENTICATED","traceId":"[trace]"}
    "#);
    assert_eq!(given.memory.count(&given.organization), 0);
}

#[tokio::test]
async fn a_token_of_this_api_does_not_open_nabla_core() {
    let given = given();
    let callers = callers(&given.memory);
    let core = Scheme::AccessToken(Audience::NablaCoreServer);
    let opens_core = async |audience| {
        let bearer = format!("Bearer {}", token_for(&given, audience));
        let headers = HeaderMap::from_iter([(
            axum::http::header::AUTHORIZATION,
            HeaderValue::try_from(bearer).expect("a header's value"),
        )]);
        core.authenticate(&callers, Surface::NablaCore, &headers).await.is_ok()
    };

    assert!(opens_core(Audience::NablaCoreServer).await);
    assert!(!opens_core(AUDIENCE).await);
}

#[tokio::test]
async fn the_token_of_a_deleted_client_opens_nothing_any_more() {
    let given = given();
    assert_eq!(given.send(given.request(BODY)).await.status, StatusCode::OK);
    let deleted = given.memory.delete_client(given.organization.id, given.client).await;
    assert!(deleted.expect("a store"));

    let answer = given.send(given.request(BODY)).await;

    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_assertion_gives_a_token_that_opens_the_api() {
    let given = given();

    let answer = given
        .anonymous(
            &format!("{BASE}/oauth/token"),
            &token_request(&given.assertion(&json!({}))),
        )
        .await;

    assert_eq!(
        (answer.status, answer.header("cache-control")),
        (StatusCode::OK, "no-store")
    );
    let mut shown = answer.json();
    let issued = shown["access_token"].take();
    assert_eq!(
        shown,
        json!({"access_token": null, "expires_in": Tokens::ACCESS.as_secs(), "token_type": "Bearer"})
    );
    let bearer = format!("Bearer {}", issued.as_str().expect("a token"));
    assert_eq!(given.send(request(BODY, Some(&bearer))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_assertion_is_taken_in_a_form_too() {
    let given = given();
    let body: Value = serde_json::from_str(&token_request(&given.assertion(&json!({})))).expect("JSON");
    let pairs = body.as_object().expect("members").iter();
    let form: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs.map(|(name, value)| (name, value.as_str().expect("text"))))
        .finish();
    let mut request = request(&form, None);
    *request.uri_mut() = format!("{BASE}/oauth/token").parse().expect("a URI");
    let media_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, media_type);

    assert_eq!(given.send(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn assertions_that_are_not_in_order_are_refused() {
    let given = given();
    let stranger = given.another_caller();
    let now = given.memory.now().timestamp();
    let rows = [
        ("no JWT", "nonsense".to_owned()),
        (
            "made out to Nabla Core",
            given.assertion(&json!({"aud": CORE_TOKEN_URL})),
        ),
        (
            "made out to the API",
            given.assertion(&json!({"aud": format!("https://roster.example{BASE}")})),
        ),
        (
            "made out to another server",
            given.assertion(&json!({"aud": format!("https://us.api.nabla.com{BASE}/oauth/token")})),
        ),
        ("expired", given.assertion(&json!({"exp": now - 120}))),
        ("valid for a day", given.assertion(&json!({"exp": now + 86_400}))),
        ("without an end", given.assertion(&json!({"exp": null}))),
        ("signed with another key", OTHER.sign(&given.claims(&json!({})))),
        (
            "in the name of another client",
            given.assertion(&json!({"iss": stranger.client.to_string(), "sub": stranger.client.to_string()})),
        ),
        ("of nobody", given.assertion(&json!({"iss": "nobody", "sub": "nobody"}))),
        (
            "of two clients",
            OWN.sign(&given.claims(&json!({"sub": stranger.client.to_string()}))),
        ),
    ];

    let mut table = String::new();
    for (row, assertion) in &rows {
        let answer = given
            .anonymous(&format!("{BASE}/oauth/token"), &token_request(assertion))
            .await;
        let line = answer
            .line()
            .replace(&given.client.to_string(), "[client]")
            .replace(&stranger.client.to_string(), "[stranger]");
        writeln!(table, "{row}: {line}").expect("a line");
    }

    insta::assert_snapshot!(table, @r#"
    no JWT: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the client assertion is not a JSON Web Token with the claims iss, sub, aud and exp","name":"UNAUTHENTICATED","traceId":"[trace]"}
    made out to Nabla Core: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the client assertion's aud must be the URL of this token endpoint: https://roster.example/nabla/v1/connect/server/oauth/token","name":"UNAUTHENTICATED","traceId":"[trace]"}
    made out to the API: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the client assertion's aud must be the URL of this token endpoint: https://roster.example/nabla/v1/connect/server/oauth/token","name":"UNAUTHENTICATED","traceId":"[trace]"}
    made out to another server: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the client assertion's aud must be the URL of this token endpoint: https://roster.example/nabla/v1/connect/server/oauth/token","name":"UNAUTHENTICATED","traceId":"[trace]"}
    expired: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the client assertion has expired","name":"UNAUTHENTICATED","traceId":"[trace]"}
    valid for a day: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the client assertion's exp must be at most 10 minutes ahead","name":"UNAUTHENTICATED","traceId":"[trace]"}
    without an end: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the client assertion is not a JSON Web Token with the claims iss, sub, aud and exp","name":"UNAUTHENTICATED","traceId":"[trace]"}
    signed with another key: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the client assertion's signature does not fit the client's key","name":"UNAUTHENTICATED","traceId":"[trace]"}
    in the name of another client: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the client assertion's signature does not fit the client's key","name":"UNAUTHENTICATED","traceId":"[trace]"}
    of nobody: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the client assertion's iss and sub must both be the id of a registered OAuth client","name":"UNAUTHENTICATED","traceId":"[trace]"}
    of two clients: 401 Unauthorized {"code":90003,"debuggingHints":[],"message":"the client assertion's iss and sub must both be the id of a registered OAuth client","name":"UNAUTHENTICATED","traceId":"[trace]"}
    "#);
}

#[tokio::test]
async fn token_requests_that_break_rules_are_refused() {
    let given = given();
    let rows = [
        ("no body", String::new()),
        ("nothing", "{}".to_owned()),
        ("an array", "[]".to_owned()),
        (
            "other constants",
            json!({"grant_type": "password", "client_assertion_type": "jwt", "client_assertion": "x"}).to_string(),
        ),
        (
            "wrong types",
            json!({"grant_type": 1, "client_assertion_type": null, "client_assertion": {}}).to_string(),
        ),
    ];

    let mut table = String::new();
    for (row, body) in &rows {
        let answer = given.anonymous(&format!("{BASE}/oauth/token"), body).await;
        writeln!(table, "{row}: {}", answer.line()).expect("a line");
    }

    insta::assert_snapshot!(table, @r#"
    no body: 400 Bad Request {"code":90002,"debuggingHints":[],"message":"the body ends too early: line 1, column 0","name":"INVALID_REQUEST","traceId":"[trace]"}
    nothing: 400 Bad Request {"code":90002,"debuggingHints":["grant_type is required; given: nothing","client_assertion_type is required; given: nothing","client_assertion is required; given: nothing"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    an array: 400 Bad Request {"code":90002,"debuggingHints":["the request must be an object; given: an array"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    other constants: 400 Bad Request {"code":90002,"debuggingHints":["grant_type must be one of client_credentials; given: \"password\"","client_assertion_type must be one of urn:ietf:params:oauth:client-assertion-type:jwt-bearer; given: \"jwt\""],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    wrong types: 400 Bad Request {"code":90002,"debuggingHints":["grant_type must be a string; given: a number","client_assertion_type is required; given: nothing","client_assertion must be a string; given: an object"],"message":"[hints]","name":"INVALID_REQUEST","traceId":"[trace]"}
    "#);
}

#[tokio::test]
async fn a_token_belongs_to_the_organization_of_its_client() {
    let given = given();
    let stranger = given.another_caller();
    let claims = given.claims(&json!({"iss": stranger.client.to_string(), "sub": stranger.client.to_string()}));
    let answer = given
        .anonymous(&format!("{BASE}/oauth/token"), &token_request(&OTHER.sign(&claims)))
        .await;
    let bearer = format!("Bearer {}", answer.json()["access_token"].as_str().expect("a token"));

    let made = given.send(request(BODY, Some(&bearer))).await;

    assert_eq!(made.status, StatusCode::OK);
    let count = |organization| Arc::clone(&given.memory).count(organization);
    assert_eq!((count(&given.organization), count(&stranger.organization)), (0, 1));
}
