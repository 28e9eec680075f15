//! A claim, a vendor that can do everything, and mocks that allow nothing but what a test expects.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use mockall::Sequence;
use roster_domain::{
    BreakerPolicy, Capabilities, Departures, Known, OutcomeClass, RetryPolicy, User, VendorKey, VendorUserId,
};

use crate::connections::Connections;
use crate::convergence::lane::{Lane, Passage};
use crate::convergence::{Converged, Convergence, ConvergencePorts, Leases};
use crate::error::Error;
use crate::ports::{
    AccountQueue, AccountStore, Claim, ClaimKey, Clock, ConnectionKey, DepartureCount, MockAccountQueue,
    MockAccountStore, MockVendorGateway, RemoteUser, Sealed, Settled, Settlement, Sought, VendorError, VendorGateway,
};
pub(super) use crate::testing::ABLE;
use crate::testing::{
    MockConnectionStore, account, at, clock_at, connection, connection_id, entropy, ids, organization, sealed, secrets,
    stored_credentials,
};

pub(super) const LEASES: Leases = Leases {
    lease: Duration::from_secs(45),
    step: Duration::from_secs(30),
};

/// The time of every test, in seconds.
pub(super) const NOW: i64 = 1_000;

/// The ports, which allow nothing until a test says so, and the order of what it expects.
pub(super) struct Ports {
    pub(super) queue: MockAccountQueue,
    pub(super) accounts: MockAccountStore,
    pub(super) gateway: MockVendorGateway,
    pub(super) connections: MockConnectionStore,
    pub(super) order: Sequence,
}

impl Ports {
    pub(super) fn new(can: Capabilities) -> Self {
        let mut gateway = MockVendorGateway::new();
        gateway.expect_capabilities().return_const(can);
        let (queue, connections) = (MockAccountQueue::new(), MockConnectionStore::new());
        Self {
            queue,
            accounts: MockAccountStore::new(),
            gateway,
            connections,
            order: Sequence::new(),
        }
    }

    /// A look-up comes next, and has this answer.
    pub(super) fn looks_up(&mut self, key: &'static str, answer: Result<Option<RemoteUser>, VendorError>) {
        let answer = answer.map(|found| found.map_or(Sought::Nobody, Sought::Found));
        self.looks_on(key, None, answer);
    }

    /// A page of a look-up comes next, and has this answer.
    pub(super) fn looks_on(
        &mut self,
        key: &'static str,
        from: Option<&'static str>,
        answer: Result<Sought, VendorError>,
    ) {
        self.gateway
            .expect_look_up()
            .withf(move |_, under, _, cursor| (under.as_str(), *cursor) == (key, from))
            .times(1)
            .in_sequence(&mut self.order)
            .return_once(move |_, _, _, _| answer);
    }

    /// A create is announced next, and the claim holds or does not.
    pub(super) fn announces(&mut self, key: &'static str, held: bool) {
        self.queue
            .expect_announce()
            .withf(move |claim, intent, until| {
                *claim == claim_key() && intent.as_str() == key && *until == at(NOW + 45)
            })
            .times(1)
            .in_sequence(&mut self.order)
            .return_once(move |_, _, _| Ok(held));
    }

    /// A create is sent next, and has this answer.
    pub(super) fn creates(&mut self, key: &'static str, answer: Result<RemoteUser, VendorError>) {
        self.gateway
            .expect_create()
            .withf(move |_, under, _| under.as_str() == key)
            .times(1)
            .in_sequence(&mut self.order)
            .return_once(move |_, _, _| answer);
    }

    /// The fields are sent next, and have this answer.
    pub(super) fn updates(&mut self, id: &'static str, answer: Result<RemoteUser, VendorError>) {
        self.gateway
            .expect_update()
            .withf(move |_, of, _| of.as_str() == id)
            .times(1)
            .in_sequence(&mut self.order)
            .return_once(move |_, _, _| answer);
    }

