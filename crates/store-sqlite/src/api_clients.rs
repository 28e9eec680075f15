//! API clients.

use async_trait::async_trait;
use roster_application::ports::{ApiClientStore, ClientDeletion, ClientSecret, StoreError, UniqueKey};
use roster_application::recent_clients::{ClientLookup, ClientOfOrganization, RecentClients};
use roster_domain::{
    ApiClient, ApiClientId, ApiClientKind, ClientKey, Organization, OrganizationId, Surface, Timestamp,
};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::SqliteStore;
use crate::crowd::{Conduct, Written};
use crate::error::{IntoStoreError, is_unique_violation};
use crate::rows::{ApiClientRow, clients_with_organization};

mod find;

pub(crate) use find::{find_clients, find_clients_by_key_digest};

#[async_trait]
impl ApiClientStore for SqliteStore {
    async fn create_client(&self, client: &ApiClient, secret: &ClientSecret) -> Result<(), StoreError> {
        insert(&mut *self.writer().await?, client, secret).await
    }

    async fn clients(
        &self,
        organization: OrganizationId,
        after: Option<ApiClientId>,
        limit: u32,
    ) -> Result<Vec<ApiClient>, StoreError> {
        sqlx::query_as!(
            ApiClientRow,
            r#"SELECT organization_id AS "organization_id: Uuid", id AS "id: Uuid", kind, label, email, public_key, jwks_url, surface, created_at
             FROM api_clients
             WHERE organization_id = ?1 AND id > ?2
             ORDER BY id
             LIMIT ?3"#,
            organization.uuid(),
            // Nobody has the least UUID.
            after.map_or(Uuid::nil(), ApiClientId::uuid),
            i64::from(limit),
        )
        .fetch_all(&self.readers)
        .await
        .store()?
        .into_iter()
        .map(ApiClient::try_from)
        .collect()
    }

    async fn client(&self, id: ApiClientId) -> Result<Option<ClientOfOrganization>, StoreError> {
        self.recent_clients
            .get_or_find(ClientLookup::Id(id), self.lookups.clients.get(id))
            .await
    }

    async fn client_by_key_digest(&self, digest: &[u8; 32]) -> Result<Option<ClientOfOrganization>, StoreError> {
        let find = self.lookups.clients_by_key_digest.get(*digest);
        self.recent_clients
            .get_or_find(ClientLookup::KeyDigest(*digest), find)
            .await
    }

    async fn service_account(
        &self,
        folded_email: &str,
    ) -> Result<Option<(ApiClient, ClientSecret, Organization)>, StoreError> {
        clients_with_organization!("WHERE k.email_folded = ?1", folded_email)
            .fetch_optional(&self.readers)
            .await
            .store()?
            .map(TryInto::try_into)
            .transpose()
    }

    async fn delete_client(&self, organization: OrganizationId, id: ApiClientId) -> Result<bool, StoreError> {
        let is_deleted = delete(&mut *self.writer().await?, organization, id).await?;
        RecentClients::outlived().await;
        Ok(is_deleted)
    }

    async fn delete_client_for(
        &self,
        organization: OrganizationId,
        id: ApiClientId,
        by: ApiClientId,
    ) -> Result<ClientDeletion, StoreError> {
        let deletion = async {
            let mut writer = self.begin().await?;
            let by_is_there = sqlx::query_scalar!(
                r#"SELECT EXISTS (SELECT 1 FROM api_clients WHERE organization_id = ?1 AND id = ?2) AS "is_there: bool""#,
                organization.uuid(),
                by.uuid(),
            )
            .fetch_one(&mut *writer)
            .await
            .store()?;
            if !by_is_there {
                return Ok(ClientDeletion::ByNobody);
            }
            let is_deleted = delete(&mut writer, organization, id).await?;
            writer.commit().await.store()?;
            Ok(if is_deleted {
                ClientDeletion::Deleted
            } else {
                ClientDeletion::Absent
            })
        };
        let deletion = deletion.await?;
        RecentClients::outlived().await;
        Ok(deletion)
    }

