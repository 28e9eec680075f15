//! What can go wrong in a use case.

use roster_domain::scim::PatchError;
use roster_domain::{UserId, Version, Violations};

use crate::ports::{SecretsError, StoreError, VendorError};

/// What can go wrong in a use case. Surfaces turn each into a status and a body of their own shape.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request breaks rules; nothing was done.
    #[error("the request breaks rules: {0}")]
    Invalid(Violations),
    /// There is no such record in the caller's organization.
    #[error("there is no such {0}")]
    NotFound(Missing),
    /// Another record stands against the request; nothing was done.
    #[error("{0}")]
    Conflict(Conflicting),
    /// The record is not at the version that the caller expected; nothing was done.
    #[error("the record is at version {current}, not at the one expected")]
    VersionMismatch {
        /// The version that it is at.
        current: Version,
    },
    /// A resource cannot be changed piece by piece as the request asks for; nothing was done.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// Others kept changing the same record. Trying again helps.
    #[error("the record is being changed by others at the same time")]
    Contention,
    /// Persistence failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealing or opening failed.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// A vendor was called on behalf of the caller and did not do as asked.
    #[error(transparent)]
    Vendor(#[from] VendorError),
    /// The machine refused something that cannot be refused in normal operation.
    #[error("internal failure: {0}")]
    Internal(String),
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations)
    }
}

/// What there is none of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// A user.
    User,
    /// An account.
    Account,
    /// A connection.
    Connection,
    /// An API client.
    ApiClient,
    /// An organization.
    Organization,
    /// A customer.
    Customer,
    /// A group.
    Group,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Account => "account",
            Self::Connection => "connection",
            Self::ApiClient => "API client",
            Self::Organization => "organization",
            Self::Customer => "customer",
            Self::Group => "group",
        })
    }
}

/// What stands against a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Conflicting {
    /// Another user has the external id.
    #[error("another user has this external_id")]
    ExternalId,
    /// Another user has the e-mail address.
    #[error("another user has this email")]
    Email,
    /// Another user has the `userName`.
    #[error("another user has this userName")]
    UserName,
    /// Another group has the external id.
    #[error("another group has this externalId")]
    GroupExternalId,
    /// External id and e-mail address belong to two users.
    #[error("external_id belongs to user {external_id}, email to user {email}")]
    TwoUsers {
        /// Who has the external id.
        external_id: UserId,
        /// Who has the address.
        email: UserId,
    },
    /// The address must be the one on file.
    #[error("email differs from the one on file for this external_id")]
    EmailDiffers,
    /// Another client has the API key.
    #[error("another API client has this key")]
    ApiKey,
    /// Another service account has the e-mail address.
    #[error("another service account has this email")]
    ServiceAccountEmail,
    /// Another record has the id.
    #[error("another record has this id")]
    Id,
    /// A client asked for its own deletion, which would lock it out.
    #[error("a client cannot delete itself: make another one, and delete this one with that")]
    OwnClient,
    /// The client that asked for the deletion of another one has been deleted itself.
    #[error("the client that asks was deleted: nothing was done")]
    DeletedCaller,
    /// Another organization has the short name.
    #[error("another organization has this slug")]
    Slug,
    /// The connection takes all users, so that none can be taken off.
    #[error("the connection takes all users: set its option assignment to chosen first")]
    TakesAll,
    /// What is given is one user's id, and another's external id.
    #[error("this is the id of one user and the external id of another: name the user by the other of the two")]
    AmbiguousId,
    /// Another customer has the id.
    #[error("another customer has this customerId")]
    CustomerId,
    /// There are users in the customer.
    #[error("the customer still has users: delete them first")]
    CustomerInUse,
    /// The default customer is every organization's as it is.
    #[error("the default customer belongs to every organization and can be neither made, changed nor deleted")]
    DefaultCustomer,
}
