//! Look-ups by a key that are answered together.
//!
//! Whoever comes while nobody looks anything up does so at once. Whoever comes meanwhile is looked up with all the others
//! who do, by one statement that begins after they came, so that each sees what was committed before it asked.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use roster_application::ports::StoreError;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::{Awaited, locked};
use crate::error::{IntoStoreError, copy};

/// The most keys of one statement.
const MOST: usize = 64;

/// What there is for a key: nothing, or a row that may be corrupt.
pub(crate) type Found<V> = Result<Option<V>, StoreError>;

/// Finds what there is for many keys. Those that are not among the found have nothing.
pub(crate) type Find<K, V> = for<'c> fn(&'c [K], &'c mut SqliteConnection) -> Awaited<'c, Matches<K, V>>;

/// The rows that there are, each with its key, or why none could be asked for.
pub(crate) type Matches<K, V> = Result<Vec<(K, Result<V, StoreError>)>, StoreError>;

/// Look-ups of one kind, on a connection of their own.
pub(crate) struct Lookups<K: Eq + Hash, V: Clone>(Arc<Shared<K, V>>);

struct Shared<K, V> {
    file: SqliteConnectOptions,
    find: Find<K, V>,
    state: Mutex<State<K, V>>,
}

struct State<K, V> {
    waiting: Vec<(K, Caller<V>)>,
    /// Opened when it is first needed, and absent while somebody has it.
    connection: Option<SqliteConnection>,
    is_busy: bool,
    is_closed: bool,
}

type Caller<V> = oneshot::Sender<Found<V>>;

impl<K, V> Lookups<K, V>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + 'static,
{
    pub(crate) fn new(file: SqliteConnectOptions, find: Find<K, V>) -> Self {
        let state = State {
            waiting: Vec::new(),
            connection: None,
            is_busy: false,
            is_closed: false,
        };
        Self(Arc::new(Shared {
            file,
            find,
            state: Mutex::new(state),
        }))
    }

    /// What there is for a key.
    pub(crate) async fn get(&self, key: K) -> Found<V> {
        match self.0.enter(key)? {
            Entry::Turn(mut turn, key) => {
                let keys = [key];
                let found = turn.find(&keys).await?;
                found.into_iter().next().map(|(_, found)| found).transpose()
            }
            // Nobody is left to answer only where the runtime goes down.
            Entry::Waits(answer) => answer.await.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed).store()),
        }
    }

    /// Looks nothing up any more. Whoever waits is still answered.
    pub(crate) async fn close(&self) {
        let connection = {
            let mut state = locked(&self.0.state);
            state.is_closed = true;
            state.connection.take()
        };
        if let Some(connection) = connection {
            // It only read: there is nothing to be lost.
            let _ = connection.close().await;
        }
    }
}

enum Entry<K, V>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + 'static,
{
    Turn(Turn<K, V>, K),
    Waits(oneshot::Receiver<Found<V>>),
}

impl<K, V> Shared<K, V>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + 'static,
{
    fn enter(self: &Arc<Self>, key: K) -> Result<Entry<K, V>, StoreError> {
        let mut state = locked(&self.state);
        if state.is_closed {
            return Err(sqlx::Error::PoolClosed).store();
        }
        if state.is_busy {
            let (caller, answer) = oneshot::channel();
            state.waiting.push((key, caller));
            return Ok(Entry::Waits(answer));
        }
        state.is_busy = true;
        let turn = Turn {
            shared: Arc::clone(self),
            connection: state.connection.take(),
        };
        Ok(Entry::Turn(turn, key))
    }
}

/// The right to use the connection. Whoever drops it hands it on, whether or not it was used to the end.
struct Turn<K, V>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + 'static,
{
    shared: Arc<Shared<K, V>>,
    connection: Option<SqliteConnection>,
}

impl<K, V> Turn<K, V>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + 'static,
{
    async fn find(&mut self, keys: &[K]) -> Matches<K, V> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(SqliteConnection::connect_with(&self.shared.file).await.store()?),
        };
        let found = (self.shared.find)(keys, connection).await;
        if found.is_err() {
            // The next one opens another.
            self.connection = None;
        }
        found
    }

    async fn answer(mut self, crowd: Vec<(K, Caller<V>)>) {
        let mut callers: HashMap<K, Vec<Caller<V>>> = HashMap::new();
        for (key, caller) in crowd {
            callers.entry(key).or_default().push(caller);
        }
        let (keys, callers): (Vec<_>, Vec<_>) = callers.into_iter().unzip();
        let found = self.find(&keys).await;
        // The connection is free again before anybody is answered, who may ask for more.
        drop(self);
        let mut callers: HashMap<_, _> = keys.into_iter().zip(callers).collect();
        match found {
            Ok(found) => {
                for (key, found) in found {
                    for caller in callers.remove(&key).into_iter().flatten() {
                        let found = found.as_ref().map(|value| Some(value.clone())).map_err(copy);
                        let _ = caller.send(found);
                    }
                }
                for caller in callers.into_values().flatten() {
                    let _ = caller.send(Ok(None));
                }
            }
            Err(error) => {
                for caller in callers.into_values().flatten() {
                    let _ = caller.send(Err(copy(&error)));
                }
            }
        }
    }
}

impl<K, V> Drop for Turn<K, V>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + 'static,
{
    fn drop(&mut self) {
        let mut state = locked(&self.shared.state);
        let most = state.waiting.len().min(MOST);
        let crowd: Vec<_> = state.waiting.drain(..most).collect();
        match Handle::try_current() {
            Ok(runtime) if !crowd.is_empty() => {
                drop(state);
                let turn = Self {
                    shared: Arc::clone(&self.shared),
                    connection: self.connection.take(),
                };
                runtime.spawn(turn.answer(crowd));
            }
            _ => {
                // Without a runtime nobody answers those who wait.
                state.waiting.clear();
                state.is_busy = false;
                if !state.is_closed {
                    state.connection = self.connection.take();
                }
            }
        }
    }
}
