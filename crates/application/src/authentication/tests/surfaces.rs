//! What a client that is limited to one surface opens, in each of the ways to prove who one is.

use super::*;

/// What a client opens that is limited, or not.
fn opened_by(limit: Option<Surface>) -> Vec<Surface> {
    let callable = Surface::CALLABLE.iter().copied();
    callable
        .filter(|surface| limit.is_none_or(|only| only == *surface))
        .collect()
}

/// A store that knows one client of a kind with some secret, limited to a surface or not.
fn knowing(kind: ApiClientKind, secret: ClientSecret, limit: Option<Surface>) -> Authentication {
    let client = ApiClient {
        id: CLIENT,
        organization_id: organization().id,
        kind,
        label: None,
        surface: limit,
        created_at: at(0),
    };
    let mut clients = MockApiClientStore::new();
    let (by_id, by_digest) = (client.clone(), client.clone());
    clients
        .expect_client()
        .returning(move |_| Ok(Some((by_id.clone(), organization()))));
    clients
        .expect_client_by_key_digest()
        .returning(move |_| Ok(Some((by_digest.clone(), organization()))));
    clients
        .expect_service_account()
        .returning(move |_| Ok(Some((client.clone(), secret.clone(), organization()))));
    clients.expect_use_assertion().returning(|_, _, _, _| Ok(true));
    Authentication::new(Arc::new(clients), Arc::new(MockKeySets::new()), clock_at(100))
}

fn every_limit() -> impl Iterator<Item = Option<Surface>> {
    Surface::CALLABLE.iter().copied().map(Some).chain([None])
}

#[tokio::test]
async fn a_key_opens_the_surface_that_it_is_limited_to_and_no_other() {
    for limit in every_limit() {
        let authentication = knowing(ApiClientKind::ApiKey, ClientSecret::None, limit);
        let mut opened = Vec::new();
        for surface in Surface::CALLABLE {
            let caller = authentication.by_api_key("key", *surface).await.expect("looked up");
            opened.extend(caller.map(|_| *surface));
        }
        assert_eq!(opened, opened_by(limit), "{limit:?}");
    }
}

#[tokio::test]
async fn a_client_with_tokens_opens_the_surface_that_it_is_limited_to_and_no_other() {
    for limit in every_limit() {
        let kind = ApiClientKind::OAuthClient(ClientKey::PublicKey(KEY.public_pem.clone()));
        let authentication = knowing(kind, ClientSecret::None, limit);
        let (mut by_token, mut by_assertion) = (Vec::new(), Vec::new());
        for surface in Surface::CALLABLE {
            let caller = authentication.by_client_id(CLIENT, *surface).await.expect("looked up");
            by_token.extend(caller.map(|_| *surface));
            let assertion = sign(&claims(&json!({})), &KEY);
            let audiences = [AUDIENCE.to_owned()];
            match authentication.by_assertion(&assertion, &audiences, *surface).await {
                Ok(_) => by_assertion.push(*surface),
                Err(error) => assert!(matches!(error, AssertionError::UnknownClient), "{error:?}"),
            }
        }
        assert_eq!(by_token, opened_by(limit), "{limit:?}");
        assert_eq!(by_assertion, opened_by(limit), "{limit:?}");
    }
}

#[tokio::test]
async fn a_service_account_signs_in_to_the_surface_that_it_is_limited_to_and_no_other() {
    let password = roster_domain::Password::new("correct-horse-battery").expect("valid");
    let hash = hash_password(password, [7; 32]).await.expect("a hash");
    for (limit, opens) in [
        (None, true),
        (Some(Surface::Corti), true),
        (Some(Surface::Scim), false),
        (Some(Surface::V1), false),
    ] {
        let kind = ApiClientKind::ServiceAccount {
            email: Email::new("it@example.org").expect("valid"),
        };
        let authentication = knowing(kind, ClientSecret::PasswordHash(hash.clone()), limit);
        let caller = authentication
            .by_service_account("it@example.org", "correct-horse-battery".into(), Surface::Corti)
            .await
            .expect("looked up");
        assert_eq!(caller.is_some(), opens, "{limit:?}");
    }
}
