//! What follows from a call that did not succeed.

use std::sync::PoisonError;
use std::time::Duration;

use roster_domain::{Attention, Cause, OutcomeClass, Remedy, Verdict, retry};
use tracing::{info, warn};

use super::{Convergence, Progress, delta};
use crate::error::Error;
use crate::ports::{Claim, SecretsError, Settled, VendorError};

/// How long it is, about, until credentials are tried again whose key this process does not have.
const OPENED_AGAIN: Duration = Duration::from_mins(1);

impl Convergence {
    /// Decides, with the one retry policy there is, what follows from a failure.
    pub(super) async fn failed(&self, progress: &mut Progress, error: &VendorError) -> Result<Settled, Error> {
        let now = self.now();
        let attempts = progress.claim.account.attempts.saturating_add(1);
        let claim = &progress.claim;
        info!(
            user = %claim.key.user_id,
            connection = %claim.key.connection_id,
            vendor = %claim.connection.vendor,
            class = ?error.class,
            status = error.status,
            attempts,
            error = error as &dyn std::error::Error,
            "a call to a vendor did not succeed"
        );
        Ok(
            match retry(error.class, attempts, now, self.ports.entropy.fraction(), &self.policy) {
                Verdict::RetryAt(at) => {
                    let wait = error.class.wait_of_all();
                    let floor = wait.map(|wait| now.checked_add_signed(delta(wait)).map_or(at, |floor| floor.min(at)));
                    Settled::Retry {
                        at,
                        floor,
                        attempts,
                        error: told(error),
                    }
                }
                Verdict::PauseConnection => {
                    self.pause(claim, &error.message).await?;
                    Settled::GivenBack
                }
                Verdict::Ask => Settled::Attention(self.asked(claim, error)),
            },
        )
    }

    /// The credentials are sealed with a key that this process does not have. That is the operator's to mend, and nothing is
    /// wrong with the connection, which other processes may well be able to serve: it is said once, left as it is, and
    /// tried again later.
    pub(super) fn lacks_key(&self, claim: &Claim) -> Settled {
        let mut unopened = self.unopened.lock().unwrap_or_else(PoisonError::into_inner);
        if unopened.insert(claim.connection.id) {
            warn!(
                connection = %claim.connection.id,
                vendor = %claim.connection.vendor,
                "the connection's credentials are sealed with a secret key that this process does not have, so that it sends \
                 nothing there: give it that key as ROSTER_SECRET_KEY or in ROSTER_PREVIOUS_SECRET_KEYS, and start it again"
            );
        }
        Settled::Retry {
            at: self.now() + delta(OPENED_AGAIN.mul_f64(0.5 + self.ports.entropy.fraction())),
            floor: None,
            attempts: claim.account.attempts,
            error: format!(
                "the connection's credentials cannot be opened here: {}",
                SecretsError::UnknownKey
            ),
        }
    }

    /// Pauses the connection, and says so once.
    pub(super) async fn pause(&self, claim: &Claim, reason: &str) -> Result<(), Error> {
        if self.ports.connections.pause(&claim.connection, reason).await? {
            warn!(
                connection = %claim.connection.id,
                vendor = %claim.connection.vendor,
                reason,
                "connection paused: mend its credentials to go on"
            );
        }
        Ok(())
    }

    /// A vendor that refuses to be asked for somebody says nothing of the user, so that nothing is made there.
    pub(super) fn not_to_be_found(&self, progress: &Progress, error: &VendorError) -> Attention {
        let vendor = progress.claim.connection.vendor.title();
        let message = format!(
            "whether {vendor} has this user already cannot be found out, so that nothing was sent: {}; then try it again",
            error.message
        );
        self.attention(Cause::Rejected, message, Remedy::Operator)
    }

    fn asked(&self, claim: &Claim, error: &VendorError) -> Attention {
        let vendor = claim.connection.vendor.title();
        let (cause, message) = match error.class {
            OutcomeClass::Conflict => (
                Cause::HeldElsewhere,
                format!(
                    "another user at {vendor} holds a key of this one: {}; free it there, or change it here",
                    error.message
                ),
            ),
            _ => (
                Cause::Rejected,
                format!(
                    "{vendor} refuses this user: {}; change the user, then it is tried again",
                    error.message
                ),
            ),
        };
        self.attention(cause, message, Remedy::Customer)
    }
}

/// What went wrong, with what is made of a wait that nobody can mean.
fn told(error: &VendorError) -> String {
    let message = &error.message;
    if error.class.asks_for_too_long() {
        return format!("{message}; nobody waits for so long: it is tried again after a day");
    }
    message.clone()
}
