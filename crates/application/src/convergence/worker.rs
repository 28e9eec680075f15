//! The worker: keeps claiming what is due and converging it, until it is told to stop.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{Converged, Convergence};
use crate::error::Error;
use crate::ports::{AccountQueue, ClaimKey, Wake};

/// The shortest time between two looks at the queue that found nothing.
const SHORTEST_WAIT: Duration = Duration::from_millis(10);

/// How a worker goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerSettings {
    /// The most accounts under way at once.
    pub concurrency: u32,
    /// The longest time between two looks at the queue, should no signal come.
    pub poll: Duration,
    /// How long what is under way may take to finish after the worker is told to stop. What does not finish is
    /// given back.
    pub grace: Duration,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            concurrency: 32,
            poll: Duration::from_secs(1),
            grace: Duration::from_secs(15),
        }
    }
}

/// Keeps claiming what is due and converging it.
pub struct Worker {
    convergence: Convergence,
    queue: Arc<dyn AccountQueue>,
    wake: Arc<dyn Wake>,
    settings: WorkerSettings,
    under_way: JoinSet<Result<Converged, Error>>,
    claims: HashMap<Id, ClaimKey>,
}

impl Worker {
    /// Puts the worker together.
    #[must_use]
    pub fn new(
        convergence: Convergence,
        queue: Arc<dyn AccountQueue>,
        wake: Arc<dyn Wake>,
        settings: WorkerSettings,
    ) -> Self {
        Self {
            convergence,
            queue,
            wake,
            settings,
            under_way: JoinSet::new(),
            claims: HashMap::new(),
        }
    }

    /// Works until told to stop, then finishes or gives back what it claimed.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            self.collect();
            let idle = self.fill().await;
            let wake = Arc::clone(&self.wake);
            tokio::select! {
                () = stop.cancelled() => {}
                Some(ended) = self.under_way.join_next_with_id() => self.note(ended),
                () = wake.wait(idle.unwrap_or_default()), if idle.is_some() => {}
            }
        }
        self.wind_up().await;
    }

    /// Claims as much as there is room for. Returns how long to wait for more, or `None` while there is no room.
    async fn fill(&mut self) -> Option<Duration> {
        let room = self
            .settings
            .concurrency
            .saturating_sub(u32::try_from(self.under_way.len()).unwrap_or(u32::MAX));
        if room == 0 {
            return None;
        }
        match self.convergence.claim(room).await {
            Ok(claims) => {
                let all = claims.len() >= room as usize;
                for claim in claims {
                    let key = claim.key;
                    let convergence = self.convergence.clone();
                    let task = self.under_way.spawn(async move { convergence.converge(claim).await });
                    self.claims.insert(task.id(), key);
                }
                if all {
                    return None;
                }
            }
            Err(failure) => {
                warn!(
                    error = &failure as &dyn std::error::Error,
                    "accounts cannot be claimed now"
                );
                return Some(self.settings.poll);
            }
        }
        let idle = self
            .convergence
            .idle_for(self.settings.poll)
            .await
            .unwrap_or(self.settings.poll);
        // What is due but was not claimed is in somebody else's hands at this moment.
        Some(idle.max(SHORTEST_WAIT))
    }

    fn collect(&mut self) {
        while let Some(ended) = self.under_way.try_join_next_with_id() {
            self.note(ended);
        }
    }

    fn note(&mut self, ended: Result<(Id, Result<Converged, Error>), JoinError>) {
        let (id, outcome) = match ended {
            Ok(ended) => ended,
            Err(failure) => {
                self.claims.remove(&failure.id());
                if failure.is_panic() {
                    error!(%failure, "a claim ended in a panic; its lease runs out by itself");
                }
                return;
            }
        };
        let claim = self.claims.remove(&id);
        if let Err(failure) = outcome {
            warn!(
                ?claim,
                error = &failure as &dyn std::error::Error,
                "a claim was not recorded; it is taken up again when its lease has run out"
            );
        }
    }

    async fn wind_up(&mut self) {
        let grace = self.settings.grace;
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
        if let Err(failure) = self.queue.release(&unfinished).await {
            warn!(
                error = &failure as &dyn std::error::Error,
                "claims were not given back; their leases run out"
            );
        }
    }
}
