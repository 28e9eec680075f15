//! What can go wrong in persistence.

/// The cause as the adapter has it, for logs.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong in persistence, by class. Nothing is ever classified by looking into a message.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique constraint stands against the write; nothing was written.
    #[error("another record has the same {0:?}")]
    Conflict(UniqueKey),
    /// The write names a record that is not there, or would leave others pointing to nothing; nothing was written.
    #[error("a reference to another record stands against the write")]
    Reference,
    /// The record is not, or no longer, at the version that the write expected; nothing was written.
    #[error("the record was changed meanwhile")]
    Stale,
    /// The database cannot be reached, is full, or is too busy. Trying again later may help. Whether a write
    /// happened is not known.
    #[error("the database is not available")]
    Unavailable(#[source] Source),
    /// A search would take longer than one may, and was stopped. The same again would take as long.
    #[error("the search takes too long")]
    TooLong,
    /// A stored value breaks a rule that it was checked against when it was written.
    #[error("corrupt row: {table}.{column} of {id}: {detail}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The key of the row, readable by people.
        id: String,
        /// What is wrong with the value. Never the value itself.
        detail: String,
    },
    /// The database refused a statement for a reason that is a fault of Roster.
    #[error("the database refused a statement")]
    Internal(#[source] Source),
}

/// What a unique constraint is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UniqueKey {
    /// The id of the record itself.
    Id,
    /// A user's external id, within the organization.
    ExternalId,
    /// A user's e-mail address, within the organization, without regard to case.
    Email,
    /// A user's `userName`, within the organization, without regard to case.
    UserName,
    /// A group's external id, within the organization.
    GroupExternalId,
    /// The vendor's id of a user, within the connection.
    VendorUserId,
    /// An organization's short name.
    Slug,
    /// A customer's id, within the organization.
    CustomerId,
    /// An API key.
    ApiKey,
    /// The e-mail address that a service account signs in with.
    ServiceAccountEmail,
}
