//! The vendors, as convergence sees them.

use std::fmt;

use async_trait::async_trait;
use roster_domain::{
    Capabilities, Connection, OutcomeClass, Password, Step, User, UserChanges, VendorKey, VendorUserId, Violations,
};

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

    /// Whom the vendor has under a key. `user` is the user as it should be, to compare with.
    ///
    /// A vendor that only lists its users is asked for one page at a time, each a call like any other: `from` is what the
    /// page before gave as [`Sought::Further`], and `None` for the first. How many pages there may be is bounded; that there
    /// are more is [`OutcomeClass::Rejected`].
    async fn look_up<'a>(
        &self,
        target: Target<'a>,
        key: &VendorKey,
        user: &User,
        from: Option<&'a str>,
    ) -> Result<Sought, VendorError>;

    /// Creates a user under a key.
    async fn create<'a>(
        &self,
        target: Target<'a>,
        key: &VendorKey,
        subject: Subject<'a>,
    ) -> Result<RemoteUser, VendorError>;

    /// Sends all fields that the vendor keeps.
    async fn update<'a>(
        &self,
        target: Target<'a>,
        id: &VendorUserId,
        subject: Subject<'a>,
    ) -> Result<RemoteUser, VendorError>;

    /// How the vendor has a user. `user` is the user as it should be, to compare with. Only called where the capabilities
    /// have it. Page by page, as [`look_up`](Self::look_up) is. Who is not there is [`OutcomeClass::NotFound`], and never
    /// [`Sought::Nobody`].
    async fn read_back<'a>(
        &self,
        target: Target<'a>,
        id: &VendorUserId,
        user: &User,
        from: Option<&'a str>,
    ) -> Result<Sought, VendorError>;

    /// The requests that a step would send, exactly, but for secrets, which are masked; nothing is sent. Steps that send
    /// nothing have none. `with_password` says whether an initial password waits for a vendor that takes one.
    #[expect(
        clippy::elidable_lifetime_names,
        reason = "a mock is made of it, which needs the name"
    )]
    fn preview<'a>(
        &self,
        target: Target<'a>,
        step: &Step,
        user: &User,
        with_password: bool,
    ) -> Result<Vec<PreviewedRequest>, VendorError>;

    /// A page of the users that the vendor has, from a cursor that a page before gave. Fails with
    /// [`OutcomeClass::Rejected`] where the vendor has no list.
    async fn list<'a>(&self, target: Target<'a>, cursor: Option<&'a str>) -> Result<RemotePage, VendorError>;

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
    /// By what requests are let through: a client MUST take a turn before each that it sends, and send none without.
    pub turns: &'a dyn Turns,
}

/// By what the requests of a call are let through, so that a connection's pace holds for each of them.
#[async_trait]
pub trait Turns: fmt::Debug + Send + Sync {
    /// Waits until the next request may be sent. An error says that it may not, and is what the call ends with.
    async fn take(&self) -> Result<(), VendorError>;
}

/// Lets every request through at once: for what a person asks for, and waits for.
#[derive(Debug, Clone, Copy, Default)]
pub struct AtOnce;

#[async_trait]
impl Turns for AtOnce {
    async fn take(&self) -> Result<(), VendorError> {
        Ok(())
    }
}

/// Whom a create or an update is about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The user as it should be.
    pub user: &'a User,
    /// An initial password, for vendors that take one. Others pass it over.
    pub password: Option<&'a Password>,
}

/// A request that would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewedRequest {
    /// The HTTP method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// Names, in lower case, and values, in their order.
    pub headers: Vec<(String, String)>,
    /// The body, where there is one: JSON text.
    pub body: Option<String>,
}

/// A page of a vendor's users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemotePage {
    /// The users.
    pub users: Vec<RemoteRecord>,
    /// What the next page is asked for with; `None` on the last one.
    pub next: Option<String>,
}

/// What a vendor's list tells of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteRecord {
    /// The vendor's id.
    pub id: VendorUserId,
    /// Whether the user is active there.
    pub active: bool,
    /// The fields, as a request that would set them here. What the vendor does not tell is left out.
    pub fields: UserChanges,
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
    /// What differs, by the vendor's names of the fields; for people, where drift is reported. Empty where it matches.
    pub differing: Vec<&'static str>,
}

/// What asking for one user brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// The user.
    Found(RemoteUser),
    /// Nobody: all that the vendor has was seen.
    Nobody,
    /// Nobody so far. The vendor only lists its users, and has more than were seen: to be asked again from here.
    Further(String),
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
