//! The use cases by which identity providers search.

pub mod stored;

use std::collections::HashMap;
use std::sync::Arc;

use roster_domain::scim::{Filter, GroupReference, Operand, Operator, Path, ResourceType, index_group, index_user};
use roster_domain::{Group, GroupId, Organization, User, UserId};

use crate::error::Error;
use crate::ports::{DirectoryStore, Find, Place};

/// The use cases by which identity providers search.
#[derive(Clone)]
pub struct Directory {
    store: Arc<dyn DirectoryStore>,
}

/// A page of what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// The records, in the order asked for.
    pub records: Vec<T>,
    /// Where the page ends, if something is behind it.
    pub next: Option<Place>,
}

/// How many users are made searchable in one step.
const STEP: u32 = 500;

impl Directory {
    /// Puts the use cases together.
    #[must_use]
    pub fn new(store: Arc<dyn DirectoryStore>) -> Self {
        Self { store }
    }

    /// A page of users.
    pub async fn users(&self, organization: &Organization, find: &Find) -> Result<Found<User>, Error> {
        let records = self.store.find_users(organization.id, &one_more(find)).await?;
        Ok(page(records, find, |user| Place {
            key: find.sort.as_ref().and_then(|sort| sort.key(&index_user(user))),
            id: user.id.uuid(),
        }))
    }

    /// How many users a filter finds; `None` finds all.
    pub async fn count_users(&self, organization: &Organization, filter: Option<&Filter>) -> Result<u64, Error> {
        Ok(self.store.count_users(organization.id, filter).await?)
    }

    /// A page of groups.
    pub async fn groups(&self, organization: &Organization, find: &Find) -> Result<Found<Group>, Error> {
        let records = self.store.find_groups(organization.id, &one_more(find)).await?;
        Ok(page(records, find, |group| Place {
            key: find.sort.as_ref().and_then(|sort| sort.key(&index_group(group))),
            id: group.id.uuid(),
        }))
    }

    /// How many groups a filter finds; `None` finds all.
    pub async fn count_groups(&self, organization: &Organization, filter: Option<&Filter>) -> Result<u64, Error> {
        Ok(self.store.count_groups(organization.id, filter).await?)
    }

    /// The groups that each of the users is in.
    pub async fn groups_of(
        &self,
        organization: &Organization,
        users: &[UserId],
    ) -> Result<HashMap<UserId, Vec<GroupReference>>, Error> {
        let mut groups: HashMap<_, Vec<_>> = HashMap::new();
        if !users.is_empty() {
            for (user, group) in self.store.groups_of_users(organization.id, users).await? {
                groups.entry(user).or_default().push(group);
            }
        }
        Ok(groups)
    }

    /// Up to so many members of a group in the order of their ids, after a given one. The group is not looked up: one that is not
    /// there has none.
    pub async fn members(
        &self,
        organization: &Organization,
        group: GroupId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserId>, Error> {
        let path = Path::resolve(ResourceType::User, None, "groups", Some("value"));
        let of_group = path.map(|path| Filter::compare(path, Operator::Equal, Operand::Text(group.to_string())));
        let Some(Ok(filter)) = of_group else {
            return Err(Error::Internal("users cannot be searched by their groups".to_owned()));
        };
        let find = Find {
            filter: Some(filter),
            sort: None,
            after: after.map(|user| Place {
                key: None,
                id: user.uuid(),
            }),
            skip: 0,
            limit,
        };
        let users = self.store.find_users(organization.id, &find).await?;
        Ok(users.into_iter().map(|user| user.id).collect())
    }

    /// Makes all users searchable who were stored before Roster knew of it. To be done before anybody searches: who cannot be
    /// found is created again. Returns how many there were.
    ///
    /// `progress` is told how many there were so far, after each step: there may be very many.
    pub async fn complete(&self, progress: impl Fn(u64) + Send) -> Result<u64, Error> {
        let mut total = 0;
        loop {
            match self.store.index_users(STEP).await? {
                0 => return Ok(total),
                some => total += some,
            }
            progress(total);
        }
    }
}

/// One record more than is asked for tells whether something is behind the page.
fn one_more(find: &Find) -> Find {
    Find {
        limit: if find.limit == 0 {
            0
        } else {
            find.limit.saturating_add(1)
        },
        ..find.clone()
    }
}

fn page<T>(mut records: Vec<T>, find: &Find, place: impl Fn(&T) -> Place) -> Found<T> {
    let limit = usize::try_from(find.limit).unwrap_or(usize::MAX);
    let next = if records.len() > limit {
        records.truncate(limit);
        records.last().map(place)
    } else {
        None
    };
    Found { records, next }
}

#[cfg(test)]
mod tests;
