//! Nabla Core's JSON, in both of its generations.
//!
//! The *current* generation (`/v1/core`, versions from 2024-10-01) knows a user by five keys. The *archived* one
//! (`/v1/copilot-api`, versions up to 2024-04-22) adds e-mail address and roles. Both share pages and user
//! tokens; errors and access tokens are those of [`crate::nabla`].

mod auth;
mod page;
mod request;
mod user;

pub use auth::{RefreshToken, UserTokens};
pub use page::{ArchivedUserPage, UserPage};
pub use request::{ArchivedUserBody, ArchivedUserRequest, Empty, UserBody, UserRequest};
pub use user::{ArchivedUser, ReportedUser, User};

#[cfg(test)]
mod tests;
