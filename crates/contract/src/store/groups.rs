//! Groups of users.

use roster_application::ports::{Find, HistoryEvent, Store, StoreError, UniqueKey};
use roster_domain::scim::{Filter, GroupName, GroupReference, Operand, Operator, Path, ResourceType};
use roster_domain::{Deed, Group, GroupId, OrganizationId, User, UserId, Version};

use super::given::{self, after, come_and_go, only};

async fn users<const N: usize>(store: &dyn Store, organization: OrganizationId) -> [User; N] {
    let mut users = Vec::new();
    for number in 0..N {
        users.push(given::user(store, organization, &format!("E-{number}")).await);
    }
    users.try_into().expect("so many")
}

async fn members(store: &dyn Store, group: &Group) -> Vec<UserId> {
    let members = store.members(group.organization_id, &[group.id]).await.expect("read");
    assert!(members.iter().all(|(id, _)| *id == group.id));
    members.into_iter().map(|(_, user)| user).collect()
}

fn ids(users: &[&User]) -> Vec<UserId> {
    users.iter().map(|user| user.id).collect()
}

/// What the history of a user says of groups: what, at which version of the user.
async fn told(store: &dyn Store, user: &User) -> Vec<(Deed, Version)> {
    let history = store.history(user.organization_id, user.id, None, 100).await;
    let told = history
        .expect("read")
        .into_iter()
        .filter_map(|entry| match entry.event {
            HistoryEvent::Change(change) if [Deed::Joined, Deed::Left].contains(&change.deed) => {
                Some((change.deed, change.version))
            }
            _ => None,
        });
    told.collect()
}

/// With its members, in the order of their ids.
pub async fn a_group_comes_back_as_it_was_stored(store: &dyn Store) {
    let organization = given::organization(store).await;
    let [ann, bea, _] = users(store, organization).await;
    let group = given::known_as(&given::new_group(organization, "Nœud 3 · \"心臓\" %_\\"), "G-Ω");

    given::create_group(store, &group, &only(&[&bea, &ann]))
        .await
        .expect("created");

    assert_eq!(
        store.group(organization, group.id).await.expect("read"),
        Some(group.clone())
    );
    assert_eq!(members(store, &group).await, ids(&[&ann, &bea]));
    assert_eq!(
        store
            .group(organization, GroupId::new(given::new_id()))
            .await
            .expect("read"),
        None
    );
}

/// Two groups may have the same name; ids and external ids are unique.
pub async fn a_key_that_is_taken_is_a_conflict_and_nothing_is_written(store: &dyn Store) {
    let organization = given::organization(store).await;
    let [ann] = users(store, organization).await;
    let group = given::known_as(&given::new_group(organization, "Ward"), "G-1");
    given::create_group(store, &group, &only(&[])).await.expect("created");
    let other = given::group(store, organization, "Ward", &[]).await;
    given::group(store, organization, "Ward", &[]).await;

    let twin = given::known_as(&given::new_group(organization, "Else"), "G-1");
    let same_key = given::create_group(store, &twin, &only(&[&ann])).await;
    let same_id = given::create_group(
        store,
        &Group {
            external_id: None,
            ..group.clone()
        },
        &only(&[&ann]),
    )
    .await;
    let moved = given::known_as(&given::next(&other, after(1)), "G-1");
    let changed = given::update_group(store, &moved, &only(&[&ann]), 1).await;

    for refused in [&same_key, &changed] {
        assert!(
            matches!(refused, Err(StoreError::Conflict(UniqueKey::GroupExternalId))),
            "{refused:?}"
        );
    }
    assert!(
        matches!(same_id, Err(StoreError::Conflict(UniqueKey::Id))),
        "{same_id:?}"
    );
    assert_eq!(store.group(organization, twin.id).await.expect("read"), None);
    assert_eq!(
        store.group(organization, other.id).await.expect("read"),
        Some(other.clone())
    );
    for group in [&group, &other] {
        assert_eq!(members(store, group).await, []);
    }
    assert_eq!(told(store, &ann).await, []);
}

