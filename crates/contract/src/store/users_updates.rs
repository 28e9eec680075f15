//! Users: changing, deleting and forgetting them.

use roster_application::ports::{Settled, Store, StoreError, UniqueKey};
use roster_domain::{Change, User, UserChanges};

use super::given::{self, after};

/// All that a request can change.
pub async fn an_update_replaces_every_field(store: &dyn Store) {
    let organization = given::organization(store).await;
    let user = given::new_user(organization, &UserChanges::default());
    given::create(store, &user, None).await.expect("created");

    let filled = given::changed(&user, &given::every_field(), after(1));
    given::update(store, &filled, user.version, None)
        .await
        .expect("updated");
    assert_eq!(
        store.user(organization, user.id).await.expect("read"),
        Some(filled.clone())
    );

    let emptied = User {
        profile: user.profile.clone(),
        version: 3,
        ..filled
    };
    given::update(store, &emptied, 2, None).await.expect("updated");
    assert_eq!(store.user(organization, user.id).await.expect("read"), Some(emptied));
}

/// MUST: `Stale`, and nothing is written.
pub async fn an_update_of_another_version_is_stale_and_writes_nothing(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let current = given::rename(store, &user, "Ann", after(1)).await;
    let account = given::account(store, &user).await;

    let late = given::changed(&user, &given::first_name("Bea"), after(2));
    let refused = given::update(store, &late, user.version, None).await;

    assert!(matches!(refused, Err(StoreError::Stale)), "{refused:?}");
    assert_eq!(
        store.user(user.organization_id, user.id).await.expect("read"),
        Some(current)
    );
    assert_eq!(given::account(store, &user).await, account);
}

/// MUST: `Stale` where there is nobody.
pub async fn an_update_of_an_absent_user_is_stale(store: &dyn Store) {
    let organization = given::organization(store).await;
    let user = given::new_user(organization, &given::external_id("E-1"));

    let renamed = given::changed(&user, &given::first_name("Ann"), after(1));
    let refused = given::update(store, &renamed, user.version, None).await;

    assert!(matches!(refused, Err(StoreError::Stale)), "{refused:?}");
    assert_eq!(store.user(organization, user.id).await.expect("read"), None);
}

/// MUST: `Stale` for a tombstone, also at its own version.
pub async fn an_update_of_a_deleted_user_is_stale(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let deleted = given::delete(store, &user, after(1)).await;

    let revived = User {
        deleted_at: None,
        version: deleted.version + 1,
        ..deleted.clone()
    };
    let refused = given::update(store, &revived, deleted.version, None).await;

    assert!(matches!(refused, Err(StoreError::Stale)), "{refused:?}");
    assert_eq!(store.user(user.organization_id, user.id).await.expect("read"), None);
    assert_eq!(given::account(store, &user).await.desired_version, deleted.version);
}

/// MUST: `Conflict`, and all or nothing.
pub async fn an_update_to_a_key_that_is_taken_is_a_conflict_and_writes_nothing(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let organization = user.organization_id;
    let other = given::new_user(organization, &given::every_field());
    given::create(store, &other, None).await.expect("created");
    let account = given::account(store, &user).await;

    let same_external_id = given::changed(&user, &given::external_id("EHR-Ω-1"), after(1));
    let by_external_id = given::update(store, &same_external_id, user.version, None).await;
    let same_email = given::changed(&user, &given::email("ann.MÜLLER@example.org"), after(1));
    let by_email = given::update(store, &same_email, user.version, None).await;

    assert!(
        matches!(by_external_id, Err(StoreError::Conflict(UniqueKey::ExternalId))),
        "{by_external_id:?}"
    );
    assert!(
        matches!(by_email, Err(StoreError::Conflict(UniqueKey::Email))),
        "{by_email:?}"
    );
    assert_eq!(
        store.user(organization, user.id).await.expect("read"),
        Some(user.clone())
    );
    assert_eq!(given::account(store, &user).await, account);
}

/// Nobody stands against themselves.
pub async fn a_user_may_keep_its_keys_and_respell_its_email(store: &dyn Store) {
    let organization = given::organization(store).await;
    let user = given::new_user(organization, &given::every_field());
    given::create(store, &user, None).await.expect("created");

    let respelt = given::changed(&user, &given::email("ann.müller@example.org"), after(1));
    given::update(store, &respelt, user.version, None)
        .await
        .expect("updated");

    let found = store
        .user(organization, user.id)
        .await
        .expect("read")
        .expect("the user");
    assert_eq!(
        found.profile.email.map(|email| email.to_string()).as_deref(),
        Some("ann.müller@example.org")
    );
}

