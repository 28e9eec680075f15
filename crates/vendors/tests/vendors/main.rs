//! The clients against servers that these tests control.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails with a message, which is all that a test must do"
)]

mod contract;
mod corti;
mod egress;
mod gateway;
mod key_sets;
mod nabla_connect;
mod nabla_core;
mod secrecy;
mod support;
mod upheal;
