//! OAuth 2.0 client credentials with a signed assertion (RFC 6749 section 4.4, RFC 7523), as both of Nabla's APIs ask for it.

mod assertion;
mod tokens;

pub(crate) use assertion::can_sign;
pub(crate) use tokens::Tokens;
