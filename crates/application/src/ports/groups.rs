//! Groups of users in persistence.

use async_trait::async_trait;
use roster_domain::{ConnectionId, Group, GroupId, MemberChanges, OrganizationId, Timestamp, UserId, Version};

use super::{ChangeRecord, StoreError};

/// Groups of users in persistence, and the connections that they are tied to.
///
/// At a connection that takes chosen users, those are assigned who were chosen one by one ([`super::AccountStore::assign`]), and
/// those who are in a group that is tied to it. Whatever changes that for a user (who comes into a group or goes, a tie that is made or
/// undone, a group that is deleted) MUST, in the same step, assign the user as `assign` does, or take the user off. At a
/// connection that takes all users, ties change nothing for as long as it does so; when it comes to take chosen users,
/// they count.
///
/// A user who is deleted is in no group any more: see [`super::UserStore::update_user`].
///
/// Who is in a group is a part of it, so that every change of its members MUST come with a version of its own (RFC 7644, section
/// 3.14). Ties are not.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait GroupStore: Send + Sync {
    /// Stores a new group with its members. All or nothing.
    ///
    /// MUST return `Conflict(Id)` or `Conflict(GroupExternalId)` if another group stands against it, and `Reference` if one of the
    /// members is not there.
    async fn create_group<'a>(&self, write: GroupWrite<'a>) -> Result<(), StoreError>;

    /// Replaces a group, and changes who is in it. All or nothing, and at a cost that grows with those who come and go, not
    /// with those who stay, unless the whole is replaced.
    ///
    /// MUST return `Stale` if the stored version is not `expected` or the group is not there; `Conflict(GroupExternalId)`;
    /// `Reference` if one who comes is not there. Who is in the group already, or is not, may be added or removed all the same.
    async fn update_group<'a>(&self, write: GroupWrite<'a>, expected: Version) -> Result<(), StoreError>;

    /// Deletes a group: its members leave it. With `expected`, only at that version.
    ///
    /// MUST return `Stale`, and do nothing, if the group is at another version or not there.
    async fn delete_group(
        &self,
        organization: OrganizationId,
        group: GroupId,
        expected: Version,
        left: &ChangeRecord,
    ) -> Result<(), StoreError>;

    /// The group of an id.
    async fn group(&self, organization: OrganizationId, group: GroupId) -> Result<Option<Group>, StoreError>;

    /// Who is in each of the groups, in the order of groups' and users' ids.
    async fn members(
        &self,
        organization: OrganizationId,
        groups: &[GroupId],
    ) -> Result<Vec<(GroupId, UserId)>, StoreError>;

    /// Which of the users are not there, or deleted.
    async fn missing_users(&self, organization: OrganizationId, users: &[UserId]) -> Result<Vec<UserId>, StoreError>;

    /// The connections that each of the groups is tied to, in the order of groups' and connections' ids.
    async fn ties(
        &self,
        organization: OrganizationId,
        groups: &[GroupId],
    ) -> Result<Vec<(GroupId, ConnectionId)>, StoreError>;

    /// Ties a group to a connection, or undoes it. What stands so already is left as it is.
    ///
    /// MUST return `Reference` if there is no such group or no such connection.
    async fn tie(
        &self,
        organization: OrganizationId,
        group: GroupId,
        connection: ConnectionId,
        is_tied: bool,
        change: &ChangeRecord,
    ) -> Result<(), StoreError>;
}

/// A group as it is to be stored, with who comes and goes.
#[derive(Debug, Clone, Copy)]
pub struct GroupWrite<'a> {
    /// The group.
    pub group: &'a Group,
    /// Who comes and goes.
    pub members: &'a MemberChanges,
    /// What the history of everybody who comes, and was not there, is told; with each user's version in place of its own.
    pub joined: &'a ChangeRecord,
    /// What the history of everybody who goes, and was there, is told; likewise.
    pub left: &'a ChangeRecord,
}

/// What becomes of a group when one of its members is deleted: it is a version on, and was changed just then, as if somebody had taken
/// the member out of it.
#[must_use]
pub fn without_member(group: &Group, deleted_at: Timestamp) -> Group {
    Group {
        updated_at: deleted_at,
        version: group.version + 1,
        ..group.clone()
    }
}
