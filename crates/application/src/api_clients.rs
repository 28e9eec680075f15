//! The use cases for API clients.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use roster_domain::{
    ApiClient, ApiClientId, ApiClientKind, Change, ClientKey, Email, Fault, FieldPath, Given, Organization, Password,
    Rule, Surface, Violations,
};
use secrecy::{ExposeSecret, SecretString};

mod key_set_url;

use crate::authentication::{Caller, check_public_key, hash_password};
use crate::error::{Conflicting, Error, Missing};
use crate::idempotency::Reserved;
use crate::ports::{ApiClientStore, ClientDeletion, ClientSecret, Clock, Entropy, Ids, StoreError, UniqueKey};

/// The most characters of a label.
pub const MAX_LABEL_CHARACTERS: usize = 100;

/// An API key in clear. `Debug` does not show it.
#[derive(Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// What every generated key begins with, so that scanners for leaked secrets can find it.
    pub const PREFIX: &'static str = "rstr_";

    /// Makes a key of 256 random bits.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(SecretString::from(format!(
            "{}{}",
            Self::PREFIX,
            BASE64_URL_SAFE_NO_PAD.encode(entropy.bytes())
        )))
    }

    /// The fewest characters of a key that the operator chose.
    pub const MIN_GIVEN: usize = 8;
    /// The most characters of a key that the operator chose.
    pub const MAX_GIVEN: usize = 512;

    /// Takes a key that the operator chose: 8 to 512 visible ASCII characters, since it travels in a header.
    pub fn given(key: SecretString) -> Result<Self, Violations> {
        let text = key.expose_secret();
        let fault = if !(Self::MIN_GIVEN..=Self::MAX_GIVEN).contains(&text.len()) {
            Fault::new(
                Rule::Length {
                    min: Self::MIN_GIVEN,
                    max: Self::MAX_GIVEN,
                    unit: "characters",
                },
                Given::count(text.chars().count(), "characters"),
            )
        } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Fault::new(
                Rule::Format {
                    expected: "visible ASCII characters without spaces",
                },
                Given::kind("other characters"),
            )
        } else {
            return Ok(Self(key));
        };
        Err(fault.at(FieldPath::of("key")).into())
    }

    /// The key itself, to be shown once or sent.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// What is stored of an API key. A plain digest suffices, since a key has 256 random bits; and because digests
/// are looked up and not keys, timing tells nothing about them.
#[must_use]
pub fn digest(key: &str) -> [u8; 32] {
    *blake3::hash(key.as_bytes()).as_bytes()
}

/// A client that is to be made, as raw text.
#[derive(Debug, Clone, Default)]
pub struct NewApiClient {
    /// See [`ApiClientKind::NAMES`].
    pub kind: Change<String>,
    /// What people call the client: at most 100 characters.
    pub label: Change<String>,
    /// The one surface that the client is to open: see [`Surface::CALLABLE_NAMES`]. Without it, it opens all.
    pub surface: Change<String>,
    /// For `api_key`: a key that was made already, where whoever makes the client must know it beforehand. Without it one
    /// is made.
    pub key: Option<ApiKey>,
    /// For `oauth_client`: an RSA public key in PEM.
    pub public_key: Change<String>,
    /// For `oauth_client`: the URL of a JSON Web Key Set.
    pub jwks_url: Change<String>,
    /// For `service_account`: the e-mail address.
    pub email: Change<String>,
    /// For `service_account`: the password, 16 to 64 characters.
    pub password: Change<SecretString>,
    /// What the surface already found wrong.
    pub unreadable: Violations,
}

/// A client that was made.
#[derive(Debug, Clone)]
pub struct CreatedApiClient {
    /// The client.
    pub client: ApiClient,
    /// For `api_key`: the key, shown this once.
    pub key: Option<ApiKey>,
}

/// The use cases for API clients.
#[derive(Clone)]
pub struct ApiClients {
    store: Arc<dyn ApiClientStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    entropy: Arc<dyn Entropy>,
    private_addresses: bool,
}