    /// The vendor is asked next how the user stands, and has this answer.
    pub(super) fn reads_back(&mut self, id: &'static str, answer: Result<RemoteUser, VendorError>) {
        self.gateway
            .expect_read_back()
            .withf(move |_, of, _, from| of.as_str() == id && from.is_none())
            .times(1)
            .in_sequence(&mut self.order)
            .return_once(move |_, _, _, _| answer.map(Sought::Found));
    }

    /// The user is deactivated next, with this answer.
    pub(super) fn deactivates(&mut self, id: &'static str, answer: Result<(), VendorError>) {
        self.gateway
            .expect_deactivate()
            .withf(move |_, of| of.as_str() == id)
            .times(1)
            .in_sequence(&mut self.order)
            .return_once(move |_, _| answer);
    }

    /// The user is deleted next, with this answer.
    pub(super) fn deletes(&mut self, id: &'static str, answer: Result<(), VendorError>) {
        self.gateway
            .expect_delete()
            .withf(move |_, of| of.as_str() == id)
            .times(1)
            .in_sequence(&mut self.order)
            .return_once(move |_, _| answer);
    }

    /// It is asked how many leave, and so many do.
    pub(super) fn counts_departures(&mut self, leaving: u32, of: u32) {
        self.counts_departures_above(20, leaving, of);
    }

    /// The same, where who leaves is deleted.
    pub(super) fn counts_deletions(&mut self, leaving: u32, of: u32) {
        let count = DepartureCount {
            since: at(NOW - 3_600),
            percent: 20,
            deletes: true,
        };
        self.counts(count, leaving, of);
    }

    /// It is asked whether more than a share leave, in percent, and so many do.
    pub(super) fn counts_departures_above(&mut self, percent: u8, leaving: u32, of: u32) {
        let count = DepartureCount {
            since: at(NOW - 3_600),
            percent,
            deletes: false,
        };
        self.counts(count, leaving, of);
    }

    fn counts(&mut self, count: DepartureCount, leaving: u32, of: u32) {
        self.queue
            .expect_departures()
            .withf(move |connection, asked| (*connection, *asked) == (connection_key(), count))
            .times(1)
            .in_sequence(&mut self.order)
            .return_once(move |_, _| Ok(Departures { leaving, of }));
    }

    /// What came of it is recorded last, as this. What was called is not looked at: see [`Ports::records_exactly`].
    pub(super) fn records(&mut self, expected: Settlement) {
        self.queue
            .expect_record()
            .withf(move |claim, settlement, now| {
                let without_calls = Settlement {
                    calls: Vec::new(),
                    ..settlement.clone()
                };
                *claim == claim_key() && without_calls == expected && *now == at(NOW)
            })
            .times(1)
            .in_sequence(&mut self.order)
            .return_once(|_, _, _| Ok(true));
    }

    /// What came of it is recorded last, as this, calls and all.
    pub(super) fn records_exactly(&mut self, expected: Settlement) {
        self.queue
            .expect_record()
            .withf(move |claim, settlement, _| *claim == claim_key() && *settlement == expected)
            .times(1)
            .in_sequence(&mut self.order)
            .return_once(|_, _, _| Ok(true));
    }

    /// Drives the claim to its end; whatever is called and not expected, or expected and not called, fails the test.
    pub(super) async fn converge(self, claim: Claim) -> Result<Converged, Error> {
        self.converge_by(ordinary(), claim).await
    }

    /// The same, by this right.
    pub(super) async fn converge_by(self, passage: Passage, claim: Claim) -> Result<Converged, Error> {
        self.into_use_case().converge(claim, passage).await
    }

    pub(super) fn into_use_case(self) -> Convergence {
        let stores: Stores = (Arc::new(self.queue), Arc::new(self.accounts));
        assemble_of(stores, Arc::new(self.gateway), self.connections, clock_at(NOW))
    }
}

/// The use case over these ports, by a clock of its own.
pub(super) fn assemble_with(
    queue: Arc<dyn AccountQueue>,
    gateway: Arc<dyn VendorGateway>,
    connections: MockConnectionStore,
    clock: Arc<dyn Clock>,
) -> Convergence {
    assemble_of((queue, Arc::new(MockAccountStore::new())), gateway, connections, clock)
}

