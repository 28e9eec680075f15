//! The use cases for organizations: made once, with one key, whoever comes first.

use std::sync::Arc;

use mockall::Sequence;
use roster_domain::{Organization, PhiGuard, Slug};
use secrecy::SecretString;

use super::Organizations;
use crate::api_clients::digest;
use crate::error::{Conflicting, Error, Missing};
use crate::ports::{ClientSecret, MockOrganizationStore, StoreError, UniqueKey};
use crate::testing::{clock_at, entropy, ids, organization};

fn organizations(store: MockOrganizationStore) -> Organizations {
    Organizations::new(Arc::new(store), clock_at(60), ids(), entropy())
}

fn looks_up(store: &mut MockOrganizationStore, order: &mut Sequence, found: Option<Organization>) {
    store
        .expect_organization_by_slug()
        .times(1)
        .in_sequence(order)
        .return_once(move |_| Ok(found));
}

fn slug() -> Slug {
    Slug::default_organization()
}

#[tokio::test]
async fn an_organization_that_is_there_is_left_alone_and_no_key_is_shown() {
    let (mut store, mut order) = (MockOrganizationStore::new(), Sequence::new());
    looks_up(&mut store, &mut order, Some(organization()));

    let ensured = organizations(store).ensure(&slug(), None).await.expect("it is there");

    assert_eq!(ensured.organization, organization());
    assert!(ensured.key.is_none());
}

#[tokio::test]
async fn a_new_organization_comes_with_the_key_that_was_chosen_for_it() {
    let (mut store, mut order) = (MockOrganizationStore::new(), Sequence::new());
    looks_up(&mut store, &mut order, None);
    store
        .expect_create_organization()
        .withf(|made, client, secret| {
            client.organization_id == made.id && *secret == ClientSecret::KeyDigest(digest("chosen-key-of-some-length"))
        })
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _, _| Ok(()));

    let ensured = organizations(store)
        .ensure(&slug(), Some(SecretString::from("chosen-key-of-some-length")))
        .await
        .expect("made");

    assert_eq!(ensured.key.expect("a key").expose(), "chosen-key-of-some-length");
    assert_eq!(
        (ensured.organization.slug, ensured.organization.phi_guard),
        (slug(), PhiGuard::Warn)
    );
}

#[tokio::test]
async fn an_organization_that_somebody_else_made_meanwhile_is_used_and_no_key_is_shown() {
    let (mut store, mut order) = (MockOrganizationStore::new(), Sequence::new());
    looks_up(&mut store, &mut order, None);
    store
        .expect_create_organization()
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _, _| Err(StoreError::Conflict(UniqueKey::Slug)));
    looks_up(&mut store, &mut order, Some(organization()));

    let ensured = organizations(store).ensure(&slug(), None).await.expect("it is there");

    assert_eq!((ensured.organization, ensured.key.is_none()), (organization(), true));
}

#[tokio::test]
async fn a_key_that_another_client_has_or_that_is_too_short_is_refused() {
    let (mut store, mut order) = (MockOrganizationStore::new(), Sequence::new());
    looks_up(&mut store, &mut order, None);
    store
        .expect_create_organization()
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _, _| Err(StoreError::Conflict(UniqueKey::ApiKey)));
    looks_up(&mut store, &mut order, None);
    let organizations = organizations(store);

    let taken = organizations
        .ensure(&slug(), Some(SecretString::from("chosen-key-of-some-length")))
        .await;
    assert!(matches!(taken, Err(Error::Conflict(Conflicting::ApiKey))), "{taken:?}");
    let short = organizations.ensure(&slug(), Some(SecretString::from("short"))).await;
    assert!(matches!(short, Err(Error::Invalid(_))), "{short:?}");
}

#[tokio::test]
async fn an_organization_that_is_not_there_is_not_found() {
    let mut store = MockOrganizationStore::new();
    store.expect_organization_by_slug().times(1).return_once(|_| Ok(None));
    store.expect_set_phi_guard().times(1).return_once(|_, _| Ok(false));
    let organizations = organizations(store);

    let read = organizations.get(&slug()).await;
    assert!(matches!(read, Err(Error::NotFound(Missing::Organization))), "{read:?}");
    let set = organizations.set_phi_guard(&organization(), PhiGuard::Reject).await;
    assert!(matches!(set, Err(Error::NotFound(Missing::Organization))), "{set:?}");
}
