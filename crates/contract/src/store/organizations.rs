//! Organizations.

use roster_application::ports::{ClientSecret, Store, StoreError, UniqueKey};
use roster_domain::{ApiClientKind, ConnectVersion, Organization, OrganizationId, PhiGuard, Slug};

use super::given;

/// By id and by short name, with the first client.
pub async fn an_organization_comes_back_with_its_first_client(store: &dyn Store) {
    let (organization, client, secret) = given::new_organization("st-marys");

    store
        .create_organization(&organization, &client, &secret)
        .await
        .expect("created");

    let by_id = store.organization(organization.id).await.expect("read");
    let by_slug = store.organization_by_slug(&organization.slug).await.expect("read");
    assert_eq!(
        (by_id.as_ref(), by_slug.as_ref()),
        (Some(&organization), Some(&organization))
    );
    let found = store
        .client_by_key_digest(&given::digest_of(client.id.uuid()))
        .await
        .expect("read");
    assert_eq!(found, Some((client, organization)));
}

/// Not found is not an error.
pub async fn an_absent_organization_is_not_found(store: &dyn Store) {
    let id = OrganizationId::new(given::new_id());

    assert_eq!(store.organization(id).await.expect("read"), None);
    assert_eq!(
        store
            .organization_by_slug(&Slug::default_organization())
            .await
            .expect("read"),
        None
    );
    assert!(!store.set_phi_guard(id, PhiGuard::Off).await.expect("asked"));
    assert!(
        !store
            .set_nabla_connect_version(id, ConnectVersion::Next)
            .await
            .expect("asked")
    );
    assert_eq!(store.link_key(id, [1; 32]).await.expect("asked"), None);
}

/// MUST: `Conflict(Slug)`, and neither organization nor client is stored.
pub async fn a_slug_that_is_taken_is_a_conflict_and_nothing_is_written(store: &dyn Store) {
    let (first, client, secret) = given::new_organization("st-marys");
    store
        .create_organization(&first, &client, &secret)
        .await
        .expect("created");

    let (second, client, secret) = given::new_organization("st-marys");
    let refused = store.create_organization(&second, &client, &secret).await;

    assert!(
        matches!(refused, Err(StoreError::Conflict(UniqueKey::Slug))),
        "{refused:?}"
    );
    assert_eq!(store.organization(second.id).await.expect("read"), None);
    assert_eq!(store.client(client.id).await.expect("read"), None);
}

/// MUST: `Conflict(ApiKey)`, and neither organization nor client is stored.
pub async fn an_api_key_that_is_taken_is_a_conflict_and_nothing_is_written(store: &dyn Store) {
    let (first, client, secret) = given::new_organization("st-marys");
    store
        .create_organization(&first, &client, &secret)
        .await
        .expect("created");

    let (second, client, _) = given::new_organization("st-johns");
    let refused = store.create_organization(&second, &client, &secret).await;

    assert!(
        matches!(refused, Err(StoreError::Conflict(UniqueKey::ApiKey))),
        "{refused:?}"
    );
    assert_eq!(store.organization(second.id).await.expect("read"), None);
    assert_eq!(store.organization_by_slug(&second.slug).await.expect("read"), None);
    assert_eq!(store.client(client.id).await.expect("read"), None);
}

/// `Conflict(Id)`, so that the caller can tell it from a name that is taken.
pub async fn an_id_that_is_taken_is_a_conflict_of_ids(store: &dyn Store) {
    let (first, client, secret) = given::new_organization("st-marys");
    store
        .create_organization(&first, &client, &secret)
        .await
        .expect("created");

    let second = Organization {
        slug: Slug::new("st-johns").expect("valid"),
        ..first.clone()
    };
    let client = given::new_client(first.id, ApiClientKind::ApiKey);
    let refused = store
        .create_organization(&second, &client, &ClientSecret::KeyDigest([1; 32]))
        .await;

    assert!(
        matches!(refused, Err(StoreError::Conflict(UniqueKey::Id))),
        "{refused:?}"
    );
    assert_eq!(store.organization(first.id).await.expect("read"), Some(first));
}

/// Every choice, and only that organization's.
pub async fn the_phi_guard_is_set(store: &dyn Store) {
    let (first, client, secret) = given::new_organization("st-marys");
    store
        .create_organization(&first, &client, &secret)
        .await
        .expect("created");
    let other = given::organization(store).await;

    for guard in [PhiGuard::Off, PhiGuard::Reject, PhiGuard::Warn, PhiGuard::Off] {
        assert!(store.set_phi_guard(first.id, guard).await.expect("set"));

        let stored = store.organization(first.id).await.expect("read");
        assert_eq!(
            stored,
            Some(Organization {
                phi_guard: guard,
                ..first.clone()
            })
        );
    }
    let untouched = store.organization(other).await.expect("read").expect("the other one");
    assert_eq!(untouched.phi_guard, PhiGuard::Warn);
}

/// Every version, and only that organization's. One that is pinned to none comes back so, with its client, too.
pub async fn the_version_of_nabla_connect_is_set(store: &dyn Store) {
    let (new, client, secret) = given::new_organization("st-marys");
    let first = Organization {
        nabla_connect_version: None,
        ..new
    };
    store
        .create_organization(&first, &client, &secret)
        .await
        .expect("created");
    let other = given::organization(store).await;
    assert_eq!(store.organization(first.id).await.expect("read"), Some(first.clone()));

    for version in ConnectVersion::ALL {
        assert!(store.set_nabla_connect_version(first.id, *version).await.expect("set"));

        let pinned = Organization {
            nabla_connect_version: Some(*version),
            ..first.clone()
        };
        let by_slug = store.organization_by_slug(&first.slug).await.expect("read");
        let by_client = store.client(client.id).await.expect("read");
        assert_eq!(by_slug.as_ref(), Some(&pinned));
        assert_eq!(by_client, Some((client.clone(), pinned)));
    }
    let untouched = store.organization(other).await.expect("read").expect("the other one");
    assert_eq!(untouched.nabla_connect_version, Some(ConnectVersion::NEWEST));
}

/// MUST: the same key for ever. Each organization has its own.
pub async fn the_key_of_links_is_the_first_that_was_offered(store: &dyn Store) {
    let (first, second) = (given::organization(store).await, given::organization(store).await);

    assert_eq!(store.link_key(first, [7; 32]).await.expect("asked"), Some([7; 32]));
    assert_eq!(store.link_key(second, [8; 32]).await.expect("asked"), Some([8; 32]));
    assert!(store.set_phi_guard(first, PhiGuard::Off).await.expect("set"));

    assert_eq!(store.link_key(first, [9; 32]).await.expect("asked"), Some([7; 32]));
    assert_eq!(store.link_key(second, [9; 32]).await.expect("asked"), Some([8; 32]));
}
