//! What happens at once around groups, everything with everything: nobody waits in a circle, and nothing is lost.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use roster_application::ports::{ChangeRecord, HistoryEvent, Settled, Store, StoreError};
use roster_domain::{Assignment, Connection, Deed, Group, GroupId, MemberChanges, Timestamp, User, UserId};

use super::given::{self, IN_SYNC, after, come_and_go, only};
use super::races::{Stores, at_once};

/// How often all is done at once.
const ROUNDS: usize = 20;
/// How many do something at once.
const ACTORS: usize = 48;

/// What is there when a round begins.
struct Stage {
    users: Vec<User>,
    groups: Vec<Group>,
    connections: Vec<Connection>,
    now: Timestamp,
}

type Outcome<'a> = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>>;
/// What somebody does on a stage, each time in a turn of its own.
type Act = for<'a> fn(&'a dyn Store, &'a Stage, usize) -> Outcome<'a>;

const ACTS: [(&str, Act); 12] = [
    ("replace the members of a group", |store, stage, turn| {
        Box::pin(replace_members(store, stage, turn))
    }),
    ("swap some members of a group", |store, stage, turn| {
        Box::pin(swap_members(store, stage, turn))
    }),
    ("tie a group", |store, stage, turn| {
        Box::pin(tie(store, stage, turn, true))
    }),
    ("untie a group", |store, stage, turn| {
        Box::pin(tie(store, stage, turn, false))
    }),
    ("make a group and delete it", |store, stage, turn| {
        Box::pin(come_and_delete(store, stage, turn))
    }),
    ("change a user", |store, stage, turn| {
        Box::pin(rename(store, stage, turn))
    }),
    ("delete a user and bring it back", |store, stage, turn| {
        Box::pin(delete_and_restore(store, stage, turn))
    }),
    ("assign a user", |store, stage, turn| {
        Box::pin(assign(store, stage, turn))
    }),
    ("claim and record", |store, stage, turn| {
        Box::pin(claim_and_record(store, stage, turn))
    }),
    ("claim and release", |store, stage, turn| {
        Box::pin(claim_and_release(store, stage, turn))
    }),
    ("change what a connection takes", |store, stage, turn| {
        Box::pin(take_others(store, stage, turn))
    }),
    ("approve, and lift what the vendor asked for", |store, stage, turn| {
        Box::pin(hurry(store, stage, turn))
    }),
];

/// Members in batches of any order, ties, users, the queue's work and connections: whatever of it happens at once, everybody
/// comes to an end, told only that somebody else was faster. Afterwards whoever is in a group that is tied is
/// assigned, and histories have told everybody's coming and going.
pub async fn whatever_happens_at_once_around_groups_comes_to_an_end(stores: &Stores) {
    let mut stage = stage(&*stores[0]).await;
    for round in 0..ROUNDS {
        let shared = Arc::new(stage);
        let outcomes = at_once(stores, ACTORS, |store, number| {
            let stage = Arc::clone(&shared);
            async move {
                let (what, act) = ACTS[number % ACTS.len()];
                let turn = number / ACTS.len() + round;
                (what, act(&*store, &stage, turn).await)
            }
        })
        .await;
        for (what, outcome) in outcomes {
            assert!(
                matches!(outcome, Ok(()) | Err(StoreError::Stale | StoreError::Reference)),
                "{what}: {outcome:?}"
            );
        }
        stage = Arc::into_inner(shared).expect("everybody has finished");
        stage.now = after(1_000 * (2 + i64::try_from(round).expect("few")));
        check(&*stores[1], &stage).await;
    }
}

/// Twelve users, of whom eight are in each of four groups, and three connections, one of which takes all users.
async fn stage(store: &dyn Store) -> Stage {
    let organization = given::organization(store).await;
    let mut connections = vec![given::connection(store, organization).await];
    for _ in 0..2 {
        connections.push(given::choosy_connection(store, organization).await);
    }
    let mut users = Vec::new();
    for number in 0..12 {
        users.push(given::user(store, organization, &format!("E-{number}")).await);
    }
    let mut groups = Vec::new();
    for number in 0..4 {
        let members: Vec<&User> = users.iter().skip(number).take(8).collect();
        let group = given::group(store, organization, "Ward", &members).await;
        given::tie(store, &group, &connections[1 + number % 2], true, after(1)).await;
        groups.push(group);
    }
    Stage {
        users,
        groups,
        connections,
        now: after(1_000),
    }
}

async fn current(store: &dyn Store, group: &Group) -> Result<Group, StoreError> {
    let group = store.group(group.organization_id, group.id).await?;
    Ok(group.expect("nobody deletes it"))
}

