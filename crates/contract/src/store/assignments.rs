//! Whom a connection takes: all users, or those who are assigned one by one.

use roster_application::ports::{ChangeRecord, HistoryEvent, Settled, Settlement, Store};
use roster_domain::{
    Account, AccountStatus, Assignment, Connection, ConnectionId, Deed, Known, OrganizationId, User, UserId,
    VendorUserId,
};

use super::given::{self, IN_SYNC, NOW, after};

/// A connection that takes the chosen, and a user.
async fn choice(store: &dyn Store) -> (Connection, User) {
    let organization = given::organization(store).await;
    let connection = given::choosy_connection(store, organization).await;
    let user = given::user(store, organization, "E-1").await;
    (connection, user)
}

async fn accounts(store: &dyn Store, user: &User) -> Vec<Account> {
    store
        .accounts_of_user(user.organization_id, user.id)
        .await
        .expect("read")
}

async fn assignments_told(store: &dyn Store, user: &User) -> Vec<ChangeRecord> {
    let history = store.history(user.organization_id, user.id, None, 100).await;
    let told = history
        .expect("read")
        .into_iter()
        .filter_map(|entry| match entry.event {
            HistoryEvent::Change(change) if change.connection_id.is_some() => Some(change),
            _ => None,
        });
    told.collect()
}

/// Neither those who were there, nor those who come, nor those who change.
pub async fn a_connection_that_takes_the_chosen_gives_nobody_an_account(store: &dyn Store) {
    let organization = given::organization(store).await;
    let before = given::user(store, organization, "E-1").await;
    given::choosy_connection(store, organization).await;
    let since = given::user(store, organization, "E-2").await;
    let changed = given::rename(store, &before, "Ann", after(1)).await;

    for user in [changed, since] {
        assert_eq!(accounts(store, &user).await, []);
    }
    assert_eq!(given::next_due(store).await, None);
}

/// An account that is due at once, as a new user's is.
pub async fn whoever_is_assigned_has_an_account_that_is_due(store: &dyn Store) {
    let (connection, user) = choice(store).await;
    let user = given::rename(store, &user, "Ann", after(1)).await;

    let assigned = given::assign(store, &user, &connection, true, after(2)).await;

    assert_eq!(given::account(store, &user).await, assigned);
    assert!(assigned.is_assigned);
    assert_eq!(
        (assigned.desired_version, assigned.known.applied_version),
        (user.version, 0)
    );
    assert_eq!(assigned.next_attempt_at, Some(after(2)));
    assert_eq!(assigned.status(), AccountStatus::Pending);
    let claim = given::claim(store, after(2)).await;
    assert_eq!((claim.account, claim.user), (assigned, user));
}

/// From then on the account catches up with every change, and with the deletion.
pub async fn whoever_is_assigned_is_kept_up_to_date(store: &dyn Store) {
    let (connection, user) = choice(store).await;
    given::assign(store, &user, &connection, true, after(1)).await;
    given::settle(store, after(1)).await;

    let user = given::rename(store, &user, "Ann", after(2)).await;
    let account = given::account(store, &user).await;
    assert_eq!((account.desired_version, account.next_attempt_at), (2, Some(after(2))));
    given::settle(store, after(2)).await;

    let deleted = given::delete(store, &user, after(3)).await;
    assert_eq!(given::claim(store, after(3)).await.user, deleted);
}

/// Behind at the same version, due at once, and still assigned otherwise after changes of the user.
pub async fn whoever_is_taken_off_has_an_account_that_is_behind(store: &dyn Store) {
    let (connection, user) = choice(store).await;
    given::assign(store, &user, &connection, true, after(1)).await;
    given::settle(store, after(1)).await;
    let known = given::account(store, &user).await.known;

    let off = given::assign(store, &user, &connection, false, after(2)).await;

    assert!(!off.is_assigned);
    assert_eq!(
        off.known,
        Known {
            applied_version: 0,
            ..known
        }
    );
    assert_eq!((off.desired_version, off.next_attempt_at), (1, Some(after(2))));
    assert_eq!(off.status(), AccountStatus::Pending);
    assert_eq!(off.updated_at, after(2));
    let claim = given::claim(store, after(3)).await;
    assert!(!claim.account.is_assigned);
    given::record(store, &claim, Settled::Removed, after(3)).await;
    assert_eq!(given::account(store, &user).await.status(), AccountStatus::Removed);

    given::rename(store, &user, "Ann", after(4)).await;
    assert!(!given::claim(store, after(4)).await.account.is_assigned);
}

