//! Turns: each request to a vendor waits for its own, and the claim that waits keeps its lease meanwhile.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use roster_domain::{OutcomeClass, Timestamp};
use tokio::time::Instant;

use super::lane::Passage;
use super::{Convergence, Next, Progress, delta};
use crate::error::Error;
use crate::ports::{ClaimKey, Settled, Turns, VendorError};

/// Why no further request is sent.
pub(super) enum Away {
    /// The vendor failed or asked to wait, in answer to others.
    Shut,
    /// The claim no longer holds.
    Fenced,
    /// Whether the claim holds cannot be found out.
    Failed(Error),
}

impl Away {
    /// What follows for the claim: what was done so far is kept, and it goes on from there when it is its turn again.
    pub(super) fn next(self) -> Result<Next, Error> {
        match self {
            Self::Shut => Ok(Next::Settle(Settled::GivenBack)),
            Self::Fenced => Ok(Next::Fenced),
            Self::Failed(error) => Err(error),
        }
    }
}

impl Convergence {
    /// Waits until the first request of the next step may be sent.
    pub(super) async fn enter(&self, progress: &mut Progress) -> Result<(), Away> {
        let claim = &mut progress.claim;
        self.turn(&progress.passage, &claim.key, &mut claim.lease_until, |_| ())
            .await
    }

    /// Takes a turn and waits for it. The vendor may have failed, or asked to wait, since the claim was made, and also
    /// meanwhile. `taken` is told when it will be.
    async fn turn(
        &self,
        passage: &Passage,
        claim: &ClaimKey,
        lease_until: &mut Timestamp,
        taken: impl FnOnce(Instant),
    ) -> Result<(), Away> {
        if !passage.is_let_through(self.now()) {
            return Err(Away::Shut);
        }
        let turn = passage.turn();
        if turn <= Instant::now() {
            return Ok(());
        }
        taken(turn);
        // However long it takes, the lease never has less left than a step takes, but for the time between two looks.
        let look = self.leases.lease.saturating_sub(self.leases.step);
        while Instant::now() < turn {
            *lease_until = self.held(claim, *lease_until).await?;
            tokio::time::sleep_until(turn.min(Instant::now() + look)).await;
        }
        *lease_until = self.held(claim, *lease_until).await?;
        if passage.is_let_through(self.now()) {
            Ok(())
        } else {
            Err(Away::Shut)
        }
    }

    async fn held(&self, claim: &ClaimKey, lease_until: Timestamp) -> Result<Timestamp, Away> {
        let held = self.hold_until(claim, lease_until).await;
        held.map_err(Away::Failed)?.ok_or(Away::Fenced)
    }

    /// Makes sure that a lease outlasts the next step. Returns until when it holds; `None` if it does no longer.
    pub(super) async fn hold_until(&self, claim: &ClaimKey, until: Timestamp) -> Result<Option<Timestamp>, Error> {
        let now = self.now();
        if until - now >= delta(self.leases.step) {
            return Ok(Some(until));
        }
        let until = self.lease_from(now);
        let held = self.ports.queue.renew(claim, until).await?;
        Ok(held.then_some(until))
    }

    /// Gives a call up when its time is over: the lease must outlast it. The time for which it waits for its turns is not
    /// its own.
    pub(super) async fn in_time<T>(
        &self,
        call: impl Future<Output = Result<T, VendorError>>,
        requests: &Requests<'_>,
    ) -> Result<T, VendorError> {
        tokio::pin!(call);
        loop {
            let ends_at = requests.state().ends_at;
            if let Ok(outcome) = tokio::time::timeout_at(ends_at, &mut call).await {
                return outcome;
            }
            if requests.state().ends_at <= ends_at {
                let message = format!("the vendor did not answer within {} s", self.leases.step.as_secs());
                return Err(VendorError::new(OutcomeClass::Unknown, message));
            }
        }
    }
}

/// The requests of one call. The turn of the first has been had.
pub(super) struct Requests<'a> {
    convergence: &'a Convergence,
    passage: &'a Passage,
    claim: ClaimKey,
    state: Mutex<State>,
}

struct State {
    is_first: bool,
    lease_until: Timestamp,
    ends_at: Instant,
    away: Option<Away>,
}

impl fmt::Debug for Requests<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests")
            .field("claim", &self.claim)
            .finish_non_exhaustive()
    }
}

impl<'a> Requests<'a> {
    pub(super) fn of(convergence: &'a Convergence, progress: &'a Progress) -> Self {
        Self {
            convergence,
            passage: &progress.passage,
            claim: progress.claim.key,
            state: Mutex::new(State {
                is_first: true,
                lease_until: progress.claim.lease_until,
                ends_at: Instant::now() + convergence.leases.step,
                away: None,
            }),
        }
    }

    /// Until when the lease holds now, and why the call was not made to its end, if so.
    pub(super) fn ended(self) -> (Timestamp, Option<Away>) {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        (state.lease_until, state.away)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Turns for Requests<'_> {
    async fn take(&self) -> Result<(), VendorError> {
        let mut lease_until = {
            let mut state = self.state();
            if std::mem::take(&mut state.is_first) {
                return Ok(());
            }
            state.lease_until
        };
        let taken = |turn| {
            let waits = turn - Instant::now();
            self.state().ends_at += waits;
        };
        let turn = self
            .convergence
            .turn(self.passage, &self.claim, &mut lease_until, taken);
        let outcome = turn.await;
        let mut state = self.state();
        state.lease_until = lease_until;
        outcome.map_err(|away| {
            state.away = Some(away);
            VendorError::new(OutcomeClass::Unknown, "no more could be sent for now")
        })
    }
}
