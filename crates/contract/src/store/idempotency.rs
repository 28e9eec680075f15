//! Requests with an `Idempotency-Key`.

use roster_application::ports::{Begun, IdempotencyKey, Sealed, Store};
use roster_domain::OrganizationId;

use super::given::{self, NOW, after};

fn key(organization: OrganizationId) -> IdempotencyKey {
    IdempotencyKey {
        organization_id: organization,
        key: "order-66".to_owned(),
        fingerprint: [1; 32],
    }
}

fn answer() -> Sealed {
    Sealed::new(b"201 Created".to_vec())
}

/// Begun, under way, answered.
pub async fn a_request_is_begun_once_and_answered_alike_ever_after(store: &dyn Store) {
    let key = key(given::organization(store).await);
    let id = given::new_id();

    let first = store.begin(&key, id, NOW, after(-60)).await.expect("begun");
    let second = store
        .begin(&key, given::new_id(), after(1), after(-60))
        .await
        .expect("begun");
    store.answer(&key, &answer(), after(2)).await.expect("answered");
    let third = store
        .begin(&key, given::new_id(), after(3), after(-60))
        .await
        .expect("begun");
    let much_later = store
        .begin(&key, given::new_id(), after(900), after(800))
        .await
        .expect("begun");

    assert_eq!((first, second), (Begun::Now(id), Begun::InProgress));
    assert_eq!(
        (third, much_later),
        (Begun::Answered(answer()), Begun::Answered(answer()))
    );
}

/// The same key for something else is a fault of the caller, answered or not.
pub async fn a_key_that_was_used_for_another_request_is_a_mismatch(store: &dyn Store) {
    let key = key(given::organization(store).await);
    let other = IdempotencyKey {
        fingerprint: [2; 32],
        ..key.clone()
    };
    store
        .begin(&key, given::new_id(), NOW, after(-60))
        .await
        .expect("begun");

    let under_way = store
        .begin(&other, given::new_id(), after(1), after(-60))
        .await
        .expect("begun");
    let silent = store
        .begin(&other, given::new_id(), after(900), after(800))
        .await
        .expect("begun");
    store.answer(&key, &answer(), after(2)).await.expect("answered");
    let answered = store
        .begin(&other, given::new_id(), after(3), after(-60))
        .await
        .expect("begun");

    assert_eq!(
        (under_way, silent, answered),
        (Begun::Mismatch, Begun::Mismatch, Begun::Mismatch)
    );
}

/// MUST: `Resumed` with the id it was begun with, by one of many.
pub async fn a_request_that_fell_silent_is_resumed_with_its_id(store: &dyn Store) {
    let key = key(given::organization(store).await);
    let id = given::new_id();
    store.begin(&key, id, NOW, after(-60)).await.expect("begun");

    let too_early = store.begin(&key, given::new_id(), after(60), NOW).await.expect("begun");
    let resumed = store
        .begin(&key, given::new_id(), after(90), after(30))
        .await
        .expect("begun");
    let again = store
        .begin(&key, given::new_id(), after(91), after(31))
        .await
        .expect("begun");
    let silent_again = store
        .begin(&key, given::new_id(), after(200), after(140))
        .await
        .expect("begun");

    assert_eq!((too_early, resumed), (Begun::InProgress, Begun::Resumed(id)));
    assert_eq!((again, silent_again), (Begun::InProgress, Begun::Resumed(id)));
}

/// Somebody may have read the first one.
pub async fn the_first_answer_stands(store: &dyn Store) {
    let key = key(given::organization(store).await);
    store
        .begin(&key, given::new_id(), NOW, after(-60))
        .await
        .expect("begun");

    store.answer(&key, &answer(), after(1)).await.expect("answered");
    store
        .answer(&key, &Sealed::new(b"too late".to_vec()), after(2))
        .await
        .expect("passed over");

    let begun = store
        .begin(&key, given::new_id(), after(3), after(-60))
        .await
        .expect("begun");
    assert_eq!(begun, Begun::Answered(answer()));
}

/// A request without effect may be made again, also a different one.
pub async fn an_abandoned_key_may_be_used_again(store: &dyn Store) {
    let key = key(given::organization(store).await);
    store
        .begin(&key, given::new_id(), NOW, after(-60))
        .await
        .expect("begun");

    store.abandon(&key).await.expect("abandoned");

    let other = IdempotencyKey {
        fingerprint: [2; 32],
        ..key
    };
    let id = given::new_id();
    assert_eq!(
        store.begin(&other, id, after(1), after(-60)).await.expect("begun"),
        Begun::Now(id)
    );
}

/// An answered one is left as it is, and so is another request's.
pub async fn abandoning_leaves_answers_and_other_requests_alone(store: &dyn Store) {
    let key = key(given::organization(store).await);
    let other = IdempotencyKey {
        fingerprint: [2; 32],
        ..key.clone()
    };
    store
        .begin(&key, given::new_id(), NOW, after(-60))
        .await
        .expect("begun");

    store.abandon(&other).await.expect("passed over");
    assert_eq!(
        store
            .begin(&key, given::new_id(), after(1), after(-60))
            .await
            .expect("begun"),
        Begun::InProgress
    );
    store.answer(&key, &answer(), after(2)).await.expect("answered");
    store.abandon(&key).await.expect("passed over");

    let begun = store
        .begin(&key, given::new_id(), after(3), after(-60))
        .await
        .expect("begun");
    assert_eq!(begun, Begun::Answered(answer()));
}

/// Those that were begun before the time, answered or not.
pub async fn old_keys_are_forgotten(store: &dyn Store) {
    let organization = given::organization(store).await;
    let named = |name: &str| IdempotencyKey {
        key: name.to_owned(),
        ..key(organization)
    };
    for (name, seconds) in [("a", 0), ("b", 10), ("c", 20)] {
        store
            .begin(&named(name), given::new_id(), after(seconds), after(-60))
            .await
            .expect("begun");
    }
    store.answer(&named("a"), &answer(), after(1)).await.expect("answered");

    assert_eq!(store.purge_idempotency_keys(after(20)).await.expect("purged"), 2);

    let id = given::new_id();
    assert_eq!(
        store
            .begin(&named("a"), id, after(30), after(-60))
            .await
            .expect("begun"),
        Begun::Now(id)
    );
    let kept = store
        .begin(&named("c"), given::new_id(), after(30), after(-60))
        .await
        .expect("begun");
    assert_eq!(kept, Begun::InProgress);
}
