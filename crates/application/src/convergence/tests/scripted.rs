//! A queue, a vendor and a clock that behave as real ones do, for what goes on over time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use roster_domain::{
    Capabilities, Connection, ConnectionId, Departures, OutcomeClass, Step, Timestamp, User, UserId, VendorKey,
    VendorUserId, Version, Violations,
};
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use super::given::{ABLE, NOW, remote, there};
use crate::credentials::Credentials;
use crate::ports::{
    AccountQueue, Claim, ClaimKey, Clock, ConnectionKey, DepartureCount, Owned, PreviewedRequest, RemotePage,
    RemoteUser, Settled, Settlement, Sought, StoreError, Subject, Target, VendorError, VendorGateway, Wake,
};
use crate::testing::{account, ann_changes, at, connection, sealed, user};

/// The time of tokio's clock, which a test can pause.
struct Ticking(Instant);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        at(NOW) + TimeDelta::from_std(self.0.elapsed()).expect("tests are short")
    }
}

/// Wakes when told to, or when the time is up.
#[derive(Default)]
pub(super) struct Signal(pub(super) Notify);

#[async_trait]
impl Wake for Signal {
    async fn wait(&self, at_most: Duration) {
        // Either way it is time to look.
        let _ = tokio::time::timeout(at_most, self.0.notified()).await;
    }
}

/// What a vendor does with a call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Doing {
    /// Does it, in this time.
    Answer(Duration),
    /// Fails so, at once.
    Fail(OutcomeClass),
    /// Takes it and never answers.
    Hang,
    /// A fault of ours comes to light.
    Panic,
}

type Script = dyn Fn(&Connection, &User) -> Doing + Send + Sync;

/// A vendor that takes creates and updates, and does with each as its script says.
pub(super) struct Vendor {
    script: Box<Script>,
    /// When each call came, counted from the beginning, over which connection, and about whom.
    calls: Mutex<Vec<(Duration, ConnectionId, UserId)>>,
    begun: Instant,
    under_way: AtomicUsize,
    most_at_once: AtomicUsize,
    /// How many requests it takes to change a user.
    requests: usize,
    /// On how many pages it lists its users, of whom the last is always the one who is looked for.
    pages: usize,
}

impl Vendor {
    pub(super) fn new(script: impl Fn(&Connection, &User) -> Doing + Send + Sync + 'static) -> Self {
        Self {
            script: Box::new(script),
            calls: Mutex::default(),
            begun: Instant::now(),
            under_way: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
            requests: 1,
            pages: 0,
        }
    }

    /// The same vendor, which lists its users on so many pages.
    pub(super) fn listing(self, pages: usize) -> Self {
        Self { pages, ..self }
    }

    /// The same vendor, which takes so many requests to change a user.
    pub(super) fn taking(self, requests: usize) -> Self {
        Self { requests, ..self }
    }

    /// A clock that began with the vendor.
    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(Ticking(self.begun))
    }

    /// When each call came, in their order.
    pub(super) fn calls(&self) -> Vec<(Duration, ConnectionId, UserId)> {
        self.calls.lock().expect("no panic").clone()
    }

    pub(super) fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }

    async fn act(&self, target: Target<'_>, user: &User) -> Result<RemoteUser, VendorError> {
        for _ in 1..self.requests {
            self.request(target, user).await?;
        }
        self.request(target, user).await
    }

    async fn request(&self, target: Target<'_>, user: &User) -> Result<RemoteUser, VendorError> {
        target.turns.take().await?;
        let call = (self.begun.elapsed(), target.connection.id, user.id);
        self.calls.lock().expect("no panic").push(call);
        let busy = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(busy, Ordering::SeqCst);
        let _ends = Ends(&self.under_way);
        match (self.script)(target.connection, user) {
            Doing::Answer(after) => {
                tokio::time::sleep(after).await;
                Ok(remote(&user.id.to_string()))
            }
            Doing::Fail(class) => Err(super::given::failure(class)),
            Doing::Hang => std::future::pending().await,
            Doing::Panic => panic!("a fault of ours"),
        }
    }
}

/// A call that is no longer under way, however it ended.
struct Ends<'a>(&'a AtomicUsize);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl VendorGateway for Vendor {
    fn capabilities(&self, _: &Connection) -> Capabilities {
        ABLE
    }

    fn check(&self, _: &Connection, _: &Credentials) -> Violations {
        Violations::none()
    }

