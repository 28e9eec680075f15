//! The vendor as a case sees it: what it does next, and what it was asked.

use std::time::Duration;

use async_trait::async_trait;
use roster_application::ports::{PreviewedRequest, Target, VendorGateway};
use roster_domain::{OutcomeClass, Timestamp};

use super::given::RemoteState;

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

    /// Whether the vendor has calls of a kind of which the capabilities say nothing: [`Call::Token`], [`Call::Read`]
    /// (where a test of the connection is more than getting a token) and [`Call::List`].
    fn has(&self, call: Call) -> bool;

    /// Which fields differ, by the vendor's names, where it has [`changed_clinician`](super::changed_clinician) and should
    /// have [`clinician`](super::clinician).
    fn differing(&self) -> Vec<&'static str>;

    /// Which fields of [`clinician`](super::clinician) a create cannot carry, by the vendor's names. They follow with an
    /// update, and until then the user is not as it should be.
    fn left_by_create(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Whether the URL of a call names a user, so that a 404 is about the user. Else it is about the connection.
    fn names_users(&self, call: Call) -> bool {
        use Call::{Activate, Deactivate, Delete, ReadBack, Update};
        [Update, Activate, Deactivate, Delete, ReadBack].contains(&call)
    }

    /// Whether a success of a call has a body that says how things stand. Where it has none, the status says all.
    fn has_body(&self, call: Call) -> bool {
        call != Call::Delete
    }

    /// What follows from a 403: the credentials lack a permission, unless the vendor means the request by it.
    fn forbidden(&self, _: Call) -> OutcomeClass {
        OutcomeClass::Unauthorized
    }

    /// Tells which call is made next. Worlds need it whose vendor's requests do not tell all calls apart.
    fn making(&self, _: Call) {}

    /// Adds a reply to the next call of a kind. Once all are used up the last is repeated.
    ///
    /// Where a call takes several requests, the reply is to the one that decides, and the others are answered so that it
    /// comes to that.
    fn script(&self, call: Call, reply: Reply);

    /// How often a call was made. One that takes several requests counts once.
    fn count(&self, call: Call) -> usize;

    /// Every request so far but those for tokens, in their order: the whole URL, and all headers.
    fn received(&self) -> Vec<PreviewedRequest>;
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
    /// Asking how a user stands.
    ReadBack,
    /// Reading a page of users.
    List,
    /// The read that tests a connection.
    Read,
    /// Anything else: no client has business there.
    Elsewhere,
}

impl Call {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Token,
        Self::LookUp,
        Self::Create,
        Self::Update,
        Self::Activate,
        Self::Deactivate,
        Self::Delete,
        Self::ReadBack,
        Self::List,
        Self::Read,
        Self::Elsewhere,
    ];
}

/// What the vendor does.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Does as asked, and answers with a user, as the vendor documents it.
    User(Box<RemoteState>),
    /// Answers with a page of users, and says whether another follows.
    Page(Vec<RemoteState>, bool),
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
