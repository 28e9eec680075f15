//! Writes that are committed together.
//!
//! Whoever finds nobody at the writer sets a task to work that takes all who wait, in their order, through one
//! transaction, and goes on until nobody is left. Nothing is answered before the commit, refusals included, for they may
//! rest on what others wrote in the same transaction. Where anything but a refusal goes wrong, or the commit does,
//! everything is undone and each write is done again by itself, so that each hears its own answer.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use roster_application::ports::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use super::job::{Conduct, Job, Run, Waiting, Went};
use super::locked;
use crate::error::{IntoStoreError, copy};

/// The most writes of one transaction: enough that the wait for the disk is a small part of each, and few enough that
/// the first need not wait long for the last.
const MOST: usize = 128;

/// The one connection that writes, and those who wait for it.
pub(crate) struct Writes {
    shared: Arc<Shared>,
    patience: Duration,
}

struct Shared {
    /// Holds one connection: SQLite has one writer at a time, and waiting here is fair and spares the busy time-out.
    pool: SqlitePool,
    queue: Mutex<Queue>,
    /// How many wait for the connection to have it for themselves.
    direct: AtomicUsize,
    woken: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Box<dyn Job>>,
    is_served: bool,
}

impl Writes {
    pub(crate) fn new(pool: SqlitePool, patience: Duration) -> Self {
        let shared = Shared {
            pool,
            queue: Mutex::default(),
            direct: AtomicUsize::new(0),
            woken: Notify::new(),
        };
        Self {
            shared: Arc::new(shared),
            patience,
        }
    }

    /// Writes, along with whoever writes at the same time. Does nothing where the caller leaves before it is begun.
    pub(crate) async fn write<D, T>(&self, conduct: Conduct, data: D, run: Run<D, T>) -> Result<T, StoreError>
    where
        D: Send + Sync + 'static,
        T: Send + 'static,
    {
        if self.shared.pool.is_closed() {
            return Err(sqlx::Error::PoolClosed).store();
        }
        let (caller, mut answer) = oneshot::channel();
        let is_settled = Arc::new(AtomicBool::new(false));
        self.shared.queue(Box::new(Waiting {
            conduct,
            data,
            run,
            outcome: None,
            caller,
            is_settled: Arc::clone(&is_settled),
        }));
        let answer = match timeout(self.patience, &mut answer).await {
            Ok(answer) => answer,
            Err(_) if !is_settled.swap(true, Ordering::AcqRel) => return Err(sqlx::Error::PoolTimedOut).store(),
            Err(_) => answer.await,
        };
        // Nobody is left to answer only where the runtime goes down.
        answer.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed).store())
    }

    /// The connection for oneself, for single statements.
    pub(crate) async fn connection(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        let _direct = Direct::new(&self.shared.direct);
        self.shared.pool.acquire().await.store()
    }

    /// A transaction for oneself that writes from its beginning on, so that it need not be repeated because another process
    /// wrote between its first read and its first write.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        let _direct = Direct::new(&self.shared.direct);
        self.shared.pool.begin_with("BEGIN IMMEDIATE").await.store()
    }

    /// The pool of the one connection.
    pub(crate) fn pool(&self) -> &SqlitePool {
        &self.shared.pool
    }

    /// What is told when a write that is committed made an account due.
    pub(crate) fn woken(&self) -> &Notify {
        &self.shared.woken
    }
}

/// Counts somebody as waiting, for as long as that takes.
struct Direct<'a>(&'a AtomicUsize);

impl<'a> Direct<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Direct<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Shared {
    fn queue(self: &Arc<Self>, job: Box<dyn Job>) {
        let mut queue = locked(&self.queue);
        queue.waiting.push_back(job);
        if !queue.is_served {
            queue.is_served = true;
            let server = Server {
                shared: Arc::clone(self),
                is_done: false,
            };
            tokio::spawn(server.serve());
        }
    }

    /// Those who are next, in their order, without those who gave up. Empty when nobody waits, and then nobody serves.
    fn next(&self) -> Vec<Box<dyn Job>> {
        let mut queue = locked(&self.queue);
        let mut crowd = Vec::new();
        while crowd.len() < MOST {
            match queue.waiting.pop_front() {
                Some(job) if job.begin() => crowd.push(job),
                Some(_) => {}
                None => break,
            }
        }
        queue.is_served = !crowd.is_empty();
        crowd
    }

    fn answer(&self, crowd: Vec<Box<dyn Job>>) {
        let due = crowd
            .into_iter()
            .map(Job::answer)
            .filter(|makes_due| *makes_due)
            .count();
        if due > 0 {
            self.woken.notify_one();
        }
    }
}

/// The task that serves. However it ends, nobody is left waiting for it.
struct Server {
    shared: Arc<Shared>,
    /// Whether it left while nobody waited. There may be another one since.
    is_done: bool,
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.is_done {
            let mut queue = locked(&self.shared.queue);
            queue.is_served = false;
            // Their callers hear that nobody answers any more.
            queue.waiting.clear();
        }
    }
}

