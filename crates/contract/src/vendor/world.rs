//! The vendor as a case sees it: what it does next, and what it was asked.

use std::time::Duration;

use async_trait::async_trait;
use roster_application::ports::{Target, VendorError, VendorGateway};
use roster_domain::{
    Capabilities, Change, KeyKind, OrganizationId, PhiGuard, Timestamp, User, UserChanges, UserId, VendorKey,
    VendorUserId,
};
use uuid::Uuid;

/// A vendor whose behaviour a case decides.
#[async_trait]
pub trait VendorWorld: Send + Sync {
    /// The client under test.
    fn gateway(&self) -> &dyn VendorGateway;

    /// A connection to this vendor with credentials that it takes.
    fn target(&self) -> Target<'_>;

    /// The same connection with a base URL at which nothing listens.
    fn unreachable(&self) -> Target<'_>;

    /// The secrets in the credentials, and the tokens that were handed out: none may show up in a message.
    fn secrets(&self) -> Vec<String>;

    /// The time limit that the client under test was given.
    fn time_limit(&self) -> Duration;

    /// The client's time.
    fn now(&self) -> Timestamp;

    /// Adds a reply to the next call of a kind. Once all are used up the last is repeated.
    fn script(&self, call: Call, reply: Reply);

    /// How often a call was made.
    fn count(&self, call: Call) -> usize;
}

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// Getting a token, for vendors that have one.
    Token,
    /// Looking a user up by key.
    LookUp,
    /// Creating a user.
    Create,
    /// Changing a user's fields.
    Update,
    /// Activating a user.
    Activate,
    /// Deactivating a user.
    Deactivate,
    /// Deleting a user.
    Delete,
    /// The read that tests a connection.
    Read,
    /// Anything else: no client has business there.
    Elsewhere,
}

/// What the vendor does.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Does as asked, and answers with a user, as the vendor documents it.
    User(Box<RemoteState>),
    /// Does as asked, and answers without a user (a page for [`Call::Read`], a token for [`Call::Token`]).
    Done,
    /// Says, in its own way, that there is no such user.
    Nobody,
    /// Answers with a status, with headers, and with an error body of its own shape, or for a success with a user.
    Status(u16, Vec<(&'static str, String)>),
    /// Answers with success, and a body that is not JSON although its content type says so.
    Malformed,
    /// Answers with success, and JSON that is something else.
    Unexpected,
    /// Answers with success, and with a web page.
    WebPage,
    /// Announces more bytes than it sends before it closes.
    CutShort,
    /// Reads the request and breaks the connection.
    Reset,
    /// Reads the request and says nothing for longer than the time limit.
    Silence,
}

impl Reply {
    /// Does as asked, and answers with a user.
    #[must_use]
    pub fn user(state: RemoteState) -> Self {
        Self::User(Box::new(state))
    }

    /// Answers with a status and nothing special.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status(status, Vec::new())
    }
}

/// A user as the vendor has it.
#[derive(Debug, Clone)]
pub struct RemoteState {
    /// The vendor's id.
    pub id: VendorUserId,
    /// The key that the vendor has.
    pub key: VendorKey,
    /// Whether the user is active there.
    pub active: bool,
    /// The user whose fields the vendor has.
    pub fields: User,
}

impl RemoteState {
    /// The clinician of these cases, exactly as it should be.
    #[must_use]
    pub fn in_sync(active: bool, capabilities: &Capabilities) -> Self {
        let fields = clinician();
        Self {
            id: remote_id(),
            key: key_of(&fields, capabilities),
            active,
            fields,
        }
    }
}

/// The clinician of these cases, who has every field.
#[must_use]
pub fn clinician() -> User {
    user(&[("ward", "4"), ("site", "東")])
}

/// The same with other metadata.
pub(super) fn changed_clinician() -> User {
    user(&[("ward", "5")])
}

pub(super) fn remote_id() -> VendorUserId {
    VendorUserId::new("98fce1ef-dbca-41ef-8bc7-4d1621ac07c6")
}

pub(super) fn key_of(user: &User, capabilities: &Capabilities) -> VendorKey {
    VendorKey::of(user, capabilities.look_up.unwrap_or(KeyKind::ExternalId))
        .expect("the clinician of these cases has every key")
}

fn user(metadata: &[(&str, &str)]) -> User {
    let set = |text: &str| Change::Set(text.to_owned());
    let changes = UserChanges {
        external_id: set("ehr-4711"),
        email: set("ann@example.org"),
        first_name: set("Ann"),
        last_name: set("Müller"),
        metadata: Change::Set(
            metadata
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        ),
        ..UserChanges::default()
    };
    let (id, organization) = (UserId::new(Uuid::from_u128(7)), OrganizationId::new(Uuid::from_u128(1)));
    User::create(id, organization, &changes, PhiGuard::Off, Timestamp::UNIX_EPOCH)
        .expect("the clinician of these cases keeps all rules")
        .user
}

/// The calls about users that the vendor offers.
pub(super) fn offered(world: &dyn VendorWorld) -> Vec<Call> {
    let can = world.gateway().capabilities(world.target().connection);
    [
        (Call::LookUp, can.look_up.is_some()),
        (Call::Create, true),
        (Call::Update, can.update),
        (Call::Activate, can.reactivate),
        (Call::Deactivate, can.deactivate),
        (Call::Delete, can.delete),
        (Call::Read, true),
    ]
    .into_iter()
    .filter_map(|(call, offered)| offered.then_some(call))
    .collect()
}

/// Makes a call, and drops what it brings beside success.
pub(super) async fn perform(world: &dyn VendorWorld, target: Target<'_>, call: Call) -> Result<(), VendorError> {
    let (gateway, user, id) = (world.gateway(), clinician(), remote_id());
    let key = key_of(&user, &gateway.capabilities(target.connection));
    match call {
        Call::LookUp => gateway.look_up(target, &key, &user).await.map(drop),
        Call::Create => gateway.create(target, &key, &user).await.map(drop),
        Call::Update => gateway.update(target, &id, &user).await.map(drop),
        Call::Activate => gateway.activate(target, &id).await,
        Call::Deactivate => gateway.deactivate(target, &id).await,
        Call::Delete => gateway.delete(target, &id).await,
        Call::Read => gateway.test(target).await,
        Call::Token | Call::Elsewhere => unreachable!("no client is asked for {call:?} by itself"),
    }
}

/// What the vendor answers to a call that goes well.
pub(super) fn success(world: &dyn VendorWorld, call: Call) -> Reply {
    let can = world.gateway().capabilities(world.target().connection);
    match call {
        Call::Read | Call::Delete | Call::Token | Call::Elsewhere => Reply::Done,
        Call::Deactivate => Reply::user(RemoteState::in_sync(false, &can)),
        Call::LookUp | Call::Create | Call::Update | Call::Activate => Reply::user(RemoteState::in_sync(true, &can)),
    }
}

/// Makes a call that must fail, and checks what holds for every failure.
pub(super) async fn failure(world: &dyn VendorWorld, target: Target<'_>, call: Call) -> VendorError {
    let error = perform(world, target, call)
        .await
        .expect_err("the call must not succeed");
    assert!(!error.message.is_empty(), "{call:?}: people are told what happened");
    assert!(error.message.chars().count() < 600, "{call:?}: the message is short");
    let shown = format!("{error:?} {error}");
    for secret in world.secrets() {
        assert!(!shown.contains(&secret), "{call:?}: no secret is shown");
    }
    error
}
