//! Nabla Core's JSON, in both of its generations.
//!
//! The *current* generation (`/v1/core`, versions from 2024-10-01) knows a user by five keys. The *archived* one
//! (`/v1/copilot-api`, versions up to 2024-04-22) adds e-mail address and roles. Both share pages, user tokens and
//! the error envelope.

mod auth;
mod error;
mod page;
mod request;
mod user;

pub use auth::{
    CLIENT_ASSERTION_TYPE, CLIENT_CREDENTIALS, RefreshToken, TOKEN_PATH, Token, TokenRequest, TokenResponse, UserTokens,
};
pub use error::{ErrorBody, ErrorKind, ReportedError};
pub use page::{ArchivedUserPage, UserPage};
pub use request::{ArchivedUserBody, ArchivedUserRequest, Empty, UserBody, UserRequest};
pub use user::{ArchivedUser, ReportedUser, User};

/// The header that asks for a version of the API. The name without its `X-` is ignored by the vendor without a word.
pub const VERSION_HEADER: &str = "x-nabla-api-version";
/// The query parameter that does the same where no header can be sent.
pub const VERSION_QUERY: &str = "nabla-api-version";
/// The version that stands for what is not released yet. All others are dates.
pub const NEXT_VERSION: &str = "x-nabla-next";

#[cfg(test)]
mod tests;