/// MUST: nobody is in a group who is not there, and nothing is written then.
pub async fn a_member_who_is_not_there_is_refused(store: &dyn Store) {
    let organization = given::organization(store).await;
    let [ann, gone] = users(store, organization).await;
    given::delete(store, &gone, after(1)).await;
    let nobody = given::new_user(organization, &given::external_id("E-9"));
    let elsewhere = given::organization(store).await;
    let stranger = given::user(store, elsewhere, "E-1").await;
    let group = given::group(store, organization, "Ward", &[]).await;

    for absent in [&gone, &nobody, &stranger] {
        let new = given::new_group(organization, "Else");
        let created = given::create_group(store, &new, &only(&[&ann, absent])).await;
        assert!(matches!(created, Err(StoreError::Reference)), "{created:?}");
        assert_eq!(store.group(organization, new.id).await.expect("read"), None);
        for changes in [only(&[&ann, absent]), come_and_go(&[&ann, absent], &[])] {
            let changed = given::update_group(store, &given::next(&group, after(2)), &changes, 1).await;
            assert!(matches!(changed, Err(StoreError::Reference)), "{changed:?}");
        }
        given::change_members(
            store,
            &new_of(store, organization).await,
            &come_and_go(&[], &[absent]),
            after(2),
        )
        .await;
    }
    assert_eq!(
        store.group(organization, group.id).await.expect("read"),
        Some(group.clone())
    );
    assert_eq!(members(store, &group).await, []);
    let missing = store
        .missing_users(organization, &ids(&[&ann, &gone, &nobody, &stranger]))
        .await;
    let mut expected = ids(&[&gone, &nobody, &stranger]);
    expected.sort_unstable();
    assert_eq!(missing.expect("read"), expected);
}

async fn new_of(store: &dyn Store, organization: OrganizationId) -> Group {
    given::group(store, organization, "Other", &[]).await
}

/// Name, key and times.
pub async fn an_update_replaces_a_group(store: &dyn Store) {
    let organization = given::organization(store).await;
    let [ann] = users(store, organization).await;
    let group = given::group(store, organization, "Ward", &[&ann]).await;
    let named = Group {
        name: GroupName::new("Ward 2").expect("valid"),
        ..given::known_as(&given::next(&group, after(1)), "G-1")
    };

    given::update_group(store, &named, &come_and_go(&[], &[]), 1)
        .await
        .expect("changed");
    assert_eq!(
        store.group(organization, group.id).await.expect("read"),
        Some(named.clone())
    );
    let cleared = Group {
        external_id: None,
        ..given::next(&named, after(2))
    };
    given::update_group(store, &cleared, &come_and_go(&[], &[]), 2)
        .await
        .expect("changed");

    assert_eq!(store.group(organization, group.id).await.expect("read"), Some(cleared));
    assert_eq!(members(store, &group).await, [ann.id]);
}

/// MUST: nothing is written then.
pub async fn a_change_of_another_version_or_of_nothing_is_stale(store: &dyn Store) {
    let organization = given::organization(store).await;
    let [ann, bea] = users(store, organization).await;
    let group = given::group(store, organization, "Ward", &[&ann]).await;
    let nothing = given::new_group(organization, "Nothing");

    for (group, expected) in [(&group, 2), (&group, 0), (&nothing, 1)] {
        let changed = given::update_group(store, &given::next(group, after(1)), &only(&[&bea]), expected).await;
        assert!(matches!(changed, Err(StoreError::Stale)), "{changed:?}");
        let (_, left) = given::records(after(1));
        let deleted = store.delete_group(organization, group.id, expected, &left).await;
        assert!(matches!(deleted, Err(StoreError::Stale)), "{deleted:?}");
    }

    assert_eq!(
        store.group(organization, group.id).await.expect("read"),
        Some(group.clone())
    );
    assert_eq!(members(store, &group).await, [ann.id]);
    assert_eq!(told(store, &ann).await, [(Deed::Joined, 1)]);
}

/// Who is there already may be added, and who is not may be removed.
pub async fn users_come_into_a_group_and_go(store: &dyn Store) {
    let organization = given::organization(store).await;
    let [ann, bea, cora] = users(store, organization).await;
    let group = given::group(store, organization, "Ward", &[]).await;

    let group = given::change_members(store, &group, &come_and_go(&[&bea, &ann], &[&cora]), after(1)).await;
    assert_eq!(members(store, &group).await, ids(&[&ann, &bea]));
    let group = given::change_members(store, &group, &come_and_go(&[&ann, &cora], &[&bea]), after(2)).await;
    assert_eq!(members(store, &group).await, ids(&[&ann, &cora]));
    let group = given::change_members(store, &group, &only(&[&bea, &cora]), after(3)).await;
    assert_eq!(members(store, &group).await, ids(&[&bea, &cora]));
    let group = given::change_members(store, &group, &come_and_go(&[], &[]), after(4)).await;
    assert_eq!(members(store, &group).await, ids(&[&bea, &cora]));
    let group = given::change_members(store, &group, &only(&[]), after(5)).await;

    assert_eq!(members(store, &group).await, []);
}