/// Accounts, as a queue and as people look at them.
type Stores = (Arc<dyn AccountQueue>, Arc<dyn AccountStore>);

fn assemble_of(
    (queue, accounts): Stores,
    gateway: Arc<dyn VendorGateway>,
    connections: MockConnectionStore,
    clock: Arc<dyn Clock>,
) -> Convergence {
    let connections = Connections::new(Arc::new(connections), gateway.clone(), secrets(), clock.clone(), ids());
    let policy = RetryPolicy {
        base: Duration::from_secs(2),
        cap: Duration::from_mins(5),
        settle: Duration::from_millis(500),
    };
    let ports = ConvergencePorts {
        queue,
        accounts,
        gateway,
        connections,
        secrets: secrets(),
        clock,
        entropy: entropy(),
        ids: ids(),
    };
    Convergence::new(ports, policy, LEASES)
}

/// The lane of a vendor that is well.
pub(super) fn lane() -> Arc<Lane> {
    Arc::new(Lane::new(BreakerPolicy::default()))
}

/// The right of a claim at a vendor that is well.
pub(super) fn ordinary() -> Passage {
    Passage::ordinary(lane())
}

pub(super) fn claim_key() -> ClaimKey {
    ClaimKey {
        organization_id: organization().id,
        user_id: crate::testing::user_id(1),
        connection_id: connection_id(),
        token: 3,
    }
}

pub(super) fn connection_key() -> ConnectionKey {
    ConnectionKey {
        organization_id: organization().id,
        connection_id: connection_id(),
    }
}

/// A claim of a user of whom this is known, with a fresh lease.
pub(super) fn claim(user: User, known: Known) -> Claim {
    Claim {
        key: claim_key(),
        lease_until: at(NOW) + TimeDelta::seconds(45),
        account: account(&user, known),
        user,
        connection: connection(),
        credentials: stored_credentials(),
        password: None,
        departure_is_approved: false,
    }
}

/// The password that [`sealed_password`] hides.
pub(super) const PASSWORD: &str = "correct-horse-battery";

/// The initial password of user 1, as it is stored.
pub(super) fn sealed_password() -> Sealed {
    sealed(
        PASSWORD.as_bytes(),
        &format!("password of user {}", crate::testing::user_id(1)),
    )
}

/// Known to be there under this id since a version of the user.
pub(super) fn there(id: &str, active: bool, version: i64) -> Known {
    Known::default().created(VendorUserId::new(id), active, version)
}

/// A create under this key was sent once, and nothing was heard.
pub(super) fn unheard(key: &str) -> Known {
    Known::default().intending(VendorKey::new(key))
}

/// A user as the vendor reports it: active, and with the fields of the record.
pub(super) fn remote(id: &str) -> RemoteUser {
    RemoteUser {
        id: VendorUserId::new(id),
        active: true,
        matches: true,
        invite_url: None,
        differing: Vec::new(),
    }
}

/// A user whom somebody changed at the vendor.
pub(super) fn differing(id: &str) -> RemoteUser {
    RemoteUser {
        matches: false,
        differing: vec!["lastName", "email"],
        ..remote(id)
    }
}

/// In sync, and to be read back after 21 hours: a day less an eighth, which is half of the jitter.
pub(super) fn in_sync() -> Settled {
    Settled::InSync {
        read_back_at: Some(at(NOW + 21 * 3_600)),
    }
}

pub(super) fn settlement(known: Known, settled: Settled) -> Settlement {
    Settlement {
        version: 1,
        is_assigned: true,
        known,
        invite_url: None,
        settled,
        drift: None,
        left: false,
        delivered: None,
        calls: Vec::new(),
    }
}

pub(super) fn failure(class: OutcomeClass) -> VendorError {
    VendorError::new(class, "the vendor said no")
}

/// To be tried again after the first failure: half of the 2 seconds of the policy, or later.
pub(super) fn retry_after(seconds: i64, floor: Option<i64>) -> Settled {
    Settled::Retry {
        at: at(NOW + seconds),
        floor: floor.map(|seconds| at(NOW + seconds)),
        attempts: 1,
        error: "the vendor said no".to_owned(),
    }
}
