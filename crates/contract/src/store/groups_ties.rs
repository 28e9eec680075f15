//! Groups that are tied to connections: at one that takes the chosen, their members are assigned.

use roster_application::ports::{ChangeRecord, HistoryEvent, Settled, Settlement, Store, StoreError};
use roster_domain::{Account, AccountStatus, Connection, ConnectionId, Deed, Group, GroupId, Known, User};

use super::given::{self, IN_SYNC, after, come_and_go, only};

/// A connection that takes the chosen, a group that is tied to it, and a user who is in neither.
pub(super) async fn tied(store: &dyn Store) -> (Connection, Group, User) {
    let organization = given::organization(store).await;
    let connection = given::choosy_connection(store, organization).await;
    let group = given::group(store, organization, "Ward", &[]).await;
    given::tie(store, &group, &connection, true, after(1)).await;
    let user = given::user(store, organization, "E-1").await;
    (connection, group, user)
}

pub(super) async fn accounts(store: &dyn Store, user: &User) -> Vec<Account> {
    store
        .accounts_of_user(user.organization_id, user.id)
        .await
        .expect("read")
}

/// What the history says of where the user is assigned, newest first.
pub(super) async fn told(store: &dyn Store, user: &User) -> Vec<(Deed, Option<ConnectionId>)> {
    let history = store.history(user.organization_id, user.id, None, 100).await;
    let told = history
        .expect("read")
        .into_iter()
        .filter_map(|entry| match entry.event {
            HistoryEvent::Change(change) if change.connection_id.is_some() => {
                assert_eq!(change.version, user.version);
                Some((change.deed, change.connection_id))
            }
            _ => None,
        });
    told.collect()
}

pub(super) async fn ties(store: &dyn Store, group: &Group) -> Vec<ConnectionId> {
    let ties = store.ties(group.organization_id, &[group.id]).await.expect("read");
    ties.into_iter().map(|(_, connection)| connection).collect()
}

/// MUST: as `assign` does.
pub async fn whoever_comes_into_a_tied_group_is_assigned(store: &dyn Store) {
    let (connection, group, user) = tied(store).await;
    let user = given::rename(store, &user, "Ann", after(2)).await;

    given::change_members(store, &group, &come_and_go(&[&user], &[]), after(3)).await;

    let account = given::account(store, &user).await;
    assert!(account.is_assigned);
    assert_eq!((account.connection_id, account.desired_version), (connection.id, 2));
    assert_eq!(
        (&account.known, account.next_attempt_at),
        (&Known::default(), Some(after(3)))
    );
    assert_eq!(account.status(), AccountStatus::Pending);
    assert_eq!(told(store, &user).await, [(Deed::Assigned, Some(connection.id))]);
    let claim = given::settle(store, after(3)).await;
    assert_eq!((claim.account, claim.user), (account, user));
}

/// Behind at the same version, due at once, and told.
pub async fn whoever_leaves_a_tied_group_is_taken_off(store: &dyn Store) {
    let (connection, group, user) = tied(store).await;
    let group = given::change_members(store, &group, &come_and_go(&[&user], &[]), after(2)).await;
    given::settle(store, after(2)).await;

    given::change_members(store, &group, &only(&[]), after(3)).await;

    let account = given::account(store, &user).await;
    assert!(!account.is_assigned);
    assert_eq!(
        (account.known.applied_version, account.next_attempt_at),
        (0, Some(after(3)))
    );
    let at = Some(connection.id);
    assert_eq!(told(store, &user).await, [(Deed::Unassigned, at), (Deed::Assigned, at)]);
    let claim = given::claim(store, after(3)).await;
    assert!(!claim.account.is_assigned);
    given::record(store, &claim, Settled::Removed, after(4)).await;
    assert_eq!(given::account(store, &user).await.status(), AccountStatus::Removed);
}

