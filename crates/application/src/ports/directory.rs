//! Users and groups as they are searched by identity providers.

use async_trait::async_trait;
use roster_domain::scim::{Comparison, Filter, GroupReference, Operator, ResourceType, Sort, SortKey};
use roster_domain::{Group, OrganizationId, User, UserId};
use uuid::Uuid;

use super::StoreError;

/// Users and groups as they are searched by identity providers. Deleted users are invisible to every method.
///
/// Filters and orders are held against [`roster_domain::scim::index_user`] and [`roster_domain::scim::index_group`] of each
/// record as it is stored, beside which a user's `groups` (`value`: the id, `display`: the name, folded, `type`: `direct`) and a
/// group's `members` (`value`: the id, `type`: `user`, and no `display`) are attributes, too. The result MUST be that of
/// [`Filter::matches`] and [`Sort::compare`], and be worked out by the database: nothing is loaded that was not asked for.
///
/// What is found by an index (see [`is_by_key`]) is like any other read. Other searches may cost as much as their filters are
/// long and the records are many, so each MUST be stopped once it has taken longer than the store allows, which is
/// [`StoreError::TooLong`], and soon after its future is dropped; and only so many run at once that other methods need not wait
/// for them.
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

/// Whether a filter asks for one key that there is an index of: an id, a name that is looked up by, or one group or one member.
/// These cost the same however many records there are.
#[must_use]
pub fn is_by_key(of: ResourceType, filter: Option<&Filter>) -> bool {
    let Some(Filter::Compare(Comparison {
        path,
        operator: Operator::Equal,
        ..
    })) = filter
    else {
        return false;
    };
    let part = path.part().map(|part| part.name);
    matches!(
        (of, path.names().as_slice(), part),
        (_, ["id" | "externalId"], None)
            | (ResourceType::User, ["userName"], None)
            | (ResourceType::Group, ["displayName"], None)
            | (ResourceType::User, ["groups"], Some("value"))
            | (ResourceType::Group, ["members"], Some("value"))
    )
}
