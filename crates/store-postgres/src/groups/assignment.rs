//! Who is assigned to a connection that takes the chosen: those who were chosen one by one, and those who are in a group that
//! is tied to it.

use roster_application::ports::{ChangeRecord, StoreError};
use roster_domain::{Connection, ConnectionId, Deed, GroupId, OrganizationId, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::IntoStoreError;
use crate::history::{Told, tell_all};
use crate::locks;

/// The connections that a group is tied to, in the order of their ids.
pub(super) async fn tied(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    group: GroupId,
) -> Result<Vec<Uuid>, StoreError> {
    sqlx::query_scalar!(
        "SELECT connection_id FROM group_connections
         WHERE organization_id = $1 AND group_id = $2
         ORDER BY connection_id",
        organization.uuid(),
        group.uuid(),
    )
    .fetch_all(transaction)
    .await
    .store()
}

/// Whether a user is in a group that is tied to a connection.
pub(crate) async fn is_grouped(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    user: UserId,
    connection: ConnectionId,
) -> Result<bool, StoreError> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM group_members m
               JOIN group_connections t ON t.organization_id = m.organization_id AND t.group_id = m.group_id
               WHERE m.organization_id = $1 AND m.user_id = $2 AND t.connection_id = $3
           ) AS "is_grouped!""#,
        organization.uuid(),
        user.uuid(),
        connection.uuid(),
    )
    .fetch_one(transaction)
    .await
    .store()
}

/// Notes whether a user was assigned one by one.
pub(crate) async fn choose(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    user: UserId,
    connection: ConnectionId,
    is_chosen: bool,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE accounts SET is_chosen = $4
         WHERE organization_id = $1 AND user_id = $2 AND connection_id = $3 AND is_chosen <> $4",
        organization.uuid(),
        user.uuid(),
        connection.uuid(),
        is_chosen,
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}

/// Lets everybody stay at a connection that takes the chosen from now on: who is in no group that is tied to it is there as if
/// assigned one by one. Who was deleted is not looked at, since whoever comes back is assigned anew. The connections must be locked,
/// and then the accounts there.
pub(crate) async fn choose_the_rest(transaction: &mut PgConnection, connection: &Connection) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE accounts a SET is_chosen = true
         FROM users u
         WHERE a.organization_id = $1 AND a.connection_id = $2 AND a.is_assigned AND NOT a.is_chosen
           AND u.organization_id = a.organization_id AND u.id = a.user_id AND u.deleted_at IS NULL
           AND NOT EXISTS (
               SELECT FROM group_members m
               JOIN group_connections t ON t.organization_id = m.organization_id AND t.group_id = m.group_id
               WHERE m.organization_id = $1 AND m.user_id = a.user_id AND t.connection_id = $2
           )",
        connection.organization_id.uuid(),
        connection.id.uuid(),
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}

/// Holds what [`reassign`] changes of users, who must be locked, at connections, which are locked here.
pub(super) async fn hold(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    users: &[Uuid],
    connections: &[Uuid],
) -> Result<(), StoreError> {
    if users.is_empty() || connections.is_empty() {
        return Ok(());
    }
    locks::share_connections(&mut *transaction, organization).await?;
    locks::accounts(transaction, organization, users, connections).await
}

