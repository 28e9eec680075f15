//! API clients.

use std::collections::BTreeSet;

use async_trait::async_trait;
use roster_application::ports::{ApiClientStore, ClientDeletion, ClientSecret, StoreError};
use roster_application::recent_clients::{ClientLookup, ClientOfOrganization, RecentClients};
use roster_domain::{
    ApiClient, ApiClientId, ApiClientKind, ClientKey, Organization, OrganizationId, Surface, Timestamp,
};
use uuid::Uuid;

use crate::PostgresStore;
use crate::crowd::{Reply, Work, hand_out};
use crate::error::IntoStoreError;
use crate::ready::Ready;
use crate::rows::{ApiClientRow, ClientOfOrganizationRow, clients_with_organization};

#[async_trait]
impl ApiClientStore for PostgresStore {
    async fn create_client(&self, client: &ApiClient, secret: &ClientSecret) -> Result<(), StoreError> {
        let columns = Columns::of(client, secret);
        sqlx::query!(
            "INSERT INTO api_clients (
                 organization_id, id, kind, label, key_digest, email, email_folded, password_hash, public_key,
                 jwks_url, created_at, surface
             )
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            client.organization_id.uuid(),
            client.id.uuid(),
            client.kind.name(),
            client.label,
            columns.key_digest,
            columns.email,
            columns.email_folded,
            columns.password_hash,
            columns.public_key,
            columns.jwks_url,
            client.created_at,
            client.surface.map(Surface::name),
        )
        .execute(&self.ready)
        .await
        .store()?;
        Ok(())
    }

    async fn clients(
        &self,
        organization: OrganizationId,
        after: Option<ApiClientId>,
        limit: u32,
    ) -> Result<Vec<ApiClient>, StoreError> {
        sqlx::query_as!(
            ApiClientRow,
            "SELECT organization_id, id, kind, label, email, public_key, jwks_url, surface, created_at
             FROM api_clients
             WHERE organization_id = $1 AND id > $2
             ORDER BY id
             LIMIT $3",
            organization.uuid(),
            // Nobody has the least UUID.
            after.map_or(Uuid::nil(), ApiClientId::uuid),
            i64::from(limit),
        )
        .fetch_all(&self.ready)
        .await
        .store()?
        .into_iter()
        .map(ApiClient::try_from)
        .collect()
    }

    async fn client(&self, id: ApiClientId) -> Result<Option<ClientOfOrganization>, StoreError> {
        let find = async {
            clients_with_organization!("WHERE k.id = $1", id.uuid())
                .fetch_optional(&self.ready)
                .await
                .store()?
                .map(of_organization)
                .transpose()
        };
        self.recent_clients.get_or_find(ClientLookup::Id(id), find).await
    }

    async fn client_by_key_digest(&self, digest: &[u8; 32]) -> Result<Option<ClientOfOrganization>, StoreError> {
        let alone = async {
            clients_with_organization!("WHERE k.key_digest = $1", digest.as_slice())
                .fetch_optional(&self.ready)
                .await
                .store()?
                .map(of_organization)
                .transpose()
        };
        let find = self.crowds.clients_by_key.ask(|| *digest, alone);
        self.recent_clients
            .get_or_find(ClientLookup::KeyDigest(*digest), find)
            .await
    }

    async fn service_account(
        &self,
        folded_email: &str,
    ) -> Result<Option<(ApiClient, ClientSecret, Organization)>, StoreError> {
        clients_with_organization!("WHERE k.email_folded = $1", folded_email)
            .fetch_optional(&self.ready)
            .await
            .store()?
            .map(TryInto::try_into)
            .transpose()
    }

    async fn delete_client(&self, organization: OrganizationId, id: ApiClientId) -> Result<bool, StoreError> {
        let deleted = sqlx::query!(
            "DELETE FROM api_clients WHERE organization_id = $1 AND id = $2",
            organization.uuid(),
            id.uuid(),
        )
        .execute(&self.ready)
        .await
        .store()?;
        RecentClients::outlived().await;
        Ok(deleted.rows_affected() > 0)
    }

    async fn delete_client_for(
        &self,
        organization: OrganizationId,
        id: ApiClientId,
        by: ApiClientId,
    ) -> Result<ClientDeletion, StoreError> {
        // Both are locked, in one order for everybody: whoever comes second sees what the first one did.
        let met = sqlx::query!(
            r#"WITH met AS (
                 SELECT id FROM api_clients WHERE organization_id = $1 AND id IN ($2, $3) ORDER BY id FOR UPDATE
             ), deleted AS (
                 DELETE FROM api_clients
                 WHERE organization_id = $1 AND id = $2
                   AND (SELECT count(*) FROM met) = 2
             )
             SELECT coalesce(bool_or(id = $2), FALSE) AS "is_there!", coalesce(bool_or(id = $3), FALSE) AS "by_is_there!"
             FROM met"#,
            organization.uuid(),
            id.uuid(),
            by.uuid(),
        )
        .fetch_one(&self.ready)
        .await
        .store()?;
        RecentClients::outlived().await;
        Ok(match (met.by_is_there, met.is_there) {
            (false, _) => ClientDeletion::ByNobody,
            (true, false) => ClientDeletion::Absent,
            (true, true) => ClientDeletion::Deleted,
        })
    }

    async fn use_assertion(
        &self,
        client: ApiClientId,
        jti: &str,
        expires_at: Timestamp,
        _now: Timestamp,
    ) -> Result<bool, StoreError> {
        let digest = blake3::hash(jti.as_bytes());
        let noted = sqlx::query!(
            "INSERT INTO used_assertions (client_id, jti_digest, expires_at) VALUES ($1, $2, $3)
             ON CONFLICT (client_id, jti_digest) DO NOTHING",
            client.uuid(),
            digest.as_bytes().as_slice(),
            expires_at,
        )
        .execute(&self.ready)
        .await
        .store()?;
        Ok(noted.rows_affected() > 0)
    }
}