/// Of those who come and were not there, and of those who go and were, each with the user's own version.
pub async fn histories_are_told_of_whoever_comes_and_goes(store: &dyn Store) {
    let organization = given::organization(store).await;
    let [ann, bea, cora] = users(store, organization).await;
    let bea = given::rename(store, &bea, "Bea", after(1)).await;
    let group = given::group(store, organization, "Ward", &[&ann, &bea]).await;

    let group = given::change_members(store, &group, &come_and_go(&[&ann, &bea], &[&cora]), after(2)).await;
    let bea = given::rename(store, &bea, "Beate", after(3)).await;
    let group = given::change_members(store, &group, &only(&[&cora, &ann]), after(4)).await;
    given::delete_group(store, &group, after(5)).await;

    assert_eq!(told(store, &ann).await, [(Deed::Left, 1), (Deed::Joined, 1)]);
    assert_eq!(told(store, &bea).await, [(Deed::Left, 3), (Deed::Joined, 2)]);
    assert_eq!(told(store, &cora).await, [(Deed::Left, 1), (Deed::Joined, 1)]);
}

/// With its members' membership, and nothing else.
pub async fn a_deleted_group_is_gone(store: &dyn Store) {
    let organization = given::organization(store).await;
    let [ann] = users(store, organization).await;
    let group = given::known_as(&given::new_group(organization, "Ward"), "G-1");
    given::create_group(store, &group, &only(&[&ann]))
        .await
        .expect("created");
    let other = given::group(store, organization, "Other", &[&ann]).await;

    given::delete_group(store, &group, after(1)).await;

    assert_eq!(store.group(organization, group.id).await.expect("read"), None);
    assert_eq!(members(store, &group).await, []);
    assert_eq!(members(store, &other).await, [ann.id]);
    assert_eq!(store.user(organization, ann.id).await.expect("read"), Some(ann.clone()));
    let successor = given::known_as(&given::new_group(organization, "Ward"), "G-1");
    given::create_group(store, &successor, &only(&[]))
        .await
        .expect("its key is free");
}

/// MUST: in no group any more, also when the user comes back.
pub async fn a_deleted_user_is_in_no_group(store: &dyn Store) {
    let organization = given::organization(store).await;
    let [ann, bea] = users(store, organization).await;
    let group = given::group(store, organization, "Ward", &[&ann, &bea]).await;

    let tombstone = given::delete(store, &ann, after(1)).await;

    assert_eq!(members(store, &group).await, [bea.id]);
    let back = given::restored(&tombstone, &given::external_id("E-0"), after(2));
    given::restore(store, &back, tombstone.version).await.expect("restored");
    assert_eq!(members(store, &group).await, [bea.id]);
    let group = given::next(&group, after(1));
    given::change_members(store, &group, &come_and_go(&[&back], &[]), after(3)).await;
    assert_eq!(members(store, &group).await, ids(&[&ann, &bea]));
}

