//! Credentials that open nothing.

use std::time::Duration;

use axum::http::{HeaderName, Method, StatusCode};
use roster_application::authentication::{AccessClaims, Audience, TokenKey, Tokens};
use roster_application::ports::Clock;
use roster_domain::Timestamp;
use uuid::Uuid;

use super::{given, request};
use crate::dialects::memory::Memory;

#[tokio::test]
async fn credentials_that_are_missing_malformed_expired_or_foreign_are_refused() {
    let given = given().await;
    let claims = AccessClaims {
        client: given.client,
        organization: given.organization.id,
    };
    let issued = |audience, seconds_ago| {
        let then: Timestamp = given.memory.now() - Duration::from_secs(seconds_ago);
        let token = Memory::tokens().issue_access(claims, audience, Uuid::nil(), then);
        format!("Bearer {}", token.expect("a token"))
    };
    let another_key = {
        let key = TokenKey::new([8; 32]);
        let tokens = Tokens::new(&key);
        let token = tokens.issue_access(claims, Audience::Corti, Uuid::nil(), given.memory.now());
        format!("Bearer {}", token.expect("a token"))
    };
    let mut lines = Vec::new();
    for (name, header, value) in [
        ("none", "x-nothing", "x".to_owned()),
        ("empty", "authorization", String::new()),
        ("basic", "authorization", "Basic YTpi".to_owned()),
        ("no token", "authorization", "Bearer ".to_owned()),
        ("no JWT", "authorization", "Bearer x.y.z".to_owned()),
        ("no ASCII", "authorization", "Bearer \u{e9}".to_owned()),
        ("a key header", "x-api-key", "key".to_owned()),
        ("expired", "authorization", issued(Audience::Corti, 3_600)),
        ("of another API", "authorization", issued(Audience::NablaCoreServer, 0)),
        ("signed by somebody else", "authorization", another_key),
    ] {
        let mut request = request(Method::GET, "/projects/default/customers", "");
        let value = value.as_bytes().try_into().expect("a header");
        request.headers_mut().insert(HeaderName::from_static(header), value);
        let answer = given.send(request).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{name}");
        lines.push(answer.refusal(name));
    }

    insta::assert_snapshot!(lines.join("\n"), @r"
    none: 401 Unauthorized
      unauthorized: an Authorization header with a Bearer token is needed
    empty: 401 Unauthorized
      unauthorized: an Authorization header with a Bearer token is needed
    basic: 401 Unauthorized
      unauthorized: an Authorization header with a Bearer token is needed
    no token: 401 Unauthorized
      unauthorized: an Authorization header with a Bearer token is needed
    no JWT: 401 Unauthorized
      unauthorized: the token is not valid here
    no ASCII: 401 Unauthorized
      unauthorized: an Authorization header with a Bearer token is needed
    a key header: 401 Unauthorized
      unauthorized: an Authorization header with a Bearer token is needed
    expired: 401 Unauthorized
      unauthorized: the token has expired
    of another API: 401 Unauthorized
      unauthorized: the token is not valid here
    signed by somebody else: 401 Unauthorized
      unauthorized: the token is not valid here
    ");
    assert_eq!(given.call(Method::GET, "/customers", "").await.status, StatusCode::OK);
}
