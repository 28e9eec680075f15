//! Accounts as a queue: own, claim, call, record.

mod claim;
mod departures;
mod ownership;
mod record;

use async_trait::async_trait;
use roster_application::ports::{
    AccountQueue, Claim, ClaimKey, ConnectionKey, DepartureCount, Owned, Settlement, StoreError,
};
use roster_domain::{Departures, Timestamp, VendorKey};
use uuid::Uuid;

use crate::SqliteStore;
use crate::crowd::{Conduct, Written};
use crate::error::IntoStoreError;
use crate::users::json;

#[async_trait]
impl AccountQueue for SqliteStore {
    async fn own(&self, worker: Uuid, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Owned>, StoreError> {
        self.own_connections(worker, now, until, limit).await
    }

    async fn keep(
        &self,
        worker: Uuid,
        connections: &[ConnectionKey],
        until: Timestamp,
    ) -> Result<Vec<ConnectionKey>, StoreError> {
        self.keep_connections(worker, connections, until).await
    }

    async fn disown(&self, worker: Uuid, connections: &[ConnectionKey]) -> Result<(), StoreError> {
        self.disown_connections(worker, connections).await
    }

    async fn claim(
        &self,
        worker: Uuid,
        connection: &ConnectionKey,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        let data = (worker, *connection, now, lease_until, limit);
        self.writes
            .write(
                Conduct::RefusedFirst,
                data,
                |(worker, connection, now, lease_until, limit), writer| {
                    Box::pin(claim::claim(writer, *worker, connection, *now, *lease_until, *limit))
                },
            )
            .await
    }

    async fn announce(&self, claim: &ClaimKey, intent: &VendorKey, lease_until: Timestamp) -> Result<bool, StoreError> {
        self.writes
            .write(
                Conduct::Statement,
                (*claim, intent.clone(), lease_until),
                |(claim, intent, lease_until), writer| {
                    Box::pin(async move {
                        let announced = sqlx::query!(
                            "UPDATE accounts SET intent = ?5, lease_until = ?6
                         WHERE organization_id = ?1 AND user_id = ?2 AND connection_id = ?3
                           AND claim_token = ?4 AND lease_until IS NOT NULL",
                            claim.organization_id.uuid(),
                            claim.user_id.uuid(),
                            claim.connection_id.uuid(),
                            claim.token,
                            intent.as_str(),
                            lease_until.timestamp_micros(),
                        )
                        .execute(writer)
                        .await
                        .store()?;
                        Ok(Written::quietly(announced.rows_affected() > 0))
                    })
                },
            )
            .await
    }

    async fn renew(&self, claim: &ClaimKey, lease_until: Timestamp) -> Result<bool, StoreError> {
        self.writes
            .write(
                Conduct::Statement,
                (*claim, lease_until),
                |(claim, lease_until), writer| {
                    Box::pin(async move {
                        let renewed = sqlx::query!(
                            "UPDATE accounts SET lease_until = ?5
                         WHERE organization_id = ?1 AND user_id = ?2 AND connection_id = ?3
                           AND claim_token = ?4 AND lease_until IS NOT NULL",
                            claim.organization_id.uuid(),
                            claim.user_id.uuid(),
                            claim.connection_id.uuid(),
                            claim.token,
                            lease_until.timestamp_micros(),
                        )
                        .execute(writer)
                        .await
                        .store()?;
                        Ok(Written::quietly(renewed.rows_affected() > 0))
                    })
                },
            )
            .await
    }

    async fn record(&self, claim: &ClaimKey, settlement: &Settlement, now: Timestamp) -> Result<bool, StoreError> {
        self.record_settlement(claim, settlement, now).await
    }

    async fn release(&self, claims: &[ClaimKey]) -> Result<(), StoreError> {
        let hex = |id: Uuid| id.simple().to_string();
        let claims: Vec<_> = claims
            .iter()
            .map(|claim| {
                let (organization, user) = (claim.organization_id.uuid(), claim.user_id.uuid());
                (
                    hex(organization),
                    hex(user),
                    hex(claim.connection_id.uuid()),
                    claim.token,
                )
            })
            .collect();
        self.writes
            .write(Conduct::Statement, json(&claims)?, |claims, writer| {
                Box::pin(async move {
                    sqlx::query!(
                        "UPDATE accounts SET lease_until = NULL
                         FROM json_each(?1) AS released
                         WHERE organization_id = unhex(released.value ->> 0) AND user_id = unhex(released.value ->> 1)
                           AND connection_id = unhex(released.value ->> 2) AND claim_token = released.value ->> 3",
                        claims,
                    )
                    .execute(writer)
                    .await
                    .store()?;
                    Ok(Written {
                        answer: (),
                        makes_due: true,
                    })
                })
            })
            .await
    }

    async fn next_due(&self, worker: Uuid, except: &[ConnectionKey]) -> Result<Option<Timestamp>, StoreError> {
        self.next_to_own(worker, except).await
    }

    async fn next_due_at(&self, connection: &ConnectionKey) -> Result<Option<Timestamp>, StoreError> {
        self.next_to_claim(connection).await
    }

    async fn departures(&self, connection: &ConnectionKey, count: DepartureCount) -> Result<Departures, StoreError> {
        self.count_departures(connection, count).await
    }

    async fn reclaim(&self) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let reclaimed = sqlx::query!("UPDATE accounts SET lease_until = NULL WHERE lease_until IS NOT NULL")
            .execute(&mut *transaction)
            .await
            .store()?;
        sqlx::query!("UPDATE connections SET owner = NULL, owned_until = NULL WHERE owner IS NOT NULL")
            .execute(&mut *transaction)
            .await
            .store()?;
        transaction.commit().await.store()?;
        self.made_due();
        Ok(reclaimed.rows_affected())
    }
}

/// A row that cannot be read must not keep the others from being worked on. Its lease runs out, and it is reported again.
#[expect(clippy::needless_pass_by_value, reason = "it is handed on by `map_err`")]
fn report(corrupt: StoreError) {
    tracing::error!(error = &corrupt as &dyn std::error::Error, "a row was passed over");
}
