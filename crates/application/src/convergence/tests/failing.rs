//! Calls that do not succeed: waited for as long as the vendor asks, asked of a person, or paused at the connection.

use std::time::Duration;

use roster_domain::{Cause, Known, OutcomeClass, Remedy};

use super::given::{ABLE, NOW, Ports, claim, failure, remote, retry_after, settlement, there};
use crate::convergence::Converged;
use crate::error::Error;
use crate::ports::{Sealed, Settled, StoreError};
use crate::testing::{OTHER_KEY, ann, at, connection};

async fn attention_after(class: OutcomeClass) -> roster_domain::Attention {
    let mut ports = Ports::new(ABLE);
    ports.updates("theirs", Err(failure(class)));
    ports.queue.expect_record().times(1).return_once(|_, _, _| Ok(true));
    match ports
        .converge(claim(ann(), there("theirs", true, 0)))
        .await
        .expect("is recorded")
    {
        Converged::Recorded(Settled::Attention(attention)) => attention,
        other => panic!("nobody is asked: {other:?}"),
    }
}

#[tokio::test]
async fn what_the_vendor_asks_to_wait_is_a_floor_and_recorded_as_one() {
    let after = Some(Duration::from_mins(2));
    for class in [OutcomeClass::RateLimited { after }, OutcomeClass::Transient { after }] {
        let mut ports = Ports::new(ABLE);
        ports.updates("theirs", Err(failure(class)));
        ports.records(settlement(there("theirs", true, 0), retry_after(120, Some(120))));

        ports
            .converge(claim(ann(), there("theirs", true, 0)))
            .await
            .expect("is recorded");
    }
}

#[tokio::test]
async fn a_wait_that_no_vendor_can_mean_is_a_day_for_the_user_and_minutes_for_the_others_and_said_so() {
    let mut ports = Ports::new(ABLE);
    ports.updates(
        "theirs",
        Err(failure(OutcomeClass::RateLimited {
            after: Some(Duration::MAX),
        })),
    );
    ports
        .queue
        .expect_record()
        .withf(|_, settlement, _| {
            settlement.settled
                == Settled::Retry {
                    at: at(NOW + 86_400),
                    floor: Some(at(NOW + 900)),
                    attempts: 1,
                    error: "the vendor said no; nobody waits for so long: it is tried again after a day".to_owned(),
                }
        })
        .times(1)
        .return_once(|_, _, _| Ok(true));

    ports
        .converge(claim(ann(), there("theirs", true, 0)))
        .await
        .expect("is recorded");
}

#[tokio::test]
async fn a_floor_below_what_jitter_says_does_not_shorten_the_wait() {
    let mut ports = Ports::new(ABLE);
    ports.updates(
        "theirs",
        Err(failure(OutcomeClass::RateLimited {
            after: Some(Duration::ZERO),
        })),
    );
    ports.records(settlement(there("theirs", true, 0), retry_after(1, Some(0))));

    ports
        .converge(claim(ann(), there("theirs", true, 0)))
        .await
        .expect("is recorded");
}

#[tokio::test]
async fn attempts_are_counted_up_and_the_wait_grows() {
    let mut ports = Ports::new(ABLE);
    ports.updates("theirs", Err(failure(OutcomeClass::Transient { after: None })));
    let settled = Settled::Retry {
        at: at(NOW + 4),
        floor: None,
        attempts: 3,
        error: "the vendor said no".to_owned(),
    };
    ports.records(settlement(there("theirs", true, 0), settled));
    let mut third = claim(ann(), there("theirs", true, 0));
    third.account.attempts = 2;

    ports.converge(third).await.expect("is recorded");
}

#[tokio::test]
async fn what_the_vendor_will_refuse_again_is_asked_of_a_person_in_plain_words() {
    let attention = Box::pin(attention_after(OutcomeClass::Rejected)).await;

    assert_eq!(
        (attention.cause, attention.remedy, attention.since),
        (Cause::Rejected, Remedy::Customer, at(NOW))
    );
    assert_eq!(
        attention.message,
        "Nabla Core refuses this user: the vendor said no; change the user, then it is tried again"
    );
}

#[tokio::test]
async fn a_key_that_another_user_of_the_vendor_holds_is_asked_of_a_person() {
    let attention = Box::pin(attention_after(OutcomeClass::Conflict)).await;

    assert_eq!(
        (attention.cause, attention.remedy),
        (Cause::HeldElsewhere, Remedy::Customer)
    );
    assert!(
        attention.message.starts_with("another user at Nabla Core holds a key"),
        "{}",
        attention.message
    );
}

