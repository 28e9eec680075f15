//! Users by the name that identity providers know them by, and users who come back after they were deleted.

use roster_application::ports::{HistoryEvent, Settled, Settlement, Store, StoreError, UniqueKey};
use roster_domain::{AccountStatus, Change, Deed, ExternalId, Known, User, UserChanges, UserName};

use super::given::{self, IN_SYNC, after};

fn named(external_id: &str, user_name: &str) -> UserChanges {
    UserChanges {
        user_name: Change::Set(user_name.to_owned()),
        ..given::external_id(external_id)
    }
}

async fn deleted(store: &dyn Store, user: &User, external_id: Option<&str>, user_name: Option<&str>) -> Option<User> {
    let external_id = external_id.map(|id| ExternalId::new(id).expect("valid"));
    let user_name = user_name.map(|name| UserName::new(name).expect("valid"));
    store
        .deleted_user(user.organization_id, external_id.as_ref(), user_name.as_ref())
        .await
        .expect("read")
}

/// Compared without regard to case, among those who are not deleted.
pub async fn a_user_name_that_is_taken_in_another_case_is_a_conflict(store: &dyn Store) {
    let organization = given::organization(store).await;
    let ann = given::new_user(organization, &given::user_name("Ann.Müller@example.org"));
    given::create(store, &ann, None).await.expect("created");
    let twin = given::new_user(organization, &given::user_name("ANN.MÜLLER@example.org"));
    let other = given::user(store, organization, "E-2").await;
    let taking = given::changed(&other, &given::user_name("ann.müller@EXAMPLE.org"), after(1));

    for refused in [
        given::create(store, &twin, None).await,
        given::update(store, &taking, other.version, None).await,
    ] {
        assert!(
            matches!(refused, Err(StoreError::Conflict(UniqueKey::UserName))),
            "{refused:?}"
        );
    }

    assert_eq!(
        store.user(organization, other.id).await.expect("read"),
        Some(other.clone())
    );
    let respelt = given::changed(&ann, &given::user_name("ann.müller@example.org"), after(2));
    given::update(store, &respelt, ann.version, None)
        .await
        .expect("its own");
    given::delete(store, &respelt, after(3)).await;
    given::create(store, &twin, None).await.expect("the name is free");
    given::user(store, organization, "E-3").await;
}

/// MUST: the one who was deleted last, by external id or else by name.
pub async fn a_deleted_user_is_found_by_what_it_was_called(store: &dyn Store) {
    let organization = given::organization(store).await;
    let mut tombstones = Vec::new();
    for (seconds, changes) in [
        (5, named("E-1", "Ann")),
        (9, named("E-1", "Bea")),
        (7, named("E-1", "Ann")),
    ] {
        let user = given::new_user(organization, &changes);
        given::create(store, &user, None).await.expect("created");
        tombstones.push(given::delete(store, &user, after(seconds)).await);
    }
    let alive = given::new_user(organization, &named("E-2", "Cora"));
    given::create(store, &alive, None).await.expect("created");
    let [_, last, last_ann] = &tombstones[..] else {
        panic!("three")
    };

    for (external_id, user_name, expected) in [
        (Some("E-1"), None, Some(last)),
        (Some("E-1"), Some("Ann"), Some(last)),
        (None, Some("aNN"), Some(last_ann)),
        (Some("E-9"), Some("ANN"), Some(last_ann)),
        (Some("e-1"), None, None),
        (Some("E-2"), Some("Cora"), None),
        (None, None, None),
    ] {
        assert_eq!(
            deleted(store, &alive, external_id, user_name).await.as_ref(),
            expected,
            "{external_id:?} {user_name:?}"
        );
    }
}

/// MUST: who had no name of its own is shown to identity providers by the address, or else by the external id.
pub async fn a_deleted_user_without_a_name_is_found_by_what_it_was_shown_by(store: &dyn Store) {
    let organization = given::organization(store).await;
    let mut tombstones = Vec::new();
    let known = |external_id: &str, email: &str| UserChanges {
        email: Change::Set(email.to_owned()),
        ..given::external_id(external_id)
    };
    for (seconds, changes) in [
        (1, known("E-1", "Ann@example.org")),
        (2, given::external_id("E-2")),
        (
            3,
            UserChanges {
                user_name: Change::Set("bea".to_owned()),
                ..known("E-3", "bea@example.org")
            },
        ),
    ] {
        let user = given::new_user(organization, &changes);
        given::create(store, &user, None).await.expect("created");
        tombstones.push(given::delete(store, &user, after(seconds)).await);
    }
    let [by_address, by_external_id, named] = &tombstones[..] else {
        panic!("three")
    };

    for (user_name, expected) in [
        ("aNN@example.org", Some(by_address)),
        ("E-2", Some(by_external_id)),
        ("bea", Some(named)),
        // Shown by another name.
        ("bea@example.org", None),
        ("E-1", None),
        ("E-3", None),
    ] {
        assert_eq!(
            deleted(store, named, None, Some(user_name)).await.as_ref(),
            expected,
            "{user_name}"
        );
    }
}

