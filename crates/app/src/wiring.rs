//! Putting adapters and use cases together.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use roster_application::accounts::Accounts;
use roster_application::api_clients::ApiClients;
use roster_application::authentication::{Authentication, Tokens};
use roster_application::connections::{Connections, PrivateAddresses};
use roster_application::convergence::{Convergence, ConvergencePorts, Leases, Worker, WorkerSettings};
use roster_application::customers::Customers;
use roster_application::directory::Directory;
use roster_application::groups::Groups;
use roster_application::history::Histories;
use roster_application::idempotency::Idempotency;
use roster_application::links::Links;
use roster_application::organizations::Organizations;
use roster_application::ports::{Clock, ConnectionStore, Entropy, Ids, Secrets, Store, StoreError, VendorGateway};
use roster_application::preview::Previews;
use roster_application::pull::Pulls;
use roster_application::rotation::Rotation;
use roster_application::sessions::Sessions;
use roster_application::users::Users;
use roster_domain::RetryPolicy;
use roster_http::{DialectSettings, Readiness, Services};
use roster_store_postgres::PostgresStore;
use roster_store_sqlite::SqliteStore;
use roster_vendors::{Corti, Egress, EgressLimits, Gateway, HttpKeySets, NablaConnect, NablaCore, Upheal};

use crate::adapters::{AeadSecrets, SystemClock, SystemEntropy, UuidV7};
use crate::secret_key::{SecretKey, SecretKeyError};
use crate::settings::{Database, Settings};

/// How long a process that stops waits for what is under way.
pub(crate) const GRACE: Duration = Duration::from_secs(10);
/// How long a deleted user's tombstone is kept after the last vendor let go.
const TOMBSTONES_KEPT: TimeDelta = TimeDelta::days(30);

/// Persistence, whichever it is.
pub(crate) enum OpenStore {
    Sqlite(Arc<SqliteStore>),
    Postgres(Arc<PostgresStore>),
}

impl OpenStore {
    /// Connects, and brings the tables up to date.
    pub(crate) async fn open(settings: &Settings) -> Result<Self, StoreError> {
        match &settings.database {
            Database::Sqlite { url, .. } => {
                let store = SqliteStore::connect(url).await?;
                store.migrate().await?;
                Ok(Self::Sqlite(Arc::new(store)))
            }
            Database::Postgres { url } => {
                let options = roster_store_postgres::Options {
                    max_connections: settings.database_connections,
                    ..Default::default()
                };
                let store = PostgresStore::connect_with(url, options).await?;
                store.migrate().await?;
                Ok(Self::Postgres(Arc::new(store)))
            }
        }
    }

    /// The ports.
    pub(crate) fn ports(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => Arc::clone(store) as Arc<dyn Store>,
            Self::Postgres(store) => Arc::clone(store) as Arc<dyn Store>,
        }
    }

    /// Ends all connections once what is under way is done.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}

#[async_trait]
impl Readiness for OpenStore {
    async fn check(&self) -> Result<(), String> {
        let ping = async {
            match self {
                Self::Sqlite(store) => store.ping().await,
                Self::Postgres(store) => store.ping().await,
            }
        };
        match tokio::time::timeout(Duration::from_secs(2), ping).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err("the database does not answer".to_owned()),
            Err(_) => Err("the database does not answer in time".to_owned()),
        }
    }
}

/// The use cases that need nothing but the store: enough for the command line.
pub(crate) struct Desk {
    pub(crate) users: Users,
    pub(crate) accounts: Accounts,
    pub(crate) histories: Histories,
    pub(crate) directory: Directory,
    pub(crate) groups: Groups,
    pub(crate) api_clients: ApiClients,
    pub(crate) organizations: Organizations,
    /// Connections, to be found by name: what else is done with them may need their credentials opened.
    pub(crate) connections: Arc<dyn ConnectionStore>,
}

