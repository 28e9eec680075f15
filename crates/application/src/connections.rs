//! The use cases for connections.

use std::sync::Arc;

use roster_domain::{
    BaseUrl, Change, Connection, ConnectionId, ConnectionOptions, Fault, FieldPath, Given, Organization, Pause, Rule,
    Vendor, Version, Violations,
};
use secrecy::SecretString;

mod options;

use crate::api_clients::check_label;
use crate::credentials::Credentials;
use crate::error::{Error, Missing};
use crate::idempotency::Reserved;
use crate::ports::{AtOnce, Clock, ConnectionStore, Hold, Ids, Secrets, StoreError, Target, VendorGateway};

const ROUNDS: usize = 64;

/// What a request says about a connection, as raw text.
#[derive(Debug, Clone, Default)]
pub struct ConnectionChanges {
    /// See [`Vendor::NAMES`]. Cannot be changed later.
    pub vendor: Change<String>,
    /// What people call the connection: at most 100 characters.
    pub label: Change<String>,
    /// See [`BaseUrl`].
    pub base_url: Change<String>,
    /// See [`ConnectionOptions`]; its parts merge.
    pub options: Change<OptionsChanges>,
    /// Replaced as a whole.
    pub credentials: Change<CredentialsChanges>,
    /// Whether nothing is sent to the vendor for now.
    pub paused: Change<bool>,
    /// What the surface already found wrong.
    pub unreadable: Violations,
}

pub use options::OptionsChanges;

/// What a request says about a connection's credentials. Which fields are given says which kind they are.
#[derive(Debug, Clone, Default)]
pub struct CredentialsChanges {
    /// With `private_key`.
    pub client_id: Change<String>,
    /// With `client_id`.
    pub private_key: Change<SecretString>,
    /// Alone.
    pub api_key: Change<SecretString>,
    /// With `password`.
    pub email: Change<String>,
    /// With `email`.
    pub password: Change<SecretString>,
}

/// What came of testing a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionTest {
    /// Whether the vendor accepted base URL and credentials.
    pub ok: bool,
    /// What the vendor answered, in plain words.
    pub message: String,
}

/// Whether connections may be made that lead to private addresses. The operator decides, and no organization: whoever
/// may choose the address could otherwise have this server call whatever stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PrivateAddresses {
    /// A connection that allows private addresses is neither made nor led elsewhere.
    #[default]
    Refused,
    /// Each connection says for itself.
    Allowed,
}

/// The use cases for connections.
#[derive(Clone)]
pub struct Connections {
    store: Arc<dyn ConnectionStore>,
    gateway: Arc<dyn VendorGateway>,
    secrets: Arc<dyn Secrets>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    private_addresses: PrivateAddresses,
}

impl Connections {
    /// Puts the use cases together; private addresses are refused.
    #[must_use]
    pub fn new(
        store: Arc<dyn ConnectionStore>,
        gateway: Arc<dyn VendorGateway>,
        secrets: Arc<dyn Secrets>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        Self {
            store,
            gateway,
            secrets,
            clock,
            ids,
            private_addresses: PrivateAddresses::default(),
        }
    }

    /// The same use cases with what the operator decided about private addresses.
    #[must_use]
    pub fn with_private_addresses(self, private_addresses: PrivateAddresses) -> Self {
        Self {
            private_addresses,
            ..self
        }
    }

    /// Makes a connection: every user of the organization gets an account there.
    pub async fn create(
        &self,
        organization: &Organization,
        changes: &ConnectionChanges,
        reserved: Option<Reserved>,
    ) -> Result<Connection, Error> {
        if let Some(Reserved::Resumed(id)) = reserved
            && let Some((connection, _)) = self.store.connection(organization.id, ConnectionId::new(id)).await?
        {
            return Ok(connection);
        }
        let id = ConnectionId::new(reserved.map_or_else(|| self.ids.new_id(), Reserved::id));
        let (connection, credentials) = self.check_new(organization, id, changes)?;
        let sealed = credentials.seal(id, &*self.secrets)?;
        self.store.create_connection(&connection, &sealed).await?;
        Ok(connection)
    }

