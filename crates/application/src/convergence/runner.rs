//! The runner of one connection: claims what is due there, as much as the connection takes at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use roster_domain::{Admission, Connection, Timestamp};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use uuid::Uuid;

use super::lane::{Lane, Passage};
use super::{Converged, Convergence};
use crate::error::Error;
use crate::ports::{ClaimKey, ConnectionKey, Settled};

/// How long a runner waits for more to come due before it ends.
pub(super) const LINGER: Duration = Duration::from_secs(2);
/// The shortest time between two looks that found nothing.
const SHORTEST_WAIT: Duration = Duration::from_millis(10);
/// How long a runner with a backlog waits for more room before it claims again, unless half of its room is free: a vendor
/// that answers at once would otherwise cost a look at the queue for each account, and to one that takes its time this is
/// nothing.
const GATHERING: Duration = Duration::from_millis(5);
/// How long a runner that claimed all there was leaves the queue alone while it is under way: most calls have ended by
/// then, and until then the database has the claims of other runners to see to.
const UNDISTURBED: Duration = Duration::from_millis(10);

/// One connection's runner.
pub(super) struct Runner {
    convergence: Convergence,
    worker: Uuid,
    key: ConnectionKey,
    lane: Arc<Lane>,
    concurrency: u32,
    grace: Duration,
    /// Changes whenever something somewhere may have come due.
    wake: watch::Receiver<()>,
    /// No more is claimed.
    stop: CancellationToken,
    under_way: JoinSet<Result<Converged, Error>>,
    claims: HashMap<Id, ClaimKey>,
    /// When as much was claimed as there was room for, so that there is probably more.
    filled_at: Option<Instant>,
    /// All that was due has been claimed, and nothing since says that there is more.
    is_exhausted: bool,
    /// Something was due and not given out, and has been asked for once more since.
    has_looked_again: bool,
    /// When the queue is to be looked at again while something is under way, should nothing say so before.
    looks_at: Instant,
}

/// What to do after a look at the queue.
enum Next {
    /// Look again at once, or as soon as something that is under way ends.
    Room,
    /// Wait for so long, unless something wakes the runner.
    Idle(Duration),
    /// Nothing is due, and nothing will be soon.
    End,
}

