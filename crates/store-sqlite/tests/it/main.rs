//! The store on real files: the contract, and what only SQLite can get wrong.

mod corrupt;
mod crowd;
mod database;
mod file;
mod migrations;
mod scale;
mod searches;

use database::Database;

roster_contract::store_cases!(Database);
