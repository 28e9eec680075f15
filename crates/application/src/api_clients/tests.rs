//! The use cases for API clients: secrets are made, shown once, and stored only as digest or hash.

use std::sync::Arc;

use roster_domain::{ApiClient, ApiClientId, ApiClientKind, Change, ClientKey, Email, OrganizationId, Surface};
use rstest::rstest;
use secrecy::SecretString;
use uuid::Uuid;

use super::{ApiClients, ApiKey, CreatedApiClient, NewApiClient, digest};
use crate::authentication::{Caller, verify_password};
use crate::error::{Conflicting, Error, Missing};
use crate::idempotency::Reserved;
use crate::ports::{ClientDeletion, ClientSecret, MockApiClientStore, StoreError, UniqueKey};
use crate::testing::{at, clock_at, entropy, ids, organization, set};

const OWN: ApiClientId = ApiClientId::new(Uuid::from_u128(7));
const OTHER: ApiClientId = ApiClientId::new(Uuid::from_u128(8));

fn client(organization_id: OrganizationId) -> ApiClient {
    ApiClient {
        id: OWN,
        organization_id,
        kind: ApiClientKind::ApiKey,
        label: None,
        surface: None,
        created_at: at(60),
    }
}

fn clients(store: MockApiClientStore) -> ApiClients {
    ApiClients::new(Arc::new(store), clock_at(60), ids(), entropy())
}

fn of_kind(kind: &str) -> NewApiClient {
    NewApiClient {
        kind: set(kind),
        ..NewApiClient::default()
    }
}

fn pointers(outcome: Result<CreatedApiClient, Error>) -> Vec<String> {
    match outcome {
        Err(Error::Invalid(violations)) => violations.iter().map(|violation| violation.field.pointer()).collect(),
        other => panic!("it was not refused: {other:?}"),
    }
}

async fn refused(new: NewApiClient) -> Vec<String> {
    pointers(
        clients(MockApiClientStore::new())
            .create(&organization(), new, None)
            .await,
    )
}

#[tokio::test]
async fn an_api_key_is_shown_once_and_stored_as_a_digest() {
    let mut store = MockApiClientStore::new();
    store
        .expect_create_client()
        .withf(|client, secret| {
            let key = ApiKey::generate(&*entropy());
            client.kind == ApiClientKind::ApiKey && *secret == ClientSecret::KeyDigest(digest(key.expose()))
        })
        .times(1)
        .return_once(|_, _| Ok(()));

    let made = clients(store)
        .create(&organization(), of_kind("api_key"), None)
        .await
        .expect("made");

    let key = made.key.clone().expect("a key");
    assert!(
        key.expose().starts_with("rstr_") && key.expose().len() == 48,
        "256 bits in base64url"
    );
    assert!(!format!("{made:?}").contains(key.expose()), "Debug shows the key");
    assert_eq!(
        (made.client.created_at, made.client.organization_id),
        (at(60), organization().id)
    );
}

#[tokio::test]
async fn a_key_that_was_made_beforehand_is_taken_for_an_api_key_and_for_nothing_else() {
    let key = || ApiKey::given(SecretString::from("made-beforehand")).expect("fits");
    let with_key = |kind: &str| NewApiClient {
        key: Some(key()),
        ..of_kind(kind)
    };
    let mut store = MockApiClientStore::new();
    store
        .expect_create_client()
        .withf(|_, secret| *secret == ClientSecret::KeyDigest(digest("made-beforehand")))
        .times(1)
        .return_once(|_, _| Ok(()));

    let made = clients(store).create(&organization(), with_key("api_key"), None).await;

    assert_eq!(made.expect("made").key.expect("a key").expose(), "made-beforehand");
    let account = NewApiClient {
        email: set("bot@example.org"),
        password: Change::Set(SecretString::from("correct-horse-battery")),
        ..with_key("service_account")
    };
    assert_eq!(refused(account).await, ["/key"]);
}