/// Who comes back is as one who is new, with what is known of the vendor.
pub async fn whoever_is_assigned_again_is_no_longer_removed(store: &dyn Store) {
    let (connection, user) = choice(store).await;
    given::assign(store, &user, &connection, true, after(1)).await;
    given::settle(store, after(1)).await;
    given::assign(store, &user, &connection, false, after(2)).await;
    let claim = given::claim(store, after(2)).await;
    given::record(store, &claim, Settled::Removed, after(3)).await;

    let back = given::assign(store, &user, &connection, true, after(4)).await;

    assert_eq!((back.removed_at, back.next_attempt_at), (None, Some(after(4))));
    assert_eq!(back.status(), AccountStatus::Pending);
    assert!(back.known.vendor_user_id.is_some(), "the vendor has the user still");
    given::settle(store, after(5)).await;
    assert_eq!(given::account(store, &user).await.status(), AccountStatus::InSync);
}

/// The vendor's user of one who was gone may have become somebody else's, who must not be written over.
pub async fn whoever_is_assigned_again_does_not_take_the_vendors_user_from_another(store: &dyn Store) {
    let (connection, gone) = choice(store).await;
    given::assign(store, &gone, &connection, true, after(1)).await;
    let claim = given::settle(store, after(1)).await;
    let known = given::settlement(&claim, IN_SYNC).known;
    given::assign(store, &gone, &connection, false, after(2)).await;
    let claim = given::claim(store, after(2)).await;
    let removed = Settlement {
        known: known.clone(),
        ..given::settlement(&claim, Settled::Removed)
    };
    assert!(store.record(&claim.key, &removed, after(2)).await.expect("recorded"));
    let successor = given::user(store, gone.organization_id, "E-2").await;
    given::assign(store, &successor, &connection, true, after(3)).await;
    let claim = given::claim(store, after(3)).await;
    let adopted = Settlement {
        known: known.clone(),
        ..given::settlement(&claim, IN_SYNC)
    };
    assert!(store.record(&claim.key, &adopted, after(3)).await.expect("recorded"));

    let back = given::assign(store, &gone, &connection, true, after(4)).await;

    assert_eq!(back.known, Known::default());
    let theirs = given::account(store, &successor).await.known;
    assert_eq!(
        (theirs.vendor_user_id, theirs.applied_version),
        (known.vendor_user_id, 1)
    );
}

/// Failed attempts start anew, and a person is no longer asked.
pub async fn a_change_of_the_assignment_starts_anew(store: &dyn Store) {
    let (connection, user) = choice(store).await;
    let mut is_assigned = true;
    given::assign(store, &user, &connection, is_assigned, after(1)).await;
    for settled in [given::retry(after(600), None), given::attention(), Settled::Held] {
        let claim = given::claim(store, after(1)).await;
        given::record(store, &claim, settled, after(1)).await;

        is_assigned = !is_assigned;
        let account = given::assign(store, &user, &connection, is_assigned, after(1)).await;

        assert_eq!(
            (account.attempts, account.last_error, account.attention),
            (0, None, None)
        );
        assert_eq!((account.held_since, account.next_attempt_at), (None, Some(after(1))));
    }
}

/// `Retry-After` holds whatever is changed.
pub async fn a_change_of_the_assignment_waits_for_the_floor_that_the_vendor_set(store: &dyn Store) {
    let (connection, user) = choice(store).await;
    given::assign(store, &user, &connection, true, after(1)).await;
    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, given::retry(after(90), Some(after(60))), after(1)).await;

    let off = given::assign(store, &user, &connection, false, after(2)).await;

    assert_eq!(off.next_attempt_at, Some(after(60)));
}

/// Nothing is changed, nothing is due, and nothing is told.
pub async fn an_account_that_stands_so_already_is_left_as_it_is(store: &dyn Store) {
    let (connection, user) = choice(store).await;
    for is_assigned in [true, false] {
        given::assign(store, &user, &connection, is_assigned, after(1)).await;
        given::settle(store, after(1)).await;
        let before = given::account(store, &user).await;
        let told = assignments_told(store, &user).await;

        let same = given::assign(store, &user, &connection, is_assigned, after(5)).await;

        assert_eq!(same, before);
        assert_eq!(given::account(store, &user).await, before);
        assert_eq!(assignments_told(store, &user).await, told);
    }
}

