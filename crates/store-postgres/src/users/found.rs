//! Users who are looked for: many at once.

use std::collections::BTreeSet;

use roster_application::ports::StoreError;
use roster_domain::User;
use uuid::Uuid;

use crate::crowd::{Reply, Work, hand_out};
use crate::ready::Ready;
use crate::rows::{UserRow, users_from};

/// Finds users by their ids in groups.
pub(crate) struct ById {
    pub(crate) ready: Ready,
}

impl Work for ById {
    /// An organization and a user's id.
    type Item = (Uuid, Uuid);
    type Answer = Option<User>;

    async fn many(&self, items: Vec<Self::Item>) -> Result<Vec<Reply<Self::Answer>>, sqlx::Error> {
        let keys: BTreeSet<_> = items.iter().copied().collect();
        let (organizations, ids): (Vec<_>, Vec<_>) = keys.into_iter().unzip();
        // LIMIT makes it one search of the index for each, whatever the planner thinks of the size of the table.
        let rows = users_from!(
            "unnest($1::uuid[], $2::uuid[]) AS asked (organization, by_id)
             CROSS JOIN LATERAL (
                 SELECT * FROM users u
                 WHERE u.organization_id = asked.organization AND u.id = asked.by_id AND u.deleted_at IS NULL
                 LIMIT 1
             ) AS users",
            &organizations,
            &ids,
        )
        .fetch_all(&self.ready)
        .await?;
        Ok(hand_out(
            &items,
            rows.into_iter()
                .map(|row| ((row.organization_id, row.id), checked(row))),
        ))
    }
}

/// Finds users by their external ids in groups.
pub(crate) struct ByExternalId {
    pub(crate) ready: Ready,
}

impl Work for ByExternalId {
    /// An organization and a user's external id.
    type Item = (Uuid, String);
    type Answer = Option<User>;

    async fn many(&self, items: Vec<Self::Item>) -> Result<Vec<Reply<Self::Answer>>, sqlx::Error> {
        let keys: BTreeSet<_> = items
            .iter()
            .map(|(organization, id)| (*organization, id.as_str()))
            .collect();
        let (organizations, external_ids): (Vec<_>, Vec<_>) = keys.into_iter().unzip();
        let rows = users_from!(
            "unnest($1::uuid[], $2::text[]) AS asked (organization, by_external_id)
             CROSS JOIN LATERAL (
                 SELECT * FROM users u
                 WHERE u.organization_id = asked.organization AND u.external_id = asked.by_external_id
                   AND u.deleted_at IS NULL
                 LIMIT 1
             ) AS users",
            &organizations,
            &external_ids as &[&str],
        )
        .fetch_all(&self.ready)
        .await?;
        let found = rows.into_iter().filter_map(|row| {
            let key = (row.organization_id, row.external_id.clone()?);
            Some((key, checked(row)))
        });
        Ok(hand_out(&items, found))
    }
}

fn checked(row: UserRow) -> Result<User, StoreError> {
    row.try_into()
}
