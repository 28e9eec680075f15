//! Users.

use async_trait::async_trait;
use roster_application::ports::{InCustomer, Order, StoreError, UniqueKey, UserQuery, UserStore, UserWrite};
use roster_domain::{Email, ExternalId, OrganizationId, Timestamp, User, UserId, UserName, Version};
use serde::Serialize;
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::SqliteStore;
use crate::crowd::{Conduct, Written};
use crate::error::IntoStoreError;
use crate::rows::users;

mod columns;
mod create;
mod find;
mod remove;
mod replace;
mod restore;

use columns::{Columns, Row};
use create::create;
pub(crate) use find::{find_users, find_users_by_external_id};
use remove::remove;
use replace::replace;
use restore::bring_back;

#[async_trait]
impl UserStore for SqliteStore {
    async fn create_user<'a>(&self, write: UserWrite<'a>) -> Result<(), StoreError> {
        self.writes
            .write(Conduct::RefusedFirst, Row::of(write)?, |row, writer| {
                Box::pin(create(writer, row))
            })
            .await
    }

    async fn update_user<'a>(&self, write: UserWrite<'a>, expected: Version) -> Result<(), StoreError> {
        let data = (Row::of(write)?, expected);
        let conduct = if write.user.deleted_at.is_some() {
            Conduct::Steps
        } else {
            Conduct::RefusedFirst
        };
        self.writes
            .write(conduct, data, |(row, expected), writer| {
                Box::pin(async move {
                    if row.user.deleted_at.is_some() {
                        remove(writer, row, *expected).await?;
                    } else {
                        replace(writer, row, *expected, false).await?;
                    }
                    Ok(Written {
                        answer: (),
                        makes_due: true,
                    })
                })
            })
            .await
    }

    async fn deleted_user<'a>(
        &self,
        organization: OrganizationId,
        external_id: Option<&'a ExternalId>,
        user_name: Option<&'a UserName>,
    ) -> Result<Option<User>, StoreError> {
        self.tombstone(organization, external_id, user_name).await
    }

    async fn restore_user<'a>(&self, write: UserWrite<'a>, expected: Version) -> Result<(), StoreError> {
        let data = (Row::of(write)?, expected);
        self.writes
            .write(Conduct::Steps, data, |(row, expected), writer| {
                Box::pin(async move {
                    replace(&mut *writer, row, *expected, true).await?;
                    bring_back(writer, &row.user).await?;
                    Ok(Written {
                        answer: (),
                        makes_due: true,
                    })
                })
            })
            .await
    }

    async fn has_initial_password(&self, organization: OrganizationId, id: UserId) -> Result<bool, StoreError> {
        let kept = sqlx::query_scalar!(
            r#"SELECT initial_password IS NOT NULL AS "has!: bool" FROM users WHERE organization_id = ?1 AND id = ?2"#,
            organization.uuid(),
            id.uuid(),
        )
        .fetch_optional(&self.readers)
        .await
        .store()?;
        Ok(kept.unwrap_or(false))
    }

    async fn user(&self, organization: OrganizationId, id: UserId) -> Result<Option<User>, StoreError> {
        self.lookups.users.get((organization, id)).await
    }

    async fn user_by_external_id(
        &self,
        organization: OrganizationId,
        external_id: &ExternalId,
    ) -> Result<Option<User>, StoreError> {
        let key = (organization, external_id.as_str().to_owned());
        self.lookups.users_by_external_id.get(key).await
    }

    async fn user_by_email(&self, organization: OrganizationId, email: &Email) -> Result<Option<User>, StoreError> {
        users!(
            "WHERE organization_id = ?1 AND email_folded = ?2 AND deleted_at IS NULL",
            organization.uuid(),
            email.folded(),
        )
        .fetch_optional(&self.readers)
        .await
        .store()?
        .map(User::try_from)
        .transpose()
    }

    async fn users(&self, organization: OrganizationId, query: &UserQuery) -> Result<Vec<User>, StoreError> {
        // A key names one user at the most: that one is found by its index, and the rest of the query is compared here.
        let named = match (&query.external_id, &query.email) {
            (Some(external_id), _) => self.user_by_external_id(organization, external_id).await?,
            (None, Some(email)) => self.user_by_email(organization, email).await?,
            (None, None) => return self.page(organization, query).await,
        };
        let asked_for = named.into_iter().filter(|user| is_asked_for(user, query));
        Ok(asked_for.skip(query.skip as usize).collect())
    }

    async fn purge_users(&self, deleted_before: Timestamp) -> Result<u64, StoreError> {
        let deleted_before = deleted_before.timestamp_micros();
        let purged = sqlx::query!(
            "DELETE FROM users
             WHERE deleted_at < ?1
               AND NOT EXISTS (
                   SELECT 1 FROM accounts a
                   WHERE a.organization_id = users.organization_id AND a.user_id = users.id
                     AND (a.removed_at IS NULL OR a.applied_version < a.desired_version)
               )",
            deleted_before,
        )
        .execute(&mut *self.writer().await?)
        .await
        .store()?;
        Ok(purged.rows_affected())
    }
}

