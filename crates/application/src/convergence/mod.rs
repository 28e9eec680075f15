//! Convergence: driving accounts to the state that their user demands.
//!
//! Three short phases, with no transaction open across them: **claim** an account (a lease with a fencing token),
//! **call** the vendor as [`roster_domain::plan()`] says, **record** what came of it if the claim still holds. A create is announced in
//! the account before it is sent, so that whatever happens then, it is looked up before it is sent again.

mod failure;
#[cfg(test)]
mod tests;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use roster_domain::{
    Attention, Cause, Known, OutcomeClass, Remedy, RetryPolicy, Step, Timestamp, VendorKey, VendorUserId, Verdict,
    plan, retry,
};
use tracing::{debug, warn};

pub use worker::{Worker, WorkerSettings};

use crate::connections::Connections;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::ports::{
    AccountQueue, Claim, Clock, Entropy, Secrets, Settled, Settlement, StoreError, Target, UniqueKey, VendorError,
    VendorGateway,
};

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
    /// How long one step may take, token and all; no call is begun with less than this left of the lease.
    pub step: Duration,
}

impl Default for Leases {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(45),
            step: Duration::from_secs(30),
        }
    }
}

/// The use case of convergence: one claim, from beginning to end.
#[derive(Clone)]
pub struct Convergence {
    queue: Arc<dyn AccountQueue>,
    gateway: Arc<dyn VendorGateway>,
    connections: Connections,
    secrets: Arc<dyn Secrets>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
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
    known: Known,
    /// The key under which the vendor should know the user now.
    key: Option<VendorKey>,
    invite_url: Option<String>,
    /// Whether the vendor's user was found during this claim, so that nothing yet says that it is nobody else's.
    is_unlinked: bool,
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
    #[expect(
        clippy::too_many_arguments,
        reason = "it is wired in one place, each port under its own name"
    )]
    pub fn new(
        queue: Arc<dyn AccountQueue>,
        gateway: Arc<dyn VendorGateway>,
        connections: Connections,
        secrets: Arc<dyn Secrets>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        policy: RetryPolicy,
        leases: Leases,
    ) -> Self {
        Self {
            queue,
            gateway,
            connections,
            secrets,
            clock,
            entropy,
            policy,
            leases,
        }
    }

    /// Takes up to `limit` accounts that are due.
    pub async fn claim(&self, limit: u32) -> Result<Vec<Claim>, Error> {
        let now = self.clock.now();
        Ok(self.queue.claim(now, self.lease_from(now), limit).await?)
    }

    /// How long until the next account is due, at most `at_most`.
    pub async fn idle_for(&self, at_most: Duration) -> Result<Duration, Error> {
        let Some(due) = self.queue.next_due().await? else {
            return Ok(at_most);
        };
        let wait = (due - self.clock.now()).to_std().unwrap_or_default();
        Ok(wait.min(at_most))
    }

    /// Drives one claim to its end.
    pub async fn converge(&self, claim: Claim) -> Result<Converged, Error> {
        let credentials = match Credentials::open(&claim.credentials, claim.connection.id, &*self.secrets) {
            Ok(credentials) => credentials,
            Err(error) => {
                let reason = format!("the connection's credentials cannot be opened: {error}");
                self.pause(&claim, &reason).await?;
                let progress = Progress {
                    known: claim.account.known.clone(),
                    claim,
                    key: None,
                    invite_url: None,
                    is_unlinked: false,
                };
                return self.record(progress, Settled::GivenBack).await;
            }
        };
        let can = self.gateway.capabilities(&claim.connection);
        let known = claim
            .account
            .known
            .clone()
            .recalled(&claim.user, &can, claim.account.attempts);
        let key = can.look_up.and_then(|kind| VendorKey::of(&claim.user, kind));
        let mut progress = Progress {
            claim,
            known,
            key,
            invite_url: None,
            is_unlinked: false,
        };
        for _ in 0..MAX_STEPS {
            let step = plan(
                &progress.claim.user,
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

    /// Carries out one step and folds what came of it into what is known.
    async fn take(&self, step: Step, progress: &mut Progress, credentials: &Credentials) -> Result<Next, Error> {
        match step {
            Step::InSync => return Ok(Next::Settle(Settled::InSync)),
            Step::Removed => return Ok(Next::Settle(Settled::Removed)),
            Step::Ask { cause, message, remedy } => {
                return Ok(Next::Settle(Settled::Attention(self.attention(cause, message, remedy))));
            }
            Step::Create(key) => return self.create(key, progress, credentials).await,
            Step::LookUp(_) => {}
            // Whom the vendor has under the user's key may be linked to another user, whose key that was until lately.
            // So the link is stored, which only one user can do, before anything is changed there. It also leads to
            // the vendor's user after a crash, when this change has taken the key away under which it was found.
            _ if progress.is_unlinked => return Ok(Next::Settle(Settled::GivenBack)),
            _ => {}
        }
        if !self.hold(progress).await? {
            return Ok(Next::Fenced);
        }
        let connection = progress.claim.connection.clone();
        let target = Target {
            connection: &connection,
            credentials,
        };
        let user = &progress.claim.user;
        let known = progress.known.clone();
        let switches = matches!(step, Step::Activate(_) | Step::Deactivate(_));
        let outcome = match step {
            Step::LookUp(key) => match self.gateway.look_up(target, &key, user).await {
                Ok(None) => Ok(known.absent(key)),
                Ok(Some(remote)) => {
                    progress.invite_url = remote.invite_url.or(progress.invite_url.take());
                    let applied = if remote.matches {
                        user.version
                    } else {
                        known.applied_version
                    };
                    progress.is_unlinked = progress.claim.account.known.vendor_user_id.as_ref() != Some(&remote.id);
                    Ok(known.found(remote.id, remote.active).updated(applied))
                }
                Err(error) => Err(error),
            },
            Step::Update(id) => self.gateway.update(target, &id, user).await.map(|remote| {
                progress.invite_url = remote.invite_url.or(progress.invite_url.take());
                known.updated(user.version).set_active(remote.active)
            }),
            Step::Activate(id) => self
                .gateway
                .activate(target, &id)
                .await
                .map(|()| known.set_active(true)),
            Step::Deactivate(id) => self
                .gateway
                .deactivate(target, &id)
                .await
                .map(|()| known.set_active(false)),
            Step::Delete(id) => self.gateway.delete(target, &id).await.map(|()| known.deleted()),
            Step::Create(_) | Step::InSync | Step::Removed | Step::Ask { .. } => Ok(known),
        };
        match outcome {
            Ok(known) => {
                progress.known = known;
                Ok(Next::Plan)
            }
            // The user was taken away at the vendor: begin anew, from what is true now.
            Err(error) if error.class == OutcomeClass::NotFound && progress.known.vendor_user_id.is_some() => {
                progress.known = progress.known.clone().gone(progress.key.clone());
                Ok(Next::Plan)
            }
            Err(error) => {
                if switches && error.class.may_have_happened() {
                    progress.known = progress.known.clone().switched_unheard();
                }
                Ok(Next::Settle(self.failed(progress, &error).await?))
            }
        }
    }

    /// Announces a create, and sends it.
    async fn create(&self, key: VendorKey, progress: &mut Progress, credentials: &Credentials) -> Result<Next, Error> {
        let lease_until = self.lease_from(self.clock.now());
        if !self.queue.announce(&progress.claim.key, &key, lease_until).await? {
            return Ok(Next::Fenced);
        }
        progress.claim.lease_until = lease_until;
        let earlier = progress.known.intent.clone();
        progress.known = progress.known.clone().intending(key.clone());
        let target = Target {
            connection: &progress.claim.connection,
            credentials,
        };
        match self.gateway.create(target, &key, &progress.claim.user).await {
            Ok(remote) => {
                progress.invite_url = remote.invite_url.or(progress.invite_url.take());
                let applied = if remote.matches { progress.claim.user.version } else { 0 };
                progress.known = progress.known.clone().created(remote.id, remote.active, applied);
                Ok(Next::Plan)
            }
            Err(error) => {
                if !error.class.may_have_happened() {
                    // This one has not happened; one that was sent before and not heard of still may have.
                    progress.known.intent = earlier;
                }
                if error.class == OutcomeClass::Conflict && !progress.known.refused_as_duplicate {
                    progress.known = progress.known.clone().duplicate();
                    return Ok(Next::Plan);
                }
                Ok(Next::Settle(self.failed(progress, &error).await?))
            }
        }
    }

    /// Makes sure that the lease outlasts the next step.
    async fn hold(&self, progress: &mut Progress) -> Result<bool, Error> {
        let now = self.clock.now();
        if progress.claim.lease_until - now >= delta(self.leases.step) {
            return Ok(true);
        }
        let lease_until = self.lease_from(now);
        let held = self.queue.renew(&progress.claim.key, lease_until).await?;
        progress.claim.lease_until = lease_until;
        Ok(held)
    }

    async fn record(&self, progress: Progress, settled: Settled) -> Result<Converged, Error> {
        let Progress {
            claim,
            mut known,
            invite_url,
            key: _,
            is_unlinked: _,
        } = progress;
        known.applied_version = match settled {
            Settled::InSync | Settled::Removed => claim.user.version,
            // Of several steps some are done. Until all are, the account stays behind, for everyone who looks at it.
            Settled::Retry { .. } | Settled::Attention(_) | Settled::GivenBack => {
                known.applied_version.min(claim.user.version - 1)
            }
        };
        let mut settlement = Settlement {
            version: claim.user.version,
            known,
            invite_url,
            settled,
        };
        let now = self.clock.now();
        let held = match self.queue.record(&claim.key, &settlement, now).await {
            Err(StoreError::Conflict(UniqueKey::VendorUserId)) => {
                settlement = self.held_by_another(&claim, &settlement, now);
                self.queue.record(&claim.key, &settlement, now).await?
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
    fn held_by_another(&self, claim: &Claim, settlement: &Settlement, now: Timestamp) -> Settlement {
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
        let settled = match retry(class, attempts, now, self.entropy.fraction(), &self.policy) {
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
            version: settlement.version,
        }
    }

    fn attention(&self, cause: Cause, message: String, remedy: Remedy) -> Attention {
        Attention {
            cause,
            message,
            remedy,
            since: self.clock.now(),
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
