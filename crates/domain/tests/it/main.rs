//! The rules of Roster, proved one by one: limits, meanings, and the three decisions.

mod account;
mod breaker;
mod connection;
mod customer;
mod embed;
mod fields;
mod given;
mod history;
mod mass_change;
mod metadata;
mod options;
mod pace;
mod phi;
mod plan;
mod profile;
mod resolve;
mod retry;
#[macro_use]
mod scim;
mod settings;
mod user;
mod violation;
mod words;