    /// The connection of an id.
    pub async fn get(&self, organization: &Organization, id: ConnectionId) -> Result<Connection, Error> {
        Ok(self.load(organization, id).await?.0)
    }

    /// The credentials of a connection, in clear: for this process's own needs, never for a caller.
    pub async fn credentials(&self, organization: &Organization, id: ConnectionId) -> Result<Credentials, Error> {
        let (_, sealed) = self.load(organization, id).await?;
        Ok(Credentials::open(&sealed, id, &*self.secrets)?)
    }

    /// A page of connections.
    pub async fn list(
        &self,
        organization: &Organization,
        after: Option<ConnectionId>,
        limit: u32,
    ) -> Result<Vec<Connection>, Error> {
        Ok(self.store.connections(organization.id, after, limit).await?)
    }

    /// Changes a connection. New credentials end a pause, and so does another base URL, unless the request says
    /// otherwise.
    pub async fn update(
        &self,
        organization: &Organization,
        id: ConnectionId,
        changes: &ConnectionChanges,
        expected: Option<&[Version]>,
    ) -> Result<Connection, Error> {
        for _ in 0..ROUNDS {
            let (current, sealed) = self.load(organization, id).await?;
            if expected.is_some_and(|versions| !versions.contains(&current.version)) {
                return Err(Error::VersionMismatch {
                    current: current.version,
                });
            }
            let (next, credentials) = self.check_update(&current, changes)?;
            let effective = match &credentials {
                Some(credentials) => credentials.clone(),
                None => Credentials::open(&sealed, id, &*self.secrets)?,
            };
            self.gateway.check(&next, &effective).into_result()?;
            let resealed = credentials
                .map(|credentials| credentials.seal(id, &*self.secrets))
                .transpose()?;
            if next == current && resealed.is_none() {
                return Ok(current);
            }
            let next = Connection {
                version: current.version + 1,
                updated_at: self.clock.now(),
                ..next
            };
            match self
                .store
                .update_connection(&next, resealed.as_ref(), current.version)
                .await
            {
                Ok(()) => return Ok(next),
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contention)
    }

    /// Deletes a connection and its accounts. Users at the vendor are left as they are.
    pub async fn delete(&self, organization: &Organization, id: ConnectionId) -> Result<(), Error> {
        if self.store.delete_connection(organization.id, id).await? {
            Ok(())
        } else {
            Err(Error::NotFound(Missing::Connection))
        }
    }

    /// Calls the vendor with the cheapest read there is. A success ends a pause that refused credentials caused, and
    /// what the vendor asked for in `Retry-After` before no longer holds. Credentials that cannot be opened have failed the
    /// test.
    pub async fn test(&self, organization: &Organization, id: ConnectionId) -> Result<ConnectionTest, Error> {
        let (connection, sealed) = self.load(organization, id).await?;
        let credentials = match Credentials::open(&sealed, id, &*self.secrets) {
            Ok(credentials) => credentials,
            Err(error) => {
                let message = format!("the connection's credentials cannot be opened: {error}");
                return Ok(ConnectionTest { ok: false, message });
            }
        };
        let target = Target {
            turns: &AtOnce,
            connection: &connection,
            credentials: &credentials,
        };
        match self.gateway.test(target).await {
            Ok(()) => {
                if connection.paused.is_some() {
                    let resume = ConnectionChanges {
                        paused: Change::Set(false),
                        ..ConnectionChanges::default()
                    };
                    self.update(organization, id, &resume, None).await?;
                }
                self.store.lift_floors(organization.id, id, self.clock.now()).await?;
                let message = format!("{} accepted the credentials", connection.vendor.title());
                Ok(ConnectionTest { ok: true, message })
            }
            Err(error) => Ok(ConnectionTest {
                ok: false,
                message: error.message,
            }),
        }
    }

    /// The connections at which departures are held, until somebody approves them.
    pub async fn holds(&self, organization: &Organization) -> Result<Vec<Hold>, Error> {
        Ok(self.store.holds(organization.id).await?)
    }

    /// Approves the departures that are held at a connection. Returns how many.
    pub async fn approve(&self, organization: &Organization, id: ConnectionId) -> Result<u64, Error> {
        self.store
            .approve(organization.id, id, self.clock.now())
            .await?
            .ok_or(Error::NotFound(Missing::Connection))
    }

    /// Pauses a connection whose credentials were refused, unless it changed since the call was made: the new
    /// credentials may well work. Returns whether it was paused now, so that it is said once.
    pub async fn pause(&self, called: &Connection, reason: &str) -> Result<bool, Error> {
        let now = self.clock.now();
        let paused = Connection {
            paused: Some(Pause {
                reason: reason.to_owned(),
                since: now,
            }),
            version: called.version + 1,
            updated_at: now,
            ..called.clone()
        };
        match self.store.update_connection(&paused, None, called.version).await {
            Ok(()) => Ok(true),
            Err(StoreError::Stale) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn load(
        &self,
        organization: &Organization,
        id: ConnectionId,
    ) -> Result<(Connection, crate::ports::Sealed), Error> {
        self.store
            .connection(organization.id, id)
            .await?
            .ok_or(Error::NotFound(Missing::Connection))
    }

    fn check_new(
        &self,
        organization: &Organization,
        id: ConnectionId,
        changes: &ConnectionChanges,
    ) -> Result<(Connection, Credentials), Violations> {
        let mut violations = changes.unreadable.clone();
        let required = || Fault::new(Rule::Required, Given::nothing());
        let vendor = changes
            .vendor
            .as_set()
            .ok_or_else(required)
            .and_then(|name| name.parse::<Vendor>());
        let vendor = violations.check(&FieldPath::of("vendor"), vendor);
        let base_url = changes.base_url.as_set().ok_or_else(required).and_then(BaseUrl::new);
        let base_url = violations.check(&FieldPath::of("base_url"), base_url);
        let label = check_label(&changes.label, &mut violations);
        let options = options::apply(&ConnectionOptions::default(), &changes.options, &mut violations);
        self.check_private_addresses(&options, &mut violations);
        let credentials = match &changes.credentials {
            Change::Set(given) => credentials(given, &mut violations),
            Change::Keep | Change::Clear => {
                violations.push(required().at(FieldPath::of("credentials")));
                None
            }
        };
        let (Some(vendor), Some(base_url), Some(credentials)) = (vendor, base_url, credentials) else {
            return Err(violations);
        };
        violations.extend(options.check(vendor));
        let now = self.clock.now();
        let paused = (changes.paused.as_set() == Some(&true)).then(|| by_request(now));
        let connection = Connection {
            id,
            organization_id: organization.id,
            vendor,
            label,
            base_url,
            options,
            paused,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        violations.extend(self.gateway.check(&connection, &credentials));
        violations.into_result().map(|()| (connection, credentials))
    }

    fn check_update(
        &self,
        current: &Connection,
        changes: &ConnectionChanges,
    ) -> Result<(Connection, Option<Credentials>), Violations> {
        let mut violations = changes.unreadable.clone();
        let null = || Fault::new(Rule::NotNull, Given::kind("null"));
        if changes
            .vendor
            .as_set()
            .is_some_and(|name| name != current.vendor.name())
            || matches!(changes.vendor, Change::Clear)
        {
            let given = changes
                .vendor
                .as_set()
                .map_or(Given::kind("null"), |name| Given::value(name));
            violations.push(Fault::new(Rule::ReadOnly, given).at(FieldPath::of("vendor")));
        }
        let base_url = match &changes.base_url {
            Change::Keep => Some(current.base_url.clone()),
            Change::Clear => violations.check(&FieldPath::of("base_url"), Err(null())),
            Change::Set(url) => violations.check(&FieldPath::of("base_url"), BaseUrl::new(url)),
        };
        let is_led_elsewhere = base_url.as_ref().is_some_and(|url| *url != current.base_url);
        let options = options::apply(&current.options, &changes.options, &mut violations);
        violations.extend(options.check(current.vendor));
        // A connection that may call private addresses already can be relabelled or paused, but not led to others.
        if is_led_elsewhere || !current.options.allow_private_addresses {
            self.check_private_addresses(&options, &mut violations);
        }
        let label = match &changes.label {
            Change::Keep => current.label.clone(),
            label => check_label(label, &mut violations),
        };
        let credentials = match &changes.credentials {
            Change::Keep => None,
            Change::Clear => violations.check(&FieldPath::of("credentials"), Err(null())),
            Change::Set(given) => credentials(given, &mut violations),
        };
        let paused = match changes.paused {
            Change::Set(true) => current.paused.clone().or_else(|| Some(by_request(self.clock.now()))),
            Change::Set(false) => None,
            Change::Keep if credentials.is_some() || is_led_elsewhere => None,
            Change::Keep => current.paused.clone(),
            Change::Clear => violations.check(&FieldPath::of("paused"), Err(null())),
        };
        let Some(base_url) = base_url else {
            return Err(violations);
        };
        violations.into_result()?;
        Ok((
            Connection {
                label,
                base_url,
                options,
                paused,
                ..current.clone()
            },
            credentials,
        ))
    }
}

impl Connections {
    fn check_private_addresses(&self, options: &ConnectionOptions, violations: &mut Violations) {
        if options.allow_private_addresses && self.private_addresses == PrivateAddresses::Refused {
            let rule = Rule::Format {
                expected: "false, unless the operator of this server allows private addresses \
                           (ROSTER_ALLOW_PRIVATE_ADDRESSES)",
            };
            let field = FieldPath::of("options").then("allow_private_addresses");
            violations.push(Fault::new(rule, Given::kind("true")).at(field));
        }
    }
}

fn by_request(now: roster_domain::Timestamp) -> Pause {
    Pause {
        reason: "paused by request: set paused to false to go on".to_owned(),
        since: now,
    }
}

fn credentials(given: &CredentialsChanges, violations: &mut Violations) -> Option<Credentials> {
    let field = FieldPath::of("credentials");
    let required = |name: &'static str| Fault::new(Rule::Required, Given::nothing()).at(field.then(name));
    let oauth = given.client_id.as_set().is_some() || given.private_key.as_set().is_some();
    let account = given.email.as_set().is_some() || given.password.as_set().is_some();
    let key = given.api_key.as_set().is_some();
    match (oauth, key, account) {
        (true, false, false) => match (given.client_id.as_set(), given.private_key.as_set()) {
            (Some(client_id), Some(private_key)) => {
                return Some(Credentials::OAuthClient {
                    client_id: client_id.clone(),
                    private_key: private_key.clone(),
                });
            }
            (None, _) => violations.push(required("client_id")),
            (_, None) => violations.push(required("private_key")),
        },
        (false, false, true) => match (given.email.as_set(), given.password.as_set()) {
            (Some(email), Some(password)) => {
                return Some(Credentials::ServiceAccount {
                    email: email.clone(),
                    password: password.clone(),
                });
            }
            (None, _) => violations.push(required("email")),
            (_, None) => violations.push(required("password")),
        },
        (false, true, false) => {
            return given
                .api_key
                .as_set()
                .map(|key| Credentials::ApiKey { api_key: key.clone() });
        }
        _ => {
            let expected = "client_id and private_key, or api_key, or email and password";
            violations.push(Fault::new(Rule::Format { expected }, Given::kind("none or several")).at(field));
        }
    }
    None
}

#[cfg(test)]
mod tests;