impl Desk {
    /// Puts the use cases together.
    pub(crate) fn new(store: &Arc<dyn Store>) -> Self {
        let (clock, ids, entropy) = system();
        Self {
            users: Users::new(Arc::clone(store) as _, Arc::clone(&clock), Arc::clone(&ids)),
            accounts: Accounts::new(
                Arc::clone(store) as _,
                Arc::clone(store) as _,
                Arc::clone(store) as _,
                Arc::clone(&clock),
                Arc::clone(&ids),
            ),
            histories: Histories::new(Arc::clone(store) as _, Arc::clone(store) as _),
            directory: Directory::new(Arc::clone(store) as _),
            groups: Groups::new(Arc::clone(store) as _, Arc::clone(&clock), Arc::clone(&ids)),
            api_clients: ApiClients::new(
                Arc::clone(store) as _,
                Arc::clone(&clock),
                Arc::clone(&ids),
                Arc::clone(&entropy),
            ),
            organizations: Organizations::new(Arc::clone(store) as _, clock, ids, entropy),
            connections: Arc::clone(store) as _,
        }
    }

    /// The same use cases, able to keep secrets.
    fn sealing_with(self, secrets: Arc<dyn Secrets>) -> Self {
        Self {
            users: self.users.sealing_with(secrets),
            ..self
        }
    }

    /// The same use cases with what the operator decided.
    pub(crate) fn under(self, settings: &Settings) -> Self {
        Self {
            api_clients: self
                .api_clients
                .allowing_private_addresses(settings.allow_private_addresses),
            ..self
        }
    }
}

/// Everything that serving needs.
pub(crate) struct Wired {
    pub(crate) desk: Desk,
    pub(crate) connections: Connections,
    pub(crate) previews: Previews,
    pub(crate) pulls: Pulls,
    pub(crate) rotation: Rotation,
    pub(crate) sessions: Sessions,
    pub(crate) authentication: Authentication,
    pub(crate) tokens: Tokens,
    pub(crate) idempotency: Idempotency,
    pub(crate) customers: Customers,
    pub(crate) links: Links,
    dialects: DialectSettings,
    history_kept: TimeDelta,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    convergence: Convergence,
    store: Arc<dyn Store>,
}

