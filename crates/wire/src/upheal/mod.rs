//! Upheal's JSON, in both versions of its partner API that are served side by side.
//!
//! V1 knows a provider's session type (`defaultSessionType`), V2 has note templates in its place and adds how notes
//! refer to the provider. Nearly everything else is the same: checking an address, the generic user, the errors.
//!
//! Of each body there is a strict type, as clients write it or as the dialect answers, and a lenient one, as it is read
//! from others: requests as [`crate::field::Field`]s, so that all violations are found, and answers as `Reported…`,
//! of which only what is needed must be there.

mod check;
mod create;
mod error;
mod fields;
mod provider;
mod reported;
mod request;
mod schemas;
mod user;

pub use check::{CheckUserBody, CheckUserRequest, CheckedUser};
pub use create::{CreatedProviderV1, CreatedProviderV2, NewProviderV1, NewProviderV2};
pub use error::{ErrorBody, ErrorCode, FieldError};
pub use fields::{UserUrls, in_vendors_names};
pub use provider::{ProviderChangesV1, ProviderChangesV2, ProviderV1, ProviderV2, UpdatedProviderV1};
pub use reported::{ReportedCheck, ReportedError, ReportedProvider, ReportedSwitch, ReportedUser};
pub use request::{NewProviderRequest, ProviderRequest, UserRequest};
pub use user::{UserChangesV1, UserChangesV2, UserV1, UserV2};

/// The header that carries the API key. The vendor's own name for it is on no public page; this is the usual one.
pub const API_KEY_HEADER: &str = "x-api-key";
/// What every user is here: Roster's users are clinicians, and the vendor's clients and administrators are none.
pub const USER_TYPE: &str = "HealthcareProvider";

/// A version of the user endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// With session types.
    V1,
    /// With note templates.
    V2,
}

#[cfg(test)]
mod tests;
