//! A user's initial password, for vendors that take one.

use std::fmt;

use zeroize::Zeroizing;

use crate::violation::{Fault, Given, Rule};

/// 16 to 64 characters, ASCII letters, digits and punctuation only, as Corti documents it. Wiped from memory
/// when dropped, and never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// The fewest characters.
    pub const MIN_CHARACTERS: usize = 16;
    /// The most characters.
    pub const MAX_CHARACTERS: usize = 64;

    /// Checks a password. What was given is never repeated in the fault.
    pub fn new(text: impl Into<String>) -> Result<Self, Fault> {
        let text = Zeroizing::new(text.into());
        let count = text.chars().count();
        if !(Self::MIN_CHARACTERS..=Self::MAX_CHARACTERS).contains(&count) {
            return Err(Fault::new(
                Rule::Length {
                    min: Self::MIN_CHARACTERS,
                    max: Self::MAX_CHARACTERS,
                    unit: "characters",
                },
                Given::count(count, "characters"),
            ));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Fault::new(
                Rule::Format {
                    expected: "ASCII letters, digits and punctuation",
                },
                Given::kind("other characters"),
            ));
        }
        Ok(Self(text))
    }

    /// The password itself, for the one place that hands it to a vendor.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}