#[tokio::test]
async fn a_service_accounts_password_is_stored_as_a_hash_that_fits() {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let mut store = MockApiClientStore::new();
    store.expect_create_client().times(1).return_once(move |_, secret| {
        sender.send(secret.clone()).expect("somebody listens");
        Ok(())
    });
    let new = NewApiClient {
        email: set("Bot@example.org"),
        password: Change::Set(SecretString::from("correct-horse-battery")),
        ..of_kind("service_account")
    };

    let made = clients(store).create(&organization(), new, None).await.expect("made");

    let email = Email::new("bot@example.org").expect("valid");
    assert_eq!(
        (made.client.kind, made.key.is_none()),
        (ApiClientKind::ServiceAccount { email }, true)
    );
    let Some(ClientSecret::PasswordHash(hash)) = receiver.recv().await else {
        panic!("no hash was stored")
    };
    assert!(hash.starts_with("$argon2id$") && !hash.contains("horse"), "{hash}");
    assert!(
        verify_password(SecretString::from("correct-horse-battery"), hash.clone())
            .await
            .expect("checked")
    );
    assert!(
        !verify_password(SecretString::from("correct-horse-batterz"), hash)
            .await
            .expect("checked")
    );
}

#[tokio::test]
async fn an_oauth_client_keeps_the_url_of_its_keys_and_no_secret() {
    let mut store = MockApiClientStore::new();
    store
        .expect_create_client()
        .withf(|_, secret| *secret == ClientSecret::None)
        .times(1)
        .return_once(|_, _| Ok(()));
    let new = NewApiClient {
        jwks_url: set("https://ehr.example/keys"),
        ..of_kind("oauth_client")
    };

    let made = clients(store).create(&organization(), new, None).await.expect("made");

    let expected = ClientKey::JwksUrl("https://ehr.example/keys".to_owned());
    assert_eq!(made.client.kind, ApiClientKind::OAuthClient(expected));
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_request_is_reported() {
    assert_eq!(refused(NewApiClient::default()).await, ["/kind"]);
    assert_eq!(
        refused(NewApiClient {
            label: set(""),
            ..of_kind("robot")
        })
        .await,
        ["/label", "/kind"]
    );
    assert_eq!(refused(of_kind("oauth_client")).await, ["/public_key"]);
    assert_eq!(refused(of_kind("service_account")).await, ["/email", "/password"]);

    let both = NewApiClient {
        public_key: set("x"),
        jwks_url: set("https://h"),
        ..of_kind("oauth_client")
    };
    assert_eq!(refused(both).await, ["/jwks_url"]);
    let foreign = NewApiClient {
        email: set("a@example.org"),
        jwks_url: set("https://h"),
        ..of_kind("api_key")
    };
    assert_eq!(refused(foreign).await, ["/jwks_url", "/email"]);
}

#[tokio::test]
async fn a_private_key_or_a_short_password_is_refused_and_never_repeated() {
    let pem = "-----BEGIN PRIVATE KEY-----\nTOPSECRET\n-----END PRIVATE KEY-----";
    let key = NewApiClient {
        public_key: set(pem),
        ..of_kind("oauth_client")
    };
    let password = NewApiClient {
        email: set("bot@example.org"),
        password: Change::Set(SecretString::from("TOPSECRET")),
        ..of_kind("service_account")
    };
    for new in [key, password] {
        let failed = clients(MockApiClientStore::new())
            .create(&organization(), new, None)
            .await;
        assert!(
            matches!(failed, Err(Error::Invalid(_))) && !format!("{failed:?}").contains("TOPSECRET"),
            "{failed:?}"
        );
    }
}

#[tokio::test]
async fn a_request_whose_answer_was_lost_replaces_the_key_that_nobody_saw() {
    let id = ApiClientId::new(Uuid::from_u128(7));
    let (mut store, mut order) = (MockApiClientStore::new(), mockall::Sequence::new());
    store
        .expect_delete_client()
        .withf(move |of, deleted| (*of, *deleted) == (organization().id, id))
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _| Ok(true));
    store
        .expect_create_client()
        .withf(move |client, _| client.id == id)
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _| Ok(()));

    let reserved = Some(Reserved::Resumed(Uuid::from_u128(7)));
    let made = clients(store)
        .create(&organization(), of_kind("api_key"), reserved)
        .await
        .expect("made");

    assert!(made.key.is_some());
}

#[tokio::test]
async fn who_stands_against_a_client_is_named() {
    for (key, expected) in [
        (UniqueKey::Id, Conflicting::Id),
        (UniqueKey::ApiKey, Conflicting::ApiKey),
        (UniqueKey::ServiceAccountEmail, Conflicting::ServiceAccountEmail),
    ] {
        let mut store = MockApiClientStore::new();
        store
            .expect_create_client()
            .times(1)
            .return_once(move |_, _| Err(StoreError::Conflict(key)));

        let failed = clients(store).create(&organization(), of_kind("api_key"), None).await;

        assert!(
            matches!(failed, Err(Error::Conflict(found)) if found == expected),
            "{failed:?}"
        );
    }
}

