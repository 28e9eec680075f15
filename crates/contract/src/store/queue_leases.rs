//! The queue: leases and fencing tokens.

use roster_application::ports::{Claim, ClaimKey, Store};
use roster_domain::VendorKey;

use super::given::{self, after};

/// Whether anything that needs the claim still works.
async fn holds(store: &dyn Store, claim: &Claim) -> bool {
    store.renew(&claim.key, claim.lease_until).await.expect("asked")
}

/// MUST: skip accounts under a lease that ends after now.
pub async fn a_leased_account_is_not_claimed_until_its_lease_ends(store: &dyn Store) {
    given::due_account(store).await;
    given::claims(store, after(1), after(10), 10).await;

    assert!(given::claims(store, after(9), after(60), 10).await.is_empty());
    assert_eq!(given::claims(store, after(10), after(60), 10).await.len(), 1);
}

/// MUST: a fencing token higher than all before it, also after records and releases.
pub async fn each_claim_carries_a_higher_token(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let mut tokens = Vec::new();

    let expired = given::claim(store, after(0)).await;
    tokens.push(expired.key.token);
    let released = given::claim(store, after(100)).await;
    tokens.push(released.key.token);
    store.release(&[released.key]).await.expect("released");
    let recorded = given::claim(store, after(101)).await;
    tokens.push(recorded.key.token);
    given::record(store, &recorded, given::IN_SYNC, after(102)).await;
    given::rename(store, &user, "Ann", after(103)).await;
    tokens.push(given::claim(store, after(104)).await.key.token);

    assert!(tokens.is_sorted_by(|a, b| a < b), "{tokens:?}");
}

/// MUST: `false`, and nothing stored, after another claim.
pub async fn a_claim_that_was_overtaken_does_nothing_any_more(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let overtaken = given::claim(store, after(1)).await;
    let current = given::claim(store, after(100)).await;
    let before = given::account(store, &user).await;

    let announced = store
        .announce(&overtaken.key, &VendorKey::new("E-1"), after(999))
        .await
        .expect("asked");
    let renewed = store.renew(&overtaken.key, after(999)).await.expect("asked");
    let settlement = given::settlement(&overtaken, given::IN_SYNC);
    let recorded = store
        .record(&overtaken.key, &settlement, after(101))
        .await
        .expect("asked");
    store.release(&[overtaken.key]).await.expect("passed over");

    assert!(!announced && !renewed && !recorded);
    assert_eq!(given::account(store, &user).await, before);
    assert!(
        given::claims(store, after(102), after(200), 10).await.is_empty(),
        "the lease is untouched"
    );
    assert!(holds(store, &current).await);
}

/// MUST: `false`, and nothing stored, after it was recorded.
pub async fn a_claim_that_was_recorded_does_nothing_any_more(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    given::record(store, &claim, given::retry(after(30), None), after(2)).await;
    let before = given::account(store, &user).await;

    let announced = store
        .announce(&claim.key, &VendorKey::new("E-1"), after(999))
        .await
        .expect("asked");
    let settlement = given::settlement(&claim, given::IN_SYNC);
    let recorded = store.record(&claim.key, &settlement, after(3)).await.expect("asked");
    let renewed = holds(store, &claim).await;

    assert!(!announced && !recorded && !renewed);
    assert_eq!(given::account(store, &user).await, before);
    assert_eq!(given::next_due(store).await, Some(after(30)), "no lease came back");
}

/// MUST: `false` after it was released.
pub async fn a_claim_that_was_released_does_nothing_any_more(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    store.release(&[claim.key]).await.expect("released");
    let before = given::account(store, &user).await;

    let announced = store
        .announce(&claim.key, &VendorKey::new("E-1"), after(999))
        .await
        .expect("asked");
    let settlement = given::settlement(&claim, given::IN_SYNC);
    let recorded = store.record(&claim.key, &settlement, after(3)).await.expect("asked");

    assert!(!announced && !recorded && !holds(store, &claim).await);
    assert_eq!(given::account(store, &user).await, before);
}

/// A lease that ran out is no end: as long as nobody else claimed, what came of the call is stored.
pub async fn a_claim_holds_after_its_lease_ran_out_until_somebody_else_claims(store: &dyn Store) {
    given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;

    let settlement = given::settlement(&claim, given::IN_SYNC);
    let recorded = store
        .record(&claim.key, &settlement, after(500))
        .await
        .expect("recorded");

    assert!(recorded);
}

/// A renewed lease ends when it was renewed to.
pub async fn renewing_extends_the_lease(store: &dyn Store) {
    given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;

    assert!(store.renew(&claim.key, after(200)).await.expect("renewed"));

    assert!(given::claims(store, after(199), after(300), 10).await.is_empty());
    assert_eq!(given::claims(store, after(200), after(300), 10).await.len(), 1);
}

/// The intent is there after a crash, and the lease is longer.
pub async fn announcing_stores_the_intent_and_extends_the_lease(store: &dyn Store) {
    let (_, user) = given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;
    let intent = VendorKey::new("E-1");

    assert!(
        store
            .announce(&claim.key, &intent, after(200))
            .await
            .expect("announced")
    );

    assert_eq!(given::account(store, &user).await.known.intent.as_ref(), Some(&intent));
    assert!(given::claims(store, after(199), after(300), 10).await.is_empty());
    let next = given::claim(store, after(200)).await;
    assert_eq!(next.account.known.intent, Some(intent));
}

/// Due at once for anybody, others untouched.
pub async fn released_claims_are_due_at_once_and_the_rest_is_passed_over(store: &dyn Store) {
    let organization = given::organization(store).await;
    given::connection(store, organization).await;
    for number in 0..4 {
        given::user(store, organization, &format!("E-{number}")).await;
    }
    let claims = given::claims(store, after(1), after(60), 10).await;
    let gone = ClaimKey {
        token: claims[2].key.token + 7,
        ..claims[2].key
    };

    store
        .release(&[claims[1].key, gone, claims[0].key])
        .await
        .expect("released");
    store.release(&[]).await.expect("nothing to release");

    let again = given::claims(store, after(2), after(60), 10).await;
    let mut users: Vec<_> = again.iter().map(|claim| claim.user.id).collect();
    users.sort_unstable();
    assert_eq!(users, [claims[0].user.id, claims[1].user.id]);
    assert!(holds(store, &claims[2]).await && holds(store, &claims[3]).await);
}

/// Either the store is one process's own, and its leases end, or it is shared, and they are left alone.
pub async fn reclaiming_ends_all_leases_or_none(store: &dyn Store) {
    given::due_account(store).await;
    let claim = given::claim(store, after(1)).await;

    let ended = store.reclaim().await.expect("reclaimed");

    let due_now = given::claims(store, after(2), after(60), 10).await.len();
    assert!(ended <= 1);
    assert_eq!(due_now as u64, ended);
    assert_eq!(holds(store, &claim).await, ended == 0);
}
