//! What the tests share: a clock that is set, ids that count, a key that is made once, connections.

pub(crate) mod script;
pub(crate) mod server;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::prelude::{BASE64_STANDARD, Engine};
use chrono::TimeDelta;
use roster_application::credentials::Credentials;
use roster_application::ports::{AtOnce, Clock, Ids, Target};
use roster_domain::{BaseUrl, Connection, ConnectionId, ConnectionOptions, OrganizationId, Timestamp, Vendor};
use roster_vendors::{Egress, EgressLimits, NablaCore};
use uuid::Uuid;

/// The id of the OAuth client.
pub(crate) const CLIENT_ID: &str = "0190c3a4-5d6e-7f80-8123-456789abcdef";
/// How long a call may take in these tests.
pub(crate) const TIME_LIMIT: Duration = Duration::from_millis(500);

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub(crate) struct SetClock(Mutex<Timestamp>);

impl SetClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new("2026-07-01T08:00:00Z".parse().unwrap())))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        *self.0.lock().unwrap() += TimeDelta::seconds(seconds);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Ids that count from 1.
#[derive(Debug, Default)]
pub(crate) struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn new_id(&self) -> Uuid {
        Uuid::from_u64_pair(0, self.0.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

/// An RSA key in PEM, both halves, made for this run.
pub(crate) struct RsaKey {
    pub(crate) private: String,
    pub(crate) public: String,
}

pub(crate) static RSA_KEY: LazyLock<RsaKey> = LazyLock::new(RsaKey::generate);

impl RsaKey {
    pub(crate) fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
        let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
        Self {
            private: pem("PRIVATE KEY", private.as_ref()),
            public: pem("PUBLIC KEY", public.as_ref()),
        }
    }
}

/// DER as PEM (RFC 7468), 64 characters a line.
fn pem(label: &str, der: &[u8]) -> String {
    let base64 = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// A connection that may call private addresses, as the servers of these tests have.
pub(crate) fn connection(base_url: &str) -> Connection {
    let created_at = Timestamp::UNIX_EPOCH;
    Connection {
        id: ConnectionId::new(Uuid::from_u128(3)),
        organization_id: OrganizationId::new(Uuid::from_u128(1)),
        vendor: Vendor::NablaCore,
        label: None,
        base_url: BaseUrl::new(base_url).unwrap(),
        options: ConnectionOptions {
            allow_private_addresses: true,
            ..ConnectionOptions::default()
        },
        paused: None,
        created_at,
        updated_at: created_at,
        version: 1,
    }
}

pub(crate) fn credentials() -> Credentials {
    with_key(&RSA_KEY.private)
}

pub(crate) fn with_key(private_key: &str) -> Credentials {
    Credentials::OAuthClient {
        client_id: CLIENT_ID.to_owned(),
        private_key: private_key.into(),
    }
}

pub(crate) fn egress() -> Egress {
    let limits = EgressLimits {
        connect: TIME_LIMIT,
        call: TIME_LIMIT,
        ..EgressLimits::default()
    };
    Egress::new(limits).unwrap()
}

/// A client whose calls may take as long as they do outside of tests.
pub(crate) fn patient_egress() -> Egress {
    Egress::new(EgressLimits::default()).unwrap()
}

/// The client under test, and a connection for it.
pub(crate) struct Subject {
    pub(crate) clock: Arc<SetClock>,
    pub(crate) client: NablaCore,
    pub(crate) connection: Connection,
    pub(crate) credentials: Credentials,
}

impl Subject {
    pub(crate) fn at(base_url: &str) -> Self {
        let clock = SetClock::new();
        let client = NablaCore::new(patient_egress(), clock.clone(), Arc::new(CountingIds::default()));
        Self {
            clock,
            client,
            connection: connection(base_url),
            credentials: credentials(),
        }
    }

    pub(crate) fn target(&self) -> Target<'_> {
        Target {
            turns: &AtOnce,
            connection: &self.connection,
            credentials: &self.credentials,
        }
    }
}
