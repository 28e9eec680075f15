//! `/v1/accounts`, and the accounts of one user: who can work with which vendor, and who cannot and why.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use roster_application::Missing;
use roster_application::authentication::Caller;
use roster_application::ports::{AccountPosition, AccountQuery};
use roster_domain::{Account, AccountStatus, Attention, ConnectionId, Drift, Surface, Timestamp, UserId, Version};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::cursor::{self, List};
use super::query::{NoQuery, Page, Query};
use super::request::{NoBody, Segments, id};
use super::{schemas, time};
use crate::Services;
use crate::refusal::Refusal;

/// One user at one connection: what the vendor knows of the user, and how far it is from what it should know.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountAnswer {
    /// The user.
    user_id: Uuid,
    /// The connection.
    connection_id: Uuid,
    #[schema(schema_with = schemas::vendor)]
    vendor: &'static str,
    #[schema(schema_with = schemas::account_status)]
    status: &'static str,
    /// Whether the user is to be there. Always true where the connection takes all users.
    assigned: bool,
    /// The vendor's id of the user, once there is one.
    #[schema(required)]
    vendor_user_id: Option<String>,
    /// The page on which the user signs up, where the vendor gave one.
    #[schema(required)]
    invite_url: Option<String>,
    /// Set while a person is asked.
    #[schema(required)]
    attention: Option<AttentionAnswer>,
    /// Since when the user's departure waits for approval, with `POST /v1/connections/{id}/approve`; null where it does not.
    #[serde(serialize_with = "time::micros_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    held_since: Option<Timestamp>,
    /// What somebody changed at the vendor, where the connection reports that and does not repair it.
    #[schema(required)]
    drift: Option<DriftAnswer>,
    /// Failed attempts since the last success or the last change.
    attempts: u32,
    /// When the account is due, be it only to be read back; null when nothing is to be done, or a person is asked.
    #[serde(serialize_with = "time::micros_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    next_attempt_at: Option<Timestamp>,
    /// What went wrong last, in plain words, while it is being retried.
    #[schema(required)]
    last_error: Option<String>,
    /// The version of the user that the vendor should have.
    #[schema(value_type = i64, minimum = 1)]
    desired_version: Version,
    /// The version of the user that the vendor last confirmed; 0 for none.
    #[schema(value_type = i64, minimum = 0)]
    applied_version: Version,
    /// When the account last changed.
    #[serde(serialize_with = "time::micros")]
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// Why a person is asked, and who that should be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attention)]
struct AttentionAnswer {
    #[schema(schema_with = schemas::cause)]
    cause: &'static str,
    /// What happened and what would heal it, in plain words.
    message: String,
    #[schema(schema_with = schemas::remedy)]
    remedy: &'static str,
    /// Since when.
    #[serde(serialize_with = "time::micros")]
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

/// What was found at the vendor that is not as Roster left it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Drift)]
struct DriftAnswer {
    /// What differs, in plain words.
    message: String,
    /// When it was found first.
    #[serde(serialize_with = "time::micros")]
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

/// The accounts of a user.
#[derive(Debug, Serialize, ToSchema)]
struct AccountList {
    /// One account for each connection that the user is, or was, assigned to.
    data: Vec<AccountAnswer>,
}

/// A page of accounts.
#[derive(Debug, Serialize, ToSchema)]
struct AccountPage {
    /// The accounts, in the order of user and connection.
    #[schema(max_items = 200)]
    data: Vec<AccountAnswer>,
    /// What to pass as `cursor` for the next page; null on the last.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// Which accounts of the organization are listed.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only accounts that stand so.
    #[param(schema_with = schemas::account_status, required = false)]
    status: Option<AccountStatus>,
    /// Only accounts at this connection.
    #[param(value_type = Option<Uuid>)]
    connection_id: Option<ConnectionId>,
}

impl From<Account> for AccountAnswer {
    fn from(account: Account) -> Self {
        Self {
            user_id: account.user_id.uuid(),
            connection_id: account.connection_id.uuid(),
            vendor: account.vendor.name(),
            status: account.status().name(),
            assigned: account.is_assigned,
            vendor_user_id: account.known.vendor_user_id.map(|id| id.as_str().to_owned()),
            invite_url: account.invite_url,
            attention: account.attention.map(AttentionAnswer::from),
            held_since: account.held_since,
            drift: account.drift.map(DriftAnswer::from),
            attempts: account.attempts,
            next_attempt_at: account.next_attempt_at,
            last_error: account.last_error,
            desired_version: account.desired_version,
            applied_version: account.known.applied_version,
            updated_at: account.updated_at,
        }
    }
}

impl From<Attention> for AttentionAnswer {
    fn from(attention: Attention) -> Self {
        Self {
            cause: attention.cause.name(),
            message: attention.message,
            remedy: attention.remedy.name(),
            since: attention.since,
        }
    }
}

impl From<Drift> for DriftAnswer {
    fn from(drift: Drift) -> Self {
        Self {
            message: drift.message,
            since: drift.since,
        }
    }
}

/// The routes, with their specification.
pub(crate) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(routes!(list_accounts))
        .routes(routes!(list_accounts_of_user))
        .routes(routes!(assign_user, take_user_off))
        .routes(routes!(retry_account))
}

/// List accounts
///
/// All accounts of the organization, page by page. `status=needs_attention` answers who cannot work, and why.
#[utoipa::path(get, path = "/accounts", tag = "accounts",
    params(Page<2>, Filter),
    responses((status = 200, description = "A page of accounts.", body = AccountPage)),
)]
async fn list_accounts(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    mut query: Query,
) -> Result<Json<AccountPage>, Refusal> {
    let page = query.page::<2>(List::Accounts);
    let filter = Filter {
        status: query.take("status", str::parse),
        connection_id: query.take("connection_id", str::parse),
    };
    query.finish()?;
    let position = |[user, connection]: [Uuid; 2]| AccountPosition {
        user_id: UserId::new(user),
        connection_id: ConnectionId::new(connection),
    };
    let wanted = AccountQuery {
        after: page.after.map(position),
        limit: page.asked(),
        status: filter.status,
        connection_id: filter.connection_id,
    };
    let accounts = services.accounts.list(&caller.organization, &wanted).await?;
    let ids = |account: &Account| [account.user_id.uuid(), account.connection_id.uuid()];
    let (accounts, next_cursor) = cursor::page(accounts, page.limit, List::Accounts, ids);
    Ok(Json(AccountPage {
        data: accounts.into_iter().map(AccountAnswer::from).collect(),
        next_cursor,
    }))
}

