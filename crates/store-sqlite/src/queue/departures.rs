//! How many users leave a connection.

use roster_application::ports::{ConnectionKey, DepartureCount, StoreError};
use roster_domain::Departures;

use crate::SqliteStore;
use crate::error::IntoStoreError;

impl SqliteStore {
    /// Indexes hold just those who leave, who are missing, who left, and who are there; of the last no more is read than
    /// tells whether those who leave are many.
    pub(super) async fn count_departures(
        &self,
        connection: &ConnectionKey,
        count: DepartureCount,
    ) -> Result<Departures, StoreError> {
        let counted = sqlx::query!(
            r#"
            WITH departed (leaving) AS MATERIALIZED (
                SELECT count(*) FROM (
                    -- Those who are to leave: the condition of accounts_leaving, word by word.
                    SELECT user_id FROM accounts INDEXED BY accounts_leaving
                    WHERE organization_id = ?1 AND connection_id = ?2
                      AND (NOT desired_active OR NOT is_assigned) AND vendor_user_id IS NOT NULL
                      AND removed_at IS NULL AND vendor_active IS NOT 0
                      AND NOT is_missing AND cleared_version IS NOT desired_version
                    UNION
                    -- Those who are inactive and to be deleted: of accounts_resting, which holds everybody who is behind.
                    SELECT a.user_id FROM accounts a INDEXED BY accounts_resting
                    CROSS JOIN users u ON u.organization_id = a.organization_id AND u.id = a.user_id
                    WHERE ?5 AND a.organization_id = ?1 AND a.connection_id = ?2
                      AND a.vendor_active = 0 AND a.vendor_user_id IS NOT NULL AND a.removed_at IS NULL
                      AND a.applied_version < a.desired_version
                      AND (NOT a.is_assigned OR u.deleted_at IS NOT NULL)
                      AND NOT a.is_missing AND a.cleared_version IS NOT a.desired_version
                    UNION
                    -- Those whom the vendor denied.
                    SELECT user_id FROM accounts INDEXED BY accounts_missing
                    WHERE organization_id = ?1 AND connection_id = ?2 AND is_missing
                      AND vendor_user_id IS NOT NULL AND removed_at IS NULL AND applied_version < desired_version
                      AND cleared_version IS NOT desired_version
                    UNION
                    -- Those who left.
                    SELECT user_id FROM accounts INDEXED BY accounts_left
                    WHERE organization_id = ?1 AND connection_id = ?2 AND left_at >= ?3
                      AND cleared_version IS NOT desired_version
                )
            )
            SELECT
                leaving AS "leaving!: i64",
                (
                    SELECT count(*) FROM (
                        SELECT 1 FROM accounts INDEXED BY accounts_vendor_user_id_key
                        WHERE organization_id = ?1 AND connection_id = ?2
                          AND vendor_user_id IS NOT NULL AND removed_at IS NULL
                        -- A limit below nothing is none.
                        LIMIT (SELECT CASE WHEN ?4 > 0 THEN leaving * 100 / ?4 + 1 ELSE -1 END FROM departed)
                    )
                ) + (
                    SELECT count(*) FROM accounts INDEXED BY accounts_left
                    WHERE organization_id = ?1 AND connection_id = ?2 AND left_at >= ?3
                      AND (vendor_user_id IS NULL OR removed_at IS NOT NULL)
                ) AS "of!: i64"
            FROM departed
            "#,
            connection.organization_id.uuid(),
            connection.connection_id.uuid(),
            count.since.timestamp_micros(),
            i64::from(count.percent),
            count.deletes,
        )
        .fetch_one(&self.readers)
        .await
        .store()?;
        Ok(Departures {
            leaving: u32::try_from(counted.leaving).unwrap_or(u32::MAX),
            of: u32::try_from(counted.of).unwrap_or(u32::MAX),
        })
    }
}