async fn replace_members(store: &dyn Store, stage: &Stage, turn: usize) -> Result<(), StoreError> {
    let group = current(store, &stage.groups[turn % 4]).await?;
    let chosen = stage.users.iter().skip(turn % 3).step_by(1 + turn % 2);
    let members = MemberChanges::replaced(chosen.map(|user| user.id));
    given::update_group(store, &given::next(&group, stage.now), &members, group.version).await
}

async fn swap_members(store: &dyn Store, stage: &Stage, turn: usize) -> Result<(), StoreError> {
    let group = current(store, &stage.groups[(turn + 1) % 4]).await?;
    let (first, last) = stage.users.split_at(6);
    let (first, last): (Vec<&User>, Vec<&User>) = (first.iter().collect(), last.iter().collect());
    let changes = if turn.is_multiple_of(2) {
        come_and_go(&last, &first)
    } else {
        come_and_go(&first, &last)
    };
    given::update_group(store, &given::next(&group, stage.now), &changes, group.version).await
}

async fn tie(store: &dyn Store, stage: &Stage, turn: usize, is_tied: bool) -> Result<(), StoreError> {
    let (group, connection) = (&stage.groups[turn % 4], &stage.connections[1 + turn % 2]);
    let deed = if is_tied { Deed::Assigned } else { Deed::Unassigned };
    let change = ChangeRecord {
        connection_id: Some(connection.id),
        ..given::change(deed, 0, stage.now)
    };
    store
        .tie(group.organization_id, group.id, connection.id, is_tied, &change)
        .await
}

async fn come_and_delete(store: &dyn Store, stage: &Stage, turn: usize) -> Result<(), StoreError> {
    let members: Vec<&User> = stage.users.iter().rev().skip(turn % 4).take(6).collect();
    let group = given::new_group(stage.groups[0].organization_id, "Night");
    given::create_group(store, &group, &only(&members)).await?;
    given::tie(store, &group, &stage.connections[1 + turn % 2], true, stage.now).await;
    loop {
        let group = current(store, &group).await?;
        let (_, left) = given::records(stage.now);
        let deleted = store.delete_group(group.organization_id, group.id, group.version, &left);
        match deleted.await {
            // One of its members was deleted.
            Err(StoreError::Stale) => {}
            outcome => return outcome,
        }
    }
}

async fn rename(store: &dyn Store, stage: &Stage, turn: usize) -> Result<(), StoreError> {
    let user = &stage.users[turn * 5 % 12];
    let Some(user) = store.user(user.organization_id, user.id).await? else {
        return Ok(());
    };
    let renamed = given::changed(
        &user,
        &given::first_name(&format!("Ann {turn} {}", stage.now.timestamp())),
        stage.now,
    );
    given::update(store, &renamed, user.version, None).await
}

async fn delete_and_restore(store: &dyn Store, stage: &Stage, turn: usize) -> Result<(), StoreError> {
    let user = &stage.users[turn * 7 % 12];
    let Some(user) = store.user(user.organization_id, user.id).await? else {
        return Ok(());
    };
    let tombstone = user.delete(stage.now);
    given::update(store, &tombstone, user.version, None).await?;
    let external_id = user.profile.external_id.as_ref().expect("everybody has one");
    let back = given::restored(&tombstone, &given::external_id(external_id.as_str()), stage.now);
    given::restore(store, &back, tombstone.version).await
}

async fn assign(store: &dyn Store, stage: &Stage, turn: usize) -> Result<(), StoreError> {
    let (user, connection) = (&stage.users[turn * 3 % 12], &stage.connections[1 + turn % 2]);
    let deed = if turn.is_multiple_of(2) {
        Deed::Assigned
    } else {
        Deed::Unassigned
    };
    let change = ChangeRecord {
        connection_id: Some(connection.id),
        ..given::change(deed, user.version, stage.now)
    };
    let is_assigned = deed == Deed::Assigned;
    let assigned = store.assign(user.organization_id, user.id, connection.id, is_assigned, &change);
    assigned.await.map(drop)
}

async fn claim_and_record(store: &dyn Store, stage: &Stage, turn: usize) -> Result<(), StoreError> {
    let claims = given::claims(store, stage.now, stage.now, 60).await;
    for (place, claim) in claims.into_iter().enumerate() {
        let settled = match (place + turn) % 3 {
            0 => IN_SYNC,
            1 => given::retry(stage.now, Some(stage.now)),
            _ => Settled::Held,
        };
        store
            .record(&claim.key, &given::settlement(&claim, settled), stage.now)
            .await?;
    }
    Ok(())
}

async fn claim_and_release(store: &dyn Store, stage: &Stage, _: usize) -> Result<(), StoreError> {
    let mut claims: Vec<_> = given::claims(store, stage.now, stage.now, 60)
        .await
        .into_iter()
        .map(|claim| claim.key)
        .collect();
    claims.reverse();
    store.release(&claims).await
}