/// The same user, with another record.
pub async fn a_user_who_comes_back_is_the_same_user(store: &dyn Store) {
    let organization = given::organization(store).await;
    let user = given::new_user(organization, &given::every_field());
    given::create(store, &user, Some(&given::password(1)))
        .await
        .expect("created");
    let tombstone = given::delete(store, &user, after(1)).await;
    let back = given::restored(&tombstone, &named("E-2", "Bea"), after(2));

    given::restore(store, &back, tombstone.version).await.expect("restored");

    assert_eq!(
        store.user(organization, user.id).await.expect("read"),
        Some(back.clone())
    );
    assert_eq!((back.id, back.version, back.deleted_at), (user.id, 3, None));
    let again = back.profile.external_id.clone().expect("set");
    let found = store.user_by_external_id(organization, &again).await.expect("read");
    assert_eq!(found, Some(back.clone()));
    assert_eq!(deleted(store, &user, Some("EHR-Ω-1"), None).await, None);
    let history = store.history(organization, user.id, None, 9).await.expect("read");
    let deeds: Vec<_> = history
        .into_iter()
        .map(|entry| match entry.event {
            HistoryEvent::Change(change) => change.deed,
            HistoryEvent::Call { .. } => panic!("nobody called"),
        })
        .collect();
    assert_eq!(deeds, [Deed::Restored, Deed::Deleted, Deed::Created]);
    given::rename(store, &back, "Bea", after(3)).await;
}

/// MUST: nothing is written then.
pub async fn only_the_tombstone_at_hand_comes_back(store: &dyn Store) {
    let organization = given::organization(store).await;
    let alive = given::user(store, organization, "E-1").await;
    let gone = given::user(store, organization, "E-2").await;
    let tombstone = given::delete(store, &gone, after(1)).await;
    let never = given::new_user(organization, &given::external_id("E-3"));
    let back = |user: &User| given::restored(user, &given::external_id("E-4"), after(2));

    for (user, expected) in [(&alive, 1), (&tombstone, 1), (&tombstone, 3), (&never, 1)] {
        let restored = given::restore(store, &back(user), expected).await;
        assert!(matches!(restored, Err(StoreError::Stale)), "{restored:?}");
    }

    assert_eq!(
        store.user(organization, alive.id).await.expect("read"),
        Some(alive.clone())
    );
    assert_eq!(store.user(organization, gone.id).await.expect("read"), None);
    assert_eq!(deleted(store, &gone, Some("E-2"), None).await, Some(tombstone));
}

/// MUST: as when a user is created.
pub async fn what_stands_against_a_new_user_stands_against_one_who_comes_back(store: &dyn Store) {
    let organization = given::organization(store).await;
    let ann = given::new_user(
        organization,
        &UserChanges {
            email: Change::Set("ann@example.org".to_owned()),
            ..named("E-1", "Ann")
        },
    );
    given::create(store, &ann, None).await.expect("created");
    let gone = given::user(store, organization, "E-2").await;
    let tombstone = given::delete(store, &gone, after(1)).await;

    for (changes, key) in [
        (given::external_id("E-1"), UniqueKey::ExternalId),
        (given::email("ANN@example.org"), UniqueKey::Email),
        (given::user_name("aNN"), UniqueKey::UserName),
    ] {
        let back = given::restored(&tombstone, &changes, after(2));
        let restored = given::restore(store, &back, tombstone.version).await;
        assert!(
            matches!(&restored, Err(StoreError::Conflict(taken)) if *taken == key),
            "{restored:?}"
        );
    }
    let back = given::restored(&tombstone, &given::in_customer("nobody"), after(2));
    let restored = given::restore(store, &back, tombstone.version).await;
    assert!(matches!(restored, Err(StoreError::Reference)), "{restored:?}");

    assert_eq!(deleted(store, &gone, Some("E-2"), None).await, Some(tombstone));
}

