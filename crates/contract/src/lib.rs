//! The obligations of the ports, as test cases that every adapter passes on the real thing.
//!
//! Cases are plain functions. An adapter's tests say how to make what is tested, and one macro makes a test of each case,
//! so that a case that is added is run everywhere.

pub mod store;
pub mod vendor;
