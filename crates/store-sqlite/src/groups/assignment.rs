//! Who is assigned to a connection that takes the chosen: those who were chosen one by one, and those who are in a group that
//! is tied to it.

use roster_application::ports::{ChangeRecord, StoreError, UniqueKey};
use roster_domain::{Connection, ConnectionId, Deed, GroupId, OrganizationId, UserId};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::ids;
use crate::error::IntoStoreError;
use crate::history::{Told, tell_all};

/// The connections that a group is tied to, in the order of their ids.
pub(super) async fn tied(
    transaction: &mut SqliteConnection,
    organization: OrganizationId,
    group: GroupId,
) -> Result<Vec<Uuid>, StoreError> {
    sqlx::query_scalar!(
        r#"SELECT connection_id AS "connection_id: Uuid" FROM group_connections
           WHERE organization_id = ?1 AND group_id = ?2
           ORDER BY connection_id"#,
        organization.uuid(),
        group.uuid(),
    )
    .fetch_all(transaction)
    .await
    .store()
}

/// Whether a user is in a group that is tied to a connection.
pub(crate) async fn is_grouped(
    transaction: &mut SqliteConnection,
    organization: OrganizationId,
    user: UserId,
    connection: ConnectionId,
) -> Result<bool, StoreError> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT 1 FROM group_members m
               JOIN group_connections t ON t.organization_id = m.organization_id AND t.group_id = m.group_id
               WHERE m.organization_id = ?1 AND m.user_id = ?2 AND t.connection_id = ?3
           ) AS "is_grouped!: bool""#,
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
    transaction: &mut SqliteConnection,
    organization: OrganizationId,
    user: UserId,
    connection: ConnectionId,
    is_chosen: bool,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE accounts SET is_chosen = ?4
         WHERE organization_id = ?1 AND user_id = ?2 AND connection_id = ?3 AND is_chosen <> ?4",
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
/// assigned one by one. Who was deleted is not looked at, since whoever comes back is assigned anew.
pub(crate) async fn choose_the_rest(
    transaction: &mut SqliteConnection,
    connection: &Connection,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE accounts SET is_chosen = 1
         WHERE organization_id = ?1 AND connection_id = ?2 AND is_assigned AND NOT is_chosen
           AND EXISTS (
               SELECT 1 FROM users u
               WHERE u.organization_id = ?1 AND u.id = accounts.user_id AND u.deleted_at IS NULL
           )
           AND NOT EXISTS (
               SELECT 1 FROM group_members m
               JOIN group_connections t ON t.organization_id = m.organization_id AND t.group_id = m.group_id
               WHERE m.organization_id = ?1 AND m.user_id = accounts.user_id AND t.connection_id = ?2
           )",
        connection.organization_id.uuid(),
        connection.id.uuid(),
    )
    .execute(transaction)
    .await
    .store()?;
    Ok(())
}

/// Assigns each of the users to each of the connections that take the chosen, or takes the user off, whichever is due after
/// groups or ties were changed, and tells it. In one statement, however many they are. Returns whether accounts were made
/// due.
pub(super) async fn reassign(
    transaction: &mut SqliteConnection,
    organization: OrganizationId,
    users: &[UserId],
    connections: &[Uuid],
    change: &ChangeRecord,
) -> Result<bool, StoreError> {
    if users.is_empty() || connections.is_empty() {
        return Ok(false);
    }
    let users = ids(users.iter().map(|user| user.uuid()));
    let places = ids(connections.iter().copied());
    unlink(&mut *transaction, organization, &users, &places).await?;
    let changed = sqlx::query!(
        r#"
        INSERT INTO accounts (
            organization_id, user_id, connection_id, desired_version, desired_active, is_assigned, next_attempt_at,
            updated_at
        )
        SELECT ?1, user_id, connection_id, version, active, is_wanted, ?4, ?4
        FROM (
            SELECT
                u.id AS user_id, c.id AS connection_id, u.version, u.active,
                coalesce(a.is_assigned, 0) AS is_assigned,
                coalesce(a.is_chosen, 0) OR EXISTS (
                    SELECT 1 FROM group_members m
                    JOIN group_connections t ON t.organization_id = m.organization_id AND t.group_id = m.group_id
                    WHERE m.organization_id = ?1 AND m.user_id = u.id AND t.connection_id = c.id
                ) AS is_wanted
            FROM users u
            JOIN connections c ON c.organization_id = u.organization_id
            LEFT JOIN accounts a
                ON a.organization_id = u.organization_id AND a.user_id = u.id AND a.connection_id = c.id
            WHERE u.organization_id = ?1 AND u.id IN (SELECT unhex(value) FROM json_each(?2)) AND u.deleted_at IS NULL
              AND c.id IN (SELECT unhex(value) FROM json_each(?3)) AND NOT c.takes_all
        )
        WHERE is_wanted <> is_assigned
        ON CONFLICT (organization_id, user_id, connection_id) DO UPDATE SET
            is_assigned = excluded.is_assigned,
            -- As when one is assigned: the version is the same, yet the vendor has not what it should have.
            applied_version = min(applied_version, desired_version - 1),
            next_attempt_at = max(excluded.next_attempt_at, coalesce(retry_floor, excluded.next_attempt_at)),
            attempts = 0, last_error = NULL, attention_cause = NULL, attention_message = NULL,
            attention_remedy = NULL, attention_since = NULL, held_since = NULL, cleared_version = NULL,
            removed_at = NULL, updated_at = excluded.updated_at
        RETURNING
            user_id AS "user_id: Uuid", connection_id AS "connection_id: Uuid", is_assigned AS "is_assigned: bool"
        "#,
        organization.uuid(),
        users,
        places,
        change.at.timestamp_micros(),
    )
    .fetch_all(&mut *transaction)
    .await
    .store_unique(UniqueKey::VendorUserId)?;
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
    transaction: &mut SqliteConnection,
    organization: OrganizationId,
    users: &str,
    connections: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE accounts SET vendor_user_id = NULL, is_missing = 0, vendor_active = NULL, applied_version = 0
         WHERE organization_id = ?1
           AND user_id IN (SELECT unhex(value) FROM json_each(?2))
           AND connection_id IN (SELECT unhex(value) FROM json_each(?3))
           AND removed_at IS NOT NULL AND NOT is_assigned
           AND EXISTS (
               SELECT 1 FROM group_members m
               JOIN group_connections t ON t.organization_id = m.organization_id AND t.group_id = m.group_id
               WHERE m.organization_id = ?1 AND m.user_id = accounts.user_id
                 AND t.connection_id = accounts.connection_id
           )
           AND EXISTS (
               SELECT 1 FROM accounts other
               WHERE other.organization_id = accounts.organization_id
                 AND other.connection_id = accounts.connection_id
                 AND other.vendor_user_id = accounts.vendor_user_id AND other.removed_at IS NULL
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
