//! Being woken: within a process at once, between processes by NOTIFY.
//!
//! A NOTIFY inside the writing transaction would make every such transaction of the whole server commit one after the
//! other (PostgreSQL holds one lock from the NOTIFY to the end of the commit). So a task of its own notifies, once for
//! all writes of some milliseconds, after they are committed. What is lost when a process dies in between is found by
//! polling, which is the floor anyway.
//!
//! A process hears its own NOTIFY, too, of what it has been woken for already. It knows it by a name, and sleeps on: every
//! wake costs some questions to the database, just when the calls for the first one are under way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use roster_application::ports::Wake;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::PostgresStore;

/// Roster's channel for LISTEN and NOTIFY.
const CHANNEL: &str = "roster_accounts";
/// Writes that are not further apart than this are told to other processes as one.
const GATHER: Duration = Duration::from_millis(10);
/// How long to wait after the database could not be reached.
const PAUSE: Duration = Duration::from_secs(1);

/// What wakes workers, in this process and in others.
pub(crate) struct Signal {
    woken: Arc<Notify>,
    unannounced: Arc<Notify>,
    name: Name,
    server: PgConnectOptions,
    tasks: Mutex<Tasks>,
}

/// What this process is called in its notifications; nothing as long as it does not listen.
#[derive(Clone, Default)]
struct Name(Arc<Mutex<Option<Uuid>>>);

impl Name {
    fn lock(&self) -> MutexGuard<'_, Option<Uuid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, name: Uuid) {
        *self.lock() = Some(name);
    }

    /// What is sent along.
    fn text(&self) -> String {
        self.lock().map(|name| name.to_string()).unwrap_or_default()
    }
}

struct Tasks {
    announcer: JoinHandle<()>,
    /// Made when somebody waits for the first time: a process that only serves requests needs none.
    listener: Option<JoinHandle<()>>,
    stopped: bool,
}

impl Signal {
    /// Starts to tell other processes about what this one makes due.
    pub(crate) fn start(pool: PgPool, server: PgConnectOptions) -> Self {
        let unannounced = Arc::new(Notify::new());
        let name = Name::default();
        let announcer = tokio::spawn(announce(pool, name.clone(), Arc::clone(&unannounced)));
        let tasks = Mutex::new(Tasks {
            announcer,
            listener: None,
            stopped: false,
        });
        Self {
            woken: Arc::new(Notify::new()),
            unannounced,
            name,
            server,
            tasks,
        }
    }

    /// Says that a write which is committed made an account due.
    pub(crate) fn made_due(&self) {
        self.woken.notify_one();
        self.unannounced.notify_one();
    }

    /// Ends what runs in the background.
    pub(crate) fn stop(&self) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.stopped = true;
        tasks.announcer.abort();
        if let Some(listener) = tasks.listener.take() {
            listener.abort();
        }
    }

    fn listen(&self) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if tasks.listener.is_none() && !tasks.stopped {
            let (server, name, woken) = (self.server.clone(), self.name.clone(), Arc::clone(&self.woken));
            tasks.listener = Some(tokio::spawn(listen(server, name, woken)));
        }
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        self.stop();
    }
}

#[async_trait]
impl Wake for PostgresStore {
    async fn wait(&self, at_most: Duration) {
        self.signal.listen();
        // Whoever was told while nobody waited finds a permit here, and does not wait.
        let _ = tokio::time::timeout(at_most, self.signal.woken.notified()).await;
    }
}

/// Tells other processes, for ever.
async fn announce(pool: PgPool, name: Name, unannounced: Arc<Notify>) {
    loop {
        unannounced.notified().await;
        let told = sqlx::query!("SELECT pg_notify($1, $2)", CHANNEL, name.text())
            .execute(&pool)
            .await;
        if let Err(error) = told {
            // The writes are stored all the same, and found by polling.
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "other processes could not be notified"
            );
        }
        tokio::time::sleep(GATHER).await;
    }
}

/// Listens to other processes, for ever.
async fn listen(server: PgConnectOptions, name: Name, woken: Arc<Notify>) {
    // One connection beside the others, so that it is not missing when those are busy.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_lazy_with(server.application_name("roster listener"));
    let mut reported = false;
    loop {
        match listen_once(&pool, &name, &woken, &mut reported).await {
            Ok(never) => match never {},
            Err(error) if !reported => {
                reported = true;
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "not woken by other processes until the database is back; polling meanwhile",
                );
            }
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Listens until the connection is lost and cannot be made anew.
async fn listen_once(
    pool: &PgPool,
    name: &Name,
    woken: &Notify,
    reported: &mut bool,
) -> Result<std::convert::Infallible, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    // Nobody else is told this one.
    let own = sqlx::query_scalar!(r#"SELECT gen_random_uuid() AS "name!""#)
        .fetch_one(&mut listener)
        .await?;
    name.set(own);
    let own = own.to_string();
    listener.listen(CHANNEL).await?;
    if std::mem::take(reported) {
        tracing::info!("woken by other processes again");
    }
    // Waking without cause is allowed; and nobody knows what was said before.
    woken.notify_one();
    loop {
        // Nothing received means that the connection was lost, and nobody knows what was said meanwhile.
        let is_own = listener.try_recv().await?.is_some_and(|told| told.payload() == own);
        if !is_own {
            woken.notify_one();
        }
    }
}