impl Runner {
    pub(super) fn new(
        convergence: Convergence,
        worker: Uuid,
        connection: &Connection,
        lane: Arc<Lane>,
        grace: Duration,
        wake: watch::Receiver<()>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            convergence,
            worker,
            key: ConnectionKey {
                organization_id: connection.organization_id,
                connection_id: connection.id,
            },
            lane,
            concurrency: connection.options.concurrency,
            grace,
            wake,
            stop,
            under_way: JoinSet::new(),
            claims: HashMap::new(),
            filled_at: None,
            is_exhausted: false,
            has_looked_again: false,
            looks_at: Instant::now(),
        }
    }

    /// Works until nothing is due any more, or it is told to stop; then finishes or gives back what it claimed.
    pub(super) async fn run(mut self) {
        let mut nothing_since: Option<Instant> = None;
        while !self.stop.is_cancelled() {
            while let Some(ended) = self.under_way.try_join_next_with_id() {
                self.note(ended);
            }
            if self.wake.has_changed().unwrap_or(true) {
                self.wake.mark_unchanged();
                self.is_exhausted = false;
            }
            let next = self.fill().await;
            if !self.under_way.is_empty() {
                nothing_since = None;
            }
            let wait = match next {
                Next::Room if self.under_way.is_empty() => continue,
                Next::Room => None,
                Next::Idle(wait) => Some(wait),
                Next::End if !self.under_way.is_empty() => Some(LINGER),
                Next::End => {
                    // However often it is woken meanwhile, and finds nothing.
                    let left = LINGER.saturating_sub(nothing_since.get_or_insert_with(Instant::now).elapsed());
                    if left.is_zero() {
                        break;
                    }
                    Some(left)
                }
            };
            let timeout = tokio::time::sleep(wait.unwrap_or_default());
            tokio::select! {
                () = self.stop.cancelled() => {}
                Some(ended) = self.under_way.join_next_with_id() => self.note(ended),
                woken = self.wake.changed(), if wait.is_some() => {
                    if woken.is_err() {
                        break;
                    }
                    self.is_exhausted = false;
                }
                () = timeout, if wait.is_some() => {}
            }
        }
        self.wind_up().await;
    }

    /// Claims as much as there is room for and the vendor's health allows.
    async fn fill(&mut self) -> Next {
        let now = self.convergence.now();
        let busy = u32::try_from(self.under_way.len()).unwrap_or(u32::MAX);
        let (most, is_probe) = match self.lane.admission(now) {
            Admission::NotBefore(until) => return Next::Idle(until_then(until, now)),
            Admission::Probing => return Next::Idle(LINGER),
            Admission::Probe if busy > 0 => return Next::Idle(LINGER),
            Admission::Probe => (1, true),
            Admission::All => (
                self.concurrency.min(self.lane.claims(self.convergence.leases.step)),
                false,
            ),
        };
        let room = most.saturating_sub(busy);
        if room == 0 {
            return Next::Room;
        }
        if let Some(filled_at) = self.filled_at
            && room <= most / 2
        {
            let left = GATHERING.saturating_sub(filled_at.elapsed());
            if !left.is_zero() {
                return Next::Idle(left);
            }
        }
        if self.is_exhausted
            && let Some(next) = self.rest(now).await
        {
            return next;
        }
        // Who could only wait for its turn is not claimed: it may change meanwhile, and others may take it.
        let free = self.lane.free().unwrap_or(u32::MAX);
        if free == 0 {
            return Next::Idle(self.lane.next_turn().max(SHORTEST_WAIT));
        }
        let (room, is_paced) = (room.min(free), free < room);
        let claims = match self.convergence.claim(self.worker, &self.key, room).await {
            Ok(claims) => claims,
            Err(failure) => {
                warn!(
                    connection = %self.key.connection_id,
                    error = &failure as &dyn std::error::Error,
                    "accounts cannot be claimed now"
                );
                return Next::Idle(LINGER);
            }
        };
        let (is_empty, is_full) = (claims.is_empty(), claims.len() >= room as usize);
        self.filled_at = is_full.then(Instant::now);
        self.is_exhausted = !is_full;
        self.has_looked_again &= is_empty;
        for claim in claims {
            let connection = &claim.connection;
            self.concurrency = connection.options.concurrency;
            self.lane.set_pace(connection.options.rate(connection.vendor));
            let key = claim.key;
            let convergence = self.convergence.clone();
            let lane = Arc::clone(&self.lane);
            let passage = if is_probe {
                Passage::probe(lane)
            } else {
                Passage::ordinary(lane)
            };
            let task = self
                .under_way
                .spawn(async move { convergence.converge(claim, passage).await });
            self.claims.insert(task.id(), key);
        }
        if is_full && is_paced {
            Next::Idle(self.lane.next_turn().max(SHORTEST_WAIT))
        } else if is_full {
            Next::Room
        } else if is_empty {
            match self.next_look(now).await {
                Some(next) => next,
                // It is due and not given out: somebody has it locked at this moment, or else the connection is paused, or in
                // other hands.
                None if !self.has_looked_again => {
                    self.has_looked_again = true;
                    self.is_exhausted = false;
                    Next::Idle(SHORTEST_WAIT)
                }
                None => Next::End,
            }
        } else {
            self.looks_at = Instant::now() + UNDISTURBED;
            Next::Idle(UNDISTURBED)
        }
    }

    /// What to do when all that was due has been claimed; `None` if more has come due since.
    async fn rest(&mut self, now: Timestamp) -> Option<Next> {
        let left = self.looks_at.saturating_duration_since(Instant::now());
        if !left.is_zero() && !self.under_way.is_empty() {
            return Some(Next::Idle(left));
        }
        self.next_look(now).await
    }

    /// Asks when the next account is due; `None` if one is already.
    async fn next_look(&mut self, now: Timestamp) -> Option<Next> {
        let next = match self.convergence.next_due_at(&self.key).await {
            Ok(Some(due)) if due <= now => return None,
            Ok(Some(due)) if due - now <= delta(LINGER) => Next::Idle(until_then(due, now)),
            Ok(_) => Next::End,
            Err(_) => Next::Idle(LINGER),
        };
        let wait = match next {
            Next::Idle(wait) => wait,
            Next::Room | Next::End => LINGER,
        };
        self.looks_at = Instant::now() + wait;
        Some(next)
    }

    fn note(&mut self, ended: Result<(Id, Result<Converged, Error>), JoinError>) {
        let (id, outcome) = match ended {
            Ok(ended) => ended,
            Err(failure) => {
                self.is_exhausted = false;
                self.claims.remove(&failure.id());
                if failure.is_panic() {
                    error!(%failure, "a claim ended in a panic; its lease runs out by itself");
                }
                return;
            }
        };
        let claim = self.claims.remove(&id);
        // Whoever is changed meanwhile wakes the runner.
        self.is_exhausted &= outcome.as_ref().is_ok_and(is_final);
        if let Err(failure) = outcome {
            warn!(
                ?claim,
                error = &failure as &dyn std::error::Error,
                "a claim was not recorded; it is taken up again when its lease has run out"
            );
        }
    }

    async fn wind_up(&mut self) {
        let grace = self.grace;
        let finish = async {
            while let Some(ended) = self.under_way.join_next_with_id().await {
                self.note(ended);
            }
        };
        if tokio::time::timeout(grace, finish).await.is_ok() {
            return;
        }
        // What was sent and not heard of was announced before, so giving it back is safe: it is looked up first.
        self.under_way.shutdown().await;
        let unfinished: Vec<ClaimKey> = self.claims.drain().map(|(_, claim)| claim).collect();
        info!(count = unfinished.len(), "giving back what did not finish in time");
        if let Err(failure) = self.convergence.release(&unfinished).await {
            warn!(
                error = &failure as &dyn std::error::Error,
                "claims were not given back; their leases run out"
            );
        }
    }
}

/// Whether nothing is to be done soon about an account of which this became.
fn is_final(converged: &Converged) -> bool {
    match converged {
        Converged::Recorded(Settled::InSync { .. } | Settled::Removed | Settled::Attention(_) | Settled::Held) => true,
        Converged::Recorded(Settled::Retry { .. } | Settled::GivenBack) | Converged::Fenced => false,
    }
}

/// How long it is until then, so that a look that found nothing is not repeated at once.
fn until_then(then: Timestamp, now: Timestamp) -> Duration {
    (then - now).to_std().unwrap_or_default().max(SHORTEST_WAIT)
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
