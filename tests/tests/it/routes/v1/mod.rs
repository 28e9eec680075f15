//! `/v1`

mod accounts;
mod clients;
mod connections;
mod users;
