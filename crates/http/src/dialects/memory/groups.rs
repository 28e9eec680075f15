//! Groups in memory. What they assign is left to the real stores, which prove it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;
use roster_application::ports::{ChangeRecord, GroupStore, GroupWrite, StoreError, UniqueKey, without_member};
use roster_domain::{ConnectionId, Group, GroupId, OrganizationId, User, UserId, Version};

use super::Memory;

/// Groups, who is in them, and what they are tied to.
#[derive(Default)]
pub(super) struct Groups {
    pub(super) all: Mutex<Vec<Group>>,
    pub(super) members: Mutex<BTreeSet<(GroupId, UserId)>>,
    ties: Mutex<BTreeSet<(GroupId, ConnectionId)>>,
}

impl Memory {
    /// Who is deleted is in no group, each of which has changed by that. Returns how many they are.
    pub(super) fn leave_groups(&self, user: &User) -> usize {
        let mut members = self.groups.members.lock().unwrap();
        let left: BTreeSet<GroupId> = members
            .extract_if(.., |(_, member)| *member == user.id)
            .map(|(group, _)| group)
            .collect();
        for group in self.groups.all.lock().unwrap().iter_mut() {
            if left.contains(&group.id) {
                *group = without_member(group, user.updated_at);
            }
        }
        left.len()
    }

    /// Those of the groups that are the organization's.
    fn own_groups(&self, organization: OrganizationId, groups: &[GroupId]) -> BTreeSet<GroupId> {
        let known = self.groups.all.lock().unwrap();
        let own = known
            .iter()
            .filter(|group| group.organization_id == organization && groups.contains(&group.id));
        own.map(|group| group.id).collect()
    }

    /// Changes who is in a group, and tells everybody who came or went.
    fn regroup(&self, write: GroupWrite<'_>) {
        let group = write.group;
        let now_in = |user: &UserId| {
            let stays = !write.members.is_whole && !write.members.removed.contains(user);
            stays || write.members.added.contains(user)
        };
        let mut members = self.groups.members.lock().unwrap();
        let of_group = members.iter().filter(|(of, _)| *of == group.id);
        let before: BTreeSet<UserId> = of_group.map(|(_, user)| *user).collect();
        for user in before.iter().filter(|user| !now_in(user)) {
            members.remove(&(group.id, *user));
            self.tell(group.organization_id, *user, write.left);
        }
        for user in write.members.added.difference(&before) {
            members.insert((group.id, *user));
            self.tell(group.organization_id, *user, write.joined);
        }
    }

    fn check_group(&self, groups: &[Group], write: GroupWrite<'_>) -> Result<(), StoreError> {
        let group = write.group;
        let stands_against = |other: &Group| {
            other.organization_id == group.organization_id
                && other.id != group.id
                && group.external_id.is_some()
                && other.external_id == group.external_id
        };
        if groups.iter().any(stands_against) {
            return Err(StoreError::Conflict(UniqueKey::GroupExternalId));
        }
        let is_there = |user: &UserId| self.find(group.organization_id, |known| known.id == *user).is_some();
        if write.members.added.iter().all(is_there) {
            Ok(())
        } else {
            Err(StoreError::Reference)
        }
    }
}

#[async_trait]
impl GroupStore for Memory {
    async fn create_group<'a>(&self, write: GroupWrite<'a>) -> Result<(), StoreError> {
        let mut groups = self.groups.all.lock().unwrap();
        if groups.iter().any(|group| group.id == write.group.id) {
            return Err(StoreError::Conflict(UniqueKey::Id));
        }
        self.check_group(&groups, write)?;
        groups.push(write.group.clone());
        self.regroup(write);
        Ok(())
    }

    async fn update_group<'a>(&self, write: GroupWrite<'a>, expected: Version) -> Result<(), StoreError> {
        let mut groups = self.groups.all.lock().unwrap();
        self.check_group(&groups, write)?;
        let stored = groups
            .iter_mut()
            .find(|group| group.id == write.group.id && group.version == expected);
        *stored.ok_or(StoreError::Stale)? = write.group.clone();
        self.regroup(write);
        Ok(())
    }

    async fn delete_group(
        &self,
        organization: OrganizationId,
        group: GroupId,
        expected: Version,
        left: &ChangeRecord,
    ) -> Result<(), StoreError> {
        let mut groups = self.groups.all.lock().unwrap();
        let index = groups
            .iter()
            .position(|known| known.organization_id == organization && known.id == group && known.version == expected);
        groups.remove(index.ok_or(StoreError::Stale)?);
        self.groups.ties.lock().unwrap().retain(|(of, _)| *of != group);
        self.groups.members.lock().unwrap().retain(|(of, user)| {
            if *of == group {
                self.tell(organization, *user, left);
            }
            *of != group
        });
        Ok(())
    }

    async fn group(&self, organization: OrganizationId, group: GroupId) -> Result<Option<Group>, StoreError> {
        let groups = self.groups.all.lock().unwrap();
        let found = groups
            .iter()
            .find(|known| known.organization_id == organization && known.id == group);
        Ok(found.cloned())
    }

    async fn members(
        &self,
        organization: OrganizationId,
        groups: &[GroupId],
    ) -> Result<Vec<(GroupId, UserId)>, StoreError> {
        let own = self.own_groups(organization, groups);
        let members = self.groups.members.lock().unwrap();
        Ok(members
            .iter()
            .filter(|(group, _)| own.contains(group))
            .copied()
            .collect())
    }

    async fn missing_users(&self, organization: OrganizationId, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let is_missing = |user: &&UserId| self.find(organization, |known| known.id == **user).is_none();
        Ok(users.iter().filter(is_missing).copied().collect())
    }

    async fn ties(
        &self,
        organization: OrganizationId,
        groups: &[GroupId],
    ) -> Result<Vec<(GroupId, ConnectionId)>, StoreError> {
        let own = self.own_groups(organization, groups);
        let ties = self.groups.ties.lock().unwrap();
        Ok(ties.iter().filter(|(group, _)| own.contains(group)).copied().collect())
    }

    async fn tie(
        &self,
        organization: OrganizationId,
        group: GroupId,
        connection: ConnectionId,
        is_tied: bool,
        _change: &ChangeRecord,
    ) -> Result<(), StoreError> {
        let connections = self.connections.lock().unwrap();
        let is_own =
            |known: &roster_domain::Connection| known.id == connection && known.organization_id == organization;
        if !connections.iter().any(|(known, _)| is_own(known)) {
            return Err(StoreError::Reference);
        }
        let mut ties = self.groups.ties.lock().unwrap();
        if is_tied {
            ties.insert((group, connection));
        } else {
            ties.remove(&(group, connection));
        }
        Ok(())
    }
}
