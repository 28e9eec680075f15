//! Convergence: driving accounts to the state that their user demands.
//!
//! Three short phases, with no transaction open across them: **claim** an account (a lease with a fencing token),
//! **call** the vendor as [`roster_domain::plan()`] says, **record** what came of it if the claim still holds. A create is announced in
//! the account before it is sent, so that whatever happens then, it is looked up before it is sent again.

mod calls;
mod departing;
mod failure;
mod held;
mod lane;
mod runner;
#[cfg(test)]
mod tests;
mod turns;
mod worker;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use roster_domain::{
    AccountStatus, Attention, Capabilities, Cause, ConnectionId, Drift, DriftMode, Known, OutcomeClass, Password,
    Presence, Remedy, RetryPolicy, Step, Timestamp, VendorKey, plan,
};
use tracing::{debug, warn};
use uuid::Uuid;

pub use worker::{Worker, WorkerSettings};

use crate::connections::Connections;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::ports::{
    AccountQueue, AccountStore, CallRecord, Claim, ClaimKey, Clock, ConnectionKey, Entropy, Ids, Owned, Sealed,
    Secrets, SecretsError, Settled, Settlement, StoreError, UniqueKey, VendorError, VendorGateway,
};
use crate::users::password_context;

use lane::Passage;

/// The most steps of one claim. Every path through [`plan()`] ends well before; this bounds what a vendor that keeps
/// changing its mind can cost.
const MAX_STEPS: usize = 10;

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leases {
    /// How long a claim holds unless it is renewed. What a worker that died was just sending is taken up again after that.
    pub lease: Duration,
    /// How long one step may take, token and all, before it is given up; none is begun with less than this left of the
    /// lease.
    pub step: Duration,
}

impl Leases {
    /// What a step takes beside its longest call: a token, or another page. Also what clocks may disagree, and recording
    /// take.
    const MARGIN: Duration = Duration::from_secs(5);

    /// The leases where one call to a vendor may take so long.
    ///
    /// No longer than calls need, for it is how long the accounts that were under way wait when their worker dies: a call
    /// that it sent may still arrive at the vendor, and whoever looked before then would not find what it makes.
    #[must_use]
    pub const fn of_calls(call: Duration) -> Self {
        let step = call.saturating_add(Self::MARGIN);
        Self {
            lease: step.saturating_add(Self::MARGIN),
            step,
        }
    }
}

/// What convergence works with.
#[derive(Clone)]
pub struct ConvergencePorts {
    /// Accounts as a queue.
    pub queue: Arc<dyn AccountQueue>,
    /// Accounts as people look at them: who holds what another one should have.
    pub accounts: Arc<dyn AccountStore>,
    /// The vendors.
    pub gateway: Arc<dyn VendorGateway>,
    /// Connections, which are paused when their credentials are refused.
    pub connections: Connections,
    /// Opens credentials and initial passwords.
    pub secrets: Arc<dyn Secrets>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub entropy: Arc<dyn Entropy>,
    /// Ids of entries in histories.
    pub ids: Arc<dyn Ids>,
}

/// The use case of convergence: one claim, from beginning to end.
#[derive(Clone)]
pub struct Convergence {
    ports: ConvergencePorts,
    policy: RetryPolicy,
    leases: Leases,
    /// The connections of which it was said that this process lacks the key to their credentials.
    unopened: Arc<Mutex<HashSet<ConnectionId>>>,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq)]
pub enum Converged {
    /// It was recorded, so.
    Recorded(Settled),
    /// The claim no longer held; whoever has it now goes on.
    Fenced,
}

/// What is carried through the steps of one claim.
struct Progress {
    claim: Claim,
    can: Capabilities,
    known: Known,
    /// The key under which the vendor should know the user now.
    key: Option<VendorKey>,
    invite_url: Option<String>,
    /// Whether the vendor's user was found during this claim, so that nothing yet says that it is nobody else's.
    is_unlinked: bool,
    /// Whether the account was in sync, so that all there is to do is to see how the user stands.
    is_read_back: bool,
    /// When the claim was begun.
    begun: Timestamp,
    /// What was found before, until it is known to be otherwise.
    drift: Option<Drift>,
    left: bool,
    password: Option<Password>,
    delivered: Option<Sealed>,
    calls: Vec<CallRecord>,
    passage: Passage,
}

/// Where one step leads.
enum Next {
    Plan,
    Settle(Settled),
    Fenced,
}

impl Convergence {
    /// Puts the use case together.
    #[must_use]
    pub fn new(ports: ConvergencePorts, policy: RetryPolicy, leases: Leases) -> Self {
        Self {
            ports,
            policy,
            leases,
            unopened: Arc::default(),
        }
    }

    /// The time.
    fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// Takes ownership of connections at which something is due.
    async fn own(&self, worker: Uuid, ownership: Duration, limit: u32) -> Result<Vec<Owned>, Error> {
        let now = self.now();
        Ok(self.ports.queue.own(worker, now, now + delta(ownership), limit).await?)
    }

