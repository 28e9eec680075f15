//! The vendors' JSON as types, one module a vendor, shared by the dialects and the outbound clients.

pub mod field;
pub mod nabla_core;
pub mod speech_locale;
