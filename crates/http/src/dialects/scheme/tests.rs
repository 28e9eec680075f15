//! What opens a scheme, and what does not.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use roster_application::authentication::{AccessClaims, Audience};
use roster_application::ports::{ApiClientStore, Clock, Ids};
use roster_domain::ApiClientId;
use rstest::rstest;

use super::*;
use crate::dialects::memory::{Memory, organization};
use crate::refusal::Kind;

const IN_HEADER: Scheme = Scheme::ApiKey {
    header: Some("x-api-key"),
};
const IN_BEARER: Scheme = Scheme::ApiKey { header: None };

fn callers(memory: &Arc<Memory>) -> Callers {
    Callers {
        authentication: memory.authentication(),
        tokens: Memory::tokens(),
    }
}

fn headers(given: &[(&str, &str)]) -> HeaderMap {
    let given = given.iter().map(|(name, value)| {
        let name = HeaderName::try_from(*name).expect("a name");
        (name, HeaderValue::try_from(*value).expect("a value"))
    });
    given.fold(HeaderMap::new(), |mut headers, (name, value)| {
        headers.append(name, value);
        headers
    })
}

#[rstest]
#[case::header(IN_HEADER, &[("x-api-key", "right")])]
#[case::bearer(IN_HEADER, &[("authorization", "Bearer right")])]
#[case::both_of_them(IN_HEADER, &[("x-api-key", "right"), ("authorization", "bearer right")])]
#[case::bearer_alone(IN_BEARER, &[("authorization", "Bearer right")])]
#[tokio::test]
async fn an_api_key_opens(#[case] scheme: Scheme, #[case] given: &[(&str, &str)]) {
    let memory = Arc::new(Memory::default());
    memory.add_api_key("right", &organization(1));

    let caller = scheme
        .authenticate(&callers(&memory), Surface::Upheal, &headers(given))
        .await;

    assert_eq!(caller.expect("a caller").organization.id, organization(1).id);
}

#[rstest]
#[case::nothing(IN_HEADER, &[])]
#[case::unknown(IN_HEADER, &[("x-api-key", "wrong")])]
#[case::empty(IN_HEADER, &[("x-api-key", "")])]
#[case::empty_beside_a_right_one(IN_HEADER, &[("x-api-key", ""), ("authorization", "Bearer right")])]
#[case::twice(IN_HEADER, &[("x-api-key", "right"), ("x-api-key", "right")])]
#[case::not_text(IN_HEADER, &[("x-api-key", "r\u{e9}")])]
#[case::two_that_differ(IN_HEADER, &[("x-api-key", "right"), ("authorization", "Bearer other")])]
#[case::another_scheme_beside_it(IN_HEADER, &[("x-api-key", "right"), ("authorization", "Basic cmlnaHQ6")])]
#[case::another_scheme(IN_HEADER, &[("authorization", "Basic cmlnaHQ6")])]
#[case::unknown_bearer(IN_BEARER, &[("authorization", "Bearer wrong")])]
#[case::a_header_that_this_vendor_has_not(IN_BEARER, &[("x-api-key", "right")])]
#[tokio::test]
async fn anything_else_than_one_api_key_does_not(#[case] scheme: Scheme, #[case] given: &[(&str, &str)]) {
    let memory = Arc::new(Memory::default());
    memory.add_api_key("right", &organization(1));
    memory.add_api_key("other", &organization(2));

    let refusal = scheme
        .authenticate(&callers(&memory), Surface::Upheal, &headers(given))
        .await;

    let refusal = refusal.expect_err("a refusal");
    assert_eq!((refusal.status.as_u16(), refusal.kind), (401, Kind::Unauthorized));
    assert!(!refusal.message.contains("right"), "{}", refusal.message);
}

/// A token for a client of an organization.
fn token(memory: &Memory, client: ApiClientId, number: u128, audience: Audience) -> HeaderMap {
    let claims = AccessClaims {
        client,
        organization: organization(number).id,
    };
    let token = Memory::tokens().issue_access(claims, audience, memory.new_id(), memory.now());
    headers(&[("authorization", &format!("Bearer {}", token.expect("a token")))])
}

#[rstest]
#[case(Audience::NablaCoreServer)]
#[case(Audience::NablaConnectServer)]
#[tokio::test]
async fn an_access_token_opens_its_audience_and_no_other(#[case] audience: Audience) {
    let memory = Arc::new(Memory::default());
    let client = memory.add_oauth_client(&organization(1));
    let headers = token(&memory, client, 1, audience);

    for asked in [Audience::NablaCoreServer, Audience::NablaConnectServer, Audience::Corti] {
        let caller = Scheme::AccessToken(asked)
            .authenticate(&callers(&memory), Surface::NablaCore, &headers)
            .await;
        assert_eq!(caller.is_ok(), asked == audience, "{asked:?}");
    }
}

#[tokio::test]
async fn only_a_client_of_the_kind_that_is_given_such_tokens_may_use_one() {
    let memory = Arc::new(Memory::default());
    let account = memory
        .add_service_account(
            "console@example.org",
            "a-password-that-is-long-enough",
            &organization(1),
        )
        .await;
    let oauth = memory.add_oauth_client(&organization(1));
    let callers = callers(&memory);

    for (client, audience, opens) in [
        (account, Audience::Corti, true),
        (oauth, Audience::Corti, false),
        (account, Audience::NablaCoreServer, false),
        (account, Audience::NablaConnectServer, false),
    ] {
        let headers = token(&memory, client, 1, audience);
        let caller = Scheme::AccessToken(audience)
            .authenticate(&callers, Surface::NablaCore, &headers)
            .await;
        assert_eq!(caller.is_ok(), opens, "{audience:?}");
    }
}

#[tokio::test]
async fn a_token_of_a_client_that_is_gone_or_of_another_organization_opens_nothing() {
    let memory = Arc::new(Memory::default());
    let client = memory.add_oauth_client(&organization(1));
    let callers = callers(&memory);
    let scheme = Scheme::AccessToken(Audience::NablaCoreServer);
    let of_another = token(&memory, client, 2, Audience::NablaCoreServer);
    let of_this = token(&memory, client, 1, Audience::NablaCoreServer);

    assert!(
        scheme
            .authenticate(&callers, Surface::NablaCore, &of_another)
            .await
            .is_err()
    );
    assert!(
        scheme
            .authenticate(&callers, Surface::NablaCore, &of_this)
            .await
            .is_ok()
    );
    memory
        .delete_client(organization(1).id, client)
        .await
        .expect("the client is deleted");
    assert!(
        scheme
            .authenticate(&callers, Surface::NablaCore, &of_this)
            .await
            .is_err()
    );
}
