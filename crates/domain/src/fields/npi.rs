//! The National Provider Identifier of the United States.

use std::fmt;

use crate::violation::{Fault, Given, Rule};

/// Ten digits, the last of which is a Luhn check digit over `80840` followed by the number (45 CFR 162.406,
/// CMS "Requirements for National Provider Identifier and NPI check digit").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Npi(String);

impl Npi {
    /// What the Luhn sum of the prefix `80840` adds to that of the ten digits.
    const PREFIX_SUM: u32 = 24;

    /// Checks the digits and the check digit.
    pub fn new(text: impl Into<String>) -> Result<Self, Fault> {
        let text = text.into();
        if text.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Fault::new(
                Rule::Format {
                    expected: "an NPI of 10 digits",
                },
                Given::value(&text),
            ));
        }
        if !Self::sum(&text).is_multiple_of(10) {
            return Err(Fault::new(
                Rule::Format {
                    expected: "an NPI with a valid check digit (Luhn over 80840 and the NPI)",
                },
                Given::value(&text),
            ));
        }
        Ok(Self(text))
    }

    fn sum(digits: &str) -> u32 {
        let doubled_every_other = digits.bytes().rev().enumerate().map(|(position, byte)| {
            let digit = u32::from(byte - b'0');
            if position % 2 == 0 {
                digit
            } else {
                digit * 2 / 10 + digit * 2 % 10
            }
        });
        Self::PREFIX_SUM + doubled_every_other.sum::<u32>()
    }

    /// The ten digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Npi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
