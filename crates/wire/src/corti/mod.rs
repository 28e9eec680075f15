//! Corti's JSON: its Console Admin API, by which users are added to the customers of a project.
//!
//! A *project* is what Roster calls an organization; a *customer* groups users in it. Names are in camel case. What is
//! left out of a request stays as it is; null is documented for nothing, and refused.

mod auth;
mod customer;
mod error;
mod page;
mod request;
mod secret;
mod user;

pub use auth::{BEARER, LoginRequest, TOKEN_PATH, TokenRequest, TokenResponse};
pub use customer::{Customer, CustomerChange, NewCustomer, ReportedCustomer};
pub use error::{ErrorBody, ErrorCode, FieldError, ReportedError};
pub use page::{CustomerPage, Pagination, ReportedCustomerPage, ReportedPagination, ReportedUserPage, UserPage};
pub use request::{CreateCustomerRequest, CreateUserRequest, USER_FIELDS, UpdateCustomerRequest, UpdateUserRequest};
pub use secret::{Secret, SecretField};
pub use user::{NewUser, ReportedUser, User, UserChange};

#[cfg(test)]
mod tests;

/// `2023-10-01T12:00:00Z`: whole seconds and a `Z`, as the vendor's own examples have it.
fn seconds<S: serde::Serializer>(time: &chrono::DateTime<chrono::Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}
