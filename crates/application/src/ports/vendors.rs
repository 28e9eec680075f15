//! The vendors, as convergence sees them.

use async_trait::async_trait;
use roster_domain::{Capabilities, Connection, OutcomeClass, User, VendorKey, VendorUserId, Violations};

use crate::credentials::Credentials;

/// A vendor, or all of them: the gateway looks at `target.connection.vendor`.
///
/// Every call is made once; repeating is decided by convergence. Only a refused token is fetched anew and the call repeated, once. A call ends within its time limit. An answer
/// that is not understood, and a status that the vendor does not document, MUST NOT count as success.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait VendorGateway: Send + Sync {
    /// What the vendor can do over this connection.
    fn capabilities(&self, connection: &Connection) -> Capabilities;

    /// What is wrong with credentials or options, before anything is called.
    fn check(&self, connection: &Connection, credentials: &Credentials) -> Violations;

    /// Whom the vendor has under a key; `None` for nobody. `user` is the user as it should be, to compare with.
    async fn look_up<'a>(
        &self,
        target: Target<'a>,
        key: &VendorKey,
        user: &User,
    ) -> Result<Option<RemoteUser>, VendorError>;

    /// Creates a user under a key.
    async fn create<'a>(&self, target: Target<'a>, key: &VendorKey, user: &User) -> Result<RemoteUser, VendorError>;

    /// Sends all fields that the vendor keeps.
    async fn update<'a>(&self, target: Target<'a>, id: &VendorUserId, user: &User) -> Result<RemoteUser, VendorError>;

    /// Activates a user. One who is active already is a success.
    async fn activate<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError>;

    /// Deactivates a user. One who is inactive already is a success.
    async fn deactivate<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError>;

    /// Deletes a user. Only called where the capabilities have it.
    async fn delete<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError>;

    /// Checks base URL and credentials with the cheapest read that needs both.
    async fn test<'a>(&self, target: Target<'a>) -> Result<(), VendorError>;
}

/// Where a call goes, and with whose rights.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The connection.
    pub connection: &'a Connection,
    /// Its credentials, opened.
    pub credentials: &'a Credentials,
}

/// A user as the vendor reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteUser {
    /// The vendor's id.
    pub id: VendorUserId,
    /// Whether the user is active there.
    pub active: bool,
    /// Whether everything that the vendor keeps is as the canonical user has it.
    pub matches: bool,
    /// The page on which the user signs up.
    pub invite_url: Option<String>,
}

/// A call that did not succeed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct VendorError {
    /// What follows from it.
    pub class: OutcomeClass,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// What happened, in plain words. Shown to people; never holds a secret.
    pub message: String,
    /// The cause, for logs.
    #[source]
    pub source: Option<super::error::Source>,
}

impl VendorError {
    /// A failure without an underlying error.
    #[must_use]
    pub fn new(class: OutcomeClass, message: impl Into<String>) -> Self {
        Self {
            class,
            status: None,
            message: message.into(),
            source: None,
        }
    }
}
