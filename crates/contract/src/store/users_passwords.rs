//! Users: the initial password that is kept until a vendor has it.

use roster_application::ports::{Sealed, Store, StoreError, UniqueKey};
use roster_domain::{OrganizationId, User, UserId};

use super::given::{self, after, password};

async fn kept(store: &dyn Store, user: &User) -> Option<Sealed> {
    store
        .initial_password(user.organization_id, user.id)
        .await
        .expect("read")
}

async fn user_with_password(store: &dyn Store, organization: OrganizationId) -> User {
    let user = given::new_user(organization, &given::external_id("E-1"));
    store.create_user(&user, Some(&password(1))).await.expect("created");
    user
}

/// To the byte; whoever has none has none.
pub async fn a_password_is_kept_from_the_creation_of_its_user_on(store: &dyn Store) {
    let organization = given::organization(store).await;

    let with = user_with_password(store, organization).await;
    let without = given::user(store, organization, "E-2").await;

    assert_eq!(kept(store, &with).await, Some(password(1)));
    assert_eq!(kept(store, &without).await, None);
    let nobody = store.initial_password(organization, UserId::new(given::new_id())).await;
    assert_eq!(nobody.expect("read"), None);
}

/// An update without one leaves it; an update with one replaces it.
pub async fn an_update_leaves_or_replaces_the_password(store: &dyn Store) {
    let organization = given::organization(store).await;
    let user = user_with_password(store, organization).await;

    let renamed = given::rename(store, &user, "Ann", after(1)).await;
    assert_eq!(kept(store, &user).await, Some(password(1)));

    let again = given::changed(&renamed, &given::first_name("Bea"), after(2));
    store
        .update_user(&again, renamed.version, Some(&password(2)))
        .await
        .expect("updated");
    assert_eq!(kept(store, &user).await, Some(password(2)));

    let later = given::user(store, organization, "E-2").await;
    let renamed = given::changed(&later, &given::first_name("Cleo"), after(3));
    store
        .update_user(&renamed, later.version, Some(&password(3)))
        .await
        .expect("updated");
    assert_eq!(kept(store, &later).await, Some(password(3)));
}

/// All or nothing.
pub async fn an_update_that_is_refused_leaves_the_password_alone(store: &dyn Store) {
    let organization = given::organization(store).await;
    let user = user_with_password(store, organization).await;
    given::user(store, organization, "E-2").await;

    let renamed = given::changed(&user, &given::first_name("Ann"), after(1));
    let stale = store.update_user(&renamed, 7, Some(&password(2))).await;
    let taken = given::changed(&user, &given::external_id("E-2"), after(1));
    let conflict = store.update_user(&taken, user.version, Some(&password(3))).await;

    assert!(matches!(stale, Err(StoreError::Stale)), "{stale:?}");
    assert!(
        matches!(conflict, Err(StoreError::Conflict(UniqueKey::ExternalId))),
        "{conflict:?}"
    );
    assert_eq!(kept(store, &user).await, Some(password(1)));
}

/// Once, and neither the user nor what its accounts must catch up with is changed.
pub async fn a_password_that_a_vendor_has_is_forgotten(store: &dyn Store) {
    let organization = given::organization(store).await;
    given::connection(store, organization).await;
    let user = user_with_password(store, organization).await;
    let account = given::account(store, &user).await;

    let first = store.forget_initial_password(organization, user.id, &password(1)).await;
    let second = store.forget_initial_password(organization, user.id, &password(1)).await;

    assert_eq!((first.expect("forgotten"), second.expect("asked")), (true, false));
    assert_eq!(kept(store, &user).await, None);
    assert_eq!(given::account(store, &user).await, account);
    assert_eq!(store.user(organization, user.id).await.expect("read"), Some(user));
}

/// The one that was set meanwhile is not what the vendor has.
pub async fn another_password_than_the_one_that_a_vendor_has_is_not_forgotten(store: &dyn Store) {
    let organization = given::organization(store).await;
    let user = user_with_password(store, organization).await;
    let renamed = given::changed(&user, &given::first_name("Ann"), after(1));
    store
        .update_user(&renamed, user.version, Some(&password(2)))
        .await
        .expect("updated");

    let forgotten = store.forget_initial_password(organization, user.id, &password(1)).await;

    assert!(!forgotten.expect("asked"));
    assert_eq!(kept(store, &user).await, Some(password(2)));
}

/// A tombstone keeps none, and none is given to it.
pub async fn a_deleted_user_keeps_no_password(store: &dyn Store) {
    let organization = given::organization(store).await;
    let first = user_with_password(store, organization).await;
    given::delete(store, &first, after(1)).await;
    let second = user_with_password(store, organization).await;

    store
        .update_user(&second.delete(after(1)), second.version, Some(&password(2)))
        .await
        .expect("deleted");

    assert_eq!(kept(store, &first).await, None);
    assert_eq!(kept(store, &second).await, None);
}
