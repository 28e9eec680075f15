//! Time, ids and randomness from the system.

use aws_lc_rs::rand;
use chrono::{SubsecRound, Utc};
use roster_application::ports::{Clock, Entropy, Ids};
use roster_domain::Timestamp;
use uuid::Uuid;

/// The system's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where time comes from")]
    fn now(&self) -> Timestamp {
        Utc::now().trunc_subsecs(6)
    }
}

/// UUIDs of version 7, which sort by the time they were made.
pub(crate) struct UuidV7;

impl Ids for UuidV7 {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where ids come from")]
    fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// The cryptographic library's random generator.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        // The generator seeds itself from the operating system and aborts the process if it cannot.
        assert!(rand::fill(&mut bytes).is_ok(), "the random generator failed");
        bytes
    }

    fn fraction(&self) -> f64 {
        let [a, b, c, d, ..] = self.bytes();
        f64::from(u32::from_le_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
    }
}
