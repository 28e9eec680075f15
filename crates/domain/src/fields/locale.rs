//! Language tags (BCP 47).

use std::fmt;

use icu_locale_core::Locale as Tag;

use crate::violation::{Fault, Given, Rule};

const EXPECTED: &str = "a BCP 47 language tag such as en-US";
/// RFC 5646 section 4.4.1 recommends room for 35; tags with extensions are longer.
const MAX_CHARACTERS: usize = 100;

fn check_tag(text: &str) -> Result<String, Fault> {
    super::text::check_line(text, MAX_CHARACTERS)?;
    Tag::try_from_str(text)
        .map(|tag| tag.to_string())
        .map_err(|_| Fault::new(Rule::Format { expected: EXPECTED }, Given::value(text)))
}

/// The language that a user reads, as a BCP 47 tag in canonical spelling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locale(String);

impl Locale {
    /// Checks a tag and brings it into canonical spelling (`en-us` becomes `en-US`).
    pub fn new(text: impl AsRef<str>) -> Result<Self, Fault> {
        check_tag(text.as_ref()).map(Self)
    }

    /// The tag in canonical spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The language that a user dictates in, as a BCP 47 tag in canonical spelling.
///
/// Vendors have their own names for it (`ENGLISH_US`); those are translated where their JSON is read and
/// written, never here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpeechLocale(String);

impl SpeechLocale {
    /// Checks a tag and brings it into canonical spelling.
    pub fn new(text: impl AsRef<str>) -> Result<Self, Fault> {
        check_tag(text.as_ref()).map(Self)
    }

    /// The tag in canonical spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SpeechLocale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
