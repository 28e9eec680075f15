//! `/upheal`

mod create;
mod lifecycle;
mod limit;
mod links;
mod providers;
mod users;