async fn take_others(store: &dyn Store, stage: &Stage, turn: usize) -> Result<(), StoreError> {
    let connection = &stage.connections[1 + turn % 2];
    let found = store.connection(connection.organization_id, connection.id).await?;
    let (connection, _) = found.expect("nobody deletes it");
    let assignment = match connection.options.assignment {
        Assignment::All => Assignment::Chosen,
        Assignment::Chosen => Assignment::All,
    };
    let changed = Connection {
        version: connection.version + 1,
        updated_at: stage.now,
        ..given::taking(&connection, assignment)
    };
    store.update_connection(&changed, None, connection.version).await
}

async fn hurry(store: &dyn Store, stage: &Stage, turn: usize) -> Result<(), StoreError> {
    for place in 0..6 {
        let connection = &stage.connections[(turn + place) % 3];
        let (organization, id) = (connection.organization_id, connection.id);
        store.approve(organization, id, stage.now).await?;
        store.lift_floors(organization, id, stage.now).await?;
    }
    Ok(())
}

/// Everybody who is in a group that is tied is assigned, and everybody has come as often as the user has gone, or once more
/// for each group that the user is in.
async fn check(store: &dyn Store, stage: &Stage) {
    let organization = stage.groups[0].organization_id;
    let ids: Vec<GroupId> = stage.groups.iter().map(|group| group.id).collect();
    let members = store.members(organization, &ids).await.expect("read");
    let ties = store.ties(organization, &ids).await.expect("read");
    for user in &stage.users {
        let is_there = store.user(organization, user.id).await.expect("read").is_some();
        let groups: Vec<GroupId> = members
            .iter()
            .filter(|(_, member)| *member == user.id)
            .map(|(group, _)| *group)
            .collect();
        assert!(is_there || groups.is_empty(), "a tombstone is in no group");
        let accounts = store.accounts_of_user(organization, user.id).await.expect("read");
        for (_, connection) in ties.iter().filter(|(group, _)| groups.contains(group)) {
            let is_assigned = accounts
                .iter()
                .any(|account| account.connection_id == *connection && account.is_assigned);
            assert!(is_assigned, "{} is in a group that is tied", user.id);
        }
        let (joined, left) = told(store, user).await;
        assert_eq!(joined, left + groups.len(), "of {}", user.id);
    }
}

/// How often the history says that a user came into a group, and went.
async fn told(store: &dyn Store, user: &User) -> (usize, usize) {
    let history = store.history(user.organization_id, user.id, None, 10_000).await;
    let deeds: Vec<Deed> = history
        .expect("read")
        .into_iter()
        .filter_map(|entry| match entry.event {
            HistoryEvent::Change(change) => Some(change.deed),
            HistoryEvent::Call { .. } => None,
        })
        .collect();
    let count = |of| deeds.iter().filter(|deed| **deed == of).count();
    (count(Deed::Joined), count(Deed::Left))
}

/// MUST: a version of a group for each who is deleted out of it, and for each change, however many of them at once.
pub async fn every_member_who_is_deleted_at_once_is_a_version_of_the_group(stores: &Stores) {
    let organization = given::organization(&*stores[0]).await;
    let mut users = Vec::new();
    for number in 0..16 {
        users.push(given::user(&*stores[0], organization, &format!("E-{number}")).await);
    }
    let all: Vec<&User> = users.iter().collect();
    let groups = [
        given::group(&*stores[0], organization, "Day", &all).await,
        given::group(&*stores[0], organization, "Night", &all[..8]).await,
    ];

    at_once(stores, 16, |store, number| {
        let (user, group) = (users[number].clone(), groups[0].clone());
        async move {
            if number < 12 {
                given::delete(&*store, &user, after(1)).await;
            } else {
                leave(&*store, &group, user.id).await;
            }
        }
    })
    .await;

    for (group, version) in groups.iter().zip([17, 9]) {
        let group = current(&*stores[1], group).await.expect("read");
        assert_eq!(group.version, version, "{}", group.name);
    }
    let ids: Vec<GroupId> = groups.iter().map(|group| group.id).collect();
    assert_eq!(stores[1].members(organization, &ids).await.expect("read"), []);
}

/// Goes out of a group, whoever else changes it meanwhile.
async fn leave(store: &dyn Store, group: &Group, user: UserId) {
    loop {
        let group = current(store, group).await.expect("read");
        let mut changes = MemberChanges::default();
        changes.remove([user]);
        match given::update_group(store, &given::next(&group, after(1)), &changes, group.version).await {
            Ok(()) => return,
            Err(StoreError::Stale) => {}
            Err(error) => panic!("only changed by others: {error:?}"),
        }
    }
}