    async fn look_up<'a>(
        &self,
        target: Target<'a>,
        _: &VendorKey,
        user: &User,
        from: Option<&'a str>,
    ) -> Result<Sought, VendorError> {
        assert!(self.pages > 0, "nobody is to be looked up");
        let found = self.act(target, user).await?;
        let page: usize = from.map_or(1, |cursor| cursor.parse().expect("a cursor of ours"));
        Ok(if page < self.pages {
            Sought::Further((page + 1).to_string())
        } else {
            Sought::Found(found)
        })
    }

    async fn create<'a>(
        &self,
        target: Target<'a>,
        _: &VendorKey,
        subject: Subject<'a>,
    ) -> Result<RemoteUser, VendorError> {
        self.act(target, subject.user).await
    }

    async fn update<'a>(
        &self,
        target: Target<'a>,
        _: &VendorUserId,
        subject: Subject<'a>,
    ) -> Result<RemoteUser, VendorError> {
        self.act(target, subject.user).await
    }

    async fn read_back<'a>(
        &self,
        _: Target<'a>,
        _: &VendorUserId,
        _: &User,
        _: Option<&'a str>,
    ) -> Result<Sought, VendorError> {
        panic!("nobody is to be read back")
    }

    fn preview(&self, _: Target<'_>, _: &Step, _: &User, _: bool) -> Result<Vec<PreviewedRequest>, VendorError> {
        panic!("nothing is to be shown")
    }

    async fn list<'a>(&self, _: Target<'a>, _: Option<&'a str>) -> Result<RemotePage, VendorError> {
        panic!("nobody is to be listed")
    }

    async fn activate<'a>(&self, _: Target<'a>, _: &VendorUserId) -> Result<(), VendorError> {
        panic!("nobody is to be activated")
    }

    async fn deactivate<'a>(&self, _: Target<'a>, _: &VendorUserId) -> Result<(), VendorError> {
        panic!("nobody is to be deactivated")
    }

    async fn delete<'a>(&self, _: Target<'a>, _: &VendorUserId) -> Result<(), VendorError> {
        panic!("nobody is to be deleted")
    }

    async fn test<'a>(&self, _: Target<'a>) -> Result<(), VendorError> {
        panic!("nothing is to be tested")
    }
}

/// A queue in memory, that does what the port demands of every adapter.
#[derive(Default)]
pub(super) struct Queue(Mutex<State>);

#[derive(Default)]
pub(super) struct State {
    connections: BTreeMap<ConnectionKey, Access>,
    accounts: Vec<Row>,
    /// How many accounts were asked for in each claim, and how many given out, counted from the beginning of the test.
    pub(super) claims: Vec<(Timestamp, u32, usize)>,
    pub(super) settled: Vec<(ClaimKey, Settled)>,
    pub(super) released: Vec<ClaimKey>,
    pub(super) disowned: Vec<(Uuid, ConnectionKey)>,
    /// How often it was asked when the next account of a connection is due.
    pub(super) looks: usize,
    /// How many of the next questions find the database gone.
    pub(super) failures: u32,
}

struct Access {
    connection: Connection,
    owner: Option<(Uuid, Timestamp)>,
}

struct Row {
    key: ConnectionKey,
    user: User,
    applied: Version,
    due: Option<Timestamp>,
    lease: Option<Timestamp>,
    floor: Option<Timestamp>,
    token: i64,
}

impl Row {
    /// When somebody may take it.
    fn free_at(&self) -> Option<Timestamp> {
        self.due.map(|due| self.lease.map_or(due, |lease| lease.max(due)))
    }
}

/// The key of a connection of a number.
pub(super) fn key_of(number: u128) -> ConnectionKey {
    key_of_connection(&connection_of(number))
}

fn key_of_connection(connection: &Connection) -> ConnectionKey {
    ConnectionKey {
        organization_id: connection.organization_id,
        connection_id: connection.id,
    }
}

/// A connection of a number, over which one call is made at a time.
pub(super) fn connection_of(number: u128) -> Connection {
    let mut connection = Connection {
        id: ConnectionId::new(Uuid::from_u128(number)),
        ..connection()
    };
    connection.options.concurrency = 1;
    connection
}

impl Queue {
    /// Connections, numbered from 1, each with so many users whose fields are to be sent.
    pub(super) fn with(connections: u128, users: u128) -> Arc<Self> {
        let queue = Self::default();
        for number in 1..=connections {
            let connection = connection_of(number);
            let access = Access {
                connection,
                owner: None,
            };
            queue.state().connections.insert(key_of(number), access);
            for user in 1..=users {
                queue.add(number, user);
            }
        }
        Arc::new(queue)
    }

