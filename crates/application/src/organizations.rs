//! The use cases for organizations.

use std::sync::Arc;

use roster_domain::{
    ApiClient, ApiClientId, ApiClientKind, ConnectVersion, Organization, OrganizationId, PhiGuard, Slug,
};
use secrecy::SecretString;

use crate::api_clients::{ApiKey, digest};
use crate::error::{Conflicting, Error, Missing};
use crate::ports::{ClientSecret, Clock, Entropy, Ids, OrganizationStore, StoreError, UniqueKey};

/// The use cases for organizations.
#[derive(Clone)]
pub struct Organizations {
    store: Arc<dyn OrganizationStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    entropy: Arc<dyn Entropy>,
}

/// An organization that was asked for by its short name.
#[derive(Debug)]
pub struct Ensured {
    /// The organization.
    pub organization: Organization,
    /// The API key, if the organization is new: it is shown this once.
    pub key: Option<ApiKey>,
}

impl Organizations {
    /// Puts the use cases together.
    #[must_use]
    pub fn new(
        store: Arc<dyn OrganizationStore>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            clock,
            ids,
            entropy,
        }
    }

    /// The organization of a short name.
    pub async fn get(&self, slug: &Slug) -> Result<Organization, Error> {
        self.store
            .organization_by_slug(slug)
            .await?
            .ok_or(Error::NotFound(Missing::Organization))
    }

    /// The organization of a short name, made with a first API key if there is none. Of many who do so at once,
    /// one makes it.
    pub async fn ensure(&self, slug: &Slug, key: Option<SecretString>) -> Result<Ensured, Error> {
        if let Some(organization) = self.store.organization_by_slug(slug).await? {
            return Ok(Ensured {
                organization,
                key: None,
            });
        }
        let now = self.clock.now();
        let organization = Organization {
            id: OrganizationId::new(self.ids.new_id()),
            slug: slug.clone(),
            phi_guard: PhiGuard::default(),
            nabla_connect_version: Some(ConnectVersion::NEWEST),
            created_at: now,
        };
        let client = ApiClient {
            id: ApiClientId::new(self.ids.new_id()),
            organization_id: organization.id,
            kind: ApiClientKind::ApiKey,
            label: Some("first key".to_owned()),
            surface: None,
            created_at: now,
        };
        let key = match key {
            Some(given) => ApiKey::given(given)?,
            None => ApiKey::generate(&*self.entropy),
        };
        let secret = ClientSecret::KeyDigest(digest(key.expose()));
        match self.store.create_organization(&organization, &client, &secret).await {
            Ok(()) => Ok(Ensured {
                organization,
                key: Some(key),
            }),
            Err(StoreError::Conflict(UniqueKey::Slug)) => Ok(Ensured {
                organization: self.get(slug).await?,
                key: None,
            }),
            Err(StoreError::Conflict(UniqueKey::ApiKey)) => Err(Error::Conflict(Conflicting::ApiKey)),
            Err(error) => Err(error.into()),
        }
    }

    /// Chooses what is done about metadata that looks like patient data.
    pub async fn set_phi_guard(&self, organization: &Organization, guard: PhiGuard) -> Result<(), Error> {
        if self.store.set_phi_guard(organization.id, guard).await? {
            Ok(())
        } else {
            Err(Error::NotFound(Missing::Organization))
        }
    }

    /// Pins the version that Nabla Connect requests without one get.
    pub async fn set_nabla_connect_version(
        &self,
        organization: &Organization,
        version: ConnectVersion,
    ) -> Result<(), Error> {
        if self.store.set_nabla_connect_version(organization.id, version).await? {
            Ok(())
        } else {
            Err(Error::NotFound(Missing::Organization))
        }
    }
}

#[cfg(test)]
mod tests;
