//! What follows from an answer, or from none: the class of the failure, and words for people.

use std::time::Duration;

use roster_application::ports::VendorError;
use roster_domain::{OutcomeClass, Timestamp, Vendor};
use roster_wire::nabla;

use crate::egress::{Answer, CallError};

/// What an error body says, whatever shape the vendor gives it.
pub(crate) trait Reported {
    /// What happened, for people: one short line.
    fn message(&self) -> Option<&str>;

    /// Whether the body has the vendor's form at all, which a proxy's or another server's has not.
    fn is_of_the_vendor(&self) -> bool;

    /// Whether it says that there is no such user, by code or name.
    fn is_not_found(&self) -> bool;

    /// Whether it says that another record stands against it, by code or name.
    fn is_duplicate(&self) -> bool;
}

impl Reported for nabla::ReportedError {
    fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    fn is_of_the_vendor(&self) -> bool {
        self.is_of_the_vendor()
    }

    fn is_not_found(&self) -> bool {
        self.is_not_found()
    }

    fn is_duplicate(&self) -> bool {
        self.is_duplicate()
    }
}

/// A call that brought no answer.
pub(crate) fn of_no_answer(vendor: Vendor, error: CallError, limit: Duration) -> VendorError {
    use OutcomeClass::{Transient, Unauthorized, Unknown};
    let name = vendor.title();
    let (class, message) = match &error {
        CallError::Malformed(_) => (
            Unauthorized,
            format!("the request to {name} cannot be written: check the connection's base URL and options"),
        ),
        CallError::Insecure => (
            Unauthorized,
            format!("{name} is only called over https: check the connection's base URL"),
        ),
        CallError::Inside => (
            Unauthorized,
            "the connection's base URL leads to a private address, which it does not allow: check the URL, or \
                 allow private addresses for this connection"
                .to_owned(),
        ),
        CallError::Unreachable(_) => (
            Transient { after: None },
            format!("{name} cannot be reached: there is no connection to the host of the base URL"),
        ),
        CallError::TimedOut(_) => (Unknown, format!("{name} did not answer within {}", seconds(limit))),
        CallError::Broken(_) => (Unknown, format!("the connection to {name} broke")),
    };
    VendorError {
        class,
        status: None,
        message,
        source: Some(Box::new(error)),
    }
}

/// An answer that is not a success. Only the status decides, and the code or name in the body; never its text.
pub(crate) fn of_answer(vendor: Vendor, answer: &Answer, reported: &impl Reported, now: Timestamp) -> VendorError {
    use OutcomeClass::{Conflict, NotFound, RateLimited, Rejected, Transient, Unauthorized, Unknown};
    let name = vendor.title();
    let status = answer.status.as_u16();
    let after = answer.retry_after(now);
    let said = said(answer, reported);
    let (class, message) = match status {
        401 => (
            Unauthorized,
            format!("{name} refuses the credentials (401){said}: check the connection's credentials"),
        ),
        402 => (
            Unauthorized,
            format!("{name} wants to be paid first (402){said}: settle it there"),
        ),
        403 => (
            Unauthorized,
            format!("{name} does not let these credentials do this (403){said}: have it permitted there"),
        ),
        404 if reported.is_of_the_vendor() => (NotFound, format!("{name} has no such user (404){said}")),
        // Any server says 404 of what it does not know; that a user is gone is the vendor's alone to say.
        404 => (
            Unknown,
            format!("what answers for {name} says 404, but not in {name}'s way: check the connection's base URL"),
        ),
        400 if reported.is_not_found() => (NotFound, format!("{name} has no such user (400){said}")),
        409 => (
            Conflict,
            format!("{name} says that it conflicts with what it has (409){said}"),
        ),
        400 if reported.is_duplicate() => (
            Conflict,
            format!("{name} says that it conflicts with what it has (400){said}"),
        ),
        429 => (
            RateLimited { after },
            format!("{name} asks for fewer calls (429){}", wait(after)),
        ),
        // The request did not arrive in time, at the right server, or too early in a connection (RFC 9110 sections 15.5.9 and
        // 15.5.20, RFC 8470): none of it is about the user.
        408 | 421 | 425 | 500..=599 => (
            Transient { after },
            format!("{name} answered {status}{}{said}", wait(after)),
        ),
        300..=399 => (
            Unauthorized,
            format!(
                "{name} answered {status} and points elsewhere, which is not followed: check the connection's base \
                 URL"
            ),
        ),
        400..=499 => (Rejected, format!("{name} refuses the request ({status}){said}")),
        _ => (Unknown, format!("{name} answered {status}, which it does not document")),
    };
    VendorError {
        class,
        status: Some(status),
        message,
        source: None,
    }
}

/// A success by its status that cannot be understood.
pub(crate) fn of_unreadable(
    vendor: Vendor,
    answer: &Answer,
    error: impl std::error::Error + Send + Sync + 'static,
) -> VendorError {
    let status = answer.status.as_u16();
    let message = format!(
        "the answer of {} ({status}) cannot be understood: {error}",
        vendor.title()
    );
    VendorError {
        class: OutcomeClass::Unknown,
        status: Some(status),
        message,
        source: Some(Box::new(error)),
    }
}

/// What the vendor said, as the rest of a sentence: the one way by which a vendor's words come into a message. They repeat
/// no secret.
pub(crate) fn said(answer: &Answer, reported: &impl Reported) -> String {
    reported
        .message()
        .map(|message| format!(", saying \"{}\"", answer.masked(message)))
        .unwrap_or_default()
}

fn wait(after: Option<Duration>) -> String {
    after
        .map(|after| format!("; it asks to wait {}", seconds(after)))
        .unwrap_or_default()
}

fn seconds(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}
