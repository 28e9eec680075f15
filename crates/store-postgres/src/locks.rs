//! In which order rows are locked, so that nobody waits in a circle: users, groups, an organization's connections together
//! (`share_connections`, `lock_connections`), accounts, and last a connection's own row; of each kind in the order of their
//! keys, and all that a transaction needs of a kind at once.

use roster_application::ports::StoreError;
use roster_domain::{ConnectionId, OrganizationId, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::IntoStoreError;

/// Holds those of the users who are not deleted, so that nobody else decides meanwhile where they are assigned and what groups
/// they are in. Returns who they are.
pub(crate) async fn users(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    users: &[Uuid],
) -> Result<Vec<UserId>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let there = sqlx::query_scalar!(
        "SELECT id FROM users
         WHERE organization_id = $1 AND id = ANY ($2) AND deleted_at IS NULL
         ORDER BY id
         FOR NO KEY UPDATE",
        organization.uuid(),
        users,
    )
    .fetch_all(transaction)
    .await
    .store()?;
    Ok(there.into_iter().map(UserId::new).collect())
}

/// Holds an organization's connections together with others: none is made or deleted, and none begins to take others.
pub(crate) async fn share_connections(
    transaction: &mut PgConnection,
    organization: OrganizationId,
) -> Result<(), StoreError> {
    sqlx::query!("SELECT share_connections($1)", organization.uuid())
        .execute(transaction)
        .await
        .store()?;
    Ok(())
}

/// Holds the accounts that there are of the users at the connections.
pub(crate) async fn accounts(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    users: &[Uuid],
    connections: &[Uuid],
) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT FROM accounts
         WHERE organization_id = $1 AND user_id = ANY ($2) AND connection_id = ANY ($3)
         ORDER BY user_id, connection_id
         FOR UPDATE",
        organization.uuid(),
        users,
        connections,
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}

/// Holds every account at a connection, before its own row is touched.
pub(crate) async fn accounts_at(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    connection: ConnectionId,
) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT FROM accounts
         WHERE organization_id = $1 AND connection_id = $2
         ORDER BY user_id
         FOR UPDATE",
        organization.uuid(),
        connection.uuid(),
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}
