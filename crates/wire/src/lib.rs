//! The vendors' JSON as types, one module a vendor, shared by the dialects and the outbound clients.

pub mod corti;
pub mod field;
pub mod nabla;
pub mod nabla_connect;
pub mod nabla_core;
pub mod schema;
pub mod speech_locale;
pub mod upheal;
