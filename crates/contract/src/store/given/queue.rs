//! What the cases of the queue start from: claims, and what comes of them.

use std::str::FromStr;

use chrono::TimeDelta;
use roster_application::ports::{Claim, Settled, Settlement, Store};
use roster_domain::{Attention, Cause, Known, Remedy, Timestamp, VendorUserId};
use uuid::Uuid;

use super::{after, key};

/// The worker that works unless a case says otherwise.
pub const WORKER: Uuid = Uuid::from_u128(0x019B_8D3A_0000_7000_8000_0000_0000_00AA);

/// Takes every connection at which something is due, and claims up to so many accounts that are due there.
pub async fn claims(store: &dyn Store, now: Timestamp, lease_until: Timestamp, limit: u32) -> Vec<Claim> {
    let owned = store
        .own(WORKER, now, now + TimeDelta::days(1), 1_000)
        .await
        .expect("connections are owned");
    let mut claims = Vec::new();
    for owned in owned {
        let room = limit - u32::try_from(claims.len()).expect("a small number");
        let more = store
            .claim(WORKER, &key(&owned.connection), now, lease_until, room)
            .await
            .expect("accounts are claimed");
        claims.extend(more);
    }
    claims
}

/// Claims the only account that is due at a time, for a minute.
pub async fn claim(store: &dyn Store, now: Timestamp) -> Claim {
    let mut claims = claims(store, now, now + TimeDelta::minutes(1), 10).await;
    assert_eq!(claims.len(), 1, "one account is due");
    claims.remove(0)
}

/// When the worker should look for connections to own.
pub async fn next_due(store: &dyn Store) -> Option<Timestamp> {
    store.next_due(WORKER, &[]).await.expect("read")
}

/// Drives the only account that is due to be in sync, with the user at the vendor as the user's record has it.
pub async fn settle(store: &dyn Store, now: Timestamp) -> Claim {
    let claim = claim(store, now).await;
    record(store, &claim, IN_SYNC, now).await;
    claim
}

/// In sync, and not to be read back.
pub const IN_SYNC: Settled = Settled::InSync { read_back_at: None };

/// What a worker says of a claim: how it ended, and that the vendor has the version that the claim carried where it
/// ended well.
#[must_use]
pub fn settlement(claim: &Claim, settled: Settled) -> Settlement {
    let known = match settled {
        Settled::InSync { .. } | Settled::Removed => Known {
            vendor_user_id: Some(VendorUserId::new(format!("vendor-{}", claim.user.id))),
            active: Some(claim.user.active && claim.user.deleted_at.is_none() && claim.account.is_assigned),
            applied_version: claim.user.version,
            ..Known::default()
        },
        _ => claim.account.known.clone(),
    };
    Settlement {
        version: claim.user.version,
        is_assigned: claim.account.is_assigned,
        known,
        invite_url: None,
        settled,
        drift: None,
        left: false,
        delivered: None,
        calls: Vec::new(),
    }
}

/// Records how a claim ended.
pub async fn record(store: &dyn Store, claim: &Claim, settled: Settled, now: Timestamp) {
    let held = store
        .record(&claim.key, &settlement(claim, settled), now)
        .await
        .expect("a claim is recorded");
    assert!(held, "the claim holds");
}

/// A failure that is tried again.
#[must_use]
pub fn retry(at: Timestamp, floor: Option<Timestamp>) -> Settled {
    Settled::Retry {
        at,
        floor,
        attempts: 3,
        error: "the vendor answered 503".to_owned(),
    }
}

/// A question to a person.
#[must_use]
pub fn attention() -> Settled {
    Settled::Attention(Attention {
        cause: Cause::from_str("missing_field").expect("a cause"),
        message: "the vendor needs an e-mail address: add it".to_owned(),
        remedy: Remedy::Customer,
        since: after(1),
    })
}
