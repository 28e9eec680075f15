//! What follows where the vendor's user under somebody's key is linked to another user here.

use roster_domain::{Account, Cause, Known, OutcomeClass, Presence, Remedy, Timestamp, VendorUserId, Verdict, retry};

use super::Convergence;
use crate::error::Error;
use crate::ports::{Claim, Settled, Settlement};

/// How often it is tried to take over a user at the vendor who is linked to another user here while that one's change is on
/// its way, before a person is asked: some minutes.
const HELD_ATTEMPTS: u32 = 10;

impl Convergence {
    /// What the vendor reports under this user's key is linked to another user already. While that one's change of key, or
    /// deletion, is still on its way to the vendor, it is waited for. One who has arrived there and holds the key all the
    /// same does so for good: not every vendor can change a key.
    pub(super) async fn held_by_another(
        &self,
        claim: &Claim,
        begun: Timestamp,
        settlement: Settlement,
        now: Timestamp,
    ) -> Result<Settlement, Error> {
        let (key, vendor) = (&claim.key, claim.connection.vendor.title());
        let id = settlement.known.vendor_user_id.as_ref();
        let holder = match id {
            Some(id) => {
                let of = (key.organization_id, key.connection_id);
                let found = self.ports.accounts.account_of_vendor_user(of.0, of.1, id).await?;
                found.filter(|holder| holder.user_id != key.user_id)
            }
            None => None,
        };
        let presence = Presence::of(
            &claim.user,
            claim.account.is_assigned,
            claim.connection.options.on_leave,
        );
        if holder.is_some() && matches!(presence, Presence::Away(_)) {
            return Ok(gone_already(claim, settlement));
        }
        let id = id.map(VendorUserId::as_str).unwrap_or_default();
        let attempts = claim.account.attempts.saturating_add(1);
        let is_waited_for = attempts < HELD_ATTEMPTS
            && holder
                .as_ref()
                .is_none_or(|holder| attempts <= 1 || holder.updated_at >= begun || is_on_its_way(holder));
        let held = match &holder {
            Some(holder) => format!(
                "{vendor} has its user {id} under a key of this user, which is linked to the user {} here",
                holder.user_id
            ),
            None => {
                format!("{vendor} has its user {id} under a key of this user, which was linked to another user here")
            }
        };
        let class = OutcomeClass::Transient { after: None };
        let settled = match retry(class, attempts, now, self.ports.entropy.fraction(), &self.policy) {
            Verdict::RetryAt(at) if is_waited_for => Settled::Retry {
                at,
                floor: None,
                attempts,
                error: format!("{held}: this goes on when a change of that one has arrived there"),
            },
            _ => Settled::Attention(self.attention(
                Cause::HeldElsewhere,
                format!(
                    "{held}, and holds that key there: ask {vendor} to give it another, or give this user an external id and \
                     an e-mail address of its own"
                ),
                Remedy::Customer,
            )),
        };
        let known = claim.account.known.clone();
        let applied_version = known.applied_version.min(claim.user.version - 1);
        Ok(Settlement {
            known: Known {
                applied_version,
                ..known
            },
            invite_url: None,
            settled,
            ..settlement
        })
    }
}

/// Who should be gone, and whose key has become somebody else's here, has nobody left at the vendor.
fn gone_already(claim: &Claim, settlement: Settlement) -> Settlement {
    Settlement {
        known: Known {
            intent: settlement.known.intent.clone(),
            applied_version: claim.user.version,
            ..claim.account.known.clone()
        },
        invite_url: None,
        settled: Settled::Removed,
        ..settlement
    }
}

/// Whether a change of an account is still to arrive at the vendor by itself.
fn is_on_its_way(account: &Account) -> bool {
    account.known.applied_version < account.desired_version && account.attention.is_none()
}
