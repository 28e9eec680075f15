//! Users and groups as they are searched by identity providers.

use async_trait::async_trait;
use roster_domain::scim::{Filter, GroupReference, Sort, SortKey};
use roster_domain::{Group, OrganizationId, User, UserId};
use uuid::Uuid;

use super::StoreError;

/// Users and groups as they are searched by identity providers. Deleted users are invisible to every method.
///
/// Filters and orders are held against [`roster_domain::scim::index_user`] and [`roster_domain::scim::index_group`] of each
/// record as it is stored, beside which a user's `groups` (`value`: the id, `display`: the name, folded, `type`: `direct`) and a
/// group's `members` (`value`: the id, `type`: `user`, and no `display`) are attributes, too. The result MUST be that of
/// [`Filter::matches`] and [`Sort::compare`], and be worked out by the database: nothing is loaded that was not asked for.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait DirectoryStore: Send + Sync {
    /// Up to `find.limit` users.
    ///
    /// Walking with `find.after` MUST visit every user exactly once who is there, and stands at the same place in the order,
    /// throughout, whatever is created and deleted meanwhile.
    async fn find_users(&self, organization: OrganizationId, find: &Find) -> Result<Vec<User>, StoreError>;

    /// How many users a filter finds; `None` finds all.
    async fn count_users<'a>(
        &self,
        organization: OrganizationId,
        filter: Option<&'a Filter>,
    ) -> Result<u64, StoreError>;

    /// The same for groups.
    async fn find_groups(&self, organization: OrganizationId, find: &Find) -> Result<Vec<Group>, StoreError>;

    /// The same for groups.
    async fn count_groups<'a>(
        &self,
        organization: OrganizationId,
        filter: Option<&'a Filter>,
    ) -> Result<u64, StoreError>;

    /// The groups that each of the users is in, in the order of users and groups' ids.
    async fn groups_of_users(
        &self,
        organization: OrganizationId,
        users: &[UserId],
    ) -> Result<Vec<(UserId, GroupReference)>, StoreError>;

    /// Makes up to so many users searchable, of whatever organization, who were stored by a Roster that did not know of it.
    /// Returns how many were; 0 when all are.
    async fn index_users(&self, limit: u32) -> Result<u64, StoreError>;
}

/// Which records, in which order, and from where on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    /// Only those that meet it.
    pub filter: Option<Filter>,
    /// In which order; `None` is that of the ids, which is that of their creation.
    pub sort: Option<Sort>,
    /// Only those behind this place.
    pub after: Option<Place>,
    /// Leave out so many of those that are asked for. The cost grows with it.
    pub skip: u32,
    /// The most to return; 0 returns none.
    pub limit: u32,
}

/// A place in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What the record there is sorted by; `None` also where there is no order but that of the ids.
    pub key: Option<SortKey>,
    /// The id of the record there.
    pub id: Uuid,
}
