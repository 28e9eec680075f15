//! `/corti`

mod customers;
mod token;
mod users;
