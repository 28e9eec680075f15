//! What Nabla's APIs have in common: the error envelope, OAuth tokens, and how a version is asked for.

mod error;
mod time;
mod token;

pub use error::{ErrorBody, ErrorKind, ReportedError};
pub use token::{CLIENT_ASSERTION_TYPE, CLIENT_CREDENTIALS, TOKEN_PATH, Token, TokenRequest, TokenResponse};

pub(crate) use time::milliseconds;

/// The header that asks for a version of the API. The name without its `X-` is ignored by the vendor without a word.
pub const VERSION_HEADER: &str = "x-nabla-api-version";
/// The query parameter that does the same where no header can be sent.
pub const VERSION_QUERY: &str = "nabla-api-version";
/// The version that stands for what is not released yet. All others are dates.
pub const NEXT_VERSION: &str = "x-nabla-next";

#[cfg(test)]
mod tests;