/// The error for what stands against a write. The transaction keeps it from going away while that is looked at.
fn conflict(key: Option<UniqueKey>, refusal: sqlx::Error) -> StoreError {
    key.map_or_else(|| StoreError::Internal(refusal.into()), StoreError::Conflict)
}

async fn id_is_taken(writer: &mut SqliteConnection, columns: &Columns<'_>) -> Result<bool, StoreError> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM users WHERE organization_id = ?1 AND id = ?2) AS "taken!: bool""#,
        columns.organization_id,
        columns.id,
    )
    .fetch_one(writer)
    .await
    .store()
}

/// What of another user stands against a user. Asked only after a write was refused.
async fn standing_against(
    writer: &mut SqliteConnection,
    columns: &Columns<'_>,
) -> Result<Option<UniqueKey>, StoreError> {
    let taken = sqlx::query!(
        r#"
        SELECT
            EXISTS (
                SELECT 1 FROM users
                WHERE organization_id = ?1 AND id <> ?2 AND external_id = ?3 AND deleted_at IS NULL
            ) AS "external_id!: bool",
            EXISTS (
                SELECT 1 FROM users
                WHERE organization_id = ?1 AND id <> ?2 AND email_folded = ?4 AND deleted_at IS NULL
            ) AS "email!: bool",
            EXISTS (
                SELECT 1 FROM users
                WHERE organization_id = ?1 AND id <> ?2 AND user_name_folded = ?5 AND deleted_at IS NULL
            ) AS "user_name!: bool"
        "#,
        columns.organization_id,
        columns.id,
        columns.external_id,
        columns.email_folded,
        columns.user_name_folded,
    )
    .fetch_one(writer)
    .await
    .store()?;
    Ok(taken
        .external_id
        .then_some(UniqueKey::ExternalId)
        .or(taken.email.then_some(UniqueKey::Email))
        .or(taken.user_name.then_some(UniqueKey::UserName)))
}

impl SqliteStore {
    async fn page(&self, organization: OrganizationId, query: &UserQuery) -> Result<Vec<User>, StoreError> {
        // Nobody has the least or the greatest UUID, and a bound that is always there is one that the index serves.
        let after = query.after.map(UserId::uuid);
        let (oldest, newest) = (after.unwrap_or(Uuid::nil()), after.unwrap_or(Uuid::max()));
        macro_rules! page {
            ($in_customer:literal $behind:literal, $after:expr, $order:literal $(, $customer:expr)?) => {
                users!(
                    "WHERE organization_id = ?1 AND deleted_at IS NULL AND " $in_customer " AND " $behind "
                       AND (?3 IS NULL OR active = ?3)
                     ORDER BY " $order "
                     LIMIT ?4 OFFSET ?5",
                    organization.uuid(),
                    $after,
                    query.active,
                    i64::from(query.limit),
                    i64::from(query.skip)
                    $(, $customer.as_str())?
                )
                .fetch_all(&self.readers)
                .await
                .store()?
            };
        }
        // The customer stands in the order, too, so that the same index is walked for every one of them.
        let rows = match (&query.customer, query.order) {
            (None, Order::OldestFirst) => page!("TRUE" "id > ?2", oldest, "id"),
            (None, Order::NewestFirst) => page!("TRUE" "id < ?2", newest, "id DESC"),
            (Some(InCustomer::Default), Order::OldestFirst) => {
                page!("customer_id IS NULL" "id > ?2", oldest, "customer_id, id")
            }
            (Some(InCustomer::Default), Order::NewestFirst) => {
                page!("customer_id IS NULL" "id < ?2", newest, "customer_id DESC, id DESC")
            }
            (Some(InCustomer::Named(customer)), Order::OldestFirst) => {
                page!("customer_id = ?6" "id > ?2", oldest, "customer_id, id", customer)
            }
            (Some(InCustomer::Named(customer)), Order::NewestFirst) => {
                page!("customer_id = ?6" "id < ?2", newest, "customer_id DESC, id DESC", customer)
            }
        };
        rows.into_iter().map(User::try_from).collect()
    }
}

/// Whether a user who was found by one key is one that the query asks for.
fn is_asked_for(user: &User, query: &UserQuery) -> bool {
    let behind = |after: UserId| match query.order {
        Order::OldestFirst => user.id > after,
        Order::NewestFirst => user.id < after,
    };
    let in_customer = |customer: &InCustomer| match customer {
        InCustomer::Default => user.profile.customer_id.is_none(),
        InCustomer::Named(id) => user.profile.customer_id.as_ref() == Some(id),
    };
    query.after.is_none_or(behind)
        && query.active.is_none_or(|active| user.active == active)
        && (query.email.is_none() || query.email == user.profile.email)
        && query.customer.as_ref().is_none_or(in_customer)
}

pub(crate) fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Internal(error.into()))
}
