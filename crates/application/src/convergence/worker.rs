//! The worker: owns the connections at which something is due, and has a runner for each.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use roster_domain::BreakerPolicy;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use uuid::Uuid;

use super::Convergence;
use super::lane::Lane;
use super::runner::Runner;
use crate::ports::{ConnectionKey, Owned, Wake};

/// The most connections that are taken over at a time; more follow at once.
const TAKEN_AT_ONCE: u32 = 64;
/// The shortest time between two looks at the queue that found nothing.
const SHORTEST_WAIT: Duration = Duration::from_millis(10);

/// How long the worker lets its runners go first when it is woken: what is due is most probably theirs, and calls wait for
/// what they ask of the database.
const BEHIND: Duration = Duration::from_millis(10);

/// How a worker goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerSettings {
    /// The longest time between two looks at the queue, should no signal come.
    pub poll: Duration,
    /// How long what is under way may take to finish after the worker is told to stop. What does not finish is
    /// given back.
    pub grace: Duration,
    /// How long a connection is owned unless that is extended. A worker that died is replaced after that.
    pub ownership: Duration,
    /// How often ownership is extended: well below `ownership`.
    pub extend_every: Duration,
    /// When a vendor that fails is left alone.
    pub breaker: BreakerPolicy,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(1),
            grace: Duration::from_secs(15),
            ownership: Duration::from_secs(5),
            extend_every: Duration::from_millis(1_500),
            breaker: BreakerPolicy::default(),
        }
    }
}

/// Owns the connections at which something is due, and has a runner for each. One vendor's runner knows nothing of
/// another's, so that none can slow another.
pub struct Worker {
    id: Uuid,
    convergence: Convergence,
    wake: Arc<dyn Wake>,
    settings: WorkerSettings,
    runners: JoinSet<()>,
    /// The connections that are run, each with its runner's task and what stops it.
    running: HashMap<ConnectionKey, (Id, CancellationToken)>,
    /// What is known of each vendor's health; kept while it says anything.
    lanes: HashMap<ConnectionKey, Arc<Lane>>,
    woken: watch::Sender<()>,
}

impl Worker {
    /// Puts the worker together, under an id that no other has.
    #[must_use]
    pub fn new(id: Uuid, convergence: Convergence, wake: Arc<dyn Wake>, settings: WorkerSettings) -> Self {
        Self {
            id,
            convergence,
            wake,
            settings,
            runners: JoinSet::new(),
            running: HashMap::new(),
            lanes: HashMap::new(),
            woken: watch::Sender::new(()),
        }
    }

    /// Works until told to stop, then finishes or gives back what it claimed.
    pub async fn run(mut self, stop: CancellationToken) {
        let woken = self.woken.subscribe();
        let pass_on = pass_on(Arc::clone(&self.wake), self.settings.poll, self.woken.clone());
        tokio::select! {
            never = pass_on => match never {},
            () = self.work(woken, stop) => {}
        }
    }

