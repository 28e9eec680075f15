//! The use cases for groups.

use std::collections::HashMap;
use std::sync::Arc;

use roster_domain::{
    ConnectionId, Deed, Fault, FieldPath, Given, Group, GroupChanges, GroupId, MemberChanges, Organization, Rule,
    UserId, Version, Violations,
};

use crate::acting::Acting;
use crate::error::{Conflicting, Error, Missing};
use crate::ports::{ChangeRecord, Clock, GroupStore, GroupWrite, Ids, StoreError, UniqueKey};
use crate::rivals::Rivals;

/// How often a change is decided anew when others change the same group meanwhile.
const ROUNDS: usize = 64;

/// The use cases for groups.
#[derive(Clone)]
pub struct Groups {
    store: Arc<dyn GroupStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    rivals: Arc<Rivals>,
}

impl Groups {
    /// Puts the use cases together.
    #[must_use]
    pub fn new(store: Arc<dyn GroupStore>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self {
            store,
            clock,
            ids,
            rivals: Arc::default(),
        }
    }

    /// Makes a group with its members.
    pub async fn create(&self, acting: Acting<'_>, changes: &GroupChanges) -> Result<Group, Error> {
        let organization = acting.organization;
        let id = GroupId::new(self.ids.new_id());
        let group = Group::create(id, organization.id, changes, self.clock.now())?;
        self.check_members(organization, &changes.members).await?;
        let (joined, left) = self.records(acting);
        let write = GroupWrite {
            group: &group,
            members: &changes.members,
            joined: &joined,
            left: &left,
        };
        match self.store.create_group(write).await {
            Ok(()) => Ok(group),
            // Somebody was deleted since it was checked that all are there.
            Err(StoreError::Reference) => Err(self.absent(organization, &changes.members).await),
            Err(error) => Err(conflicting(error)),
        }
    }

    /// The group of an id.
    pub async fn get(&self, organization: &Organization, id: GroupId) -> Result<Group, Error> {
        let group = self.store.group(organization.id, id).await?;
        group.ok_or(Error::NotFound(Missing::Group))
    }

    /// Who is in each of the groups.
    pub async fn members(
        &self,
        organization: &Organization,
        groups: &[GroupId],
    ) -> Result<HashMap<GroupId, Vec<UserId>>, Error> {
        let mut members: HashMap<_, Vec<_>> = HashMap::new();
        if !groups.is_empty() {
            for (group, user) in self.store.members(organization.id, groups).await? {
                members.entry(group).or_default().push(user);
            }
        }
        Ok(members)
    }

    /// Changes a group and who is in it. With `expected`, only if the group is at one of those versions.
    pub async fn update(
        &self,
        acting: Acting<'_>,
        id: GroupId,
        changes: &GroupChanges,
        expected: Option<&[Version]>,
    ) -> Result<Group, Error> {
        let mut turn = None;
        for _ in 0..ROUNDS {
            let group = self.get_at(acting.organization, id, expected).await?;
            let members = if changes.members.is_none() {
                Vec::new()
            } else {
                self.members_of(acting.organization, id).await?
            };
            if let Some(next) = self.update_at(acting, &group, &members, changes).await? {
                return Ok(next);
            }
            self.rivals.stand_in_line(&mut turn, id.uuid()).await;
        }
        Err(Error::Contention)
    }

    /// The same where the change depends on who is in the group, which may be asked more than once.
    pub async fn update_knowing_members<E: From<Error>>(
        &self,
        acting: Acting<'_>,
        id: GroupId,
        expected: Option<&[Version]>,
        decide: impl Fn(&[UserId]) -> Result<GroupChanges, E>,
    ) -> Result<Group, E> {
        let mut turn = None;
        for _ in 0..ROUNDS {
            let group = self.get_at(acting.organization, id, expected).await?;
            let members = self.members_of(acting.organization, id).await?;
            let changes = decide(&members)?;
            if let Some(next) = self.update_at(acting, &group, &members, &changes).await? {
                return Ok(next);
            }
            self.rivals.stand_in_line(&mut turn, id.uuid()).await;
        }
        Err(Error::Contention.into())
    }

    /// Changes a group as it was read, with who was in it then; `None` if somebody was faster.
    async fn update_at(
        &self,
        acting: Acting<'_>,
        group: &Group,
        members: &[UserId],
        changes: &GroupChanges,
    ) -> Result<Option<Group>, Error> {
        let organization = acting.organization;
        // Who is in the group already does not come, and who is not does not go.
        let changes = GroupChanges {
            members: changes.members.left_over(&members.iter().copied().collect()),
            ..changes.clone()
        };
        let next = group.update(&changes, self.clock.now())?;
        if next == *group {
            // Who is in it was read after the group: of the same version only if nobody came or went in between.
            let now = self.get(organization, group.id).await?;
            return Ok((now.version == group.version).then_some(now));
        }
        self.check_members(organization, &changes.members).await?;
        let (joined, left) = self.records(acting);
        let write = GroupWrite {
            group: &next,
            members: &changes.members,
            joined: &joined,
            left: &left,
        };
        match self.store.update_group(write, group.version).await {
            Ok(()) => Ok(Some(next)),
            // Also somebody may have been deleted since it was checked that all are there.
            Err(StoreError::Stale | StoreError::Reference) => Ok(None),
            Err(error) => Err(conflicting(error)),
        }
    }

