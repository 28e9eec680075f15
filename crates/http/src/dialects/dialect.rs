//! What one vendor's API has of its own, whatever its endpoints.

use async_trait::async_trait;
use axum::http::request::Parts;
use roster_application::authentication::Caller;
use roster_domain::{Timestamp, Vendor};

use crate::layers::Render;
use crate::refusal::Refusal;

/// What one vendor's API has of its own, whatever its endpoints.
#[async_trait]
pub(crate) trait Dialect: Send + Sync + 'static {
    /// Whose API this is.
    fn vendor(&self) -> Vendor;

    /// How the vendor writes errors. This is its own table of status codes, too.
    fn errors(&self) -> Render;

    /// The time, by which calls are noted.
    fn now(&self) -> Timestamp;

    /// What must hold of every request to a known path, whoever calls: such as the version that it asks for.
    fn check(&self, request: &Parts) -> Result<(), Refusal>;

    /// Who is calling, by the one scheme that the vendor has.
    async fn authenticate(&self, request: &Parts) -> Result<Caller, Refusal>;
}
