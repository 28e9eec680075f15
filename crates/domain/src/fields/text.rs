//! Text with a length limit, and the fields that are nothing more than that.

use std::fmt;

use crate::violation::{Fault, Given, Rule};

/// Checks that a text has `1..=max` characters (Unicode scalar values), none of them a control character.
///
/// Control characters have no meaning in a name or an id, break terminals and logs, and NUL cannot be
/// stored by PostgreSQL at all.
pub(crate) fn check_line(text: &str, max: usize) -> Result<(), Fault> {
    let count = text.chars().count();
    if count == 0 || count > max {
        return Err(Fault::new(
            Rule::Length {
                min: 1,
                max,
                unit: "characters",
            },
            Given::count(count, "characters"),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(Fault::new(
            Rule::Format {
                expected: "text without control characters",
            },
            Given::value(text),
        ));
    }
    Ok(())
}

/// Lower case, letter by letter: `str::to_lowercase` would spell a capital sigma by its place in the word, so that
/// one address in capitals and in small letters could differ.
pub(crate) fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'ς' { 'σ' } else { c })
        .collect()
}

/// Defines a newtype over one line of text with a maximum length.
macro_rules! line {
    ($(#[$doc:meta])* $name:ident, $max:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The most characters (Unicode scalar values) that it may have.
            pub const MAX_CHARACTERS: usize = $max;

            /// Checks the text: 1 to [`Self::MAX_CHARACTERS`] characters, without control characters.
            pub fn new(text: impl Into<String>) -> Result<Self, $crate::violation::Fault> {
                let text = text.into();
                $crate::fields::text::check_line(&text, Self::MAX_CHARACTERS)?;
                Ok(Self(text))
            }

            /// The text as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use line;

line! {
    /// The user's id in the customer's own system (EHR, HR): 1 to 256 characters, unique in the organization.
    ///
    /// The limit is Nabla's, for `external_id` and `external_provider_id` alike.
    ExternalId, 256
}

/// The name by which an identity provider knows the user: 1 to 256 characters, kept as it was given and compared without
/// regard to case (RFC 7643, section 4.1.1). Unique in the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserName {
    given: String,
    folded: String,
}

impl UserName {
    /// The most characters (Unicode scalar values) that it may have.
    pub const MAX_CHARACTERS: usize = 256;

    /// Checks the name: 1 to [`Self::MAX_CHARACTERS`] characters, without control characters.
    pub fn new(text: impl Into<String>) -> Result<Self, Fault> {
        let given = text.into();
        check_line(&given, Self::MAX_CHARACTERS)?;
        let folded = fold(&given);
        Ok(Self { given, folded })
    }

    /// The name as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.given
    }

    /// The name in the form in which two names are compared, and in which it is unique.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

/// A first or a last name: 1 to 200 characters. No vendor states a limit; this one keeps a record readable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonName(String);

impl PersonName {
    /// The most characters (Unicode scalar values) that a name may have.
    pub const MAX_CHARACTERS: usize = 200;

    /// Checks the text: 1 to 200 characters, not only white space, without control characters.
    pub fn new(text: impl Into<String>) -> Result<Self, Fault> {
        let text = text.into();
        check_line(&text, Self::MAX_CHARACTERS)?;
        if text.trim().is_empty() {
            return Err(Fault::new(
                Rule::Format {
                    expected: "a name, not only white space",
                },
                Given::value(&text),
            ));
        }
        Ok(Self(text))
    }

    /// The name as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
