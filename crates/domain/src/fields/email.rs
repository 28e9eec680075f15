//! E-mail addresses.

use std::fmt;
use std::hash::{Hash, Hasher};

use email_address::{EmailAddress, Options};

use super::text::fold;
use crate::violation::{Fault, Given, Rule};

/// An e-mail address: syntactically valid (RFC 5321, RFC 6531), at most 254 bytes, kept as it was given and
/// compared without regard to case.
#[derive(Debug, Clone)]
pub struct Email {
    given: String,
    folded: String,
}

impl Email {
    /// The most bytes of UTF-8 that an address may have (RFC 5321 section 4.5.3.1.3, less the brackets).
    pub const MAX_BYTES: usize = 254;

    /// Checks an address. A display name (`Ann <ann@example.org>`), an address literal, a control character and
    /// a domain that is no host name are refused.
    pub fn new(text: impl Into<String>) -> Result<Self, Fault> {
        let given = text.into();
        if given.len() > Self::MAX_BYTES {
            return Err(Fault::new(
                Rule::Length {
                    min: 3,
                    max: Self::MAX_BYTES,
                    unit: "bytes",
                },
                Given::count(given.len(), "bytes"),
            ));
        }
        if !is_address(&given) {
            return Err(Fault::new(
                Rule::Format {
                    expected: "an e-mail address",
                },
                Given::value(&given),
            ));
        }
        let folded = fold(&given);
        Ok(Self { given, folded })
    }

    /// The address as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.given
    }

    /// The address in the form in which two addresses are compared, and in which it is unique.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

fn is_address(text: &str) -> bool {
    let options = Options::default().without_display_text().without_domain_literal();
    let Ok(address) = EmailAddress::parse_with_options(text, options) else {
        return false;
    };
    // The parser lets an empty display name pass (` <ann@example.org>`); then the parts are not the whole.
    let whole = address.local_part().len() + 1 + address.domain().len() == text.len();
    // It takes any RFC 5322 atom for a domain; mail is only delivered to host names (RFC 5321 section 4.1.2).
    let host = address
        .domain()
        .chars()
        .all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || "-.".contains(c));
    whole && host && !text.chars().any(char::is_control)
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for Email {}

impl Hash for Email {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.given)
    }
}