    async fn use_assertion(
        &self,
        client: ApiClientId,
        jti: &str,
        expires_at: Timestamp,
        _now: Timestamp,
    ) -> Result<bool, StoreError> {
        let digest = *blake3::hash(jti.as_bytes()).as_bytes();
        self.writes
            .write(
                Conduct::Statement,
                (client, digest, expires_at),
                |(client, digest, expires_at), writer| {
                    Box::pin(async move {
                        let noted = sqlx::query!(
                            "INSERT INTO used_assertions (client_id, jti_digest, expires_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (client_id, jti_digest) DO NOTHING",
                            client.uuid(),
                            digest.as_slice(),
                            expires_at.timestamp_micros(),
                        )
                        .execute(writer)
                        .await
                        .store()?;
                        Ok(Written::quietly(noted.rows_affected() > 0))
                    })
                },
            )
            .await
    }
}

/// Deletes a client. `false` if the organization has no such client.
async fn delete(
    writer: &mut SqliteConnection,
    organization: OrganizationId,
    id: ApiClientId,
) -> Result<bool, StoreError> {
    let deleted = sqlx::query!(
        "DELETE FROM api_clients WHERE organization_id = ?1 AND id = ?2",
        organization.uuid(),
        id.uuid(),
    )
    .execute(writer)
    .await
    .store()?;
    Ok(deleted.rows_affected() > 0)
}

/// Stores a new client, or says what stands against it.
pub(crate) async fn insert(
    writer: &mut SqliteConnection,
    client: &ApiClient,
    secret: &ClientSecret,
) -> Result<(), StoreError> {
    let columns = Columns::of(client, secret);
    let organization = client.organization_id.uuid();
    let id = client.id.uuid();
    let kind = client.kind.name();
    let created_at = client.created_at.timestamp_micros();
    let inserted = sqlx::query!(
        "INSERT INTO api_clients (
             organization_id, id, kind, label, key_digest, email, email_folded, password_hash, public_key, jwks_url,
             created_at, surface
         )
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        organization,
        id,
        kind,
        client.label,
        columns.key_digest,
        columns.email,
        columns.email_folded,
        columns.password_hash,
        columns.public_key,
        columns.jwks_url,
        created_at,
        client.surface.map(Surface::name),
    )
    .execute(&mut *writer)
    .await;
    match inserted {
        Err(refusal) if is_unique_violation(&refusal) => {
            Err(standing_against(writer, id, &columns).await?.map_or_else(
                // Another process deleted it in between; whoever asks again succeeds.
                || StoreError::Unavailable(refusal.into()),
                StoreError::Conflict,
            ))
        }
        inserted => inserted.store().map(|_| ()),
    }
}

/// What of another client stands against a client. Asked only after a write was refused.
async fn standing_against(
    writer: &mut SqliteConnection,
    id: Uuid,
    columns: &Columns<'_>,
) -> Result<Option<UniqueKey>, StoreError> {
    let taken = sqlx::query!(
        r#"
        SELECT
            EXISTS (SELECT 1 FROM api_clients WHERE id = ?1) AS "id!: bool",
            EXISTS (SELECT 1 FROM api_clients WHERE key_digest = ?2) AS "key!: bool",
            EXISTS (SELECT 1 FROM api_clients WHERE email_folded = ?3) AS "email!: bool"
        "#,
        id,
        columns.key_digest,
        columns.email_folded,
    )
    .fetch_one(writer)
    .await
    .store()?;
    Ok(taken
        .id
        .then_some(UniqueKey::Id)
        .or(taken.key.then_some(UniqueKey::ApiKey))
        .or(taken.email.then_some(UniqueKey::ServiceAccountEmail)))
}

/// What a client's kind and secret are as values of columns.
struct Columns<'a> {
    key_digest: Option<&'a [u8]>,
    email: Option<&'a str>,
    email_folded: Option<&'a str>,
    password_hash: Option<&'a str>,
    public_key: Option<&'a str>,
    jwks_url: Option<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(client: &'a ApiClient, secret: &'a ClientSecret) -> Self {
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
