//! API clients who are looked up by a key, many at once.

use roster_application::ports::{ClientSecret, StoreError};
use roster_application::recent_clients::ClientOfOrganization;
use roster_domain::{ApiClient, ApiClientId, Organization};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::crowd::{Awaited, Matches};
use crate::error::IntoStoreError;
use crate::groups::ids;
use crate::rows::{ClientOfOrganizationRow, clients_with_organization};
use crate::users::json;

/// The clients of ids.
pub(crate) fn find_clients<'c>(
    keys: &'c [ApiClientId],
    reader: &'c mut SqliteConnection,
) -> Awaited<'c, Matches<ApiClientId, ClientOfOrganization>> {
    Box::pin(async move {
        let rows = clients_with_organization!(
            "WHERE k.id IN (SELECT unhex(value) FROM json_each(?1))",
            ids(keys.iter().map(|id| id.uuid()))
        )
        .fetch_all(reader)
        .await
        .store()?;
        Ok(rows
            .into_iter()
            .map(|row| (ApiClientId::new(row.id), of_organization(row)))
            .collect())
    })
}

/// The clients of API keys.
pub(crate) fn find_clients_by_key_digest<'c>(
    keys: &'c [[u8; 32]],
    reader: &'c mut SqliteConnection,
) -> Awaited<'c, Matches<[u8; 32], ClientOfOrganization>> {
    Box::pin(async move {
        let digests = keys
            .iter()
            .map(|digest| blake3::Hash::from(*digest).to_hex().to_string());
        let rows = clients_with_organization!(
            "WHERE k.key_digest IN (SELECT unhex(value) FROM json_each(?1))",
            json(&digests.collect::<Vec<_>>())?
        )
        .fetch_all(reader)
        .await
        .store()?;
        // It was found by one of them, so that it has that many bytes.
        let found = rows.into_iter().filter_map(|mut row| {
            let digest = row.key_digest.take()?.try_into().ok()?;
            Some((digest, of_organization(row)))
        });
        Ok(found.collect())
    })
}

fn of_organization(row: ClientOfOrganizationRow) -> Result<ClientOfOrganization, StoreError> {
    let (client, _, organization): (ApiClient, ClientSecret, Organization) = row.try_into()?;
    Ok((client, organization))
}
