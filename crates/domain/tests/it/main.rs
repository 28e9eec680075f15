//! The rules of Roster, proved one by one: limits, meanings, and the three decisions.

mod account;
mod connection;
mod customer;
mod embed;
mod fields;
mod given;
mod metadata;
mod phi;
mod plan;
mod profile;
mod resolve;
mod retry;
mod settings;
mod user;
mod violation;
mod words;
