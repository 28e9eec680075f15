//! Initial passwords: handed to a vendor that takes one, once, and then known to be delivered.

use roster_domain::{Capabilities, Known, OutcomeClass, Password};

use super::given::{
    ABLE, PASSWORD, Ports, claim, differing, failure, in_sync, remote, retry_after, sealed_password, settlement, there,
    unheard,
};
use crate::ports::{Claim, RemoteUser, Sealed, Settlement, Subject, VendorError};
use crate::testing::ann;

/// A claim of Ann, of whom this is known, with a password that no vendor has yet.
fn with_password(known: Known) -> Claim {
    let mut claim = claim(ann(), known);
    claim.password = Some(sealed_password());
    claim
}

fn delivered(known: Known) -> Settlement {
    Settlement {
        delivered: Some(sealed_password()),
        ..settlement(known, in_sync())
    }
}

fn has(subject: &Subject<'_>, password: Option<&str>) -> bool {
    subject.password.map(Password::expose) == password
}

/// A create comes next, with this password, and has this answer.
fn creates(ports: &mut Ports, password: Option<&'static str>, answer: Result<RemoteUser, VendorError>) {
    ports
        .gateway
        .expect_create()
        .withf(move |_, _, subject| has(subject, password))
        .times(1)
        .in_sequence(&mut ports.order)
        .return_once(move |_, _, _| answer);
}

/// An update comes next, with this password, and has this answer.
fn updates(ports: &mut Ports, password: Option<&'static str>, answer: Result<RemoteUser, VendorError>) {
    ports
        .gateway
        .expect_update()
        .withf(move |_, _, subject| has(subject, password))
        .times(1)
        .in_sequence(&mut ports.order)
        .return_once(move |_, _, _| answer);
}

#[tokio::test]
async fn a_create_carries_the_password_and_delivers_it() {
    let mut ports = Ports::new(ABLE);
    ports.announces("ehr-1", true);
    creates(&mut ports, Some(PASSWORD), Ok(remote("theirs")));
    ports.records(delivered(there("theirs", true, 1)));

    ports
        .converge(with_password(Known::default()))
        .await
        .expect("converges");
}

#[tokio::test]
async fn an_update_carries_the_password_and_delivers_it() {
    let mut ports = Ports::new(ABLE);
    updates(&mut ports, Some(PASSWORD), Ok(remote("theirs")));
    ports.records(delivered(there("theirs", true, 1)));

    ports
        .converge(with_password(there("theirs", true, 0)))
        .await
        .expect("converges");
}

#[tokio::test]
async fn a_password_that_was_delivered_is_not_sent_again() {
    let mut ports = Ports::new(ABLE);
    ports.announces("ehr-1", true);
    creates(&mut ports, Some(PASSWORD), Ok(differing("theirs")));
    updates(&mut ports, None, Ok(remote("theirs")));
    ports.records(delivered(there("theirs", true, 1)));

    ports
        .converge(with_password(Known::default()))
        .await
        .expect("converges");
}

#[tokio::test]
async fn a_vendor_that_takes_no_password_is_given_none() {
    let mut ports = Ports::new(Capabilities {
        initial_password: false,
        ..ABLE
    });
    ports.announces("ehr-1", true);
    creates(&mut ports, None, Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 1), in_sync()));

    ports
        .converge(with_password(Known::default()))
        .await
        .expect("converges");
}

#[tokio::test]
async fn a_password_that_cannot_be_opened_keeps_nobody_from_being_sent() {
    let mut ports = Ports::new(ABLE);
    ports.announces("ehr-1", true);
    creates(&mut ports, None, Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 1), in_sync()));
    let mut damaged = with_password(Known::default());
    damaged.password = Some(Sealed::new(b"for another user".to_vec()));

    ports.converge(damaged).await.expect("converges");
}

#[tokio::test]
async fn a_password_of_which_it_is_not_known_that_it_arrived_is_kept() {
    let mut ports = Ports::new(ABLE);
    ports.announces("ehr-1", true);
    creates(&mut ports, Some(PASSWORD), Err(failure(OutcomeClass::Unknown)));
    ports.records(settlement(unheard("ehr-1"), retry_after(1, None)));

    ports
        .converge(with_password(Known::default()))
        .await
        .expect("is recorded");
}

#[tokio::test]
async fn a_password_is_not_delivered_by_asking_how_the_user_stands() {
    let mut ports = Ports::new(ABLE);
    ports.reads_back("theirs", Ok(remote("theirs")));
    ports.records(settlement(there("theirs", true, 1), in_sync()));

    ports
        .converge(with_password(there("theirs", true, 1)))
        .await
        .expect("converges");
}