/// Who never had an account and is taken off has one that says so.
pub async fn whoever_is_taken_off_without_an_account_gets_one_that_is_not_assigned(store: &dyn Store) {
    let (connection, user) = choice(store).await;

    let off = given::assign(store, &user, &connection, false, after(1)).await;

    assert!(!off.is_assigned);
    assert_eq!((off.known, off.next_attempt_at), (Known::default(), Some(after(1))));
}

/// Once each, in order, with the connection.
pub async fn the_history_is_told_of_every_change_of_the_assignment(store: &dyn Store) {
    let (connection, user) = choice(store).await;

    for (seconds, is_assigned) in [(1, true), (2, true), (3, false), (4, false), (5, true)] {
        given::assign(store, &user, &connection, is_assigned, after(seconds)).await;
    }

    let told: Vec<_> = assignments_told(store, &user)
        .await
        .into_iter()
        .map(|change| (change.deed, change.at, change.connection_id))
        .collect();
    let at = Some(connection.id);
    assert_eq!(
        told,
        [
            (Deed::Assigned, after(5), at),
            (Deed::Unassigned, after(3), at),
            (Deed::Assigned, after(1), at)
        ]
    );
}

/// Not found is not an error, and nothing is told.
pub async fn nobody_is_assigned_who_is_not_there(store: &dyn Store) {
    let (connection, user) = choice(store).await;
    let organization = user.organization_id;
    let assign = async |user: UserId, connection: ConnectionId| {
        let change = given::change(Deed::Assigned, 1, after(1));
        let assigned = store.assign(organization, user, connection, true, &change).await;
        assigned.expect("asked")
    };

    assert_eq!(assign(UserId::new(given::new_id()), connection.id).await, None);
    assert_eq!(assign(user.id, ConnectionId::new(given::new_id())).await, None);
    given::delete(store, &user, after(2)).await;
    assert_eq!(assign(user.id, connection.id).await, None);

    assert_eq!(accounts(store, &user).await, []);
    assert_eq!(given::next_due(store).await, None);
}

/// MUST: an account whose user is assigned otherwise since the claim stays due, however it ended, and is not in sync.
pub async fn an_account_that_is_assigned_otherwise_since_the_claim_stays_due(store: &dyn Store) {
    let ends = [
        IN_SYNC,
        given::attention(),
        Settled::GivenBack,
        Settled::Held,
        Settled::Removed,
    ];
    for settled in ends.into_iter().chain([given::retry(after(600), None)]) {
        for first in [true, false] {
            let (connection, user) = choice(store).await;
            given::assign(store, &user, &connection, first, after(1)).await;
            let claim = given::claim(store, after(1)).await;
            assert_eq!(claim.account.is_assigned, first);
            given::assign(store, &user, &connection, !first, after(2)).await;

            let known = Known {
                vendor_user_id: Some(VendorUserId::new("v-1")),
                active: Some(true),
                applied_version: 1,
                ..Known::default()
            };
            let settlement = Settlement {
                known: known.clone(),
                ..given::settlement(&claim, settled.clone())
            };
            assert!(store.record(&claim.key, &settlement, after(3)).await.expect("recorded"));

            let account = given::account(store, &user).await;
            assert_eq!(account.next_attempt_at, Some(after(3)), "{settled:?}");
            assert_eq!((&account.attention, account.attempts), (&None, 0), "{settled:?}");
            assert_eq!((account.held_since, account.removed_at), (None, None), "{settled:?}");
            assert_eq!(account.status(), AccountStatus::Pending, "{settled:?}");
            assert_eq!(
                account.known,
                Known {
                    applied_version: 0,
                    ..known
                },
                "{settled:?}"
            );
            let next = given::claim(store, after(3)).await;
            assert_eq!(next.account.is_assigned, !first);
            given::record(store, &next, IN_SYNC, after(4)).await;
            assert_eq!(given::account(store, &user).await.status(), AccountStatus::InSync);
        }
    }
}

/// Off and on again is as if nothing had been.
pub async fn an_account_that_is_assigned_as_it_was_claimed_is_settled(store: &dyn Store) {
    let (connection, user) = choice(store).await;
    given::assign(store, &user, &connection, true, after(1)).await;
    let claim = given::claim(store, after(1)).await;
    given::assign(store, &user, &connection, false, after(2)).await;
    given::assign(store, &user, &connection, true, after(3)).await;

    given::record(store, &claim, IN_SYNC, after(4)).await;

    let account = given::account(store, &user).await;
    assert_eq!(
        (account.status(), account.next_attempt_at),
        (AccountStatus::InSync, None)
    );
}

