//! Convergence: driving accounts to the state that their user demands.
//!
//! Three short phases, with no transaction open across them: **claim** an account (a lease with a fencing token),
//! **call** the vendor as [`roster_domain::plan()`] says, **record** what came of it if the claim still holds. A create is announced in
//! the account before it is sent, so that whatever happens then, it is looked up before it is sent again.

mod calls;
mod failure;
mod lane;
mod runner;
#[cfg(test)]
mod tests;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use roster_domain::{
    AccountStatus, Attention, Capabilities, Cause, Connection, Drift, DriftMode, Known, OutcomeClass, Password,
    Presence, Remedy, RetryPolicy, Step, Timestamp, VendorKey, VendorUserId, Verdict, plan, retry,
};
use tracing::{debug, info, warn};
use uuid::Uuid;

pub use worker::{Worker, WorkerSettings};

use crate::connections::Connections;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::ports::{
    AccountQueue, CallRecord, Claim, ClaimKey, Clock, ConnectionKey, Entropy, Ids, Sealed, Secrets, Settled,
    Settlement, StoreError, UniqueKey, VendorError, VendorGateway,
};
use crate::users::password_context;

use calls::is_departure;
use lane::Passage;

/// The most steps of one claim. Every path through [`plan()`] ends well before; this bounds what a vendor that keeps
/// changing its mind can cost.
const MAX_STEPS: usize = 10;

/// How often it is tried to take over a user at the vendor who is linked to another user here, before a person is asked:
/// some minutes.
const HELD_ATTEMPTS: u32 = 10;

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leases {
    /// How long a claim holds unless it is renewed. A worker that died is taken over after that.
    pub lease: Duration,
    /// How long one step may take, token and all, before it is given up; none is begun with less than this left of the
    /// lease.
    pub step: Duration,
}

impl Default for Leases {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(25),
            step: Duration::from_secs(15),
        }
    }
}

/// What convergence works with.
#[derive(Clone)]
pub struct ConvergencePorts {
    /// Accounts as a queue.
    pub queue: Arc<dyn AccountQueue>,
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
    /// How often the vendor said during this claim that it has no such user.
    denials: u32,
    /// Whether the account was in sync, so that all there is to do is to see how the user stands.
    is_read_back: bool,
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
        Self { ports, policy, leases }
    }

    /// The time.
    fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// Takes ownership of connections at which something is due.
    async fn own(&self, worker: Uuid, ownership: Duration, limit: u32) -> Result<Vec<Connection>, Error> {
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
            denials: 0,
            is_read_back,
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
    fn open(&self, progress: &mut Progress) -> Result<Credentials, crate::ports::SecretsError> {
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
        match &step {
            Step::InSync => {
                progress.drift = None;
                return Ok(Next::Settle(self.in_sync(progress)));
            }
            Step::Removed => {
                progress.drift = None;
                return Ok(Next::Settle(Settled::Removed));
            }
            Step::Ask { cause, message, remedy } => {
                let attention = self.attention(*cause, message.clone(), *remedy);
                return Ok(Next::Settle(Settled::Attention(attention)));
            }
            Step::Create(_) | Step::LookUp(_) => {}
            // Whom the vendor has under the user's key may be linked to another user, whose key that was until lately.
            // So the link is stored, which only one user can do, before anything is changed there. It also leads to
            // the vendor's user after a crash, when this change has taken the key away under which it was found.
            _ if progress.is_unlinked => return Ok(Next::Settle(Settled::GivenBack)),
            Step::Deactivate(_) | Step::Delete(_) if self.is_held(progress).await? => {
                return Ok(Next::Settle(Settled::Held));
            }
            _ => {}
        }
        let requests = progress.can.requests_per_step;
        if !progress.passage.enter(requests, || self.now()).await {
            return Ok(Next::Settle(Settled::GivenBack));
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

    /// Whether so many users leave the connection at once that a person should look first. Who has left already, as far as
    /// is known, leaves no more.
    async fn is_held(&self, progress: &Progress) -> Result<bool, Error> {
        let claim = &progress.claim;
        if claim.departure_is_approved || !is_departure(progress) {
            return Ok(false);
        }
        let policy = claim.connection.options.mass_change();
        let connection = ConnectionKey {
            organization_id: claim.key.organization_id,
            connection_id: claim.key.connection_id,
        };
        let since = self.now() - delta(policy.window);
        let departures = self.ports.queue.departures(&connection, since).await?;
        let holds = policy.holds(departures);
        if holds {
            info!(
                user = %claim.key.user_id,
                connection = %claim.key.connection_id,
                leaving = departures.leaving,
                of = departures.of,
                "a departure is held: so many at once wait for `roster connections approve`"
            );
        }
        Ok(holds)
    }

    /// Makes sure that the lease outlasts the next step.
    async fn hold(&self, progress: &mut Progress) -> Result<bool, Error> {
        let now = self.now();
        if progress.claim.lease_until - now >= delta(self.leases.step) {
            return Ok(true);
        }
        let lease_until = self.lease_from(now);
        let held = self.ports.queue.renew(&progress.claim.key, lease_until).await?;
        progress.claim.lease_until = lease_until;
        Ok(held)
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
                settlement = self.held_by_another(&claim, settlement, now);
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

    /// What the vendor reports under this user's key is linked to another user already. That is so while the other
    /// one's change of key, or deletion, is still on its way to the vendor, so it is tried again for a while.
    fn held_by_another(&self, claim: &Claim, settlement: Settlement, now: Timestamp) -> Settlement {
        let id = settlement
            .known
            .vendor_user_id
            .as_ref()
            .map(VendorUserId::as_str)
            .unwrap_or_default();
        let vendor = claim.connection.vendor.title();
        let held = format!("{vendor} has its user {id} under this user's key, which is linked to another user here");
        let attempts = claim.account.attempts.saturating_add(1);
        let class = OutcomeClass::Transient { after: None };
        let settled = match retry(class, attempts, now, self.ports.entropy.fraction(), &self.policy) {
            Verdict::RetryAt(at) if attempts < HELD_ATTEMPTS => Settled::Retry {
                at,
                floor: None,
                attempts,
                error: format!("{held}: this goes on when a change of that one has arrived there"),
            },
            _ => Settled::Attention(self.attention(
                Cause::HeldElsewhere,
                format!("{held}: give the two users keys of their own"),
                Remedy::Customer,
            )),
        };
        let known = claim.account.known.clone();
        let applied_version = known.applied_version.min(claim.user.version - 1);
        Settlement {
            known: Known {
                applied_version,
                ..known
            },
            invite_url: None,
            settled,
            ..settlement
        }
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