/// Finds clients by the digests of their keys in groups.
pub(crate) struct ByKey {
    pub(crate) ready: Ready,
}

impl Work for ByKey {
    type Item = [u8; 32];
    type Answer = Option<ClientOfOrganization>;

    async fn many(&self, items: Vec<Self::Item>) -> Result<Vec<Reply<Self::Answer>>, sqlx::Error> {
        let digests: BTreeSet<&[u8]> = items.iter().map(<[u8; 32]>::as_slice).collect();
        let digests: Vec<_> = digests.into_iter().collect();
        let rows = clients_with_organization!("WHERE k.key_digest = ANY($1)", digests.as_slice() as &[&[u8]])
            .fetch_all(&self.ready)
            .await?;
        let found = rows.into_iter().filter_map(|mut row| {
            let digest = row.key_digest.take()?.try_into().ok()?;
            Some((digest, of_organization(row)))
        });
        Ok(hand_out(&items, found))
    }
}

fn of_organization(row: ClientOfOrganizationRow) -> Result<ClientOfOrganization, StoreError> {
    let (client, _, organization): (ApiClient, ClientSecret, Organization) = row.try_into()?;
    Ok((client, organization))
}

/// What a client's kind and secret are as values of columns.
pub(crate) struct Columns<'a> {
    pub(crate) key_digest: Option<&'a [u8]>,
    pub(crate) email: Option<&'a str>,
    pub(crate) email_folded: Option<&'a str>,
    pub(crate) password_hash: Option<&'a str>,
    pub(crate) public_key: Option<&'a str>,
    pub(crate) jwks_url: Option<&'a str>,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(client: &'a ApiClient, secret: &'a ClientSecret) -> Self {
        let (key_digest, password_hash) = match secret {
            ClientSecret::None => (None, None),
            ClientSecret::KeyDigest(digest) => (Some(digest.as_slice()), None),
            ClientSecret::PasswordHash(hash) => (None, Some(hash.as_str())),
        };
        let (email, public_key, jwks_url) = match &client.kind {
            ApiClientKind::ApiKey => (None, None, None),
            ApiClientKind::OAuthClient(ClientKey::PublicKey(pem)) => (None, Some(pem.as_str()), None),
            ApiClientKind::OAuthClient(ClientKey::JwksUrl(url)) => (None, None, Some(url.as_str())),
            ApiClientKind::ServiceAccount { email } => (Some(email), None, None),
        };
        Self {
            key_digest,
            email: email.map(roster_domain::Email::as_str),
            email_folded: email.map(roster_domain::Email::folded),
            password_hash,
            public_key,
            jwks_url,
        }
    }
}
