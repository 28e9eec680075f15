//! The use case behind `Idempotency-Key`: what each state of a key means, and answers that are sealed.

use std::sync::Arc;

use uuid::Uuid;

use super::{Admission, Idempotency, Reserved};
use crate::error::Error;
use crate::ports::{Begun, IdempotencyKey, MockIdempotencyStore, SecretsError};
use crate::testing::{at, clock_at, ids, organization, sealed, secrets};

const FINGERPRINT: [u8; 32] = [3; 32];

fn idempotency(store: MockIdempotencyStore) -> Idempotency {
    Idempotency::new(Arc::new(store), secrets(), clock_at(100), ids())
}

fn key() -> IdempotencyKey {
    IdempotencyKey {
        organization_id: organization().id,
        key: "k-1".to_owned(),
        fingerprint: FINGERPRINT,
    }
}

fn context() -> String {
    format!("idempotency {} k-1", organization().id)
}

async fn admitted(begun: Begun) -> Result<Admission, Error> {
    let mut store = MockIdempotencyStore::new();
    store
        .expect_begin()
        .withf(|begun, id, now, silent_before| {
            *begun == key() && *id == Uuid::from_u128(100) && (*now, *silent_before) == (at(100), at(40))
        })
        .times(1)
        .return_once(move |_, _, _, _| Ok(begun));
    let (used, admission) = idempotency(store).begin(organization().id, "k-1", FINGERPRINT).await?;
    assert_eq!(used, key());
    Ok(admission)
}

#[tokio::test]
async fn a_request_that_comes_for_the_first_time_or_was_left_unfinished_goes_on_with_its_id() {
    let id = Uuid::from_u128(8);
    let first = admitted(Begun::Now(id)).await.expect("begins");
    assert!(matches!(first, Admission::Proceed(Reserved::Fresh(fresh)) if fresh == id));
    let resumed = admitted(Begun::Resumed(id)).await.expect("begins");
    assert!(matches!(resumed, Admission::Proceed(Reserved::Resumed(same)) if same == id));
}

#[tokio::test]
async fn a_request_under_way_or_under_a_key_of_another_does_not_begin() {
    assert!(matches!(
        admitted(Begun::InProgress).await.expect("asked"),
        Admission::InProgress
    ));
    assert!(matches!(
        admitted(Begun::Mismatch).await.expect("asked"),
        Admission::Mismatch
    ));
}

#[tokio::test]
async fn an_answer_is_given_again_as_it_was() {
    let again = admitted(Begun::Answered(sealed(b"201 created", &context())))
        .await
        .expect("asked");
    let Admission::Replay(answer) = again else {
        panic!("it is not replayed")
    };
    assert_eq!(&**answer, b"201 created");
}

#[tokio::test]
async fn an_answer_that_was_sealed_for_another_key_is_not_given() {
    let foreign = admitted(Begun::Answered(sealed(b"201 created", "idempotency of somebody else"))).await;
    assert!(matches!(foreign, Err(Error::Secrets(SecretsError::Damaged))));
}

#[tokio::test]
async fn an_answer_is_sealed_before_it_is_stored() {
    let mut store = MockIdempotencyStore::new();
    store
        .expect_answer()
        .withf(|of, answer, now| *of == key() && *answer == sealed(b"201 created", &context()) && *now == at(100))
        .times(1)
        .return_once(|_, _, _| Ok(()));

    idempotency(store).finish(&key(), b"201 created").await.expect("stored");
}

#[tokio::test]
async fn a_request_without_effect_frees_its_key() {
    let mut store = MockIdempotencyStore::new();
    store
        .expect_abandon()
        .withf(|of| *of == key())
        .times(1)
        .return_once(|_| Ok(()));

    idempotency(store).abandon(&key()).await.expect("freed");
}
