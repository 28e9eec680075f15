//! Telephone numbers.

use std::fmt;

use crate::violation::{Fault, Given, Rule};

/// A telephone number, with the code of its country kept apart, as Upheal has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Phone {
    /// The country's calling code or ISO 3166 code.
    pub country_code: Option<PhoneCountryCode>,
    /// The number within the country.
    pub number: Option<PhoneNumber>,
}

/// A country as part of a telephone number: a calling code (`+1`, `420`; ITU-T E.164: 1 to 3 digits) or two
/// letters (`US`; ISO 3166-1). Upheal documents only that it is text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneCountryCode(String);

impl PhoneCountryCode {
    /// Checks the code.
    pub fn new(text: impl Into<String>) -> Result<Self, Fault> {
        let text = text.into();
        let digits = text.strip_prefix('+').unwrap_or(&text);
        let calling = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        let letters = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        if calling || letters {
            Ok(Self(text))
        } else {
            Err(Fault::new(
                Rule::Format {
                    expected: "a calling code of 1 to 3 digits such as +1, or two capital letters",
                },
                Given::value(&text),
            ))
        }
    }

    /// The code as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PhoneCountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A telephone number: 1 to 40 characters of digits and the usual separators, with at least one digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// The most characters, separators and extension included.
    pub const MAX_CHARACTERS: usize = 40;

    /// Checks the number.
    pub fn new(text: impl Into<String>) -> Result<Self, Fault> {
        let text = text.into();
        super::text::check_line(&text, Self::MAX_CHARACTERS)?;
        let usual = |c: char| c.is_ascii_digit() || " +-.()/#*;,x".contains(c);
        if text.chars().all(usual) && text.chars().any(|c| c.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(Fault::new(
                Rule::Format {
                    expected: "a telephone number of digits and separators",
                },
                Given::value(&text),
            ))
        }
    }

    /// The number as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