/// With what is known of the vendor, and with failures, questions and holds behind them.
pub async fn whoever_comes_back_into_a_tied_group_starts_anew(store: &dyn Store) {
    let (_, mut group, user) = tied(store).await;
    let (come, go) = (come_and_go(&[&user], &[]), come_and_go(&[], &[&user]));
    group = given::change_members(store, &group, &come, after(2)).await;
    for settled in [
        given::retry(after(600), None),
        given::attention(),
        Settled::Held,
        Settled::Removed,
    ] {
        let claim = given::claim(store, after(2)).await;
        given::record(store, &claim, settled, after(2)).await;
        group = given::change_members(store, &group, &go, after(2)).await;

        group = given::change_members(store, &group, &come, after(2)).await;

        let account = given::account(store, &user).await;
        assert_eq!(
            (account.attempts, account.last_error, account.attention),
            (0, None, None)
        );
        assert_eq!((account.held_since, account.removed_at), (None, None));
        assert_eq!((account.is_assigned, account.next_attempt_at), (true, Some(after(2))));
    }
    assert!(given::account(store, &user).await.known.vendor_user_id.is_some());
}

/// The vendor's user of one who was gone may have become somebody else's, who must not be written over.
pub async fn whoever_comes_back_does_not_take_the_vendors_user_from_another(store: &dyn Store) {
    let (connection, group, gone) = tied(store).await;
    let group = given::change_members(store, &group, &come_and_go(&[&gone], &[]), after(2)).await;
    let claim = given::settle(store, after(2)).await;
    let known = given::settlement(&claim, IN_SYNC).known;
    let group = given::change_members(store, &group, &only(&[]), after(3)).await;
    let claim = given::claim(store, after(3)).await;
    let removed = Settlement {
        known: known.clone(),
        ..given::settlement(&claim, Settled::Removed)
    };
    assert!(store.record(&claim.key, &removed, after(3)).await.expect("recorded"));
    let successor = given::user(store, gone.organization_id, "E-2").await;
    given::assign(store, &successor, &connection, true, after(4)).await;
    let claim = given::claim(store, after(4)).await;
    let adopted = Settlement {
        known: known.clone(),
        ..given::settlement(&claim, IN_SYNC)
    };
    assert!(store.record(&claim.key, &adopted, after(4)).await.expect("recorded"));

    given::change_members(store, &group, &come_and_go(&[&gone], &[]), after(5)).await;

    assert_eq!(given::account(store, &gone).await.known, Known::default());
    let theirs = given::account(store, &successor).await.known;
    assert_eq!(
        (theirs.vendor_user_id, theirs.applied_version),
        (known.vendor_user_id, 1)
    );
}

/// `Retry-After` holds whatever is changed, and a lease is left alone.
pub async fn a_change_of_a_group_waits_for_the_floor_and_leaves_a_lease_alone(store: &dyn Store) {
    let (_, group, user) = tied(store).await;
    let group = given::change_members(store, &group, &come_and_go(&[&user], &[]), after(2)).await;
    let claim = given::claim(store, after(2)).await;
    given::record(store, &claim, given::retry(after(90), Some(after(60))), after(2)).await;

    let group = given::change_members(store, &group, &only(&[]), after(3)).await;
    assert_eq!(given::account(store, &user).await.next_attempt_at, Some(after(60)));
    let claim = given::claim(store, after(60)).await;
    given::change_members(store, &group, &only(&[&user]), after(61)).await;

    assert!(store.renew(&claim.key, after(600)).await.expect("renewed"));
    assert!(given::claims(store, after(62), after(600), 9).await.is_empty());
}