/// Why things cannot be put together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WiringError {
    #[error("the sealing key cannot be used: {0}")]
    Secrets(#[from] roster_application::ports::SecretsError),
    #[error(transparent)]
    SecretKey(#[from] SecretKeyError),
    #[error("the HTTP client cannot be built: {0}")]
    Egress(#[from] roster_vendors::EgressError),
}

impl Wired {
    /// Puts everything together.
    pub(crate) fn new(store: Arc<dyn Store>, secret_key: &SecretKey, settings: &Settings) -> Result<Self, WiringError> {
        let (clock, ids, entropy) = system();
        let previous = SecretKey::previous(settings.previous_secret_key.as_ref())?;
        let secrets: Arc<dyn Secrets> = Arc::new(AeadSecrets::new(secret_key, &previous)?);
        let call = Duration::from_secs(u64::from(settings.vendor_timeout));
        let egress = Egress::new(EgressLimits {
            call,
            ..EgressLimits::default()
        })?;
        let gateway: Arc<dyn VendorGateway> = Arc::new(Gateway::new(
            NablaCore::new(egress.clone(), Arc::clone(&clock), Arc::clone(&ids)),
            NablaConnect::new(egress.clone(), Arc::clone(&clock), Arc::clone(&ids)),
            Upheal::new(egress.clone(), Arc::clone(&clock)),
            Corti::new(egress.clone(), Arc::clone(&clock)),
        ));
        let key_sets = Arc::new(HttpKeySets::new(
            egress,
            Arc::clone(&clock),
            settings.allow_private_addresses,
        ));
        let tokens = previous
            .iter()
            .fold(Tokens::new(&secret_key.token_key()), |tokens, key| {
                tokens.also_taking(&key.token_key())
            });
        let connections = Connections::new(
            Arc::clone(&store) as _,
            Arc::clone(&gateway),
            Arc::clone(&secrets),
            Arc::clone(&clock),
            Arc::clone(&ids),
        )
        .with_private_addresses(if settings.allow_private_addresses {
            PrivateAddresses::Allowed
        } else {
            PrivateAddresses::Refused
        });
        let ports = ConvergencePorts {
            queue: Arc::clone(&store) as _,
            accounts: Arc::clone(&store) as _,
            gateway: Arc::clone(&gateway),
            connections: connections.clone(),
            secrets: Arc::clone(&secrets),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            ids: Arc::clone(&ids),
        };
        let convergence = Convergence::new(ports, RetryPolicy::default(), Leases::of_calls(call));
        let desk = Desk::new(&store).sealing_with(Arc::clone(&secrets)).under(settings);
        Ok(Self {
            previews: Previews::new(
                Arc::clone(&store) as _,
                Arc::clone(&store) as _,
                Arc::clone(&store) as _,
                Arc::clone(&gateway),
                Arc::clone(&secrets),
            ),
            pulls: Pulls::new(
                desk.users.clone(),
                Arc::clone(&store) as _,
                Arc::clone(&store) as _,
                Arc::clone(&store) as _,
                gateway,
                Arc::clone(&secrets),
            ),
            rotation: Rotation::new(Arc::clone(&store) as _, Arc::clone(&secrets)),
            history_kept: TimeDelta::days(i64::from(settings.history_days)),
            desk,
            customers: Customers::new(Arc::clone(&store) as _, Arc::clone(&clock)),
            links: Links::new(Arc::clone(&store) as _, entropy),
            dialects: settings.dialects.clone(),
            connections,
            sessions: Sessions::new(
                Arc::clone(&store) as _,
                Arc::clone(&store) as _,
                tokens.clone(),
                Arc::clone(&clock),
                Arc::clone(&ids),
            ),
            authentication: Authentication::new(Arc::clone(&store) as _, key_sets, Arc::clone(&clock)),
            tokens,
            idempotency: Idempotency::new(Arc::clone(&store) as _, secrets, Arc::clone(&clock), Arc::clone(&ids)),
            clock,
            ids,
            convergence,
            store,
        })
    }

    /// What the HTTP adapter works with.
    pub(crate) fn services(&self, readiness: Arc<dyn Readiness>, public_urls: Vec<String>) -> Services {
        Services {
            users: self.desk.users.clone(),
            accounts: self.desk.accounts.clone(),
            histories: self.desk.histories.clone(),
            previews: self.previews.clone(),
            connections: self.connections.clone(),
            api_clients: self.desk.api_clients.clone(),
            organizations: self.desk.organizations.clone(),
            authentication: self.authentication.clone(),
            tokens: self.tokens.clone(),
            sessions: self.sessions.clone(),
            idempotency: self.idempotency.clone(),
            customers: self.customers.clone(),
            directory: self.desk.directory.clone(),
            groups: self.desk.groups.clone(),
            links: self.links.clone(),
            dialects: self.dialects.clone(),
            ids: Arc::clone(&self.ids),
            clock: Arc::clone(&self.clock),
            readiness,
            public_urls,
        }
    }

    /// The worker.
    pub(crate) fn worker(&self) -> Worker {
        let settings = WorkerSettings {
            grace: GRACE,
            ..WorkerSettings::default()
        };
        Worker::new(
            self.ids.new_id(),
            self.convergence.clone(),
            Arc::clone(&self.store) as _,
            settings,
        )
    }

    /// Forgets what has run out: answers to repeated requests, sessions, tombstones, histories.
    pub(crate) async fn tidy_up(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let kept = TimeDelta::from_std(Idempotency::KEPT).unwrap_or(TimeDelta::days(1));
        let keys = self.store.purge_idempotency_keys(now - kept).await?;
        let sessions = self.store.purge_sessions(now).await?;
        let users = self.store.purge_users(now - TOMBSTONES_KEPT).await?;
        let history = self.store.purge_history(now - self.history_kept).await?;
        Ok(keys + sessions + users + history)
    }
}

fn system() -> (Arc<dyn Clock>, Arc<dyn Ids>, Arc<dyn Entropy>) {
    (Arc::new(SystemClock), Arc::new(UuidV7), Arc::new(SystemEntropy))
}
