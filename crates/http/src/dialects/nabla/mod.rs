//! What Nabla's APIs have in common: how they write errors, and how OAuth clients get access tokens.

mod envelope;
mod oauth;

use super::ErrorShape;
use roster_wire::nabla::ErrorBody;

pub(crate) use oauth::TokenEndpoint;

/// How Nabla writes errors.
pub(crate) const ERRORS: ErrorShape = ErrorShape::of::<ErrorBody>(envelope::render);
