//! Users: the initial password that is kept until a vendor has it.

use roster_application::ports::{Sealed, Settlement, Store, StoreError, UniqueKey};
use roster_domain::{Timestamp, User};

use super::given::{self, after, password};

/// What a claim of the user's only account would carry; the account must be due.
async fn kept(store: &dyn Store, user: &User, now: Timestamp) -> Option<Sealed> {
    let claims = given::claims(store, now, after(9_999), 10).await;
    let keys: Vec<_> = claims.iter().map(|claim| claim.key).collect();
    store.release(&keys).await.expect("released");
    let claim = claims.into_iter().find(|claim| claim.user.id == user.id);
    claim.expect("the user's account is due").password
}

/// A user with the first password, whose only account is due.
async fn user_with_password(store: &dyn Store) -> User {
    let organization = given::organization(store).await;
    given::connection(store, organization).await;
    let user = given::new_user(organization, &given::external_id("E-1"));
    given::create(store, &user, Some(&password(1))).await.expect("created");
    user
}

/// To the byte; whoever has none has none.
pub async fn a_password_is_kept_from_the_creation_of_its_user_on(store: &dyn Store) {
    let with = user_with_password(store).await;
    let without = given::user(store, with.organization_id, "E-2").await;

    assert_eq!(kept(store, &with, after(1)).await, Some(password(1)));
    assert_eq!(kept(store, &without, after(1)).await, None);
}

/// As long as it is kept, and only of the organization's own.
pub async fn whether_a_password_is_kept_is_told_without_it(store: &dyn Store) {
    let with = user_with_password(store).await;
    let without = given::user(store, with.organization_id, "E-2").await;
    let stranger = given::organization(store).await;
    let has = async |organization, user| {
        let told = store.has_initial_password(organization, user).await;
        told.expect("read")
    };

    assert!(has(with.organization_id, with.id).await);
    assert!(!has(with.organization_id, without.id).await);
    assert!(!has(stranger, with.id).await);

    given::delete(store, &with, after(1)).await;
    assert!(!has(with.organization_id, with.id).await);
}

/// An update without one leaves it; an update with one replaces it.
pub async fn an_update_leaves_or_replaces_the_password(store: &dyn Store) {
    let user = user_with_password(store).await;

    let renamed = given::rename(store, &user, "Ann", after(1)).await;
    assert_eq!(kept(store, &user, after(1)).await, Some(password(1)));

    let again = given::changed(&renamed, &given::first_name("Bea"), after(2));
    given::update(store, &again, renamed.version, Some(&password(2)))
        .await
        .expect("updated");
    assert_eq!(kept(store, &user, after(2)).await, Some(password(2)));

    let later = given::user(store, user.organization_id, "E-2").await;
    let renamed = given::changed(&later, &given::first_name("Cleo"), after(3));
    given::update(store, &renamed, later.version, Some(&password(3)))
        .await
        .expect("updated");
    assert_eq!(kept(store, &later, after(3)).await, Some(password(3)));
}

/// All or nothing.
pub async fn an_update_that_is_refused_leaves_the_password_alone(store: &dyn Store) {
    let user = user_with_password(store).await;
    given::user(store, user.organization_id, "E-2").await;

    let renamed = given::changed(&user, &given::first_name("Ann"), after(1));
    let stale = given::update(store, &renamed, 7, Some(&password(2))).await;
    let taken = given::changed(&user, &given::external_id("E-2"), after(1));
    let conflict = given::update(store, &taken, user.version, Some(&password(3))).await;

    assert!(matches!(stale, Err(StoreError::Stale)), "{stale:?}");
    assert!(
        matches!(conflict, Err(StoreError::Conflict(UniqueKey::ExternalId))),
        "{conflict:?}"
    );
    assert_eq!(kept(store, &user, after(2)).await, Some(password(1)));
}

/// With the claim by which it was delivered; neither the user nor what its accounts must catch up with is changed.
pub async fn a_password_that_a_vendor_has_is_forgotten(store: &dyn Store) {
    let user = user_with_password(store).await;
    let claim = given::claim(store, after(1)).await;
    assert_eq!(claim.password, Some(password(1)));

    let settlement = Settlement {
        delivered: claim.password.clone(),
        ..given::settlement(&claim, given::retry(after(2), None))
    };
    assert!(store.record(&claim.key, &settlement, after(1)).await.expect("recorded"));

    assert_eq!(kept(store, &user, after(2)).await, None);
    assert_eq!(given::account(store, &user).await.desired_version, user.version);
    let found = store.user(user.organization_id, user.id).await.expect("read");
    assert_eq!(found, Some(user));
}

/// A claim that delivers none leaves it for another connection's.
pub async fn a_password_that_was_not_delivered_is_kept(store: &dyn Store) {
    let user = user_with_password(store).await;
    let claim = given::claim(store, after(1)).await;

    given::record(store, &claim, given::IN_SYNC, after(1)).await;

    given::rename(store, &user, "Ann", after(2)).await;
    assert_eq!(kept(store, &user, after(2)).await, Some(password(1)));
}

/// The one that was set meanwhile is not what the vendor has.
pub async fn another_password_than_the_one_that_a_vendor_has_is_not_forgotten(store: &dyn Store) {
    let user = user_with_password(store).await;
    let claim = given::claim(store, after(1)).await;
    let renamed = given::changed(&user, &given::first_name("Ann"), after(2));
    given::update(store, &renamed, user.version, Some(&password(2)))
        .await
        .expect("updated");

    let settlement = Settlement {
        delivered: claim.password.clone(),
        ..given::settlement(&claim, given::IN_SYNC)
    };
    assert!(store.record(&claim.key, &settlement, after(3)).await.expect("recorded"));

    assert_eq!(kept(store, &user, after(3)).await, Some(password(2)));
}

/// A claim that no longer holds delivers nothing that is believed.
pub async fn a_claim_that_was_overtaken_forgets_no_password(store: &dyn Store) {
    let user = user_with_password(store).await;
    let overtaken = given::claim(store, after(1)).await;
    given::claim(store, after(100)).await;

    let settlement = Settlement {
        delivered: overtaken.password.clone(),
        ..given::settlement(&overtaken, given::IN_SYNC)
    };
    let recorded = store.record(&overtaken.key, &settlement, after(101)).await;

    assert!(!recorded.expect("asked"));
    assert_eq!(kept(store, &user, after(200)).await, Some(password(1)));
}

/// A tombstone keeps none, and none is given to it.
pub async fn a_deleted_user_keeps_no_password(store: &dyn Store) {
    let first = user_with_password(store).await;
    given::delete(store, &first, after(1)).await;
    let second = given::new_user(first.organization_id, &given::external_id("E-1"));
    given::create(store, &second, Some(&password(1)))
        .await
        .expect("created");

    given::update(store, &second.delete(after(1)), second.version, Some(&password(2)))
        .await
        .expect("deleted");

    assert_eq!(kept(store, &first, after(2)).await, None);
    assert_eq!(kept(store, &second, after(2)).await, None);
}
