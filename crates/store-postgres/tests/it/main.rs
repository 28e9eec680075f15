//! The store on a real server: the contract, and what only PostgreSQL can get wrong.

mod corrupt;
mod crowds;
mod database;
mod migrations;
mod scale;
mod searches;
mod server;

use database::Database;

roster_contract::store_cases!(Database);