/// Every account, of every connection.
pub async fn an_update_raises_what_all_accounts_must_catch_up_with(store: &dyn Store) {
    let organization = given::organization(store).await;
    given::connection(store, organization).await;
    given::connection(store, organization).await;
    let user = given::user(store, organization, "E-1").await;
    let other = given::user(store, organization, "E-2").await;

    let renamed = given::rename(store, &user, "Ann", after(5)).await;

    let accounts = store.accounts_of_user(organization, user.id).await.expect("read");
    let seen: Vec<_> = accounts
        .iter()
        .map(|account| (account.desired_version, account.next_attempt_at, account.updated_at))
        .collect();
    assert_eq!(seen, [(renamed.version, Some(after(5)), after(5)); 2]);
    for account in store.accounts_of_user(organization, other.id).await.expect("read") {
        assert_eq!(account.desired_version, other.version);
    }
}

/// MUST: failed attempts start anew, and a person is no longer asked. What is known of the vendor is kept.
pub async fn an_update_starts_anew_after_failures_and_questions(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, given::IN_SYNC, after(1)).await;
    let known = given::account(store, &user).await.known;
    let user = given::rename(store, &user, "Ann", after(2)).await;
    let claim = given::claim(store, after(2)).await;
    given::record(store, &claim, given::retry(after(600), None), after(2)).await;
    let retrying = given::account(store, &user).await;
    assert_eq!((retrying.attempts, retrying.last_error.is_some()), (3, true));

    let user = given::rename(store, &user, "Bea", after(3)).await;

    let anew = given::account(store, &user).await;
    assert_eq!(
        (anew.attempts, anew.last_error, anew.next_attempt_at),
        (0, None, Some(after(3)))
    );
    assert_eq!(anew.known, known);

    let claim = given::claim(store, after(4)).await;
    given::record(store, &claim, given::attention(), after(4)).await;
    assert!(given::account(store, &user).await.attention.is_some());

    given::rename(store, &user, "Cleo", after(5)).await;

    let anew = given::account(store, &user).await;
    assert_eq!((anew.attention, anew.next_attempt_at), (None, Some(after(5))));
}

/// MUST: due when the vendor's `Retry-After` allows, not earlier.
pub async fn an_update_waits_for_the_floor_that_the_vendor_set(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, given::retry(after(90), Some(after(60))), after(1)).await;
    assert_eq!(given::account(store, &user).await.next_attempt_at, Some(after(90)));

    let user = given::rename(store, &user, "Ann", after(2)).await;
    assert_eq!(given::account(store, &user).await.next_attempt_at, Some(after(60)));

    given::rename(store, &user, "Bea", after(70)).await;
    assert_eq!(given::account(store, &user).await.next_attempt_at, Some(after(70)));
}

/// A lease on it is left alone: whoever calls the vendor now is not overtaken.
pub async fn an_update_leaves_a_lease_alone(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;

    given::rename(store, &user, "Ann", after(2)).await;

    assert!(
        given::claims(store, after(3), after(60), 10).await.is_empty(),
        "the lease holds"
    );
    assert!(
        store.renew(&claim.key, after(90)).await.expect("renewed"),
        "the claim holds"
    );
}

/// The tombstone is what the accounts must catch up with.
pub async fn a_deleted_user_leaves_accounts_that_are_due(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, given::IN_SYNC, after(1)).await;

    let deleted = given::delete(store, &user, after(2)).await;

    let claim = given::claim(store, after(2)).await;
    assert_eq!(claim.user, deleted);
    assert_eq!(claim.account.desired_version, deleted.version);
}

/// Only what no vendor has any more, only from before the time, and with its accounts.
pub async fn tombstones_are_forgotten_once_they_are_gone_from_every_vendor(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let organization = user.organization_id;
    let living = given::user(store, organization, "E-2").await;
    given::delete(store, &user, after(10)).await;
    assert_eq!(
        store.purge_users(after(1000)).await.expect("purged"),
        0,
        "the vendor has the user still"
    );
    for claim in given::claims(store, after(11), after(60), 10).await {
        let settled = if claim.user.id == user.id {
            Settled::Removed
        } else {
            given::IN_SYNC
        };
        given::record(store, &claim, settled, after(12)).await;
    }

    assert_eq!(
        store.purge_users(after(10)).await.expect("purged"),
        0,
        "deleted at that time, not before"
    );
    assert_eq!(
        store.accounts_of_user(organization, user.id).await.expect("read").len(),
        1
    );
    assert_eq!(store.purge_users(after(11)).await.expect("purged"), 1);

    assert_eq!(store.accounts_of_user(organization, user.id).await.expect("read"), []);
    assert_eq!(
        store
            .accounts_of_user(organization, living.id)
            .await
            .expect("read")
            .len(),
        1
    );
    assert_eq!(store.user(organization, living.id).await.expect("read"), Some(living));
}

/// A tombstone without accounts holds nothing up.
pub async fn a_tombstone_without_accounts_is_forgotten(store: &dyn Store) {
    let organization = given::organization(store).await;
    let user = given::new_user(
        organization,
        &UserChanges {
            active: Change::Set(true),
            ..UserChanges::default()
        },
    );
    given::create(store, &user, None).await.expect("created");
    given::delete(store, &user, after(10)).await;

    assert_eq!(store.purge_users(after(11)).await.expect("purged"), 1);
    assert_eq!(store.purge_users(after(11)).await.expect("purged"), 0);
}
