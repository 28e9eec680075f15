//! What the use cases need from the outside, one file a port.
//!
//! Each method says in words what an adapter MUST do; each MUST is a case of the `roster-contract` crate, which
//! every adapter passes on the real thing. "Not found" is `Ok(None)`, never an error.

mod accounts;
mod api_clients;
mod clock;
mod connections;
mod customers;
#[cfg_attr(
    test,
    expect(
        clippy::ref_option_ref,
        reason = "the mock hands each argument to its matchers by reference"
    )
)]
mod directory;
mod entropy;
mod error;
mod groups;
mod history;
mod idempotency;
mod key_sets;
mod options;
mod organizations;
mod queue;
mod sealed;
mod secrets;
mod sessions;
#[cfg_attr(
    test,
    expect(
        clippy::ref_option_ref,
        reason = "the mock hands each argument to its matchers by reference"
    )
)]
mod users;
#[cfg_attr(
    test,
    expect(
        clippy::ref_option_ref,
        reason = "the mock hands each argument to its matchers by reference"
    )
)]
mod vendors;
mod wake;

pub use accounts::{AccountPosition, AccountQuery, AccountStore};
pub use api_clients::{ApiClientStore, ClientDeletion, ClientSecret};
pub use clock::Clock;
pub use connections::{ConnectionStore, Hold};
pub use customers::CustomerStore;
pub use directory::{DirectoryStore, Find, Place, is_by_key};
pub use entropy::{Entropy, Ids};
pub use error::{StoreError, UniqueKey};
pub use groups::{GroupStore, GroupWrite, without_member};
pub use history::{CallRecord, ChangeRecord, HistoryEntry, HistoryEvent, HistoryStore};
pub use idempotency::{Begun, IdempotencyKey, IdempotencyStore};
pub use key_sets::{KeySetError, KeySets};
pub use options::StoredOptions;
pub use organizations::OrganizationStore;
pub use queue::{AccountQueue, Claim, ClaimKey, ConnectionKey, DepartureCount, Owned, Settled, Settlement};
pub use sealed::{SealedAt, SealedStore};
pub use secrets::{Sealed, Secrets, SecretsError};
pub use sessions::{UserSession, UserSessionStore};
pub use users::{InCustomer, Order, UserQuery, UserStore, UserWrite};
pub use vendors::{
    AtOnce, PreviewedRequest, RemotePage, RemoteRecord, RemoteUser, Sought, Subject, Target, Turns, VendorError,
    VendorGateway,
};
pub use wake::Wake;

#[cfg(test)]
pub(crate) use self::{
    accounts::MockAccountStore, api_clients::MockApiClientStore, clock::MockClock, customers::MockCustomerStore,
    directory::MockDirectoryStore, entropy::MockEntropy, entropy::MockIds, groups::MockGroupStore,
    history::MockHistoryStore, idempotency::MockIdempotencyStore, key_sets::MockKeySets,
    organizations::MockOrganizationStore, queue::MockAccountQueue, sealed::MockSealedStore, secrets::MockSecrets,
    sessions::MockUserSessionStore, users::MockUserStore, vendors::MockVendorGateway,
};

/// Everything that persistence offers, as one thing to hand around.
pub trait Store:
    AccountQueue
    + AccountStore
    + ApiClientStore
    + ConnectionStore
    + CustomerStore
    + DirectoryStore
    + GroupStore
    + HistoryStore
    + IdempotencyStore
    + OrganizationStore
    + SealedStore
    + UserSessionStore
    + UserStore
    + Wake
{
}

impl<T> Store for T where
    T: AccountQueue
        + AccountStore
        + ApiClientStore
        + ConnectionStore
        + CustomerStore
        + DirectoryStore
        + GroupStore
        + DirectoryStore
        + GroupStore
        + HistoryStore
        + IdempotencyStore
        + OrganizationStore
        + SealedStore
        + UserSessionStore
        + UserStore
        + Wake
{
}
