//! How often a key may call.

use roster_application::authentication::Caller;
use roster_domain::{ApiClientId, Vendor};

use crate::dialects::rate_limit::RateLimit;
use crate::refusal::Refusal;
use crate::sandbox::Sandbox;

/// What the vendor documents: 300 requests a minute for each API key, of V1 and V2 together.
const DOCUMENTED: u32 = 300;

/// How often a key may call. Clones count together.
#[derive(Clone)]
pub(super) struct Limit {
    requests: RateLimit<ApiClientId>,
    /// The sandbox whose calls are not counted.
    spared: Option<Sandbox>,
}

impl Limit {
    /// The limit that is set, 0 for none. Where none is set it is the documented one, but for the organization that
    /// plays the vendor in a sandbox, which has none.
    pub(super) fn new(setting: Option<u32>, sandbox: Option<&Sandbox>) -> Self {
        Self {
            requests: RateLimit::per_minute(setting.unwrap_or(DOCUMENTED)),
            spared: sandbox.filter(|_| setting.is_none()).cloned(),
        }
    }

    /// Counts a request of the caller's key, or refuses it.
    pub(super) fn admit(&self, caller: &Caller) -> Result<(), Refusal> {
        let is_spared = self
            .spared
            .as_ref()
            .is_some_and(|sandbox| sandbox.plays(Vendor::Upheal, caller.organization.id));
        if is_spared {
            return Ok(());
        }
        self.requests.check(&caller.client.id)
    }
}
