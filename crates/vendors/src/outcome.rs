//! What follows from an answer, or from none: the class of the failure, and words for people.

use std::time::Duration;

use roster_application::ports::VendorError;
use roster_domain::{OutcomeClass, Timestamp, Vendor};
use roster_wire::nabla::ReportedError;

use crate::egress::{Answer, CallError};

/// A call that brought no answer.
pub(crate) fn of_no_answer(vendor: Vendor, error: CallError, limit: Duration) -> VendorError {
    use OutcomeClass::{Rejected, Transient, Unauthorized, Unknown};
    let name = vendor.title();
    let (class, message) = match &error {
        CallError::Malformed(_) => (
            Rejected,
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
pub(crate) fn of_answer(vendor: Vendor, answer: &Answer, reported: &ReportedError, now: Timestamp) -> VendorError {
    use OutcomeClass::{Conflict, NotFound, RateLimited, Rejected, Transient, Unauthorized, Unknown};
    let name = vendor.title();
    let status = answer.status.as_u16();
    let after = answer.retry_after(now);
    let said = said(reported);
    let (class, message) = match status {
        401 => (
            Unauthorized,
            format!("{name} refuses the credentials (401){said}: check the connection's credentials"),
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
        408 | 500..=599 => (
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

/// What the vendor said, as the rest of a sentence.
fn said(reported: &ReportedError) -> String {
    reported
        .message
        .as_ref()
        .map(|message| format!(", saying \"{message}\""))
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
