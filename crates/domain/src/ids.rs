//! The identifiers of Roster's own records, and the one that a vendor gives.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::violation::{Fault, Given, Rule};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes a UUID as this kind of id. New ones are of version 7, so that they sort by age.
            #[must_use]
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID itself.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Fault;

            /// Reads the hyphenated or plain form, in either case.
            fn from_str(text: &str) -> Result<Self, Fault> {
                Uuid::try_parse(text)
                    .map(Self)
                    .map_err(|_| Fault::new(Rule::Format { expected: "a UUID" }, Given::value(text)))
            }
        }
    };
}

id! {
    /// Names an organization.
    OrganizationId
}
id! {
    /// Names a user.
    UserId
}
id! {
    /// Names a connection.
    ConnectionId
}
id! {
    /// Names a group.
    GroupId
}
id! {
    /// Names an API client; for an OAuth client also the `iss` and `sub` of its assertions.
    ApiClientId
}

/// The id that a vendor gave to a user: kept as it came, whatever its form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VendorUserId(String);

impl VendorUserId {
    /// Takes the vendor's id as it is.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as the vendor spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VendorUserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
