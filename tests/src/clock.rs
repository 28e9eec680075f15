//! The time and fresh names, for tests that run against a server with a real clock.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The time.
#[expect(
    clippy::disallowed_methods,
    reason = "the server under test has a real clock, so its tests have one as well"
)]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// A name that nobody else has, in hexadecimal digits.
#[expect(
    clippy::disallowed_methods,
    reason = "tests that run at the same time share a PostgreSQL server and must not share names"
)]
pub fn fresh() -> String {
    Uuid::new_v4().simple().to_string()
}

/// A UUID that belongs to nothing.
pub fn unknown_id() -> String {
    Uuid::try_parse(&fresh()).expect("a UUID").to_string()
}
