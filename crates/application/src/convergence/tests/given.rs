//! A claim, a vendor that can do everything, and mocks that allow nothing but what a test expects.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use mockall::Sequence;
use roster_domain::{
    Account, Capabilities, KeyKind, Known, OutcomeClass, RetryPolicy, User, Vendor, VendorKey, VendorUserId,
};

use crate::connections::Connections;
use crate::convergence::{Converged, Convergence, Leases};
use crate::error::Error;
use crate::ports::{
    AccountQueue, Claim, ClaimKey, MockAccountQueue, MockVendorGateway, RemoteUser, Settled, Settlement, VendorError,
    VendorGateway,
};
use crate::testing::{
    MockConnectionStore, at, clock_at, connection, connection_id, entropy, ids, organization, secrets,
    stored_credentials,
};

/// What the vendors of these tests can do, unless said otherwise.
pub(super) const ABLE: Capabilities = Capabilities {
    look_up: Some(KeyKind::ExternalId),
    refuses_duplicates: true,
    update: true,
    update_inactive: true,
    deactivate: true,
    reactivate: true,
    delete: true,
    required: &[],
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
            gateway,
            connections,
            order: Sequence::new(),
        }
    }

    /// A look-up comes next, and has this answer.
    pub(super) fn looks_up(&mut self, key: &'static str, answer: Result<Option<RemoteUser>, VendorError>) {
        self.gateway
            .expect_look_up()
            .withf(move |_, under, _| under.as_str() == key)
            .times(1)
            .in_sequence(&mut self.order)
            .return_once(move |_, _, _| answer);
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

    /// What came of it is recorded last, as this.
    pub(super) fn records(&mut self, expected: Settlement) {
        self.queue
            .expect_record()
            .withf(move |claim, settlement, now| *claim == claim_key() && *settlement == expected && *now == at(NOW))
            .times(1)
            .in_sequence(&mut self.order)
            .return_once(|_, _, _| Ok(true));
    }

    /// Drives the claim to its end; whatever is called and not expected, or expected and not called, fails the test.
    pub(super) async fn converge(self, claim: Claim) -> Result<Converged, Error> {
        self.into_use_case().converge(claim).await
    }

    pub(super) fn into_use_case(self) -> Convergence {
        assemble(Arc::new(self.queue), Arc::new(self.gateway), self.connections)
    }
}

/// The use case over these ports.
pub(super) fn assemble(
    queue: Arc<dyn AccountQueue>,
    gateway: Arc<dyn VendorGateway>,
    connections: MockConnectionStore,
) -> Convergence {
    let connections = Connections::new(Arc::new(connections), gateway.clone(), secrets(), clock_at(NOW), ids());
    let policy = RetryPolicy {
        base: Duration::from_secs(2),
        cap: Duration::from_mins(5),
        settle: Duration::from_millis(500),
    };
    Convergence::new(
        queue,
        gateway,
        connections,
        secrets(),
        clock_at(NOW),
        entropy(),
        policy,
        LEASES,
    )
}

pub(super) fn claim_key() -> ClaimKey {
    ClaimKey {
        organization_id: organization().id,
        user_id: crate::testing::user_id(1),
        connection_id: connection_id(),
        token: 3,
    }
}

/// A claim of a user of whom this is known, with a fresh lease.
pub(super) fn claim(user: User, known: Known) -> Claim {
    let account = Account {
        organization_id: user.organization_id,
        user_id: user.id,
        connection_id: connection_id(),
        vendor: Vendor::NablaCore,
        desired_version: user.version,
        known,
        invite_url: None,
        attempts: 0,
        next_attempt_at: Some(at(0)),
        last_error: None,
        attention: None,
        removed_at: None,
        paused: false,
        updated_at: at(0),
    };
    Claim {
        key: claim_key(),
        lease_until: at(NOW) + TimeDelta::seconds(45),
        account,
        user,
        connection: connection(),
        credentials: stored_credentials(),
    }
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
    }
}

pub(super) fn settlement(known: Known, settled: Settled) -> Settlement {
    Settlement {
        version: 1,
        known,
        invite_url: None,
        settled,
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