/// Assigns each of the users to each of the connections that take the chosen, or takes the user off, whichever is due after
/// groups or ties were changed, and tells it. In one statement, however many they are. All of it must be held: see [`hold`].
/// Returns whether accounts were made due.
pub(super) async fn reassign(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    users: &[Uuid],
    connections: &[Uuid],
    change: &ChangeRecord,
) -> Result<bool, StoreError> {
    if users.is_empty() || connections.is_empty() {
        return Ok(false);
    }
    unlink(&mut *transaction, organization, users, connections).await?;
    let changed = sqlx::query!(
        r#"
        INSERT INTO accounts AS a (
            organization_id, user_id, connection_id, desired_version, desired_active, is_assigned, next_attempt_at,
            updated_at
        )
        SELECT $1, user_id, connection_id, version, active, is_wanted, $4, $4
        FROM (
            SELECT
                u.id AS user_id, c.id AS connection_id, u.version, u.active,
                coalesce(b.is_assigned, false) AS is_assigned,
                coalesce(b.is_chosen, false) OR EXISTS (
                    SELECT FROM group_members m
                    JOIN group_connections t ON t.organization_id = m.organization_id AND t.group_id = m.group_id
                    WHERE m.organization_id = $1 AND m.user_id = u.id AND t.connection_id = c.id
                ) AS is_wanted
            FROM users u
            JOIN connections c ON c.organization_id = u.organization_id
            LEFT JOIN accounts b
                ON b.organization_id = u.organization_id AND b.user_id = u.id AND b.connection_id = c.id
            WHERE u.organization_id = $1 AND u.id = ANY ($2) AND u.deleted_at IS NULL
              AND c.id = ANY ($3) AND NOT c.takes_all
        ) AS standing
        WHERE is_wanted <> is_assigned
        ON CONFLICT (organization_id, user_id, connection_id) DO UPDATE SET
            is_assigned = excluded.is_assigned,
            -- As when one is assigned: the version is the same, yet the vendor has not what it should have.
            applied_version = least(a.applied_version, a.desired_version - 1),
            next_attempt_at = greatest(excluded.next_attempt_at, a.retry_floor),
            attempts = 0, last_error = NULL, attention_cause = NULL, attention_message = NULL,
            attention_remedy = NULL, attention_since = NULL, held_since = NULL, cleared_version = NULL,
            removed_at = NULL, updated_at = excluded.updated_at
        RETURNING
            user_id, connection_id, is_assigned
        "#,
        organization.uuid(),
        users,
        connections,
        change.at,
    )
    .fetch_all(&mut *transaction)
    .await
    .store()?;
    let told: Vec<_> = changed
        .into_iter()
        .map(|row| Told {
            user: UserId::new(row.user_id),
            id: record_id(change, connections, row.connection_id),
            deed: if row.is_assigned {
                Deed::Assigned
            } else {
                Deed::Unassigned
            },
            connection: Some(ConnectionId::new(row.connection_id)),
        })
        .collect();
    tell_all(transaction, organization, change, &told).await?;
    Ok(!told.is_empty())
}

/// The id of what is told of an assignment: that of the change, if it is the change, or else one of those that follow it.
fn record_id(change: &ChangeRecord, connections: &[Uuid], connection: Uuid) -> Uuid {
    if change.connection_id.map(ConnectionId::uuid) == Some(connection) {
        return change.id;
    }
    let place = connections
        .iter()
        .position(|other| *other == connection)
        .unwrap_or_default();
    change.following(place)
}

/// As when one is assigned: forgets the vendor's ids of those who come back and whose vendor's user has become somebody
/// else's meanwhile.
async fn unlink(
    transaction: &mut PgConnection,
    organization: OrganizationId,
    users: &[Uuid],
    connections: &[Uuid],
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE accounts a SET vendor_user_id = NULL, is_missing = false, vendor_active = NULL, applied_version = 0
         WHERE a.organization_id = $1 AND a.user_id = ANY ($2) AND a.connection_id = ANY ($3)
           AND a.removed_at IS NOT NULL AND NOT a.is_assigned
           AND EXISTS (
               SELECT FROM group_members m
               JOIN group_connections t ON t.organization_id = m.organization_id AND t.group_id = m.group_id
               WHERE m.organization_id = $1 AND m.user_id = a.user_id
                 AND t.connection_id = a.connection_id
           )
           AND EXISTS (
               SELECT FROM accounts other
               WHERE other.organization_id = a.organization_id AND other.connection_id = a.connection_id
                 AND other.vendor_user_id = a.vendor_user_id AND other.removed_at IS NULL
           )",
        organization.uuid(),
        users,
        connections,
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}