impl ApiClients {
    /// Puts the use cases together. Key sets may be on public hosts only.
    #[must_use]
    pub fn new(
        store: Arc<dyn ApiClientStore>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            clock,
            ids,
            entropy,
            private_addresses: false,
        }
    }

    /// The same, where the operator decides whether key sets may be on private addresses, and behind `http`. What is
    /// refused where keys are fetched should be refused here already, and nothing else.
    #[must_use]
    pub fn allowing_private_addresses(self, private_addresses: bool) -> Self {
        Self {
            private_addresses,
            ..self
        }
    }

    /// Makes a client.
    ///
    /// A request that was begun before and whose answer was lost is done again under the same id: a key that
    /// nobody saw is replaced.
    pub async fn create(
        &self,
        organization: &Organization,
        new: NewApiClient,
        reserved: Option<Reserved>,
    ) -> Result<CreatedApiClient, Error> {
        let checked = check(&new, self.private_addresses)?;
        let id = ApiClientId::new(reserved.map_or_else(|| self.ids.new_id(), Reserved::id));
        if let Some(Reserved::Resumed(_)) = reserved {
            self.store.delete_client(organization.id, id).await?;
        }
        let (kind, secret, key) = match checked.kind {
            CheckedKind::ApiKey => {
                let key = new.key.unwrap_or_else(|| ApiKey::generate(&*self.entropy));
                (
                    ApiClientKind::ApiKey,
                    ClientSecret::KeyDigest(digest(key.expose())),
                    Some(key),
                )
            }
            CheckedKind::OAuthClient(key) => (ApiClientKind::OAuthClient(key), ClientSecret::None, None),
            CheckedKind::ServiceAccount { email, password } => {
                let hash = hash_password(password, self.entropy.bytes()).await?;
                (
                    ApiClientKind::ServiceAccount { email },
                    ClientSecret::PasswordHash(hash),
                    None,
                )
            }
        };
        let client = ApiClient {
            id,
            organization_id: organization.id,
            kind,
            label: checked.label,
            surface: checked.surface,
            created_at: self.clock.now(),
        };
        self.store.create_client(&client, &secret).await.map_err(conflicting)?;
        Ok(CreatedApiClient { client, key })
    }

    /// A page of clients.
    pub async fn list(
        &self,
        organization: &Organization,
        after: Option<ApiClientId>,
        limit: u32,
    ) -> Result<Vec<ApiClient>, Error> {
        Ok(self.store.clients(organization.id, after, limit).await?)
    }

    /// A client of the organization.
    pub async fn get(&self, organization: &Organization, id: ApiClientId) -> Result<ApiClient, Error> {
        // The store finds clients of every organization, for authentication: what is another's is not there.
        let found = self.store.client(id).await?;
        found
            .filter(|(client, _)| client.organization_id == organization.id)
            .map(|(client, _)| client)
            .ok_or(Error::NotFound(Missing::ApiClient))
    }

    /// Deletes a client for another one: nothing it holds opens anything any more. None deletes itself: an organization's last
    /// caller would lock it out, and a key that is to be replaced must not go before the new one is in use. For the same
    /// reason nothing is done for one that was deleted after it was known as the caller.
    pub async fn delete_for(&self, caller: &Caller, id: ApiClientId) -> Result<(), Error> {
        if caller.client.id == id {
            return Err(Error::Conflict(Conflicting::OwnClient));
        }
        match self
            .store
            .delete_client_for(caller.organization.id, id, caller.client.id)
            .await?
        {
            ClientDeletion::Deleted => Ok(()),
            ClientDeletion::Absent => Err(Error::NotFound(Missing::ApiClient)),
            ClientDeletion::ByNobody => Err(Error::Conflict(Conflicting::DeletedCaller)),
        }
    }
}

struct Checked {
    kind: CheckedKind,
    label: Option<String>,
    surface: Option<Surface>,
}

enum CheckedKind {
    ApiKey,
    OAuthClient(ClientKey),
    ServiceAccount { email: Email, password: Password },
}

fn check(new: &NewApiClient, private_addresses: bool) -> Result<Checked, Violations> {
    let mut violations = new.unreadable.clone();
    let label = check_label(&new.label, &mut violations);
    let surface = new
        .surface
        .as_set()
        .and_then(|name| violations.check(&FieldPath::of("surface"), Surface::callable(name)));
    let kind = match &new.kind {
        Change::Set(kind) => match kind.as_str() {
            "api_key" => Some(CheckedKind::ApiKey),
            "oauth_client" => oauth_client(new, private_addresses, &mut violations).map(CheckedKind::OAuthClient),
            "service_account" => service_account(new, &mut violations),
            other => {
                let rule = Rule::OneOf {
                    allowed: ApiClientKind::NAMES,
                };
                violations.push(Fault::new(rule, Given::value(other)).at(FieldPath::of("kind")));
                None
            }
        },
        Change::Keep | Change::Clear => {
            violations.push(Fault::new(Rule::Required, Given::nothing()).at(FieldPath::of("kind")));
            None
        }
    };
    foreign_fields(new, &mut violations);
    match kind {
        Some(kind) if violations.is_empty() => Ok(Checked { kind, label, surface }),
        _ => Err(violations),
    }
}

