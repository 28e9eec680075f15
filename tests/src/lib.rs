//! What the end-to-end tests of Roster work with: the real binary, started on a database of its own, and called over
//! real sockets like a customer calls it. Nothing of the house is linked in.
//!
//! Run them with `cargo xtask test -- -p e2e`, which builds the binary and brings a PostgreSQL.

#![expect(
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "a harness panics where a test cannot go on: that is how a test fails, and it says why"
)]

pub mod answer;
pub mod api;
pub mod clock;
pub mod cluster;
pub mod corti;
pub mod database;
pub mod documents;
pub mod key_server;
pub mod nabla;
pub mod played;
pub mod process;
pub mod random;
pub mod raw;
pub mod replica;
pub mod sandbox;
pub mod server;
pub mod size;
pub mod sql;
pub mod surface;
pub mod terminal;
pub mod traces;
pub mod upheal;
pub mod vendors;
pub mod wait;

pub use answer::Answer;
pub use api::{Api, Body, Record};
pub use cluster::{Blow, Cluster};
pub use played::Played;
pub use replica::Replica;
pub use sandbox::Sandbox;
pub use server::{Server, Store};
pub use surface::Surface;
pub use terminal::Ran;
pub use vendors::Vendors;