    /// One more user who is due at a connection.
    pub(super) fn add(&self, connection: u128, number: u128) {
        let row = Row {
            key: key_of(connection),
            user: user(number, &ann_changes()),
            applied: 0,
            due: Some(at(0)),
            lease: None,
            floor: None,
            token: 0,
        };
        self.state().accounts.push(row);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic")
    }

    /// Changes a connection, as its operator does.
    pub(super) fn change(&self, number: u128, change: impl FnOnce(&mut Connection)) {
        let mut state = self.state();
        change(&mut state.access(&key_of(number)).connection);
    }

    /// Gives a connection to a worker until a time.
    pub(super) fn give(&self, number: u128, worker: Uuid, until: Timestamp) {
        self.state().access(&key_of(number)).owner = Some((worker, until));
    }

    /// A vendor asks in an answer about one of a connection's users, which another worker hears, to be left alone.
    pub(super) fn ask(&self, number: u128, until: Timestamp) {
        let key = key_of(number);
        let mut state = self.state();
        let row = state.accounts.iter_mut().find(|row| row.key == key);
        row.expect("a user").floor = Some(until);
    }

    /// Somebody gives a connection another base URL or other credentials, or tests it, so that nothing holds any more that
    /// the vendor asked for.
    pub(super) fn lift_floors(&self, number: u128, now: Timestamp) {
        let key = key_of(number);
        let mut state = self.state();
        state.access(&key).connection.version += 1;
        for row in state.accounts.iter_mut().filter(|row| row.key == key) {
            if row.floor.take().is_some() {
                row.due = row.due.map(|due| due.min(now));
            }
        }
    }

    /// A connection as it is now.
    pub(super) fn connection(&self, number: u128) -> Connection {
        self.state().access(&key_of(number)).connection.clone()
    }

    /// How many users the vendor has as they should be, over a connection.
    pub(super) fn in_sync(&self, number: u128) -> usize {
        let key = key_of(number);
        let is_in_sync = |row: &&Row| row.key == key && row.applied == row.user.version;
        self.state().accounts.iter().filter(is_in_sync).count()
    }

    /// Waits until so many are in sync over a connection.
    pub(super) async fn until_in_sync(&self, number: u128, count: usize) {
        while self.in_sync(number) < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn question(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let mut state = self.state();
        if state.failures > 0 {
            state.failures -= 1;
            return Err(StoreError::Unavailable("gone for a moment".into()));
        }
        Ok(state)
    }
}

impl State {
    /// How often each account was claimed.
    pub(super) fn tokens(&self) -> impl Iterator<Item = i64> {
        self.accounts.iter().map(|row| row.token)
    }

    fn access(&mut self, key: &ConnectionKey) -> &mut Access {
        self.connections.get_mut(key).expect("a connection")
    }