/// MUST: who is in a group is a part of it, so that each group is a version on, at the moment of the deletion, and is found by what
/// it is now; the history is told of each of them.
pub async fn a_user_who_is_deleted_leaves_each_group_and_it_is_told(store: &dyn Store) {
    let organization = given::organization(store).await;
    let [ann, bea] = users(store, organization).await;
    let ann = given::rename(store, &ann, "Ann", after(1)).await;
    let day = given::known_as(&given::new_group(organization, "Day"), "G-1");
    given::create_group(store, &day, &only(&[&ann, &bea]))
        .await
        .expect("created");
    let night = given::group(store, organization, "Night", &[&ann]).await;
    let other = given::group(store, organization, "Other", &[&bea]).await;

    let tombstone = given::delete(store, &ann, after(2)).await;

    for group in [&day, &night] {
        let left = given::next(group, after(2));
        assert_eq!(
            store.group(organization, group.id).await.expect("read"),
            Some(left.clone())
        );
        assert!(found(store, &left).await.contains(&left));
        assert!(!found(store, group).await.contains(&left));
    }
    assert_eq!(
        store.group(organization, other.id).await.expect("read"),
        Some(other.clone())
    );
    let all_told = [(Deed::Left, 3), (Deed::Left, 3), (Deed::Joined, 2), (Deed::Joined, 2)];
    assert_eq!(told(store, &ann).await, all_told);
    assert_eq!(told(store, &bea).await, [(Deed::Joined, 1), (Deed::Joined, 1)]);
    let history = store.history(organization, ann.id, None, 3).await.expect("read");
    let events: Vec<_> = history.into_iter().map(|entry| entry.event).collect();
    let [HistoryEvent::Change(last), _, HistoryEvent::Change(deleted)] = events.as_slice() else {
        panic!("nobody called: {events:?}")
    };
    assert_eq!(
        (deleted.deed, last.at, last.actor),
        (Deed::Deleted, deleted.at, deleted.actor)
    );
    assert!(last.fields.is_empty());
    // Whoever has read it before is told so, and coming back is nothing that happens to a group.
    let stale = given::update_group(store, &given::next(&night, after(3)), &only(&[&bea]), night.version).await;
    assert!(matches!(stale, Err(StoreError::Stale)), "{stale:?}");
    let back = given::restored(&tombstone, &given::external_id("E-0"), after(4));
    given::restore(store, &back, tombstone.version).await.expect("restored");
    let groups = store.groups_of_users(organization, &[ann.id]).await.expect("read");
    assert_eq!(groups, []);
    let unchanged = store.group(organization, night.id).await.expect("read");
    assert_eq!(unchanged.map(|group| group.version), Some(night.version + 1));
    assert_eq!(told(store, &ann).await, all_told);
}

/// The groups that are found by when a group was changed last.
async fn found(store: &dyn Store, group: &Group) -> Vec<Group> {
    let path = Path::resolve(ResourceType::Group, None, "meta", Some("lastModified")).expect("an attribute");
    let changed_then = Filter::compare(path, Operator::Equal, Operand::DateTime(group.updated_at));
    let find = Find {
        filter: Some(changed_then.expect("a filter")),
        sort: None,
        after: None,
        skip: 0,
        limit: 9,
    };
    store.find_groups(group.organization_id, &find).await.expect("found")
}

/// MUST: nothing is written if somebody else was faster.
pub async fn a_user_who_is_not_deleted_after_all_leaves_no_group(store: &dyn Store) {
    let organization = given::organization(store).await;
    let [ann] = users(store, organization).await;
    let group = given::group(store, organization, "Ward", &[&ann]).await;
    let newer = given::rename(store, &ann, "Ann", after(1)).await;

    let stale = given::update(store, &ann.delete(after(2)), ann.version, None).await;

    assert!(matches!(stale, Err(StoreError::Stale)), "{stale:?}");
    assert_eq!(
        store.group(organization, group.id).await.expect("read"),
        Some(group.clone())
    );
    assert_eq!(members(store, &group).await, [ann.id]);
    assert_eq!(store.user(organization, ann.id).await.expect("read"), Some(newer));
    assert_eq!(told(store, &ann).await, [(Deed::Joined, 1)]);
}

/// In the order of groups and users, and of users and groups.
pub async fn memberships_are_listed_from_both_ends(store: &dyn Store) {
    let organization = given::organization(store).await;
    let [ann, bea, cora] = users(store, organization).await;
    let first = given::group(store, organization, "Zürich", &[&cora, &ann]).await;
    let second = given::group(store, organization, "Aarau", &[&ann, &bea]).await;
    let third = given::group(store, organization, "Basel", &[&bea]).await;

    let members = store.members(organization, &[second.id, first.id]).await.expect("read");
    let groups = store
        .groups_of_users(organization, &[cora.id, ann.id])
        .await
        .expect("read");

    assert_eq!(
        members,
        [
            (first.id, ann.id),
            (first.id, cora.id),
            (second.id, ann.id),
            (second.id, bea.id)
        ]
    );
    let reference = |group: &Group| GroupReference {
        id: group.id,
        name: group.name.as_str().to_owned(),
    };
    assert_eq!(
        groups,
        [
            (ann.id, reference(&first)),
            (ann.id, reference(&second)),
            (cora.id, reference(&first))
        ]
    );
    assert_eq!(store.members(organization, &[]).await.expect("read"), []);
    assert_eq!(store.groups_of_users(organization, &[]).await.expect("read"), []);
    assert_eq!(store.missing_users(organization, &[]).await.expect("read"), []);
    let of_third = store.members(organization, &[third.id]).await.expect("read");
    assert_eq!(of_third, [(third.id, bea.id)]);
}
