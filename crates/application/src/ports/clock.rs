//! The time.

use roster_domain::Timestamp;

/// The time, as a parameter, so that everything can be tested without sleeping.
#[cfg_attr(test, mockall::automock)]
pub trait Clock: Send + Sync {
    /// The time now. MUST be whole microseconds, which is what stores keep.
    fn now(&self) -> Timestamp;
}
