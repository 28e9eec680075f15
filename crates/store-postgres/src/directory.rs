//! Searching users and groups: the queries are put together when they are asked.

use async_trait::async_trait;
use roster_application::ports::{DirectoryStore, Find, StoreError, is_by_key};
use roster_domain::scim::{Filter, GroupReference, ResourceType};
use roster_domain::{Group, GroupId, OrganizationId, User, UserId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::IntoStoreError;
use crate::rows::{COLUMNS_OF_GROUPS, COLUMNS_OF_USERS, GroupRow, UserRow};

mod filter;
mod paths;
mod searches;
mod sort;
mod upgrade;

use filter::Search;
pub(crate) use searches::Searches;

#[async_trait]
impl DirectoryStore for PostgresStore {
    async fn find_users(&self, organization: OrganizationId, find: &Find) -> Result<Vec<User>, StoreError> {
        let rows: Vec<UserRow> = self
            .find(ResourceType::User, COLUMNS_OF_USERS, organization, find)
            .await?;
        rows.into_iter().map(User::try_from).collect()
    }

    async fn count_users<'a>(
        &self,
        organization: OrganizationId,
        filter: Option<&'a Filter>,
    ) -> Result<u64, StoreError> {
        self.count(ResourceType::User, organization, filter).await
    }

    async fn find_groups(&self, organization: OrganizationId, find: &Find) -> Result<Vec<Group>, StoreError> {
        let rows: Vec<GroupRow> = self
            .find(ResourceType::Group, COLUMNS_OF_GROUPS, organization, find)
            .await?;
        rows.into_iter().map(Group::try_from).collect()
    }

    async fn count_groups<'a>(
        &self,
        organization: OrganizationId,
        filter: Option<&'a Filter>,
    ) -> Result<u64, StoreError> {
        self.count(ResourceType::Group, organization, filter).await
    }

    async fn groups_of_users(
        &self,
        organization: OrganizationId,
        users: &[UserId],
    ) -> Result<Vec<(UserId, GroupReference)>, StoreError> {
        let users: Vec<Uuid> = users.iter().map(|user| user.uuid()).collect();
        let rows = sqlx::query!(
            "SELECT m.user_id, g.id, g.name
             FROM group_members m
             JOIN groups g ON g.organization_id = m.organization_id AND g.id = m.group_id
             WHERE m.organization_id = $1 AND m.user_id = ANY ($2)
             ORDER BY m.user_id, m.group_id",
            organization.uuid(),
            &users,
        )
        .fetch_all(&self.ready)
        .await
        .store()?;
        let groups = rows.into_iter().map(|row| {
            let id = GroupId::new(row.id);
            (UserId::new(row.user_id), GroupReference { id, name: row.name })
        });
        Ok(groups.collect())
    }

    async fn index_users(&self, limit: u32) -> Result<u64, StoreError> {
        self.make_searchable(limit).await
    }
}

impl PostgresStore {
    async fn find<R>(
        &self,
        of: ResourceType,
        columns: &str,
        organization: OrganizationId,
        find: &Find,
    ) -> Result<Vec<R>, StoreError>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let mut query = begin(of, columns, organization, find.filter.as_ref());
        if let Some(place) = &find.after {
            query.push(" AND ");
            sort::push_behind(&mut query, of, find.sort.as_ref(), place);
        }
        query.push(" ORDER BY ");
        sort::push_order(&mut query, of, find.sort.as_ref());
        query.push(" LIMIT ").push_bind(i64::from(find.limit));
        query.push(" OFFSET ").push_bind(i64::from(find.skip));
        let query = query.build_query_as();
        if find.sort.is_none() && is_by_key(of, find.filter.as_ref()) {
            return query.fetch_all(&self.ready).await.store();
        }
        let mut running = self.searches.begin().await?;
        let found = query.fetch_all(running.connection()).await;
        running.end(found)
    }

    async fn count(
        &self,
        of: ResourceType,
        organization: OrganizationId,
        filter: Option<&Filter>,
    ) -> Result<u64, StoreError> {
        let mut query = begin(of, "count(*)", organization, filter);
        let query = query.build_query_scalar();
        let count: i64 = if is_by_key(of, filter) {
            query.fetch_one(&self.ready).await.store()?
        } else {
            let mut running = self.searches.begin().await?;
            let count = query.fetch_one(running.connection()).await;
            running.end(count)?
        };
        Ok(count.unsigned_abs())
    }
}

/// A query for the records of an organization that meet a filter. What is pushed is made of the names of schemas and of
/// tables; whatever was asked for is bound.
fn begin(
    of: ResourceType,
    columns: &str,
    organization: OrganizationId,
    filter: Option<&Filter>,
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(columns).push(match of {
        ResourceType::User => " FROM users u WHERE u.deleted_at IS NULL AND u.organization_id = ",
        ResourceType::Group => " FROM groups g WHERE g.organization_id = ",
    });
    query.push_bind(organization.uuid());
    if let Some(filter) = filter {
        query.push(" AND ");
        let mut search = Search {
            query: &mut query,
            of,
            organization: organization.uuid(),
        };
        search.push(filter);
    }
    query
}