/// MUST: where all are taken, as a new user's where there is none, and due again where there is one.
pub async fn a_user_who_comes_back_has_accounts_where_all_are_taken(store: &dyn Store) {
    let organization = given::organization(store).await;
    let first = given::connection(store, organization).await;
    let user = given::user(store, organization, "E-1").await;
    given::settle(store, after(1)).await;
    let tombstone = given::delete(store, &user, after(2)).await;
    let claim = given::claim(store, after(2)).await;
    given::record(store, &claim, Settled::Removed, after(3)).await;
    let second = given::connection(store, organization).await;
    let back = given::restored(&tombstone, &given::external_id("E-1"), after(4));

    given::restore(store, &back, tombstone.version).await.expect("restored");

    let accounts = store.accounts_of_user(organization, user.id).await.expect("read");
    let found: Vec<_> = accounts
        .iter()
        .map(|account| {
            (
                account.connection_id,
                account.is_assigned,
                account.status(),
                account.next_attempt_at,
            )
        })
        .collect();
    let due = (true, AccountStatus::Pending, Some(after(4)));
    assert_eq!(
        found,
        [(first.id, due.0, due.1, due.2), (second.id, due.0, due.1, due.2)]
    );
    assert!(
        accounts
            .iter()
            .all(|account| account.desired_version == back.version && account.removed_at.is_none())
    );
    assert!(
        accounts[0].known.vendor_user_id.is_some(),
        "the vendor has the user still"
    );
    assert_eq!(accounts[1].known, Known::default());
    for claim in given::claims(store, after(4), after(60), 9).await {
        assert_eq!(claim.user, back);
        given::record(store, &claim, IN_SYNC, after(5)).await;
    }
}

/// MUST: whoever was chosen before is not any more, and is driven to be gone.
pub async fn a_user_who_comes_back_is_not_where_it_was_chosen(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::choosy_connection(store, organization).await;
    let user = given::user(store, organization, "E-1").await;
    given::assign(store, &user, &connection, true, after(1)).await;
    given::settle(store, after(1)).await;
    let tombstone = given::delete(store, &user, after(2)).await;
    let back = given::restored(&tombstone, &given::external_id("E-1"), after(3));

    given::restore(store, &back, tombstone.version).await.expect("restored");

    let claim = given::claim(store, after(3)).await;
    assert!(!claim.account.is_assigned);
    given::record(store, &claim, Settled::Removed, after(4)).await;
    assert!(
        given::assign(store, &back, &connection, true, after(5))
            .await
            .is_assigned
    );
}

/// The vendor's user of one who was gone may have become somebody else's, who must not be written over.
pub async fn a_user_who_comes_back_does_not_take_the_vendors_user_from_another(store: &dyn Store) {
    let (_, gone) = given::due_account(store).await;
    let claim = given::settle(store, after(1)).await;
    let known = given::settlement(&claim, IN_SYNC).known;
    let tombstone = given::delete(store, &gone, after(2)).await;
    let claim = given::claim(store, after(2)).await;
    let removed = Settlement {
        known: Known {
            applied_version: tombstone.version,
            ..known.clone()
        },
        ..given::settlement(&claim, Settled::Removed)
    };
    assert!(store.record(&claim.key, &removed, after(2)).await.expect("recorded"));
    let successor = given::user(store, gone.organization_id, "E-2").await;
    let claim = given::claim(store, after(3)).await;
    let adopted = Settlement {
        known: known.clone(),
        ..given::settlement(&claim, IN_SYNC)
    };
    assert!(store.record(&claim.key, &adopted, after(3)).await.expect("recorded"));

    let back = given::restored(&tombstone, &given::external_id("E-1"), after(4));
    given::restore(store, &back, tombstone.version).await.expect("restored");

    assert_eq!(given::account(store, &back).await.known, Known::default());
    let theirs = given::account(store, &successor).await.known;
    assert_eq!(theirs.vendor_user_id, known.vendor_user_id);
}

/// A password that comes along is kept for the vendors.
pub async fn a_user_who_comes_back_may_bring_a_password(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let tombstone = given::delete(store, &user, after(1)).await;
    let back = given::restored(&tombstone, &given::external_id("E-1"), after(2));
    let write = roster_application::ports::UserWrite {
        user: &back,
        password: Some(&given::password(7)),
        change: &given::change(Deed::Restored, back.version, after(2)),
    };

    store.restore_user(write, tombstone.version).await.expect("restored");

    assert_eq!(given::claim(store, after(2)).await.password, Some(given::password(7)));
}