    /// Extends ownership.
    async fn keep(
        &self,
        worker: Uuid,
        connections: &[ConnectionKey],
        ownership: Duration,
    ) -> Result<Vec<ConnectionKey>, Error> {
        let until = self.now() + delta(ownership);
        Ok(self.ports.queue.keep(worker, connections, until).await?)
    }

    /// Ends ownership.
    async fn disown(&self, worker: Uuid, connections: &[ConnectionKey]) -> Result<(), Error> {
        Ok(self.ports.queue.disown(worker, connections).await?)
    }

    /// Gives back claims that were not finished.
    async fn release(&self, claims: &[ClaimKey]) -> Result<(), Error> {
        Ok(self.ports.queue.release(claims).await?)
    }

    /// When the next account of a connection is due.
    async fn next_due_at(&self, connection: &ConnectionKey) -> Result<Option<Timestamp>, Error> {
        Ok(self.ports.queue.next_due_at(connection).await?)
    }

    /// Takes up to `limit` accounts of a connection that are due.
    async fn claim(&self, worker: Uuid, connection: &ConnectionKey, limit: u32) -> Result<Vec<Claim>, Error> {
        let now = self.now();
        let lease_until = self.lease_from(now);
        Ok(self
            .ports
            .queue
            .claim(worker, connection, now, lease_until, limit)
            .await?)
    }

    /// How long until there is something to take over, at most `at_most`.
    async fn idle_for(&self, worker: Uuid, running: &[ConnectionKey], at_most: Duration) -> Result<Duration, Error> {
        let Some(due) = self.ports.queue.next_due(worker, running).await? else {
            return Ok(at_most);
        };
        let wait = (due - self.now()).to_std().unwrap_or_default();
        Ok(wait.min(at_most))
    }

    /// Drives one claim to its end.
    async fn converge(&self, claim: Claim, passage: Passage) -> Result<Converged, Error> {
        let can = self.ports.gateway.capabilities(&claim.connection);
        let options = &claim.connection.options;
        let account = &claim.account;
        let presence = Presence::of(&claim.user, account.is_assigned, options.on_leave);
        // Who was just taken off the connection is still as the account says, and yet has to leave.
        let is_read_back = account.status() == AccountStatus::InSync
            && !matches!(presence, Presence::Away(_))
            && options.drift != DriftMode::Off;
        let known = account
            .known
            .clone()
            .recalled(&claim.user, presence, &can, account.attempts);
        let mut progress = Progress {
            can,
            known: if is_read_back { known.doubted() } else { known },
            key: can.look_up.and_then(|kind| VendorKey::of(&claim.user, kind)),
            invite_url: None,
            is_unlinked: false,
            is_read_back,
            begun: self.now(),
            drift: account.drift.clone(),
            left: false,
            password: None,
            delivered: None,
            calls: Vec::new(),
            passage,
            claim,
        };
        let credentials = match self.open(&mut progress) {
            Ok(credentials) => credentials,
            Err(SecretsError::UnknownKey) => {
                let settled = self.lacks_key(&progress.claim);
                return self.record(progress, settled).await;
            }
            Err(error) => {
                let reason = format!("the connection's credentials cannot be opened: {error}");
                self.pause(&progress.claim, &reason).await?;
                return self.record(progress, Settled::GivenBack).await;
            }
        };
        for _ in 0..MAX_STEPS {
            let step = plan(
                &progress.claim.user,
                presence,
                progress.claim.connection.vendor,
                &progress.known,
                &can,
            );
            debug!(user = %progress.claim.key.user_id, connection = %progress.claim.key.connection_id, ?step, "next step");
            match self.take(step, &mut progress, &credentials).await? {
                Next::Plan => {}
                Next::Settle(settled) => return self.record(progress, settled).await,
                Next::Fenced => return Ok(Converged::Fenced),
            }
        }
        let error = VendorError::new(
            OutcomeClass::Unknown,
            format!(
                "{} keeps contradicting itself about this user",
                progress.claim.connection.vendor.title()
            ),
        );
        let settled = self.failed(&mut progress, &error).await?;
        self.record(progress, settled).await
    }

    /// Opens the credentials, and the initial password where the vendor takes one.
    fn open(&self, progress: &mut Progress) -> Result<Credentials, SecretsError> {
        let claim = &progress.claim;
        let secrets = &*self.ports.secrets;
        if progress.can.initial_password
            && let Some(sealed) = &claim.password
        {
            let context = password_context(claim.user.id);
            match secrets.open(sealed, &context) {
                Ok(clear) => {
                    let text = std::str::from_utf8(&clear).unwrap_or_default();
                    progress.password = Password::new(text).ok();
                }
                Err(error) => warn!(
                    user = %claim.key.user_id,
                    %error,
                    "the user's initial password cannot be opened: set it again"
                ),
            }
        }
        Credentials::open(&claim.credentials, claim.connection.id, secrets)
    }