    /// Deletes a group. Its members leave it, and with it the connections where it put them.
    pub async fn delete(&self, acting: Acting<'_>, id: GroupId, expected: Option<&[Version]>) -> Result<(), Error> {
        let mut turn = None;
        for _ in 0..ROUNDS {
            let group = self.get_at(acting.organization, id, expected).await?;
            let (_, left) = self.records(acting);
            let deleted = self.store.delete_group(group.organization_id, id, group.version, &left);
            match deleted.await {
                Ok(()) => return Ok(()),
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
            self.rivals.stand_in_line(&mut turn, id.uuid()).await;
        }
        Err(Error::Contention)
    }

    /// The connections that each of the groups is tied to.
    pub async fn ties(
        &self,
        organization: &Organization,
        groups: &[GroupId],
    ) -> Result<HashMap<GroupId, Vec<ConnectionId>>, Error> {
        let mut ties: HashMap<_, Vec<_>> = HashMap::new();
        if !groups.is_empty() {
            for (group, connection) in self.store.ties(organization.id, groups).await? {
                ties.entry(group).or_default().push(connection);
            }
        }
        Ok(ties)
    }

    /// Ties a group to a connection, or undoes it: at a connection that takes chosen users, the group's members are
    /// assigned to it.
    pub async fn tie(
        &self,
        acting: Acting<'_>,
        id: GroupId,
        connection: ConnectionId,
        is_tied: bool,
    ) -> Result<(), Error> {
        let organization = acting.organization;
        self.get(organization, id).await?;
        let deed = if is_tied { Deed::Assigned } else { Deed::Unassigned };
        let change = self.record(acting, deed, Some(connection));
        match self.store.tie(organization.id, id, connection, is_tied, &change).await {
            Ok(()) => Ok(()),
            Err(StoreError::Reference) => {
                // Or the group was deleted since it was looked for.
                self.get(organization, id).await?;
                Err(Error::NotFound(Missing::Connection))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn get_at(
        &self,
        organization: &Organization,
        id: GroupId,
        expected: Option<&[Version]>,
    ) -> Result<Group, Error> {
        let group = self.get(organization, id).await?;
        match expected {
            Some(versions) if !versions.contains(&group.version) => {
                Err(Error::VersionMismatch { current: group.version })
            }
            _ => Ok(group),
        }
    }

    /// Who is in a group.
    async fn members_of(&self, organization: &Organization, id: GroupId) -> Result<Vec<UserId>, Error> {
        let members = self.store.members(organization.id, &[id]).await?;
        Ok(members.into_iter().map(|(_, user)| user).collect())
    }

    /// Everybody who is to come is there.
    async fn check_members(&self, organization: &Organization, members: &MemberChanges) -> Result<(), Error> {
        let coming: Vec<UserId> = members.added.iter().copied().collect();
        if coming.is_empty() {
            return Ok(());
        }
        let missing = self.store.missing_users(organization.id, &coming).await?;
        if missing.is_empty() {
            Ok(())
        } else {
            Err(no_users(&missing))
        }
    }

    /// Why those who are to come cannot.
    async fn absent(&self, organization: &Organization, members: &MemberChanges) -> Error {
        match self.check_members(organization, members).await {
            Ok(()) => Error::Contention,
            Err(error) => error,
        }
    }

    fn records(&self, acting: Acting<'_>) -> (ChangeRecord, ChangeRecord) {
        (
            self.record(acting, Deed::Joined, None),
            self.record(acting, Deed::Left, None),
        )
    }

    fn record(&self, acting: Acting<'_>, deed: Deed, connection_id: Option<ConnectionId>) -> ChangeRecord {
        ChangeRecord {
            id: self.ids.new_id(),
            at: self.clock.now(),
            actor: acting.actor,
            deed,
            fields: Vec::new(),
            connection_id,
            version: 0,
        }
    }
}

/// The most members that are named in one answer.
const MOST_NAMED: usize = 20;

fn no_users(missing: &[UserId]) -> Error {
    let fault = |id: &UserId| {
        let rule = Rule::Format {
            expected: "the id of a user",
        };
        Fault::new(rule, Given::value(&id.to_string())).at(FieldPath::of("members"))
    };
    let violations: Violations = missing.iter().take(MOST_NAMED).map(fault).collect();
    Error::Invalid(violations)
}

fn conflicting(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(UniqueKey::GroupExternalId) => Error::Conflict(Conflicting::GroupExternalId),
        StoreError::Conflict(UniqueKey::Id) => Error::Conflict(Conflicting::Id),
        other => Error::Store(other),
    }
}

#[cfg(test)]
mod tests;