/// Whoever was chosen one by one stays when the group is left, be it chosen before or while in the group.
pub async fn who_was_chosen_outlives_the_group(store: &dyn Store) {
    let (connection, group, before) = tied(store).await;
    let during = given::user(store, group.organization_id, "E-2").await;
    given::assign(store, &before, &connection, true, after(2)).await;
    let group = given::change_members(store, &group, &only(&[&before, &during]), after(3)).await;
    let claims = given::claims(store, after(3), after(60), 9).await;
    for claim in &claims {
        given::record(store, claim, IN_SYNC, after(3)).await;
    }
    let stands = given::account(store, &during).await;
    assert_eq!(given::assign(store, &during, &connection, true, after(4)).await, stands);

    given::change_members(store, &group, &only(&[]), after(5)).await;

    for user in [&before, &during] {
        let account = given::account(store, user).await;
        assert!(account.is_assigned);
        assert_eq!(account.status(), AccountStatus::InSync, "nothing is due");
        assert_eq!(told(store, user).await, [(Deed::Assigned, Some(connection.id))]);
    }
    assert!(
        !given::assign(store, &during, &connection, false, after(6))
            .await
            .is_assigned
    );
}

/// Taking one off who is in the group changes nothing until the group is left.
pub async fn who_is_in_the_group_is_not_taken_off_one_by_one(store: &dyn Store) {
    let (connection, group, user) = tied(store).await;
    given::assign(store, &user, &connection, true, after(2)).await;
    let group = given::change_members(store, &group, &only(&[&user]), after(3)).await;
    given::settle(store, after(3)).await;
    let stands = given::account(store, &user).await;

    let same = given::assign(store, &user, &connection, false, after(4)).await;

    assert_eq!(same, stands);
    assert!(same.is_assigned);
    given::change_members(store, &group, &only(&[]), after(5)).await;
    assert!(!given::account(store, &user).await.is_assigned);
}

/// One is left, and the other holds.
pub async fn two_groups_that_are_tied_to_one_connection_hold_a_user_together(store: &dyn Store) {
    let (connection, first, user) = tied(store).await;
    let second = given::group(store, user.organization_id, "Night", &[&user]).await;
    given::tie(store, &second, &connection, true, after(2)).await;
    let first = given::change_members(store, &first, &only(&[&user]), after(2)).await;
    given::settle(store, after(2)).await;
    let stands = given::account(store, &user).await;

    given::change_members(store, &first, &only(&[]), after(3)).await;
    assert_eq!(given::account(store, &user).await, stands);
    given::delete_group(store, &second, after(4)).await;

    assert!(!given::account(store, &user).await.is_assigned);
}

/// A group may be tied to several connections, each of which is changed and told by itself.
pub async fn a_group_that_is_tied_to_two_connections_assigns_to_both(store: &dyn Store) {
    let (first, group, user) = tied(store).await;
    let second = given::choosy_connection(store, user.organization_id).await;
    given::choosy_connection(store, user.organization_id).await;
    given::tie(store, &group, &second, true, after(2)).await;

    let group = given::change_members(store, &group, &only(&[&user]), after(3)).await;
    let assigned: Vec<_> = accounts(store, &user)
        .await
        .iter()
        .map(|account| account.connection_id)
        .collect();
    assert_eq!(assigned, [first.id, second.id]);
    given::tie(store, &group, &first, false, after(4)).await;

    let [at_first, at_second] = accounts(store, &user).await.try_into().expect("two");
    assert_eq!((at_first.is_assigned, at_second.is_assigned), (false, true));
    assert_eq!(ties(store, &group).await, [second.id]);
    let (first, second) = (Some(first.id), Some(second.id));
    let mut history = told(store, &user).await;
    assert_eq!(history.remove(0), (Deed::Unassigned, first));
    history.sort_by_key(|(_, connection)| *connection);
    assert_eq!(history, [(Deed::Assigned, first), (Deed::Assigned, second)]);
}

