//! One organization's configured access to one vendor.

use std::fmt;

use crate::ids::{ConnectionId, OrganizationId};
use crate::options::ConnectionOptions;
use crate::vendor::Vendor;
use crate::violation::{Fault, Given, Rule};
use crate::{Timestamp, Version};

/// One organization's configured access to one vendor. Credentials are not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Roster's id of the connection.
    pub id: ConnectionId,
    /// The organization that owns the connection.
    pub organization_id: OrganizationId,
    /// The vendor at the other end.
    pub vendor: Vendor,
    /// What people call the connection.
    pub label: Option<String>,
    /// Where the vendor's API is.
    pub base_url: BaseUrl,
    /// What the vendor leaves to choose.
    pub options: ConnectionOptions,
    /// Set while nothing is sent to the vendor, with the reason.
    pub paused: Option<Pause>,
    /// When the connection was made.
    pub created_at: Timestamp,
    /// When the connection was last changed.
    pub updated_at: Timestamp,
    /// 1 for a new connection, one more with each change.
    pub version: Version,
}

/// Why nothing is sent over a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// The reason in plain words, with what to do about it.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

/// The base URL of a vendor's API: `https` or `http`, with a host, without credentials, query or fragment, at
/// most 2,000 bytes, kept without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// The most bytes of a base URL.
    pub const MAX_BYTES: usize = 2_000;
    const EXPECTED: &'static str = "an http or https URL with a host and without credentials, query or fragment";

    /// Checks the form of a base URL. Whether the host may be called is decided when it is called.
    pub fn new(text: impl AsRef<str>) -> Result<Self, Fault> {
        let text = text.as_ref();
        if text.len() > Self::MAX_BYTES {
            let rule = Rule::Length {
                min: 1,
                max: Self::MAX_BYTES,
                unit: "bytes",
            };
            return Err(Fault::new(rule, Given::count(text.len(), "bytes")));
        }
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let host = rest.map(|rest| rest.split('/').next().unwrap_or_default());
        let plain = |c: char| c.is_ascii_graphic() && !"\"<>\\^`{|}?#@".contains(c);
        match host {
            Some(host) if !host.is_empty() && !host.starts_with(':') && text.chars().all(plain) => {
                Ok(Self(text.trim_end_matches('/').to_owned()))
            }
            _ => Err(Fault::new(
                Rule::Format {
                    expected: Self::EXPECTED,
                },
                Given::value(text),
            )),
        }
    }

    /// The URL without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
