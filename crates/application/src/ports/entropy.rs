//! Ids and randomness.

use uuid::Uuid;

/// New ids.
#[cfg_attr(test, mockall::automock)]
pub trait Ids: Send + Sync {
    /// A `UUIDv7` (RFC 9562). Within a process each MUST sort after those before it.
    fn new_id(&self) -> Uuid;
}

/// Randomness.
#[cfg_attr(test, mockall::automock)]
pub trait Entropy: Send + Sync {
    /// 256 bits from a cryptographically secure source.
    fn bytes(&self) -> [u8; 32];

    /// A number in `0.0..1.0`, uniform.
    fn fraction(&self) -> f64;
}