    fn row(&mut self, claim: &ClaimKey) -> Option<&mut Row> {
        self.accounts.iter_mut().find(|row| {
            (row.key.connection_id, row.user.id, row.token) == (claim.connection_id, claim.user_id, claim.token)
                && row.lease.is_some()
        })
    }
}

#[async_trait]
impl AccountQueue for Queue {
    async fn own(&self, worker: Uuid, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Owned>, StoreError> {
        let mut state = self.question()?;
        let State {
            connections, accounts, ..
        } = &mut *state;
        let is_due = |key: &ConnectionKey| {
            let mut of = accounts.iter().filter(|row| row.key == *key);
            of.any(|row| row.free_at().is_some_and(|free| free <= now))
        };
        let is_free = |access: &Access| {
            let others = access
                .owner
                .is_some_and(|(owner, until)| owner != worker && until > now);
            access.connection.paused.is_none() && !others
        };
        let owned = connections
            .iter_mut()
            .filter(|(key, access)| is_free(access) && is_due(key))
            .take(limit as usize)
            .map(|(_, access)| {
                access.owner = Some((worker, until));
                let of = accounts
                    .iter()
                    .filter(|row| row.key == key_of_connection(&access.connection));
                Owned {
                    connection: access.connection.clone(),
                    not_before: of.filter_map(|row| row.floor).max().filter(|floor| *floor > now),
                }
            });
        Ok(owned.collect())
    }

    async fn keep(
        &self,
        worker: Uuid,
        connections: &[ConnectionKey],
        until: Timestamp,
    ) -> Result<Vec<ConnectionKey>, StoreError> {
        let mut state = self.question()?;
        let mut kept = Vec::new();
        for key in connections {
            let access = state.access(key);
            if access.owner.is_some_and(|(owner, _)| owner == worker) {
                access.owner = Some((worker, until));
                kept.push(*key);
            }
        }
        Ok(kept)
    }

    async fn disown(&self, worker: Uuid, connections: &[ConnectionKey]) -> Result<(), StoreError> {
        let mut state = self.question()?;
        for key in connections {
            let access = state.access(key);
            if access.owner.is_some_and(|(owner, _)| owner == worker) {
                access.owner = None;
            }
            state.disowned.push((worker, *key));
        }
        Ok(())
    }

    async fn claim(
        &self,
        worker: Uuid,
        connection: &ConnectionKey,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        let mut state = self.question()?;
        let access = state.access(connection);
        let is_ours = access
            .owner
            .is_some_and(|(owner, until)| owner == worker && until > now);
        let may_claim = is_ours && access.connection.paused.is_none();
        let over = access.connection.clone();
        let due = state
            .accounts
            .iter_mut()
            .filter(|row| may_claim && row.key == *connection && row.free_at().is_some_and(|free| free <= now));
        let claims: Vec<Claim> = due
            .take(limit as usize)
            .map(|row| {
                row.token += 1;
                row.lease = Some(lease_until);
                let known = there(&row.user.id.to_string(), true, row.applied);
                Claim {
                    key: ClaimKey {
                        organization_id: over.organization_id,
                        user_id: row.user.id,
                        connection_id: over.id,
                        token: row.token,
                    },
                    lease_until,
                    account: account(&row.user, known),
                    user: row.user.clone(),
                    connection: over.clone(),
                    credentials: sealed(
                        br#"{"kind":"api_key","api_key":"k-1"}"#,
                        &format!("connection {}", over.id),
                    ),
                    password: None,
                    departure_is_approved: false,
                }
            })
            .collect();
        state.claims.push((now, limit, claims.len()));
        Ok(claims)
    }

    async fn announce(&self, claim: &ClaimKey, _: &VendorKey, lease_until: Timestamp) -> Result<bool, StoreError> {
        self.renew(claim, lease_until).await
    }

    async fn renew(&self, claim: &ClaimKey, lease_until: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.question()?;
        let row = state.row(claim);
        Ok(row.map(|row| row.lease = Some(lease_until)).is_some())
    }

    async fn record(&self, claim: &ClaimKey, settlement: &Settlement, now: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.question()?;
        let Some(row) = state.row(claim) else {
            return Ok(false);
        };
        row.lease = None;
        row.applied = settlement.known.applied_version;
        row.floor = match &settlement.settled {
            Settled::Retry { floor, .. } => *floor,
            Settled::GivenBack => row.floor,
            _ => None,
        };
        row.due = match &settlement.settled {
            Settled::InSync { read_back_at } => *read_back_at,
            Settled::Retry { at, .. } => Some(*at),
            Settled::GivenBack => Some(now),
            Settled::Removed | Settled::Attention(_) | Settled::Held => None,
        };
        state.settled.push((*claim, settlement.settled.clone()));
        Ok(true)
    }

    async fn release(&self, claims: &[ClaimKey]) -> Result<(), StoreError> {
        let mut state = self.question()?;
        for claim in claims {
            if let Some(row) = state.row(claim) {
                row.lease = None;
            }
            state.released.push(*claim);
        }
        Ok(())
    }

    async fn next_due(&self, worker: Uuid, except: &[ConnectionKey]) -> Result<Option<Timestamp>, StoreError> {
        let state = self.question()?;
        let of = |row: &Row| {
            let access = state.connections.get(&row.key)?;
            if access.connection.paused.is_some() || except.contains(&row.key) {
                return None;
            }
            let theirs = access
                .owner
                .filter(|(owner, _)| *owner != worker)
                .map(|(_, until)| until);
            row.free_at().map(|free| theirs.map_or(free, |until| until.max(free)))
        };
        Ok(state.accounts.iter().filter_map(of).min())
    }

    async fn next_due_at(&self, connection: &ConnectionKey) -> Result<Option<Timestamp>, StoreError> {
        let mut state = self.question()?;
        state.looks += 1;
        let of = state.accounts.iter().filter(|row| row.key == *connection);
        Ok(of.filter_map(Row::free_at).min())
    }

    async fn departures(&self, _: &ConnectionKey, _: DepartureCount) -> Result<Departures, StoreError> {
        panic!("nobody is to leave")
    }

    async fn reclaim(&self) -> Result<u64, StoreError> {
        panic!("nothing is to be reclaimed")
    }
}