impl Server {
    async fn serve(mut self) {
        // Those who are ready at this moment come along, such as the runners of all vendors after a change.
        tokio::task::yield_now().await;
        let mut writer = None;
        loop {
            let mut crowd = self.shared.next();
            if crowd.is_empty() {
                self.is_done = true;
                return;
            }
            let connection = match writer.take() {
                Some(connection) => Ok(connection),
                None => self.shared.pool.acquire().await.store(),
            };
            match connection {
                Ok(mut connection) => {
                    let is_sound = write_all(&mut connection, &mut crowd).await;
                    self.shared.answer(crowd);
                    if !is_sound {
                        // It may be inside a transaction that nobody knows of.
                        let _ = connection.close().await;
                    } else if self.shared.direct.load(Ordering::Acquire) == 0 {
                        writer = Some(connection);
                    }
                }
                Err(error) => {
                    fail_all(&mut crowd, &error);
                    self.shared.answer(crowd);
                }
            }
        }
    }
}

fn fail_all(crowd: &mut [Box<dyn Job>], error: &StoreError) {
    for job in crowd {
        job.fail(copy(error));
    }
}

/// Does all writes, together if that succeeds. Returns whether the connection is as it was before.
async fn write_all(writer: &mut SqliteConnection, crowd: &mut [Box<dyn Job>]) -> bool {
    if let [job] = crowd {
        return write_one(writer, job).await;
    }
    if let Err(error) = begin(writer).await {
        // Whoever holds the lock has held it for long, and would hold it against each of them for as long again.
        fail_all(crowd, &error);
        return is_lock(&error);
    }
    let mut went = Went::Through;
    for job in &mut *crowd {
        went = write_among_others(writer, job).await;
        if went == Went::Wrong {
            break;
        }
    }
    if went != Went::Wrong && control(writer, "COMMIT").await.is_ok() {
        return true;
    }
    if !is_rolled_back(writer).await {
        let error = StoreError::Unavailable("what was written at the same time could not be undone".into());
        fail_all(crowd, &error);
        return false;
    }
    for next in 0..crowd.len() {
        let Some((job, rest)) = crowd.get_mut(next..).and_then(|left| left.split_first_mut()) else {
            break;
        };
        let is_sound = write_one(writer, job).await;
        if let Some(error @ StoreError::Unavailable(_)) = job.error() {
            fail_all(rest, error);
            return is_sound;
        }
        if !is_sound {
            fail_all(rest, &StoreError::Unavailable("the connection was lost".into()));
            return false;
        }
    }
    true
}

/// Does a write within a transaction that holds others. One that is refused leaves nothing there.
async fn write_among_others(writer: &mut SqliteConnection, job: &mut Box<dyn Job>) -> Went {
    if job.conduct() != Conduct::Steps {
        return job.run(writer).await;
    }
    if control(writer, "SAVEPOINT steps").await.is_err() {
        return Went::Wrong;
    }
    let went = job.run(writer).await;
    let is_undone = match went {
        Went::Refused => control(writer, "ROLLBACK TO steps").await.is_ok(),
        Went::Through | Went::Wrong => true,
    };
    if is_undone && went != Went::Wrong && control(writer, "RELEASE steps").await.is_ok() {
        went
    } else {
        Went::Wrong
    }
}

/// Does a write by itself. Returns whether the connection is as it was before.
async fn write_one(writer: &mut SqliteConnection, job: &mut Box<dyn Job>) -> bool {
    if job.conduct() == Conduct::Statement {
        job.run(writer).await;
        return true;
    }
    if let Err(error) = begin(writer).await {
        let is_sound = is_lock(&error);
        job.fail(error);
        return is_sound;
    }
    if job.run(writer).await == Went::Through {
        match control(writer, "COMMIT").await {
            Ok(()) => return true,
            Err(error) => job.fail(error),
        }
    }
    is_rolled_back(writer).await
}

/// Begins a transaction that writes from its beginning on, for the same reason as [`Writes::begin`].
async fn begin(writer: &mut SqliteConnection) -> Result<(), StoreError> {
    control(writer, "BEGIN IMMEDIATE").await
}

/// Whether a transaction did not begin because another process writes, rather than for what the connection is in.
fn is_lock(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_))
}

/// Undoes what was written since the transaction began. SQLite may have done so already, when it ran out of room or
/// memory; that the connection is in no transaction any more is then seen by one that can be begun.
async fn is_rolled_back(writer: &mut SqliteConnection) -> bool {
    control(writer, "ROLLBACK").await.is_ok()
        || (control(writer, "BEGIN").await.is_ok() && control(writer, "ROLLBACK").await.is_ok())
}

async fn control(writer: &mut SqliteConnection, statement: &'static str) -> Result<(), StoreError> {
    sqlx::query(statement).execute(writer).await.store()?;
    Ok(())
}