    async fn work(&mut self, mut woken: watch::Receiver<()>, stop: CancellationToken) {
        let mut extend = tokio::time::interval(self.settings.extend_every);
        extend.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            woken.mark_unchanged();
            let idle = self.take_over().await;
            tokio::select! {
                () = stop.cancelled() => {}
                Some(ended) = self.runners.join_next_with_id() => self.ended(ended).await,
                _ = extend.tick() => self.extend().await,
                _ = woken.changed() => {
                    if !self.running.is_empty() {
                        tokio::time::sleep(BEHIND).await;
                    }
                }
                () = tokio::time::sleep(idle) => {}
            }
        }
        self.wind_up().await;
    }

    /// Takes the connections at which something is due, and starts runners for those that have none. Returns how long to
    /// wait for the next look.
    async fn take_over(&mut self) -> Duration {
        // Those that are run already may be among them, and must not keep others out.
        let limit = TAKEN_AT_ONCE.saturating_add(u32::try_from(self.running.len()).unwrap_or(u32::MAX));
        match self.convergence.own(self.id, self.settings.ownership, limit).await {
            Ok(owned) => {
                let is_all = owned.len() < limit as usize;
                let started = owned.iter().filter(|owned| self.start(owned)).count();
                if !is_all && started > 0 {
                    return SHORTEST_WAIT;
                }
            }
            Err(failure) => {
                warn!(
                    error = &failure as &dyn std::error::Error,
                    "connections cannot be taken over now"
                );
                return self.settings.poll;
            }
        }
        let running: Vec<ConnectionKey> = self.running.keys().copied().collect();
        let idle = self.convergence.idle_for(self.id, &running, self.settings.poll).await;
        // What is due but was not taken is in somebody else's hands at this moment.
        idle.unwrap_or(self.settings.poll).max(SHORTEST_WAIT)
    }

    /// Starts a runner unless there is one. What the vendor asked another worker for holds for either.
    fn start(&mut self, owned: &Owned) -> bool {
        let connection = &owned.connection;
        let key = ConnectionKey {
            organization_id: connection.organization_id,
            connection_id: connection.id,
        };
        let lane = self
            .lanes
            .entry(key)
            .or_insert_with(|| Arc::new(Lane::new(self.settings.breaker)));
        // A runner that waits for what no longer holds is told.
        let is_news = lane.follow(connection);
        if let Some(until) = owned.not_before {
            lane.leave_alone_until(until);
        }
        if self.running.contains_key(&key) {
            if is_news {
                self.woken.send_replace(());
            }
            return false;
        }
        let stop = CancellationToken::new();
        let runner = Runner::new(
            self.convergence.clone(),
            self.id,
            connection,
            Arc::clone(lane),
            self.settings.grace,
            self.woken.subscribe(),
            stop.clone(),
        );
        let task = self.runners.spawn(runner.run());
        self.running.insert(key, (task.id(), stop));
        true
    }

    /// Extends ownership of what is run. Who lost a connection claims nothing more there, and finishes what it sent.
    async fn extend(&mut self) {
        if self.running.is_empty() {
            return;
        }
        let running: Vec<ConnectionKey> = self.running.keys().copied().collect();
        match self.convergence.keep(self.id, &running, self.settings.ownership).await {
            Ok(kept) => {
                for key in running.iter().filter(|key| !kept.contains(key)) {
                    info!(connection = %key.connection_id, "another worker has taken the connection over");
                    if let Some((_, stop)) = self.running.get(key) {
                        stop.cancel();
                    }
                }
            }
            // Claims say for themselves whether the connection is still owned.
            Err(failure) => warn!(
                error = &failure as &dyn std::error::Error,
                "ownership of connections was not extended"
            ),
        }
    }

    /// A runner has ended: its connection is anybody's.
    async fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(failure) => {
                if failure.is_panic() {
                    error!(%failure, "a runner ended in a panic; its claims run out by themselves");
                }
                failure.id()
            }
        };
        let found = self.running.iter().find(|(_, (task, _))| *task == id);
        let Some(key) = found.map(|(key, _)| *key) else {
            return;
        };
        self.running.remove(&key);
        let now = self.convergence.now();
        if self.lanes.get(&key).is_some_and(|lane| lane.is_fresh(now)) {
            self.lanes.remove(&key);
        }
        self.disown(&[key]).await;
    }

    async fn wind_up(&mut self) {
        for (_, stop) in self.running.values() {
            stop.cancel();
        }
        while let Some(ended) = self.runners.join_next_with_id().await {
            self.ended(ended).await;
        }
    }

    async fn disown(&self, connections: &[ConnectionKey]) {
        if let Err(failure) = self.convergence.disown(self.id, connections).await {
            warn!(
                error = &failure as &dyn std::error::Error,
                "connections were not given up; ownership runs out"
            );
        }
    }
}

/// Wakes the runners, and the worker with them, whatever the worker is about at that moment.
async fn pass_on(wake: Arc<dyn Wake>, poll: Duration, woken: watch::Sender<()>) -> Infallible {
    loop {
        wake.wait(poll).await;
        woken.send_replace(());
    }
}
