//! Groups that are tied to connections, when the connection or the user changes, and when very many do.

use std::collections::BTreeSet;

use roster_application::ports::{AccountQuery, Settled, Store};
use roster_domain::{Assignment, Connection, Deed, MemberChanges, UserId};

use super::given::{self, IN_SYNC, after, come_and_go, only};
use super::groups_ties::{accounts, tied, ties, told};

/// Where all are taken, ties change nothing. Where the chosen are taken from now on, they count, and everybody stays.
pub async fn ties_count_once_the_connection_takes_the_chosen(store: &dyn Store) {
    let organization = given::organization(store).await;
    let connection = given::connection(store, organization).await;
    let (member, other) = (
        given::user(store, organization, "E-1").await,
        given::user(store, organization, "E-2").await,
    );
    for claim in given::claims(store, after(1), after(60), 9).await {
        given::record(store, &claim, IN_SYNC, after(1)).await;
    }
    let mut stand = Vec::new();
    for user in [&member, &other] {
        stand.push(given::account(store, user).await);
    }
    let group = given::group(store, organization, "Ward", &[&member]).await;
    given::tie(store, &group, &connection, true, after(2)).await;
    let group = given::change_members(store, &group, &only(&[&other]), after(2)).await;
    let group = given::change_members(store, &group, &only(&[&member]), after(2)).await;

    given::take(store, &connection, Assignment::Chosen, after(3)).await;

    for (user, stands) in [&member, &other].into_iter().zip(&stand) {
        assert_eq!(&given::account(store, user).await, stands);
        assert_eq!(told(store, user).await, []);
    }
    given::change_members(store, &group, &only(&[]), after(4)).await;
    assert!(!given::account(store, &member).await.is_assigned);
    assert_eq!(given::account(store, &other).await, stand[1]);
}

/// Who was taken off comes back with everybody, and from then on stays; what was chosen is remembered, and so are groups.
pub async fn a_connection_takes_all_for_a_while(store: &dyn Store) {
    let (connection, group, member) = tied(store).await;
    let organization = group.organization_id;
    let group = given::change_members(store, &group, &only(&[&member]), after(2)).await;
    let chosen = given::user(store, organization, "E-2").await;
    given::assign(store, &chosen, &connection, true, after(2)).await;
    let other = given::user(store, organization, "E-3").await;

    let connection = given::take(store, &connection, Assignment::All, after(3)).await;
    let during = given::user(store, organization, "E-4").await;
    for user in [&member, &chosen, &other, &during] {
        assert!(given::account(store, user).await.is_assigned);
    }
    given::change_members(store, &group, &only(&[]), after(4)).await;
    assert!(given::account(store, &member).await.is_assigned);
    let group = store.group(organization, group.id).await.expect("read").expect("there");
    let group = given::change_members(store, &group, &only(&[&member]), after(5)).await;
    given::take(store, &connection, Assignment::Chosen, after(6)).await;

    let since = given::user(store, organization, "E-5").await;
    assert_eq!(accounts(store, &since).await, []);
    given::change_members(store, &group, &only(&[]), after(7)).await;
    for (user, stays) in [(&member, false), (&chosen, true), (&other, true), (&during, true)] {
        assert_eq!(given::account(store, user).await.is_assigned, stays);
    }
}

/// Who was deleted is gone from where a group had put it, and coming back is not enough to be there again.
pub async fn a_user_who_comes_back_is_where_groups_put_it_anew(store: &dyn Store) {
    let (_, group, user) = tied(store).await;
    given::change_members(store, &group, &only(&[&user]), after(2)).await;
    given::settle(store, after(2)).await;
    let tombstone = given::delete(store, &user, after(3)).await;
    let claim = given::claim(store, after(3)).await;
    given::record(store, &claim, Settled::Removed, after(3)).await;

    let back = given::restored(&tombstone, &given::external_id("E-1"), after(4));
    given::restore(store, &back, tombstone.version).await.expect("restored");
    assert!(!given::account(store, &back).await.is_assigned);
    let group = store
        .group(group.organization_id, group.id)
        .await
        .expect("read")
        .expect("there");
    given::change_members(store, &group, &come_and_go(&[&back], &[]), after(5)).await;

    let account = given::account(store, &back).await;
    assert_eq!((account.is_assigned, account.removed_at), (true, None));
    assert_eq!(
        (account.desired_version, account.next_attempt_at),
        (back.version, Some(after(5)))
    );
    assert!(account.known.vendor_user_id.is_some(), "the vendor has the user still");
}

/// A connection that is deleted is tied to nothing, and its groups stay.
pub async fn a_deleted_connection_undoes_its_ties(store: &dyn Store) {
    let (connection, group, user) = tied(store).await;
    let group = given::change_members(store, &group, &only(&[&user]), after(2)).await;

    assert!(
        store
            .delete_connection(group.organization_id, connection.id)
            .await
            .expect("deleted")
    );

    assert_eq!(ties(store, &group).await, []);
    assert_eq!(accounts(store, &user).await, []);
    let group = given::change_members(store, &group, &only(&[]), after(3)).await;
    assert_eq!(
        store.group(group.organization_id, group.id).await.expect("read"),
        Some(group)
    );
}

/// A thousand come, stay, and go, each told once.
pub async fn a_thousand_come_and_go(store: &dyn Store) {
    let (connection, group, _) = tied(store).await;
    let organization = group.organization_id;
    let mut crowd = Vec::new();
    for number in 0..1_000 {
        crowd.push(given::user(store, organization, &format!("C-{number}")).await);
    }
    let all: BTreeSet<UserId> = crowd.iter().map(|user| user.id).collect();

    let group = given::change_members(store, &group, &MemberChanges::replaced(all.clone()), after(2)).await;

    let members = store.members(organization, &[group.id]).await.expect("read");
    assert!(members.iter().map(|(_, user)| *user).eq(all.iter().copied()));
    assert_eq!(assigned(store, &connection).await, all);
    let half: BTreeSet<UserId> = all.iter().copied().skip(500).collect();
    given::change_members(store, &group, &MemberChanges::replaced(half.clone()), after(3)).await;
    assert_eq!(assigned(store, &connection).await, half);
    let at = Some(connection.id);
    assert_eq!(
        told(store, &crowd[0]).await,
        [(Deed::Unassigned, at), (Deed::Assigned, at)]
    );
    assert_eq!(told(store, &crowd[999]).await, [(Deed::Assigned, at)]);
}

async fn assigned(store: &dyn Store, connection: &Connection) -> BTreeSet<UserId> {
    let query = AccountQuery {
        after: None,
        limit: 2_000,
        status: None,
        connection_id: Some(connection.id),
    };
    let accounts = store.accounts(connection.organization_id, &query).await.expect("read");
    let assigned = accounts.into_iter().filter(|account| account.is_assigned);
    assigned.map(|account| account.user_id).collect()
}
