//! Who leaves, and whether so many do that a person should look first.

use roster_domain::{Drift, Step, mass_change};
use tracing::info;

use super::{Convergence, Progress, delta};
use crate::error::Error;
use crate::ports::{ConnectionKey, DepartureCount};

impl Convergence {
    /// Whether so many users leave the connection at once that a person should look first.
    pub(super) async fn is_held(&self, progress: &mut Progress) -> Result<bool, Error> {
        let claim = &progress.claim;
        if claim.departure_is_approved {
            return Ok(false);
        }
        let options = &claim.connection.options;
        let policy = options.mass_change();
        let connection = ConnectionKey {
            organization_id: claim.key.organization_id,
            connection_id: claim.key.connection_id,
        };
        let count = DepartureCount {
            since: self.now() - delta(policy.window),
            // Where the share is nothing, it is passed whatever the users are in number, so that they need no counting.
            percent: policy.percent.max(1),
            deletes: progress.can.deletes(options.on_leave),
        };
        let departures = self.ports.queue.departures(&connection, count).await?;
        let holds = policy.holds(departures);
        if holds {
            info!(
                user = %claim.key.user_id,
                connection = %claim.key.connection_id,
                leaving = departures.leaving,
                of = departures.of,
                is_missing = progress.known.is_missing,
                "a departure is held: so many at once wait for `roster connections approve`"
            );
            if progress.known.is_missing {
                let since = progress.drift.as_ref().map(|drift| drift.since);
                progress.drift = Some(Drift {
                    message: lost(progress),
                    since: since.unwrap_or_else(|| self.now()),
                });
            }
        }
        Ok(holds)
    }
}

/// Whether the user is no longer at the vendor with this step, and was there when the claim began.
pub(super) fn is_departure(step: &Step, progress: &Progress) -> bool {
    let (claim, known) = (&progress.claim, &progress.known);
    mass_change::is_departure(step, &claim.account.known, known, claim.user.version)
}

/// Counts somebody who is missing among those who left, now that it is believed. What was approved does not count, nor may
/// it later: its approval is spent.
pub(super) fn count(departs: bool, progress: &mut Progress) {
    progress.left |= departs && !progress.claim.departure_is_approved;
}

/// That the vendor denies a user, in plain words.
pub(super) fn lost(progress: &Progress) -> String {
    format!("{} no longer has the user", progress.claim.connection.vendor.title())
}
