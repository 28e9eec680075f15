//! What the database says, by class: SQLSTATEs and constraint names, never messages.

use std::error::Error;

use roster_application::ports::{StoreError, UniqueKey};
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;

/// Each unique constraint of the migrations, and what it is about.
const UNIQUE_CONSTRAINTS: [(&str, UniqueKey); 17] = [
    ("organizations_pkey", UniqueKey::Id),
    ("organizations_slug_key", UniqueKey::Slug),
    ("api_clients_pkey", UniqueKey::Id),
    ("api_clients_id_key", UniqueKey::Id),
    ("api_clients_key_digest_key", UniqueKey::ApiKey),
    ("api_clients_email_key", UniqueKey::ServiceAccountEmail),
    ("users_pkey", UniqueKey::Id),
    ("users_external_id_key", UniqueKey::ExternalId),
    ("users_email_key", UniqueKey::Email),
    ("users_user_name_key", UniqueKey::UserName),
    ("groups_pkey", UniqueKey::Id),
    ("groups_external_id_key", UniqueKey::GroupExternalId),
    ("connections_pkey", UniqueKey::Id),
    ("customers_pkey", UniqueKey::CustomerId),
    ("accounts_vendor_user_id_key", UniqueKey::VendorUserId),
    ("user_sessions_pkey", UniqueKey::Id),
    ("user_sessions_id_key", UniqueKey::Id),
];

/// The foreign keys that a caller's data can break. Where another one is broken, Roster is at fault.
const REFERENCES: [&str; 1] = ["users_customer_fkey"];

/// What is said of a broken foreign key: `foreign_key_violation` or `restrict_violation`. Which of them `ON DELETE RESTRICT`
/// answers depends on PostgreSQL's version.
const BROKEN_REFERENCE: [&str; 2] = ["23503", "23001"];

/// SQLSTATEs after which trying again later may help (PostgreSQL manual, appendix A): whole classes by their first two
/// characters, single conditions by all five.
mod unavailable {
    pub(super) const CONNECTION_EXCEPTION: &str = "08";
    pub(super) const READ_ONLY_TRANSACTION: &str = "25006";
    pub(super) const INVALID_AUTHORIZATION: &str = "28";
    pub(super) const INVALID_CATALOG_NAME: &str = "3D000";
    pub(super) const SERIALIZATION_FAILURE: &str = "40001";
    pub(super) const DEADLOCK_DETECTED: &str = "40P01";
    pub(super) const INSUFFICIENT_RESOURCES: &str = "53";
    pub(super) const LOCK_NOT_AVAILABLE: &str = "55P03";
    /// Said of a database that takes no connections at this moment.
    pub(super) const OBJECT_NOT_IN_PREREQUISITE_STATE: &str = "55000";
    pub(super) const OPERATOR_INTERVENTION: &str = "57";
    pub(super) const SYSTEM_ERROR: &str = "58";

    pub(super) const ALL: [&str; 11] = [
        CONNECTION_EXCEPTION,
        READ_ONLY_TRANSACTION,
        INVALID_AUTHORIZATION,
        INVALID_CATALOG_NAME,
        SERIALIZATION_FAILURE,
        DEADLOCK_DETECTED,
        INSUFFICIENT_RESOURCES,
        LOCK_NOT_AVAILABLE,
        OBJECT_NOT_IN_PREREQUISITE_STATE,
        OPERATOR_INTERVENTION,
        SYSTEM_ERROR,
    ];

    /// Those that end a transaction because of what others do at the same time.
    pub(super) const MET_OTHERS: [&str; 3] = [SERIALIZATION_FAILURE, DEADLOCK_DETECTED, LOCK_NOT_AVAILABLE];
}

/// Turns what sqlx says into the port's error.
pub(crate) trait IntoStoreError<T> {
    /// The value, or the port's error.
    fn store(self) -> Result<T, StoreError>;
}

impl<T> IntoStoreError<T> for Result<T, sqlx::Error> {
    fn store(self) -> Result<T, StoreError> {
        self.map_err(from_sqlx)
    }
}

/// What is said of a statement that was stopped, by the limit of its connection or by another one: `query_canceled`.
const CANCELLED: &str = "57014";

/// Whether a statement was stopped on its way.
pub(crate) fn is_cancelled(error: &sqlx::Error) -> bool {
    let refusal = error.as_database_error();
    refusal.is_some_and(|refusal| refusal.code().as_deref() == Some(CANCELLED))
}

fn from_sqlx(error: sqlx::Error) -> StoreError {
    match class_of(&error) {
        Class::Conflict(key) => StoreError::Conflict(key),
        Class::Reference => StoreError::Reference,
        Class::Unavailable => StoreError::Unavailable(error.into()),
        Class::Internal => StoreError::Internal(error.into()),
    }
}

/// Whether trying again later may help, perhaps because the connection is lost.
pub(crate) fn is_unavailable(error: &sqlx::Error) -> bool {
    matches!(class_of(error), Class::Unavailable)
}

/// The port's error for one that many hear of, who did nothing wrong: with the cause as each of them gets it.
pub(crate) fn shared(error: &sqlx::Error, cause: Box<dyn Error + Send + Sync>) -> StoreError {
    match class_of(error) {
        Class::Unavailable => StoreError::Unavailable(cause),
        Class::Conflict(_) | Class::Reference | Class::Internal => StoreError::Internal(cause),
    }
}

/// Whether the database said that it did nothing, and can be asked again at once: the statement itself was refused, or has
/// met others in a circle.
pub(crate) fn is_undone(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(refusal) => {
            let code = refusal.code().unwrap_or_default();
            unavailable::MET_OTHERS.contains(&&*code) || !matches!(class_of(error), Class::Unavailable)
        }
        // It was not sent at all.
        sqlx::Error::Encode(_) => true,
        _ => false,
    }
}

enum Class {
    Conflict(UniqueKey),
    Reference,
    Unavailable,
    Internal,
}

fn class_of(error: &sqlx::Error) -> Class {
    match error {
        sqlx::Error::Database(refusal) => class_of_refusal(refusal.as_ref()),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => Class::Unavailable,
        _ => Class::Internal,
    }
}

fn class_of_refusal(refusal: &dyn DatabaseError) -> Class {
    if refusal.is_unique_violation() {
        let key = refusal.constraint().and_then(key_of);
        return key.map_or(Class::Internal, Class::Conflict);
    }
    let code = refusal.code().unwrap_or_default();
    if BROKEN_REFERENCE.contains(&&*code) && refusal.constraint().is_some_and(|name| REFERENCES.contains(&name)) {
        Class::Reference
    } else if unavailable::ALL.iter().any(|state| code.starts_with(state)) {
        Class::Unavailable
    } else {
        Class::Internal
    }
}

/// The port's error where another record is known to have what a unique constraint, of this name, lets only one have.
pub(crate) fn held_by_another(constraint: &str) -> StoreError {
    match key_of(constraint) {
        Some(key) => StoreError::Conflict(key),
        None => StoreError::Internal(format!("there is no constraint {constraint}").into()),
    }
}

fn key_of(constraint: &str) -> Option<UniqueKey> {
    let known = UNIQUE_CONSTRAINTS.iter().find(|(name, _)| *name == constraint);
    known.map(|(_, key)| *key)
}

/// The port's error for a failed migration.
pub(crate) fn from_migration(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => from_sqlx(error),
        error => StoreError::Internal(error.into()),
    }
}
