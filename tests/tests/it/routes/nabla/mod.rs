//! `/nabla`

mod bad_requests;
mod connect;
mod copilot_api;
mod core;
mod find_by_external_id;
mod key_sets;
mod limits;
mod sessions;
mod token;
