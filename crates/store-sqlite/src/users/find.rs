//! Users who are looked up by a key, many at once.

use roster_domain::{OrganizationId, User, UserId};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::json;
use crate::crowd::{Awaited, Matches};
use crate::error::IntoStoreError;
use crate::rows::users;

/// The users of ids, without those who are deleted.
pub(crate) fn find_users<'c>(
    keys: &'c [(OrganizationId, UserId)],
    reader: &'c mut SqliteConnection,
) -> Awaited<'c, Matches<(OrganizationId, UserId), User>> {
    Box::pin(async move {
        let hex = keys
            .iter()
            .map(|(organization, id)| (organization.uuid().simple().to_string(), id.uuid().simple().to_string()));
        let rows = users!(
            "WHERE (organization_id, id) IN (SELECT unhex(value ->> 0), unhex(value ->> 1) FROM json_each(?1))
               AND deleted_at IS NULL",
            json(&hex.collect::<Vec<_>>())?,
        )
        .fetch_all(reader)
        .await
        .store()?;
        let matches = rows.into_iter().map(|row| {
            let key = (OrganizationId::new(row.organization_id), UserId::new(row.id));
            (key, User::try_from(row))
        });
        Ok(matches.collect())
    })
}

/// The users of external ids, without those who are deleted.
pub(crate) fn find_users_by_external_id<'c>(
    keys: &'c [(OrganizationId, String)],
    reader: &'c mut SqliteConnection,
) -> Awaited<'c, Matches<(OrganizationId, String), User>> {
    Box::pin(async move {
        let keys = keys
            .iter()
            .map(|(organization, external_id)| (organization.uuid().simple().to_string(), external_id));
        let rows = users!(
            "WHERE (organization_id, external_id) IN (SELECT unhex(value ->> 0), value ->> 1 FROM json_each(?1))
               AND deleted_at IS NULL",
            json(&keys.collect::<Vec<_>>())?,
        )
        .fetch_all(reader)
        .await
        .store()?;
        let matches = rows.into_iter().map(|row| {
            let external_id = row.external_id.clone().unwrap_or_default();
            (
                (OrganizationId::new(row.organization_id), external_id),
                User::try_from(row),
            )
        });
        Ok(matches.collect())
    })
}