    /// Carries out one step and folds what came of it into what is known.
    async fn take(&self, step: Step, progress: &mut Progress, credentials: &Credentials) -> Result<Next, Error> {
        // Whom the vendor has under the user's key may be linked to another user, whose key that was until lately. So the
        // link is stored, which only one user can do, before anything is changed there. It also leads to the vendor's user
        // after a crash, when this change has taken the key away under which it was found.
        let is_ending = step.operation().is_none();
        if progress.is_unlinked && !is_ending && !matches!(step, Step::Create(_) | Step::LookUp(_)) {
            return Ok(Next::Settle(Settled::GivenBack));
        }
        let departs = departing::is_departure(&step, progress);
        if departs && self.is_held(progress).await? {
            return Ok(Next::Settle(Settled::Held));
        }
        match &step {
            Step::InSync => {
                progress.drift = None;
                departing::count(departs, progress);
                return Ok(Next::Settle(self.in_sync(progress)));
            }
            Step::Removed => {
                progress.drift = None;
                departing::count(departs, progress);
                return Ok(Next::Settle(Settled::Removed));
            }
            Step::Ask { cause, message, remedy } => {
                let attention = self.attention(*cause, message.clone(), *remedy);
                return Ok(Next::Settle(Settled::Attention(attention)));
            }
            Step::Wait { message } => {
                let error = VendorError::new(OutcomeClass::Unknown, message.clone());
                return Ok(Next::Settle(self.failed(progress, &error).await?));
            }
            _ => {}
        }
        if let Err(away) = self.enter(progress).await {
            return away.next();
        }
        if let Step::Create(key) = step {
            return self.create(key, progress, credentials).await;
        }
        if !self.hold(progress).await? {
            return Ok(Next::Fenced);
        }
        self.call(step, progress, credentials).await
    }

    /// The account is as it should be; it is looked at again in time.
    fn in_sync(&self, progress: &Progress) -> Settled {
        let options = &progress.claim.connection.options;
        let is_looked_at =
            options.drift != DriftMode::Off && progress.can.read_back && progress.known.vendor_user_id.is_some();
        let read_back_at = is_looked_at.then(|| {
            // Accounts that were settled together are not read back together.
            let interval = Duration::from_mins(u64::from(options.read_back_minutes));
            self.now() + delta(interval.mul_f64(0.75 + self.ports.entropy.fraction() / 4.0))
        });
        Settled::InSync { read_back_at }
    }

    /// Makes sure that the lease outlasts the next step.
    async fn hold(&self, progress: &mut Progress) -> Result<bool, Error> {
        let claim = &mut progress.claim;
        let held = self.hold_until(&claim.key, claim.lease_until).await?;
        claim.lease_until = held.unwrap_or(claim.lease_until);
        Ok(held.is_some())
    }

    async fn record(&self, progress: Progress, settled: Settled) -> Result<Converged, Error> {
        let Progress {
            claim,
            mut known,
            invite_url,
            is_read_back,
            drift,
            left,
            delivered,
            calls,
            begun,
            ..
        } = progress;
        known.applied_version = match settled {
            Settled::InSync { .. } | Settled::Removed => claim.user.version,
            // Nothing was to be sent, so that the account is not behind because nobody could look.
            _ if is_read_back && known.applied_version == claim.user.version => claim.user.version,
            // Of several steps some are done. Until all are, the account stays behind, for everyone who looks at it.
            Settled::Retry { .. } | Settled::Attention(_) | Settled::GivenBack | Settled::Held => {
                known.applied_version.min(claim.user.version - 1)
            }
        };
        let mut settlement = Settlement {
            version: claim.user.version,
            is_assigned: claim.account.is_assigned,
            known,
            invite_url,
            settled,
            drift,
            left,
            delivered,
            calls,
        };
        let now = self.now();
        let held = match self.ports.queue.record(&claim.key, &settlement, now).await {
            Err(StoreError::Conflict(UniqueKey::VendorUserId)) => {
                settlement = self.held_by_another(&claim, begun, settlement, now).await?;
                self.ports.queue.record(&claim.key, &settlement, now).await?
            }
            outcome => outcome?,
        };
        if !held {
            warn!(user = %claim.key.user_id, connection = %claim.key.connection_id, "claim was lost before it was recorded");
            return Ok(Converged::Fenced);
        }
        debug!(user = %claim.key.user_id, connection = %claim.key.connection_id, settled = ?settlement.settled, "recorded");
        Ok(Converged::Recorded(settlement.settled))
    }

    fn attention(&self, cause: Cause, message: String, remedy: Remedy) -> Attention {
        Attention {
            cause,
            message,
            remedy,
            since: self.now(),
        }
    }

    fn lease_from(&self, now: Timestamp) -> Timestamp {
        now + delta(self.leases.lease)
    }
}

/// A wait as the calendar has it; none of ours is longer than that can hold.
fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