#[rstest]
#[case::deleted(ClientDeletion::Deleted, None)]
#[case::absent(ClientDeletion::Absent, Some("there is no such API client"))]
#[case::by_nobody(ClientDeletion::ByNobody, Some("the client that asks was deleted: nothing was done"))]
#[tokio::test]
async fn a_client_deletes_others_and_not_itself(#[case] became: ClientDeletion, #[case] refused: Option<&str>) {
    let mut store = MockApiClientStore::new();
    store
        .expect_delete_client_for()
        .withf(|of, id, by| (*of, *id, *by) == (organization().id, OTHER, OWN))
        .times(1)
        .return_once(move |_, _, _| Ok(became));
    let clients = clients(store);
    let caller = Caller {
        organization: organization(),
        client: client(organization().id),
    };

    let own = clients.delete_for(&caller, OWN).await;
    let other = clients.delete_for(&caller, OTHER).await;

    assert!(matches!(own, Err(Error::Conflict(Conflicting::OwnClient))), "{own:?}");
    assert_eq!(other.err().map(|error| error.to_string()).as_deref(), refused);
}

#[tokio::test]
async fn a_client_is_seen_by_its_own_organization_only() {
    for (of, seen) in [
        (organization().id, true),
        (OrganizationId::new(Uuid::from_u128(99)), false),
    ] {
        let mut store = MockApiClientStore::new();
        store
            .expect_client()
            .times(1)
            .return_once(move |_| Ok(Some((client(of), organization()))));

        let found = clients(store).get(&organization(), OWN).await;

        match found {
            Ok(found) => assert!(seen && found == client(of)),
            Err(error) => assert!(
                !seen && matches!(error, Error::NotFound(Missing::ApiClient)),
                "{error:?}"
            ),
        }
    }
}

#[tokio::test]
async fn a_key_set_on_a_private_address_needs_the_operators_word() {
    let inside = || NewApiClient {
        jwks_url: set("http://127.0.0.1:8080/jwks.json"),
        ..of_kind("oauth_client")
    };
    assert_eq!(refused(inside()).await, ["/jwks_url"]);
    let mut store = MockApiClientStore::new();
    store.expect_create_client().times(1).return_once(|_, _| Ok(()));

    let made = clients(store)
        .allowing_private_addresses(true)
        .create(&organization(), inside(), None)
        .await;

    assert!(made.is_ok(), "{made:?}");
}

#[test]
fn a_key_that_the_operator_chose_is_fit_for_a_header() {
    let given = |key: &str| ApiKey::given(SecretString::from(key));
    for key in ["12345678", &"k".repeat(512)] {
        assert_eq!(given(key).expect("fits").expose(), key);
    }
    for key in [
        "1234567",
        "with a space inside",
        "with a\nline break",
        "mein-schlüsselbund",
        &"k".repeat(513),
    ] {
        let violations = given(key).expect_err("does not fit");
        assert!(!violations.to_string().contains(key), "it is repeated: {violations}");
    }
}

#[rstest]
#[case::for_identity_providers("scim", Some(Surface::Scim))]
#[case::for_a_vendors_dialect("nabla_core", Some(Surface::NablaCore))]
#[tokio::test]
async fn a_client_may_be_limited_to_a_surface(#[case] name: &str, #[case] surface: Option<Surface>) {
    let mut store = MockApiClientStore::new();
    store
        .expect_create_client()
        .withf(move |client, _| client.surface == surface)
        .times(1)
        .return_once(|_, _| Ok(()));
    let new = NewApiClient {
        surface: set(name),
        ..of_kind("api_key")
    };

    let made = clients(store).create(&organization(), new, None).await;

    assert_eq!(made.expect("made").client.surface, surface);
}

#[rstest]
#[case::unknown("fax")]
#[case::roster_itself("cli")]
#[case::spelt_otherwise("SCIM")]
#[tokio::test]
async fn a_client_cannot_be_limited_to_what_no_client_calls(#[case] name: &str) {
    let new = NewApiClient {
        surface: set(name),
        ..of_kind("api_key")
    };

    assert_eq!(refused(new).await, ["/surface"]);
}