/// Checks what people call a thing: 1 to 100 characters.
pub(crate) fn check_label(label: &Change<String>, violations: &mut Violations) -> Option<String> {
    let label = label.as_set()?;
    let count = label.chars().count();
    if (1..=MAX_LABEL_CHARACTERS).contains(&count) && !label.chars().any(char::is_control) {
        return Some(label.clone());
    }
    let rule = if label.chars().any(char::is_control) {
        Rule::Format {
            expected: "text without control characters",
        }
    } else {
        Rule::Length {
            min: 1,
            max: MAX_LABEL_CHARACTERS,
            unit: "characters",
        }
    };
    violations.push(Fault::new(rule, Given::count(count, "characters")).at(FieldPath::of("label")));
    None
}

fn oauth_client(new: &NewApiClient, private_addresses: bool, violations: &mut Violations) -> Option<ClientKey> {
    match (new.public_key.as_set(), new.jwks_url.as_set()) {
        (Some(pem), None) => violations
            .check(&FieldPath::of("public_key"), check_public_key(pem))
            .map(|()| ClientKey::PublicKey(pem.clone())),
        (None, Some(url)) => violations
            .check(&FieldPath::of("jwks_url"), key_set_url::check(url, private_addresses))
            .map(|()| ClientKey::JwksUrl(url.clone())),
        (None, None) => {
            violations.push(Fault::new(Rule::Required, Given::nothing()).at(FieldPath::of("public_key")));
            None
        }
        (Some(_), Some(_)) => {
            let rule = Rule::OnlyWith {
                other: "public_key",
                value: "left out",
            };
            violations.push(Fault::new(rule, Given::kind("both")).at(FieldPath::of("jwks_url")));
            None
        }
    }
}

fn service_account(new: &NewApiClient, violations: &mut Violations) -> Option<CheckedKind> {
    let missing = || Fault::new(Rule::Required, Given::nothing());
    let email = new.email.as_set().ok_or_else(missing).and_then(Email::new);
    let password = new
        .password
        .as_set()
        .ok_or_else(missing)
        .and_then(|password| Password::new(password.expose_secret()));
    let email = violations.check(&FieldPath::of("email"), email);
    let password = violations.check(&FieldPath::of("password"), password);
    Some(CheckedKind::ServiceAccount {
        email: email?,
        password: password?,
    })
}

/// A field of another kind is a mistake of the caller, not something to pass over.
fn foreign_fields(new: &NewApiClient, violations: &mut Violations) {
    let Change::Set(kind) = &new.kind else { return };
    if !ApiClientKind::NAMES.contains(&kind.as_str()) {
        return;
    }
    let mut refuse = |name: &'static str, given: bool, of: &'static str| {
        if given && kind != of {
            let rule = Rule::OnlyWith {
                other: "kind",
                value: of,
            };
            violations.push(Fault::new(rule, Given::value(kind)).at(FieldPath::of(name)));
        }
    };
    refuse("key", new.key.is_some(), "api_key");
    refuse("public_key", new.public_key.as_set().is_some(), "oauth_client");
    refuse("jwks_url", new.jwks_url.as_set().is_some(), "oauth_client");
    refuse("email", new.email.as_set().is_some(), "service_account");
    refuse("password", new.password.as_set().is_some(), "service_account");
}

fn conflicting(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(UniqueKey::Id) => Error::Conflict(Conflicting::Id),
        StoreError::Conflict(UniqueKey::ApiKey) => Error::Conflict(Conflicting::ApiKey),
        StoreError::Conflict(UniqueKey::ServiceAccountEmail) => Error::Conflict(Conflicting::ServiceAccountEmail),
        other => Error::Store(other),
    }
}

#[cfg(test)]
mod tests;
