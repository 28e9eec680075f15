//! Searching in memory: what the domain says of filters and orders, record by record.

use std::cmp::Ordering;

use async_trait::async_trait;
use roster_application::ports::{DirectoryStore, Find, StoreError};
use roster_domain::scim::{Attributes, Filter, GroupReference, SortKey, Value, index_group, index_user};
use roster_domain::{Group, OrganizationId, User, UserId};
use uuid::Uuid;

use super::Memory;

/// A record, with what it is searched by and its id.
struct Indexed<T> {
    record: T,
    index: Attributes,
    id: Uuid,
}

impl<T> Indexed<T> {
    fn key(&self, find: &Find) -> Option<SortKey> {
        find.sort.as_ref()?.key(&self.index)
    }
}

/// What is asked for, in the order asked for.
fn found<T>(mut all: Vec<Indexed<T>>, find: &Find) -> Vec<T> {
    let order = |(key, id): (Option<&SortKey>, Uuid), (other, other_id): (Option<&SortKey>, Uuid)| {
        let by_key = find.sort.as_ref().map(|sort| sort.compare(key, other));
        by_key.unwrap_or(Ordering::Equal).then(id.cmp(&other_id))
    };
    all.retain(|one| find.filter.as_ref().is_none_or(|filter| filter.matches(&one.index)));
    let mut keyed: Vec<_> = all.into_iter().map(|one| (one.key(find), one)).collect();
    keyed.sort_by(|(key, one), (other, another)| order((key.as_ref(), one.id), (other.as_ref(), another.id)));
    let is_behind = |key: &Option<SortKey>, one: &Indexed<T>| {
        let place = find.after.as_ref();
        place.is_none_or(|place| order((key.as_ref(), one.id), (place.key.as_ref(), place.id)).is_gt())
    };
    keyed.retain(|(key, one)| is_behind(key, one));
    let page = keyed.into_iter().skip(find.skip as usize).take(find.limit as usize);
    page.map(|(_, one)| one.record).collect()
}

fn counted<T>(all: &[Indexed<T>], filter: Option<&Filter>) -> u64 {
    let found = all
        .iter()
        .filter(|one| filter.is_none_or(|filter| filter.matches(&one.index)));
    found.count() as u64
}

/// A value with these parts.
fn parts(parts: &[(&str, String)]) -> Value {
    let parts = parts.iter().map(|(name, text)| ((*name).to_owned(), Value::text(text)));
    Value::Complex(parts.collect())
}

impl Memory {
    fn indexed_users(&self, organization: OrganizationId) -> Vec<Indexed<User>> {
        let users = self.users.lock().unwrap().clone().into_iter();
        let own = users.filter(|user| user.organization_id == organization && user.deleted_at.is_none());
        own.map(|user| {
            let mut index = index_user(&user);
            let of = |group: GroupReference| {
                let display = group.name.to_lowercase();
                parts(&[
                    ("value", group.id.to_string()),
                    ("display", display),
                    ("type", "direct".to_owned()),
                ])
            };
            let groups = self.references(organization, user.id).into_iter().map(of);
            index.set("groups", Value::Many(groups.collect()));
            let id = user.id.uuid();
            Indexed {
                record: user,
                index,
                id,
            }
        })
        .collect()
    }

    fn indexed_groups(&self, organization: OrganizationId) -> Vec<Indexed<Group>> {
        let groups = self.groups.all.lock().unwrap().clone().into_iter();
        let own = groups.filter(|group| group.organization_id == organization);
        own.map(|group| {
            let mut index = index_group(&group);
            let members = self.groups.members.lock().unwrap();
            let members = members.iter().filter(|(of, _)| *of == group.id);
            let of = |(_, user): &(_, UserId)| parts(&[("value", user.to_string()), ("type", "user".to_owned())]);
            index.set("members", Value::Many(members.map(of).collect()));
            let id = group.id.uuid();
            Indexed {
                record: group,
                index,
                id,
            }
        })
        .collect()
    }

    /// The groups that a user is in.
    fn references(&self, organization: OrganizationId, user: UserId) -> Vec<GroupReference> {
        let groups = self.groups.all.lock().unwrap();
        let members = self.groups.members.lock().unwrap();
        let mut found: Vec<&Group> = groups
            .iter()
            .filter(|group| group.organization_id == organization && members.contains(&(group.id, user)))
            .collect();
        found.sort_by_key(|group| group.id);
        let reference = |group: &Group| GroupReference {
            id: group.id,
            name: group.name.as_str().to_owned(),
        };
        found.into_iter().map(reference).collect()
    }
}

#[async_trait]
impl DirectoryStore for Memory {
    async fn find_users(&self, organization: OrganizationId, find: &Find) -> Result<Vec<User>, StoreError> {
        Ok(found(self.indexed_users(organization), find))
    }

    async fn count_users<'a>(
        &self,
        organization: OrganizationId,
        filter: Option<&'a Filter>,
    ) -> Result<u64, StoreError> {
        Ok(counted(&self.indexed_users(organization), filter))
    }

    async fn find_groups(&self, organization: OrganizationId, find: &Find) -> Result<Vec<Group>, StoreError> {
        Ok(found(self.indexed_groups(organization), find))
    }

    async fn count_groups<'a>(
        &self,
        organization: OrganizationId,
        filter: Option<&'a Filter>,
    ) -> Result<u64, StoreError> {
        Ok(counted(&self.indexed_groups(organization), filter))
    }

    async fn groups_of_users(
        &self,
        organization: OrganizationId,
        users: &[UserId],
    ) -> Result<Vec<(UserId, GroupReference)>, StoreError> {
        let of = |user: &UserId| {
            let user = *user;
            let groups = self.references(organization, user).into_iter();
            groups.map(move |group| (user, group))
        };
        Ok(users.iter().flat_map(of).collect())
    }

    async fn index_users(&self, _limit: u32) -> Result<u64, StoreError> {
        Ok(0)
    }
}