#[tokio::test]
async fn refused_credentials_pause_the_connection_and_give_the_claim_back() {
    let mut ports = Ports::new(ABLE);
    ports.updates("theirs", Err(failure(OutcomeClass::Unauthorized)));
    ports
        .connections
        .expect_update_connection()
        .withf(|paused, credentials, expected| {
            let pause = paused.paused.as_ref().expect("a pause");
            (pause.reason.as_str(), pause.since) == ("the vendor said no", at(NOW))
                && (paused.version, *expected) == (2, 1)
                && credentials.is_none()
        })
        .times(1)
        .in_sequence(&mut ports.order)
        .return_once(|_, _, _| Ok(()));
    ports.records(settlement(there("theirs", true, 0), Settled::GivenBack));

    let converged = ports
        .converge(claim(ann(), there("theirs", true, 0)))
        .await
        .expect("is recorded");

    assert_eq!(converged, Converged::Recorded(Settled::GivenBack));
}

#[tokio::test]
async fn a_connection_that_was_paused_or_mended_meanwhile_is_left_alone() {
    let mut ports = Ports::new(ABLE);
    ports.updates("theirs", Err(failure(OutcomeClass::Unauthorized)));
    ports
        .connections
        .expect_update_connection()
        .times(1)
        .return_once(|_, _, _| Err(StoreError::Stale));
    ports.records(settlement(there("theirs", true, 0), Settled::GivenBack));

    ports
        .converge(claim(ann(), there("theirs", true, 0)))
        .await
        .expect("is recorded");
}

#[tokio::test]
async fn a_pause_is_reported_as_new_only_once() {
    let mut ports = Ports::new(ABLE);
    let mut answers = vec![Err(StoreError::Stale), Ok(())];
    ports
        .connections
        .expect_update_connection()
        .times(2)
        .returning(move |_, _, _| answers.pop().expect("two answers"));
    let connections = ports.into_use_case().ports.connections;

    assert!(connections.pause(&connection(), "refused").await.expect("paused"));
    assert!(!connections.pause(&connection(), "refused").await.expect("was paused"));
}

#[tokio::test]
async fn credentials_that_cannot_be_opened_pause_the_connection_before_any_call() {
    let mut ports = Ports::new(ABLE);
    ports
        .connections
        .expect_update_connection()
        .withf(|paused, _, _| {
            paused
                .paused
                .as_ref()
                .is_some_and(|pause| pause.reason.contains("cannot be opened"))
        })
        .times(1)
        .in_sequence(&mut ports.order)
        .return_once(|_, _, _| Ok(()));
    ports.records(settlement(Known::default(), Settled::GivenBack));
    let mut damaged = claim(ann(), Known::default());
    damaged.credentials = Sealed::new(b"for another connection".to_vec());

    let converged = ports.converge(damaged).await.expect("is recorded");

    assert_eq!(converged, Converged::Recorded(Settled::GivenBack));
}

#[tokio::test]
async fn a_key_that_this_process_lacks_is_no_fault_of_the_connection_which_is_left_for_later() {
    // Given a vendor and a store of connections that allow no call
    let mut ports = Ports::new(ABLE);
    let later = Settled::Retry {
        at: at(NOW + 60),
        floor: None,
        attempts: 3,
        error: "the connection's credentials cannot be opened here: sealed with another secret key: start with the one that \
                it was sealed with, as ROSTER_SECRET_KEY or in ROSTER_PREVIOUS_SECRET_KEYS"
            .to_owned(),
    };
    ports.records(settlement(Known::default(), later.clone()));
    let mut claim = claim(ann(), Known::default());
    claim.account.attempts = 3;
    claim.credentials = Sealed::new([OTHER_KEY, b"{}"].concat());

    let converged = ports.converge(claim).await.expect("is recorded");

    assert_eq!(converged, Converged::Recorded(later));
}

#[tokio::test]
async fn a_vendor_that_denies_whom_it_finds_is_left_for_later() {
    let mut ports = Ports::new(ABLE);
    let stale = crate::ports::RemoteUser {
        matches: false,
        ..remote("theirs")
    };
    ports.reads_back("theirs", Err(failure(OutcomeClass::NotFound)));
    ports.looks_up("ehr-1", Ok(Some(stale)));
    ports.updates("theirs", Err(failure(OutcomeClass::NotFound)));
    ports.queue.expect_record().times(1).return_once(|_, _, _| Ok(true));

    let converged = ports
        .converge(claim(ann(), there("theirs", true, 0).gone()))
        .await
        .expect("is recorded");

    let Converged::Recorded(Settled::Retry { attempts: 1, error, .. }) = converged else {
        panic!("{converged:?}")
    };
    assert_eq!(
        error,
        "Nabla Core contradicts itself about this user, whom it finds: the vendor said no"
    );
}

#[tokio::test]
async fn a_store_that_fails_to_record_is_an_error_of_the_claim() {
    let mut ports = Ports::new(ABLE);
    ports.updates("theirs", Ok(remote("theirs")));
    ports
        .queue
        .expect_record()
        .times(1)
        .return_once(|_, _, _| Err(StoreError::Unavailable("gone".into())));

    let failed = ports.converge(claim(ann(), there("theirs", true, 0))).await;

    assert!(
        matches!(failed, Err(Error::Store(StoreError::Unavailable(_)))),
        "{failed:?}"
    );
}
