//! The chores, one file each.

pub(crate) mod bench;
pub(crate) mod ci;
pub(crate) mod conformance;
pub(crate) mod latency;
pub(crate) mod openapi;
pub(crate) mod postgres;
pub(crate) mod sqlx_prepare;
pub(crate) mod storm;
pub(crate) mod test;
pub(crate) mod tidy;
