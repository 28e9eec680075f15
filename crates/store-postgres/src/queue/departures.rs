//! How many users leave a connection.

use roster_application::ports::{ConnectionKey, DepartureCount, StoreError};
use roster_domain::Departures;

use crate::PostgresStore;
use crate::error::IntoStoreError;

impl PostgresStore {
    /// Indexes hold just those who leave, who are missing, who left, and who are there; of the last no more is read than
    /// tells whether those who leave are many.
    pub(super) async fn count_departures(
        &self,
        connection: &ConnectionKey,
        count: DepartureCount,
    ) -> Result<Departures, StoreError> {
        let counted = sqlx::query!(
            r#"
            WITH departed AS MATERIALIZED (
                SELECT count(*) AS leaving FROM (
                    -- Those who are to leave: the condition of accounts_leaving, word by word.
                    SELECT a.user_id FROM accounts a
                    WHERE a.organization_id = $1 AND a.connection_id = $2
                      AND (NOT a.desired_active OR NOT a.is_assigned) AND a.vendor_user_id IS NOT NULL
                      AND a.removed_at IS NULL AND a.vendor_active IS DISTINCT FROM false
                      AND NOT a.is_missing AND a.cleared_version IS DISTINCT FROM a.desired_version
                    UNION
                    -- Those who are inactive and to be deleted: of accounts_resting, which holds everybody who is behind.
                    SELECT a.user_id FROM accounts a
                    JOIN users u ON u.organization_id = a.organization_id AND u.id = a.user_id
                    WHERE $5 AND a.organization_id = $1 AND a.connection_id = $2
                      AND a.vendor_active = false AND a.vendor_user_id IS NOT NULL AND a.removed_at IS NULL
                      AND a.applied_version < a.desired_version
                      AND (NOT a.is_assigned OR u.deleted_at IS NOT NULL)
                      AND NOT a.is_missing AND a.cleared_version IS DISTINCT FROM a.desired_version
                    UNION
                    -- Those whom the vendor denied.
                    SELECT a.user_id FROM accounts a
                    WHERE a.organization_id = $1 AND a.connection_id = $2 AND a.is_missing
                      AND a.vendor_user_id IS NOT NULL AND a.removed_at IS NULL
                      AND a.applied_version < a.desired_version
                      AND a.cleared_version IS DISTINCT FROM a.desired_version
                    UNION
                    -- Those who left.
                    SELECT a.user_id FROM accounts a
                    WHERE a.organization_id = $1 AND a.connection_id = $2 AND a.left_at >= $3
                      AND a.cleared_version IS DISTINCT FROM a.desired_version
                ) AS each
            )
            SELECT
                departed.leaving AS "leaving!",
                (
                    SELECT count(*) FROM (
                        SELECT FROM accounts a
                        WHERE a.organization_id = $1 AND a.connection_id = $2
                          AND a.vendor_user_id IS NOT NULL AND a.removed_at IS NULL
                        -- In the order of an index, so that it is read and nothing else.
                        ORDER BY a.vendor_user_id
                        -- No limit is all.
                        LIMIT CASE WHEN $4::bigint > 0 THEN departed.leaving * 100 / $4 + 1 END
                    ) AS present
                ) + (
                    SELECT count(*) FROM accounts a
                    WHERE a.organization_id = $1 AND a.connection_id = $2 AND a.left_at >= $3
                      AND (a.vendor_user_id IS NULL OR a.removed_at IS NOT NULL)
                ) AS "of!"
            FROM departed
            "#,
            connection.organization_id.uuid(),
            connection.connection_id.uuid(),
            count.since,
            i64::from(count.percent),
            count.deletes,
        )
        .fetch_one(&self.ready)
        .await
        .store()?;
        Ok(Departures {
            leaving: u32::try_from(counted.leaving).unwrap_or(u32::MAX),
            of: u32::try_from(counted.of).unwrap_or(u32::MAX),
        })
    }
}