/// List the accounts of a user
///
/// Those of a deleted user are shown for as long as they are kept, so that one can see that the user is gone everywhere.
#[utoipa::path(get, path = "/users/{id}/accounts", tag = "accounts", responses(
    (status = 200, description = "The accounts.", body = AccountList),
    (status = 404, description = "There is no such user."),
))]
async fn list_accounts_of_user(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(user): Segments<String>,
) -> Result<Json<AccountList>, Refusal> {
    let accounts = services
        .accounts
        .of_user(&caller.organization, id(&user, Missing::User)?)
        .await?;
    Ok(Json(AccountList {
        data: accounts.into_iter().map(AccountAnswer::from).collect(),
    }))
}

/// Assign a user to a connection
///
/// The user is provisioned there at once. One who is assigned already stays as it is.
#[utoipa::path(put, path = "/users/{id}/accounts/{connection_id}", tag = "accounts", responses(
    (status = 200, description = "The account.", body = AccountAnswer),
    (status = 404, description = "There is no such user, or no such connection."),
))]
async fn assign_user(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(path): Segments<(String, String)>,
    _: NoBody,
) -> Result<Json<AccountAnswer>, Refusal> {
    assign(&services, &caller, &path, true).await
}

/// Take a user off a connection
///
/// The user is deactivated or deleted at the vendor, as the connection's `on_leave` says and the vendor can; the account, which is
/// answered, shows how far that is. Only where the connection takes those who are chosen.
#[utoipa::path(delete, path = "/users/{id}/accounts/{connection_id}", tag = "accounts", responses(
    (status = 200, description = "The account, which is driven to be gone.", body = AccountAnswer),
    (status = 404, description = "There is no such user, or no such connection."),
    (status = 409, description = "The connection takes all users."),
))]
async fn take_user_off(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments(path): Segments<(String, String)>,
) -> Result<Json<AccountAnswer>, Refusal> {
    assign(&services, &caller, &path, false).await
}

async fn assign(
    services: &Services,
    caller: &Caller,
    (user, connection): &(String, String),
    is_assigned: bool,
) -> Result<Json<AccountAnswer>, Refusal> {
    let (user, connection) = (id(user, Missing::User)?, id(connection, Missing::Connection)?);
    let acting = caller.acting(Surface::V1);
    let account = services.accounts.assign(acting, user, connection, is_assigned).await?;
    Ok(Json(AccountAnswer::from(account)))
}

/// Try an account again
///
/// At once, or as soon as the vendor's Retry-After allows. An account that is in sync stays as it is.
#[utoipa::path(post, path = "/users/{id}/accounts/{connection_id}/retry", tag = "accounts", responses(
    (status = 200, description = "The account, which is due.", body = AccountAnswer),
    (status = 404, description = "There is no such account."),
))]
async fn retry_account(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    Segments((user, connection)): Segments<(String, String)>,
    _: NoBody,
) -> Result<Json<AccountAnswer>, Refusal> {
    let (user, connection) = (id(&user, Missing::Account)?, id(&connection, Missing::Account)?);
    let account = services.accounts.retry(&caller.organization, user, connection).await?;
    Ok(Json(AccountAnswer::from(account)))
}

#[cfg(test)]
mod tests;
