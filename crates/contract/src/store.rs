//! The obligations of the persistence ports, as cases that every store passes on the real thing.
//!
//! A store's tests implement [`TestDatabase`] and run [`store_cases!`](crate::store_cases). One file a port, and one for
//! what holds across them: what happens at once (`races`, `races_clients`, `races_crowds`, `races_customers`,
//! `races_directory`, `races_queue`, `groups_races`), and who sees what (`tenants`).

#![expect(clippy::missing_panics_doc, reason = "panicking is how a case fails")]

pub mod accounts;
pub mod api_clients;
pub mod assignments;
mod cases;
pub mod connections;
pub mod customers;
mod database;
pub mod departures;
pub mod departures_held;
pub mod directory;
pub mod directory_filters;
pub mod drift;
pub mod given;
pub mod groups;
pub mod groups_races;
pub mod groups_ties;
pub mod groups_turns;
pub mod history;
pub mod idempotency;
pub mod organizations;
pub mod ownership;
pub mod queue;
pub mod queue_leases;
pub mod queue_records;
pub mod races;
pub mod races_clients;
pub mod races_crowds;
pub mod races_customers;
pub mod races_directory;
pub mod races_queue;
pub mod read_backs;
pub mod restores;
pub mod sealed;
pub mod sessions;
pub mod tenants;
pub mod users;
pub mod users_lists;
pub mod users_passwords;
pub mod users_updates;
pub mod wake;

pub use database::TestDatabase;

#[cfg(test)]
mod tests;
