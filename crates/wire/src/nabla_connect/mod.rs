//! Nabla Connect's JSON, from version 2026-03-23, the first with an endpoint for users.
//!
//! There is one request, an upsert: the user of an external provider id is made or changed, and answered. Tokens, versions
//! and the error envelope are those of both of Nabla's APIs.
//!
//! The vendor's document names neither the kinds of specialties nor the speech locales. Kinds go through in any spelling in
//! capitals; locales go by the names that Nabla Core documents, or as language tags (BCP 47).

mod request;
mod schema;
mod settings;
mod user;

pub use request::{UserBody, UserRequest};
pub use settings::{LocaleName, Settings, Specialty};
pub use user::User;

#[cfg(test)]
mod tests;
