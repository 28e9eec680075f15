//! What is noted of calls for the user's history, and what becomes of a call that takes too long.

use std::sync::Arc;
use std::time::Duration;

use roster_domain::{Capabilities, Known, OutcomeClass};
use uuid::Uuid;

use super::given::{
    ABLE, NOW, Ports, assemble_with, claim, differing, failure, in_sync, ordinary, remote, retry_after, settlement,
    there, unheard,
};
use super::scripted::{Doing, Vendor};
use crate::convergence::Converged;
use crate::ports::{CallRecord, MockAccountQueue, Settled, Settlement, VendorError};
use crate::testing::{MockConnectionStore, ann, at};

/// A call at the time of every test that took no time; the first has id 100.
fn call(number: u128, operation: &str, outcome: &str) -> CallRecord {
    CallRecord {
        id: Uuid::from_u128(100 + number),
        at: at(NOW),
        operation: operation.to_owned(),
        outcome: outcome.to_owned(),
        status: None,
        message: None,
        took: Duration::ZERO,
    }
}

#[tokio::test]
async fn every_call_is_noted_in_its_order_with_what_came_of_it() {
    let lax = Capabilities {
        refuses_duplicates: false,
        ..ABLE
    };
    let mut ports = Ports::new(lax);
    ports.looks_up("ehr-1", Ok(None));
    ports.announces("ehr-1", true);
    ports.creates("ehr-1", Ok(differing("theirs")));
    ports.updates("theirs", Ok(remote("theirs")));
    ports.records_exactly(Settlement {
        calls: vec![
            call(0, "look_up", "absent"),
            call(1, "create", "done"),
            call(2, "update", "done"),
        ],
        ..settlement(there("theirs", true, 1), in_sync())
    });

    ports.converge(claim(ann(), Known::default())).await.expect("converges");
}

#[tokio::test]
async fn a_call_that_fails_is_noted_with_its_class_status_and_message() {
    let mut ports = Ports::new(ABLE);
    let answer = VendorError {
        status: Some(503),
        ..failure(OutcomeClass::Transient { after: None })
    };
    ports.updates("theirs", Err(answer));
    let noted = CallRecord {
        status: Some(503),
        message: Some("the vendor said no".to_owned()),
        ..call(0, "update", "transient")
    };
    ports.records_exactly(Settlement {
        calls: vec![noted],
        ..settlement(there("theirs", true, 0), retry_after(1, None))
    });

    ports
        .converge(claim(ann(), there("theirs", true, 0)))
        .await
        .expect("is recorded");
}

#[tokio::test]
async fn a_create_that_fails_is_noted_like_any_call() {
    let mut ports = Ports::new(ABLE);
    ports.announces("ehr-1", true);
    let answer = VendorError {
        status: Some(429),
        ..failure(OutcomeClass::RateLimited { after: None })
    };
    ports.creates("ehr-1", Err(answer));
    let noted = CallRecord {
        status: Some(429),
        message: Some("the vendor said no".to_owned()),
        ..call(0, "create", "rate_limited")
    };
    ports.records_exactly(Settlement {
        calls: vec![noted],
        ..settlement(Known::default(), retry_after(1, None))
    });

    ports
        .converge(claim(ann(), Known::default()))
        .await
        .expect("is recorded");
}

#[tokio::test]
async fn that_the_vendor_has_other_fields_is_noted() {
    let mut ports = Ports::new(ABLE);
    ports.reads_back("theirs", Ok(differing("theirs")));
    ports.updates("theirs", Ok(remote("theirs")));
    ports.records_exactly(Settlement {
        calls: vec![call(0, "read_back", "differs"), call(1, "update", "done")],
        ..settlement(there("theirs", true, 1), in_sync())
    });

    ports
        .converge(claim(ann(), there("theirs", true, 1)))
        .await
        .expect("converges");
}

#[tokio::test]
async fn a_read_back_that_fails_is_noted() {
    let mut ports = Ports::new(ABLE);
    ports.reads_back("theirs", Err(failure(OutcomeClass::Unknown)));
    let noted = CallRecord {
        message: Some("the vendor said no".to_owned()),
        ..call(0, "read_back", "unknown")
    };
    ports.records_exactly(Settlement {
        calls: vec![noted],
        ..settlement(there("theirs", true, 1).doubted(), retry_after(1, None))
    });

    ports
        .converge(claim(ann(), there("theirs", true, 1)))
        .await
        .expect("is recorded");
}

/// What is recorded of a claim of whom this is known, at a vendor that does this, by a clock that goes.
async fn recorded(known: Known, doing: Doing) -> Settlement {
    let mut queue = MockAccountQueue::new();
    queue.expect_announce().returning(|_, _, _| Ok(true));
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    queue.expect_record().times(1).returning(move |_, settlement, _| {
        sender.send(settlement.clone()).expect("it is waited for");
        Ok(true)
    });
    let vendor = Arc::new(Vendor::new(move |_, _| doing));
    let clock = vendor.clock();
    let convergence = assemble_with(Arc::new(queue), vendor, MockConnectionStore::new(), clock);

    let converged = convergence
        .converge(claim(ann(), known), ordinary())
        .await
        .expect("is recorded");

    let settlement = receiver.recv().await.expect("a record");
    assert_eq!(converged, Converged::Recorded(settlement.settled.clone()));
    settlement
}

#[tokio::test(start_paused = true)]
async fn how_long_a_call_took_is_noted() {
    let slow = Doing::Answer(Duration::from_millis(1_250));

    let settlement = recorded(there("theirs", true, 0), slow).await;

    let [call] = &settlement.calls[..] else {
        panic!("one call: {settlement:?}")
    };
    assert_eq!((call.at, call.took), (at(NOW), Duration::from_millis(1_250)));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_does_not_end_is_given_up_at_its_time_limit_and_may_have_happened() {
    let settlement = recorded(there("theirs", true, 0), Doing::Hang).await;

    let Settled::Retry { attempts: 1, error, .. } = &settlement.settled else {
        panic!("it is not tried again: {settlement:?}")
    };
    assert_eq!(error, "the vendor did not answer within 30 s");
    let [call] = &settlement.calls[..] else {
        panic!("one call: {settlement:?}")
    };
    assert_eq!((call.outcome.as_str(), call.took), ("unknown", Duration::from_secs(30)));
}

#[tokio::test(start_paused = true)]
async fn a_create_that_does_not_end_leaves_its_intent_behind() {
    let settlement = recorded(Known::default(), Doing::Hang).await;

    assert!(matches!(settlement.settled, Settled::Retry { .. }), "{settlement:?}");
    assert_eq!(settlement.known, unheard("ehr-1"));
}
