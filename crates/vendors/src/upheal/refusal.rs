//! What Upheal means by an answer that is no success.
//!
//! It documents 400, 401 and 403 for users, and no body for any of them. A 403 says that the key may not do this "with
//! given parameters": where a request is about a user, that is about the request, and only where it is about nobody,
//! about the key. A `code` in the body, as Roster's own dialect of Upheal has it, says more.

use roster_application::ports::VendorError;
use roster_domain::{OutcomeClass, Timestamp, Vendor};
use roster_wire::upheal::{ErrorCode, ReportedError};

use crate::egress::Answer;
use crate::outcome::{self, Reported, said};

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Nobody yet: the check of an address.
    Anybody,
    /// A user who is to be made, perhaps in an organization that the connection names.
    NewUser {
        /// Whether the connection names one.
        in_organization: bool,
    },
    /// A user by the vendor's id.
    User,
}

/// What follows from the answer.
pub(super) fn of_answer(about: About, answer: &Answer, now: Timestamp) -> VendorError {
    let reported = ReportedError::read(&answer.refusal());
    let said = said(answer, &reported);
    let (class, message) = match (answer.status.as_u16(), about) {
        (403, About::NewUser { .. } | About::User) if reported.is_duplicate() => (
            OutcomeClass::Conflict,
            format!("Upheal has another user with this e-mail address or partnerUserId (403){said}"),
        ),
        (403, About::User) if reported.is(ErrorCode::NOT_ALLOWED) => (
            OutcomeClass::NotFound,
            format!("Upheal knows no such user of this API key (403){said}"),
        ),
        (403, About::NewUser { .. } | About::User) => (
            OutcomeClass::Rejected,
            format!("Upheal does not let this API key do this with this user (403){said}"),
        ),
        (404, About::NewUser { in_organization: true }) => (
            OutcomeClass::Unauthorized,
            format!(
                "Upheal has no such organization, or is not at the connection's base URL (404){said}: check \
                 options.organization_id and the base URL"
            ),
        ),
        (404, About::Anybody | About::NewUser { .. }) => (
            OutcomeClass::Unauthorized,
            "there is no Upheal API at the connection's base URL: check it".to_owned(),
        ),
        _ => return outcome::of_answer(Vendor::Upheal, answer, &reported, now),
    };
    VendorError {
        status: Some(answer.status.as_u16()),
        ..VendorError::new(class, message)
    }
}

impl Reported for ReportedError {
    fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    fn is_of_the_vendor(&self) -> bool {
        self.is_of_an_api()
    }

    /// Never by itself: that nobody is named is a 403 here, which says so only where a user is named.
    fn is_not_found(&self) -> bool {
        false
    }

    fn is_duplicate(&self) -> bool {
        self.is(ErrorCode::USER_EXISTS)
    }
}
