//! API clients.

use roster_application::ports::{ClientDeletion, ClientSecret, Store, StoreError, UniqueKey};
use roster_domain::{ApiClient, ApiClientId, ApiClientKind, ClientKey, Email, Surface};

use super::given::{self, after};

fn service_account(address: &str) -> ApiClientKind {
    ApiClientKind::ServiceAccount {
        email: Email::new(address).expect("valid"),
    }
}

fn password() -> ClientSecret {
    ClientSecret::PasswordHash("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned())
}

/// Each kind, as it was stored, with its organization.
pub async fn clients_of_every_kind_come_back_as_they_were_stored(store: &dyn Store) {
    let organization = given::organization(store).await;
    let pem = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n".to_owned();
    let jwks = "https://customer.example/jwks.json".to_owned();
    let kinds = [
        (ApiClientKind::ApiKey, ClientSecret::KeyDigest([7; 32])),
        (
            ApiClientKind::OAuthClient(ClientKey::PublicKey(pem)),
            ClientSecret::None,
        ),
        (ApiClientKind::OAuthClient(ClientKey::JwksUrl(jwks)), ClientSecret::None),
        (service_account("Robot@Example.org"), password()),
    ];
    for (kind, secret) in kinds {
        let client = ApiClient {
            label: None,
            ..given::new_client(organization, kind)
        };

        store.create_client(&client, &secret).await.expect("created");

        let (found, owner) = store.client(client.id).await.expect("read").expect("the client");
        assert_eq!((found, owner.id), (client, organization));
    }
    assert_eq!(
        store.client(ApiClientId::new(given::new_id())).await.expect("read"),
        None
    );
}

/// By the digest of its key, and by nothing else.
pub async fn an_api_key_is_found_by_its_digest(store: &dyn Store) {
    let organization = given::organization(store).await;
    let client = given::new_client(organization, ApiClientKind::ApiKey);
    store
        .create_client(&client, &ClientSecret::KeyDigest([7; 32]))
        .await
        .expect("created");

    let found = store.client_by_key_digest(&[7; 32]).await.expect("read");
    let other = store.client_by_key_digest(&[8; 32]).await.expect("read");

    assert_eq!(
        found.map(|(client, owner)| (client, owner.id)),
        Some((client, organization))
    );
    assert_eq!(other, None);
}

/// By its address in the form in which addresses are compared, with the hash of its password.
pub async fn a_service_account_is_found_by_its_folded_email(store: &dyn Store) {
    let organization = given::organization(store).await;
    let client = given::new_client(organization, service_account("Robot.Ö@Example.org"));
    store.create_client(&client, &password()).await.expect("created");

    let found = store
        .service_account("robot.ö@example.org")
        .await
        .expect("read")
        .expect("the account");
    let other = store.service_account("robot@example.org").await.expect("read");

    assert_eq!((found.0, found.1, found.2.id), (client, password(), organization));
    assert_eq!(other, None);
}

/// MUST: `Conflict(Id)`, `Conflict(ApiKey)`, `Conflict(ServiceAccountEmail)`, of any organization, and nothing stored.
pub async fn what_another_client_of_any_organization_has_is_a_conflict(store: &dyn Store) {
    let organization = given::organization(store).await;
    let key = given::new_client(organization, ApiClientKind::ApiKey);
    store
        .create_client(&key, &ClientSecret::KeyDigest([7; 32]))
        .await
        .expect("created");
    let account = given::new_client(organization, service_account("robot@example.org"));
    store.create_client(&account, &password()).await.expect("created");

    for organization in [organization, given::organization(store).await] {
        let same_id = ApiClient {
            id: key.id,
            ..given::new_client(organization, ApiClientKind::ApiKey)
        };
        let same_key = given::new_client(organization, ApiClientKind::ApiKey);
        let same_email = given::new_client(organization, service_account("ROBOT@example.org"));
        let before = store.clients(organization, None, 10).await.expect("read");

        let id = store.create_client(&same_id, &ClientSecret::KeyDigest([8; 32])).await;
        let digest = store.create_client(&same_key, &ClientSecret::KeyDigest([7; 32])).await;
        let email = store.create_client(&same_email, &password()).await;

        assert!(matches!(id, Err(StoreError::Conflict(UniqueKey::Id))), "{id:?}");
        assert!(
            matches!(digest, Err(StoreError::Conflict(UniqueKey::ApiKey))),
            "{digest:?}"
        );
        assert!(
            matches!(email, Err(StoreError::Conflict(UniqueKey::ServiceAccountEmail))),
            "{email:?}"
        );
        assert_eq!(store.clients(organization, None, 10).await.expect("read"), before);
    }
}

/// By id, a page at a time.
pub async fn clients_are_listed_page_by_page(store: &dyn Store) {
    let organization = given::organization(store).await;
    for number in 0..3 {
        let client = given::new_client(organization, service_account(&format!("robot{number}@example.org")));
        store.create_client(&client, &password()).await.expect("created");
    }

    let all = store.clients(organization, None, 10).await.expect("read");
    let first = store.clients(organization, None, 3).await.expect("read");
    let rest = store.clients(organization, Some(first[2].id), 3).await.expect("read");

    assert_eq!(all.len(), 4, "with the organization's first client");
    assert!(all.is_sorted_by_key(|client| client.id));
    assert_eq!([first, rest].concat(), all);
}

/// Nothing that it holds opens anything.
pub async fn a_deleted_client_is_not_found_in_any_way(store: &dyn Store) {
    let organization = given::organization(store).await;
    let key = given::new_client(organization, ApiClientKind::ApiKey);
    store
        .create_client(&key, &ClientSecret::KeyDigest([7; 32]))
        .await
        .expect("created");
    let account = given::new_client(organization, service_account("robot@example.org"));
    store.create_client(&account, &password()).await.expect("created");

    for client in [&key, &account] {
        assert!(store.delete_client(organization, client.id).await.expect("deleted"));
        assert!(!store.delete_client(organization, client.id).await.expect("asked"));
        assert_eq!(store.client(client.id).await.expect("read"), None);
    }

    assert_eq!(store.client_by_key_digest(&[7; 32]).await.expect("read"), None);
    assert_eq!(store.service_account("robot@example.org").await.expect("read"), None);
}

/// And nobody is for one that is gone, or is in another organization, or for the one to be deleted if that is gone.
pub async fn a_client_is_deleted_for_another_one_that_is_there(store: &dyn Store) {
    let (organization, other) = (given::organization(store).await, given::organization(store).await);
    let theirs = store.clients(other, None, 10).await.expect("read").remove(0).id;
    let mut ids = Vec::new();
    for number in 0..3 {
        let client = given::new_client(organization, ApiClientKind::ApiKey);
        store
            .create_client(&client, &ClientSecret::KeyDigest([number; 32]))
            .await
            .expect("created");
        ids.push(client.id);
    }
    let (by, first, second) = (ids[0], ids[1], ids[2]);
    let nobody = ApiClientId::new(given::new_id());
    let delete = async |id, by| store.delete_client_for(organization, id, by).await.expect("asked");

    assert_eq!(delete(first, nobody).await, ClientDeletion::ByNobody);
    assert_eq!(delete(first, theirs).await, ClientDeletion::ByNobody);
    assert_eq!(delete(theirs, by).await, ClientDeletion::Absent);
    assert_eq!(delete(nobody, by).await, ClientDeletion::Absent);
    assert!(store.client(first).await.expect("read").is_some());

    assert_eq!(delete(first, by).await, ClientDeletion::Deleted);
    assert_eq!(delete(first, by).await, ClientDeletion::Absent);
    assert_eq!(delete(second, first).await, ClientDeletion::ByNobody);
    assert_eq!(delete(nobody, first).await, ClientDeletion::ByNobody);

    for (id, is_there) in [(first, false), (second, true), (by, true), (theirs, true)] {
        assert_eq!(store.client(id).await.expect("read").is_some(), is_there, "{id}");
    }
}

/// MUST: `true` once per client and `jti`, however long the `jti` is.
pub async fn an_assertion_is_used_once_by_each_client(store: &dyn Store) {
    let (first, second) = (ApiClientId::new(given::new_id()), ApiClientId::new(given::new_id()));
    let long = "é\0".repeat(5_000);
    for jti in ["1", "", long.as_str()] {
        assert!(
            store
                .use_assertion(first, jti, after(300), after(0))
                .await
                .expect("used")
        );
        assert!(
            !store
                .use_assertion(first, jti, after(300), after(1))
                .await
                .expect("asked")
        );
        assert!(
            store
                .use_assertion(second, jti, after(300), after(1))
                .await
                .expect("used")
        );
    }
    assert!(
        store
            .use_assertion(first, "2", after(300), after(1))
            .await
            .expect("used")
    );
}

/// Only those that expired before the time.
pub async fn used_assertions_are_forgotten_once_they_have_expired(store: &dyn Store) {
    let client = ApiClientId::new(given::new_id());
    for (jti, seconds) in [("early", 10), ("late", 20)] {
        assert!(
            store
                .use_assertion(client, jti, after(seconds), after(0))
                .await
                .expect("used")
        );
    }

    assert_eq!(store.purge_sessions(after(20)).await.expect("purged"), 1);

    assert!(
        !store
            .use_assertion(client, "late", after(20), after(1))
            .await
            .expect("asked")
    );
}

/// One that opens one surface only, and one that opens all.
pub async fn the_surface_of_a_client_comes_back_as_it_was_stored(store: &dyn Store) {
    let organization = given::organization(store).await;
    for surface in [Some(Surface::Scim), Some(Surface::V1), None] {
        let client = ApiClient {
            surface,
            ..given::new_client(organization, ApiClientKind::ApiKey)
        };
        let digest = given::digest_of(client.id.uuid());
        store
            .create_client(&client, &ClientSecret::KeyDigest(digest))
            .await
            .expect("created");

        let by_digest = store
            .client_by_key_digest(&digest)
            .await
            .expect("read")
            .expect("found")
            .0;
        let by_id = store.client(client.id).await.expect("read").expect("found").0;
        let listed = store.clients(organization, None, 99).await.expect("read");

        assert_eq!((&by_digest, &by_id), (&client, &client));
        assert!(listed.contains(&client));
    }
}
