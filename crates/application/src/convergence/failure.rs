//! What follows from a call that did not succeed.

use roster_domain::{Cause, OutcomeClass, Remedy, Verdict, retry};
use tracing::{info, warn};

use super::{Convergence, Progress, delta};
use crate::error::Error;
use crate::ports::{Claim, Settled, VendorError};

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
                    let floor = match error.class {
                        OutcomeClass::RateLimited { after: Some(after) }
                        | OutcomeClass::Transient { after: Some(after) } => {
                            Some(now.checked_add_signed(delta(after)).map_or(at, |floor| floor.min(at)))
                        }
                        _ => None,
                    };
                    Settled::Retry {
                        at,
                        floor,
                        attempts,
                        error: error.message.clone(),
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

    fn asked(&self, claim: &Claim, error: &VendorError) -> roster_domain::Attention {
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
