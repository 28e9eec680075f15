//! Users.

use async_trait::async_trait;
use roster_application::ports::{InCustomer, Order, StoreError, UserQuery, UserStore, UserWrite};
use roster_domain::{Email, ExternalId, OrganizationId, Timestamp, User, UserId, UserName, Version};
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::IntoStoreError;
use crate::rows::users;

mod columns;
mod create;
mod found;
mod owned;
mod remove;
mod replace;
mod restore;

pub(crate) use create::Creations;
use create::create_alone;
pub(crate) use found::{ByExternalId, ById};
use owned::OwnedWrite;
use remove::remove;
use replace::replace;
use restore::bring_back;

#[async_trait]
impl UserStore for PostgresStore {
    async fn create_user<'a>(&self, write: UserWrite<'a>) -> Result<(), StoreError> {
        let owned = || OwnedWrite::of(write);
        self.crowds
            .creations
            .ask(owned, create_alone(&self.ready, &self.signal, write))
            .await
    }

    async fn update_user<'a>(&self, write: UserWrite<'a>, expected: Version) -> Result<(), StoreError> {
        let outcome = if write.user.deleted_at.is_some() {
            let mut transaction = self.pool.begin().await.store()?;
            let outcome = remove(&mut transaction, write, expected).await?;
            if outcome.is_changed {
                transaction.commit().await.store()?;
            }
            outcome
        } else {
            replace(&self.ready, write, expected, false).await?
        };
        if outcome.is_behind {
            self.signal.made_due();
        }
        if outcome.is_changed {
            Ok(())
        } else {
            Err(StoreError::Stale)
        }
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
        let user = write.user;
        let mut transaction = self.pool.begin().await.store()?;
        if !replace(&mut *transaction, write, expected, true).await?.is_changed {
            return Err(StoreError::Stale);
        }
        bring_back(&mut transaction, user).await?;
        transaction.commit().await.store()?;
        self.signal.made_due();
        Ok(())
    }

    async fn has_initial_password(&self, organization: OrganizationId, id: UserId) -> Result<bool, StoreError> {
        let kept = sqlx::query_scalar!(
            r#"SELECT initial_password IS NOT NULL AS "has!: bool" FROM users WHERE organization_id = $1 AND id = $2"#,
            organization.uuid(),
            id.uuid(),
        )
        .fetch_optional(&self.ready)
        .await
        .store()?;
        Ok(kept.unwrap_or(false))
    }

    async fn user(&self, organization: OrganizationId, id: UserId) -> Result<Option<User>, StoreError> {
        let alone = async {
            users!(
                "WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL",
                organization.uuid(),
                id.uuid()
            )
            .fetch_optional(&self.ready)
            .await
            .store()?
            .map(User::try_from)
            .transpose()
        };
        self.crowds
            .users_by_id
            .ask(|| (organization.uuid(), id.uuid()), alone)
            .await
    }

    async fn user_by_external_id(
        &self,
        organization: OrganizationId,
        external_id: &ExternalId,
    ) -> Result<Option<User>, StoreError> {
        let alone = async {
            users!(
                "WHERE organization_id = $1 AND external_id = $2 AND deleted_at IS NULL",
                organization.uuid(),
                external_id.as_str(),
            )
            .fetch_optional(&self.ready)
            .await
            .store()?
            .map(User::try_from)
            .transpose()
        };
        let asked = || (organization.uuid(), external_id.as_str().to_owned());
        self.crowds.users_by_external_id.ask(asked, alone).await
    }

    async fn user_by_email(&self, organization: OrganizationId, email: &Email) -> Result<Option<User>, StoreError> {
        users!(
            "WHERE organization_id = $1 AND email_folded = $2 AND deleted_at IS NULL",
            organization.uuid(),
            email.folded(),
        )
        .fetch_optional(&self.ready)
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
        let purged = sqlx::query!(
            "DELETE FROM users u
             WHERE u.deleted_at < $1
               AND NOT EXISTS (
                   SELECT FROM accounts a
                   WHERE a.organization_id = u.organization_id AND a.user_id = u.id
                     AND (a.removed_at IS NULL OR a.applied_version < a.desired_version)
               )",
            deleted_before,
        )
        .execute(&self.ready)
        .await
        .store()?;
        Ok(purged.rows_affected())
    }
}

impl PostgresStore {
    async fn page(&self, organization: OrganizationId, query: &UserQuery) -> Result<Vec<User>, StoreError> {
        // Nobody has the least or the greatest UUID, and a bound that is always there is one that the index serves.
        let after = query.after.map(UserId::uuid);
        let (oldest, newest) = (after.unwrap_or(Uuid::nil()), after.unwrap_or(Uuid::max()));
        macro_rules! page {
            ($in_customer:literal $behind:literal, $after:expr, $order:literal $(, $customer:expr)?) => {
                users!(
                    "WHERE organization_id = $1 AND deleted_at IS NULL AND " $in_customer " AND " $behind "
                       AND ($3::boolean IS NULL OR active = $3)
                     ORDER BY " $order "
                     LIMIT $4 OFFSET $5",
                    organization.uuid(),
                    $after,
                    query.active,
                    i64::from(query.limit),
                    i64::from(query.skip)
                    $(, $customer.as_str())?
                )
                .fetch_all(&self.ready)
                .await
                .store()?
            };
        }
        // The customer stands in the order, too: PostgreSQL does not see that it is the same in all of them where it is
        // null, and would sort.
        let rows = match (&query.customer, query.order) {
            (None, Order::OldestFirst) => page!("TRUE" "id > $2", oldest, "id"),
            (None, Order::NewestFirst) => page!("TRUE" "id < $2", newest, "id DESC"),
            (Some(InCustomer::Default), Order::OldestFirst) => {
                page!("customer_id IS NULL" "id > $2", oldest, "customer_id, id")
            }
            (Some(InCustomer::Default), Order::NewestFirst) => {
                page!("customer_id IS NULL" "id < $2", newest, "customer_id DESC, id DESC")
            }
            (Some(InCustomer::Named(customer)), Order::OldestFirst) => {
                page!("customer_id = $6" "id > $2", oldest, "customer_id, id", customer)
            }
            (Some(InCustomer::Named(customer)), Order::NewestFirst) => {
                page!("customer_id = $6" "id < $2", newest, "customer_id DESC, id DESC", customer)
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