/// A lease is left alone: whoever calls the vendor now is not overtaken.
pub async fn a_change_of_the_assignment_leaves_a_lease_alone(store: &dyn Store) {
    let (connection, user) = choice(store).await;
    given::assign(store, &user, &connection, true, after(1)).await;
    let claim = given::claim(store, after(1)).await;

    given::assign(store, &user, &connection, false, after(2)).await;

    assert!(given::claims(store, after(3), after(60), 10).await.is_empty());
    assert!(store.renew(&claim.key, after(90)).await.expect("renewed"));
}

/// Where all are taken, nobody is taken off, and everybody is assigned already.
pub async fn where_all_are_taken_there_is_nothing_to_choose(store: &dyn Store) {
    let (connection, user) = given::due_account(store).await;
    let before = given::account(store, &user).await;

    for is_assigned in [true, false] {
        let account = given::assign(store, &user, &connection, is_assigned, after(5)).await;
        assert_eq!(account, before);
    }

    assert_eq!(assignments_told(store, &user).await, []);
}

async fn three_users(store: &dyn Store, organization: OrganizationId) -> [User; 3] {
    [
        given::user(store, organization, "E-0").await,
        given::user(store, organization, "E-1").await,
        given::user(store, organization, "E-2").await,
    ]
}

/// MUST: who has no account gets one, who was taken off is assigned, and who is assigned is left as it is.
pub async fn a_connection_that_takes_all_from_now_on_takes_all(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::choosy_connection(store, organization).await;
    let [assigned, off, none] = three_users(store, organization).await;
    let gone = given::user(store, organization, "E-gone").await;
    given::assign(store, &assigned, &connection, true, after(1)).await;
    given::settle(store, after(1)).await;
    given::assign(store, &off, &connection, false, after(1)).await;
    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, Settled::Removed, after(1)).await;
    given::delete(store, &gone, after(1)).await;
    let untouched = given::account(store, &assigned).await;

    given::take(store, &connection, Assignment::All, after(9)).await;

    assert_eq!(given::account(store, &assigned).await, untouched);
    for user in [&off, &none] {
        let account = given::account(store, user).await;
        assert!(account.is_assigned);
        assert_eq!((account.removed_at, account.next_attempt_at), (None, Some(after(9))));
        assert_eq!(account.status(), AccountStatus::Pending);
        assert_eq!(account.desired_version, user.version);
    }
    assert_eq!(accounts(store, &gone).await, []);
    let newcomer = given::user(store, organization, "E-new").await;
    assert_eq!(given::account(store, &newcomer).await.next_attempt_at, Some(NOW));
}

/// Who is assigned stays so; who comes later is not.
pub async fn a_connection_that_takes_the_chosen_from_now_on_leaves_those_who_are_there(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::connection(store, organization).await;
    let user = given::user(store, organization, "E-1").await;
    given::settle(store, after(1)).await;
    let before = given::account(store, &user).await;

    let choosy = given::take(store, &connection, Assignment::Chosen, after(9)).await;

    assert_eq!(given::account(store, &user).await, before);
    let newcomer = given::user(store, organization, "E-2").await;
    assert_eq!(accounts(store, &newcomer).await, []);
    given::rename(store, &newcomer, "Ann", after(10)).await;
    assert_eq!(accounts(store, &newcomer).await, []);
    given::rename(store, &user, "Ann", after(10)).await;
    assert_eq!(given::claim(store, after(10)).await.user.id, user.id);
    assert!(!given::assign(store, &user, &choosy, false, after(11)).await.is_assigned);
}

/// A change that leaves the assignment as it is leaves the accounts as they are.
pub async fn a_change_of_another_option_changes_no_accounts(store: &dyn Store) {
    for assignment in [Assignment::All, Assignment::Chosen] {
        let organization = given::organization(store).await;
        let connection = given::taking(&given::new_connection(organization), assignment);
        store
            .create_connection(&connection, &given::credentials())
            .await
            .expect("created");
        let [first, second, third] = three_users(store, organization).await;
        given::assign(store, &first, &connection, true, after(1)).await;
        let mut before = Vec::new();
        for user in [&first, &second, &third] {
            before.push(accounts(store, user).await);
        }

        given::take(store, &connection, assignment, after(9)).await;

        for (user, before) in [&first, &second, &third].into_iter().zip(before) {
            assert_eq!(accounts(store, user).await, before, "{assignment}");
        }
    }
}