/// Whoever is in a group that is tied is assigned, and taken off when the tie is undone. What stands so already is left.
pub async fn a_tie_assigns_those_who_are_in_the_group(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::choosy_connection(store, organization).await;
    let (ann, bea) = (
        given::user(store, organization, "E-1").await,
        given::user(store, organization, "E-2").await,
    );
    let group = given::group(store, organization, "Ward", &[&ann]).await;

    given::tie(store, &group, &connection, true, after(1)).await;
    assert_eq!(ties(store, &group).await, [connection.id]);
    assert!(given::account(store, &ann).await.is_assigned);
    assert_eq!(accounts(store, &bea).await, []);
    given::settle(store, after(1)).await;
    let stands = given::account(store, &ann).await;
    given::tie(store, &group, &connection, true, after(2)).await;
    assert_eq!(given::account(store, &ann).await, stands);

    given::tie(store, &group, &connection, false, after(3)).await;
    let off = given::account(store, &ann).await;
    assert!(!off.is_assigned);
    given::tie(store, &group, &connection, false, after(4)).await;

    assert_eq!(given::account(store, &ann).await, off);
    assert_eq!(ties(store, &group).await, []);
    let at = Some(connection.id);
    assert_eq!(told(store, &ann).await, [(Deed::Unassigned, at), (Deed::Assigned, at)]);
}

/// MUST: neither is there a tie of nothing, nor to nothing.
pub async fn what_is_not_there_is_not_tied(store: &dyn Store) {
    let (connection, group, _) = tied(store).await;
    let organization = group.organization_id;
    let elsewhere = given::organization(store).await;
    let strange_connection = given::choosy_connection(store, elsewhere).await;
    let strange_group = given::group(store, elsewhere, "Ward", &[]).await;
    let change = given::change(Deed::Assigned, 0, after(1));
    let nobody = (GroupId::new(given::new_id()), ConnectionId::new(given::new_id()));

    for is_tied in [true, false] {
        for (group, connection) in [
            (nobody.0, connection.id),
            (group.id, nobody.1),
            (group.id, strange_connection.id),
            (strange_group.id, connection.id),
        ] {
            let outcome = store.tie(organization, group, connection, is_tied, &change).await;
            assert!(matches!(outcome, Err(StoreError::Reference)), "{outcome:?}");
        }
    }
    assert_eq!(ties(store, &group).await, [connection.id]);
}

/// Its members leave the connection, except those whom something else holds there.
pub async fn a_deleted_group_takes_its_members_off(store: &dyn Store) {
    let (connection, group, user) = tied(store).await;
    let chosen = given::user(store, user.organization_id, "E-2").await;
    given::assign(store, &chosen, &connection, true, after(2)).await;
    let group = given::change_members(store, &group, &only(&[&user, &chosen]), after(3)).await;

    given::delete_group(store, &group, after(4)).await;

    assert!(!given::account(store, &user).await.is_assigned);
    assert!(given::account(store, &chosen).await.is_assigned);
    let at = Some(connection.id);
    assert_eq!(told(store, &user).await, [(Deed::Unassigned, at), (Deed::Assigned, at)]);
    assert_eq!(ties(store, &group).await, []);
}

/// The ids of what is told are a user's own, one for each entry, in the order in which they are told.
pub async fn what_is_told_of_one_change_is_told_in_order(store: &dyn Store) {
    let (connection, group, user) = tied(store).await;
    given::change_members(store, &group, &only(&[&user]), after(2)).await;

    let history = store
        .history(user.organization_id, user.id, None, 9)
        .await
        .expect("read");
    let deeds: Vec<_> = history
        .into_iter()
        .map(|entry| match entry.event {
            HistoryEvent::Change(ChangeRecord {
                deed,
                at,
                connection_id,
                ..
            }) => (deed, at, connection_id),
            HistoryEvent::Call { .. } => panic!("nobody called"),
        })
        .collect();

    assert_eq!(
        deeds,
        [
            (Deed::Assigned, after(2), Some(connection.id)),
            (Deed::Joined, after(2), None),
            (Deed::Created, given::NOW, None),
        ]
    );
}
