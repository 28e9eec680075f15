//! What the vendor answers, and what it says of a user.

use roster_application::ports::{RemoteRecord, RemoteUser, VendorError};
use roster_domain::{Change, Email, OutcomeClass, PersonName, User, UserChanges, VendorKey, VendorUserId};
use roster_wire::corti::{ReportedError, ReportedUser};
use serde_json::{Map, Value};

use crate::outcome::Reported;

/// An error of this vendor. It publishes no form, so that any JSON object counts as one, and codes are read by the words
/// that are common in them.
pub(super) struct Refusal {
    reported: ReportedError,
    is_object: bool,
}

impl Refusal {
    /// What codes contain that say that there is a record already.
    const DUPLICATE_WORDS: [&str; 3] = ["exist", "duplicate", "conflict"];

    pub(super) fn read(body: &[u8]) -> Self {
        Self {
            reported: ReportedError::read(body),
            is_object: serde_json::from_slice::<Map<String, Value>>(body).is_ok_and(|object| !object.is_empty()),
        }
    }

    fn code(&self) -> String {
        let code = self.reported.code.as_deref();
        code.unwrap_or_default().to_ascii_lowercase()
    }
}

impl Reported for Refusal {
    fn message(&self) -> Option<&str> {
        self.reported.message.as_deref()
    }

    fn is_of_the_vendor(&self) -> bool {
        self.is_object
    }

    fn is_not_found(&self) -> bool {
        matches!(&*self.code(), "not_found" | "user_not_found" | "notfound")
    }

    fn is_duplicate(&self) -> bool {
        // "does not exist" is none.
        let code = self.code();
        !code.contains("not") && Self::DUPLICATE_WORDS.iter().any(|word| code.contains(word))
    }
}

/// The vendor's user, compared with the one that should be there. The address is not compared: it cannot be changed, so
/// there is nothing to repair; and names that are not told are not known to differ.
pub(super) fn remote(found: ReportedUser, user: &User) -> RemoteUser {
    let differs = |told: Option<&String>, wanted: Option<&PersonName>| matches!((told, wanted), (Some(told), Some(wanted)) if told != wanted.as_str());
    let mut differing = Vec::new();
    if differs(found.first_name.as_ref(), user.profile.first_name.as_ref()) {
        differing.push("firstName");
    }
    if differs(found.last_name.as_ref(), user.profile.last_name.as_ref()) {
        differing.push("lastName");
    }
    RemoteUser {
        id: VendorUserId::new(found.id),
        active: found.enabled,
        matches: differing.is_empty(),
        invite_url: None,
        differing,
    }
}

/// A user of the list.
pub(super) fn record(user: ReportedUser) -> RemoteRecord {
    RemoteRecord {
        id: VendorUserId::new(user.id),
        active: user.enabled,
        fields: UserChanges {
            email: told(Some(user.email)),
            first_name: told(user.first_name),
            last_name: told(user.last_name),
            ..UserChanges::default()
        },
    }
}

/// Whether the vendor has a user under an address, which it compares without regard to case.
pub(super) fn has_address(user: &ReportedUser, key: &VendorKey) -> bool {
    match (Email::new(&user.email), Email::new(key.as_str())) {
        (Ok(told), Ok(wanted)) => told == wanted,
        _ => user.email.to_lowercase() == key.as_str().to_lowercase(),
    }
}

/// Whether a user has an id. Ids are UUIDs, which are the same in either case.
pub(super) fn has_id(user: &ReportedUser, id: &VendorUserId) -> bool {
    user.id.eq_ignore_ascii_case(id.as_str())
}

/// A success by its status that is none.
pub(super) fn unknown(message: &str) -> VendorError {
    VendorError {
        status: Some(200),
        ..VendorError::new(OutcomeClass::Unknown, message)
    }
}

/// What the vendor tells; an empty text tells nothing.
fn told(text: Option<String>) -> Change<String> {
    text.filter(|text| !text.is_empty()).into()
}
