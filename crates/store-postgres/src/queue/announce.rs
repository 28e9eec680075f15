//! Creates that are announced before they are sent: one alone, or many at once.

use roster_application::ports::{ClaimKey, StoreError};
use roster_domain::{Timestamp, VendorKey};
use uuid::Uuid;

use crate::crowd::{Reply, Work, each, one_each, tell_each};
use crate::error::IntoStoreError;
use crate::ready::Ready;

/// Announces one create.
pub(super) async fn announce_alone(
    ready: &Ready,
    claim: &ClaimKey,
    intent: &VendorKey,
    lease_until: Timestamp,
) -> Result<bool, StoreError> {
    let announced = sqlx::query!(
        "UPDATE accounts SET intent = $5, lease_until = $6
         WHERE organization_id = $1 AND user_id = $2 AND connection_id = $3
           AND claim_token = $4 AND lease_until IS NOT NULL",
        claim.organization_id.uuid(),
        claim.user_id.uuid(),
        claim.connection_id.uuid(),
        claim.token,
        intent.as_str(),
        lease_until,
    )
    .execute(ready)
    .await
    .store()?;
    Ok(announced.rows_affected() > 0)
}

/// Announces creates in groups.
pub(crate) struct Announcements {
    pub(crate) ready: Ready,
}

/// One create that is about to be sent.
pub(crate) struct Announcement {
    pub(super) claim: ClaimKey,
    pub(super) intent: VendorKey,
    pub(super) lease_until: Timestamp,
}

impl Work for Announcements {
    type Item = Announcement;
    type Answer = bool;

    /// Claims that do not hold, and accounts that somebody else has locked, are left out, and hear why when going alone.
    async fn many(&self, items: Vec<Announcement>) -> Result<Vec<Reply<bool>>, sqlx::Error> {
        let sent = one_each(&items, |item| account_of(&item.claim));
        let announced = sqlx::query!(
            "WITH held AS MATERIALIZED (
                 SELECT r.*
                 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::timestamptz[])
                     AS r (organization_id, user_id, connection_id, token, intent, lease_until)
                 JOIN accounts a USING (organization_id, user_id, connection_id)
                 WHERE a.claim_token = r.token AND a.lease_until IS NOT NULL
                 -- In the order in which everybody locks accounts. Whoever is locked already is not waited for.
                 ORDER BY a.organization_id, a.user_id, a.connection_id
                 FOR UPDATE OF a SKIP LOCKED
             )
             UPDATE accounts a SET intent = held.intent, lease_until = held.lease_until
             FROM held
             WHERE a.organization_id = held.organization_id
               AND a.user_id = held.user_id
               AND a.connection_id = held.connection_id
             RETURNING a.organization_id, a.user_id, a.connection_id",
            &each(&sent, |item| item.claim.organization_id.uuid()) as &[Uuid],
            &each(&sent, |item| item.claim.user_id.uuid()) as &[Uuid],
            &each(&sent, |item| item.claim.connection_id.uuid()) as &[Uuid],
            &each(&sent, |item| item.claim.token) as &[i64],
            &each(&sent, |item| item.intent.as_str()) as &[&str],
            &each(&sent, |item| item.lease_until) as &[Timestamp],
        )
        .fetch_all(&self.ready)
        .await?;
        let announced = announced
            .into_iter()
            .map(|row| ((row.organization_id, row.user_id, row.connection_id), true));
        Ok(tell_each(&sent, |item| account_of(&item.claim), announced))
    }
}

/// The account of a claim, as the database names it.
pub(super) fn account_of(claim: &ClaimKey) -> (Uuid, Uuid, Uuid) {
    (
        claim.organization_id.uuid(),
        claim.user_id.uuid(),
        claim.connection_id.uuid(),
    )
}
