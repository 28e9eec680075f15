//! How a vendor's product is set up for a user: specialty and speech.

use std::fmt;

use super::locale::SpeechLocale;
use super::text::check_line;
use crate::violation::{Fault, FieldPath, Given, Rule, Violations};

/// Specialty and speech locales. The secondary speech locale differs from the first, and needs one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    specialty: Option<Specialty>,
    speech_locale: Option<SpeechLocale>,
    secondary_speech_locale: Option<SpeechLocale>,
}

impl Settings {
    /// Puts settings together; the field is where they stand in the request.
    ///
    /// # Errors
    ///
    /// A secondary speech locale that equals the first, or stands without one.
    pub fn new(
        specialty: Option<Specialty>,
        speech_locale: Option<SpeechLocale>,
        secondary_speech_locale: Option<SpeechLocale>,
        field: &FieldPath,
    ) -> Result<Self, Violations> {
        if let Some(secondary) = &secondary_speech_locale {
            let rule = match &speech_locale {
                Some(first) if first == secondary => Rule::DiffersFrom { other: "speech_locale" },
                Some(_) => {
                    return Ok(Self {
                        specialty,
                        speech_locale,
                        secondary_speech_locale,
                    });
                }
                None => Rule::OnlyWith {
                    other: "speech_locale",
                    value: "being set",
                },
            };
            let fault = Fault::new(rule, Given::value(secondary.as_str()));
            return Err(fault.at(field.then("secondary_speech_locale")).into());
        }
        Ok(Self {
            specialty,
            speech_locale,
            secondary_speech_locale,
        })
    }

    /// The medical specialty.
    #[must_use]
    pub fn specialty(&self) -> Option<&Specialty> {
        self.specialty.as_ref()
    }

    /// The language dictated in.
    #[must_use]
    pub fn speech_locale(&self) -> Option<&SpeechLocale> {
        self.speech_locale.as_ref()
    }

    /// The second language dictated in.
    #[must_use]
    pub fn secondary_speech_locale(&self) -> Option<&SpeechLocale> {
        self.secondary_speech_locale.as_ref()
    }

    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A medical specialty; its name in words goes with the kind `OTHER` only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Specialty {
    kind: SpecialtyKind,
    other_specialty_name: Option<String>,
}

impl Specialty {
    /// The most characters (Unicode scalar values) of a specialty's name.
    pub const MAX_NAME_CHARACTERS: usize = 200;

    /// Puts a specialty together; the field is where it stands in the request.
    ///
    /// # Errors
    ///
    /// A name that is empty or too long, or given with a kind other than `OTHER`.
    pub fn new(
        kind: SpecialtyKind,
        other_specialty_name: Option<String>,
        field: &FieldPath,
    ) -> Result<Self, Violations> {
        let Some(name) = other_specialty_name else {
            return Ok(Self {
                kind,
                other_specialty_name: None,
            });
        };
        let at = field.then("other_specialty_name");
        Self::check_name(&name).map_err(|fault| fault.at(at.clone()))?;
        if kind.as_str() != SpecialtyKind::OTHER {
            let rule = Rule::OnlyWith {
                other: "kind",
                value: SpecialtyKind::OTHER,
            };
            return Err(Fault::new(rule, Given::value(kind.as_str())).at(at).into());
        }
        Ok(Self {
            kind,
            other_specialty_name: Some(name),
        })
    }

    pub(crate) fn check_name(name: &str) -> Result<(), Fault> {
        check_line(name, Self::MAX_NAME_CHARACTERS)
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> &SpecialtyKind {
        &self.kind
    }

    /// The name in words, for the kind `OTHER`.
    #[must_use]
    pub fn other_specialty_name(&self) -> Option<&str> {
        self.other_specialty_name.as_deref()
    }
}

/// A kind of specialty in the vendor's spelling: `^[A-Z][A-Z0-9_]*$`, at most 100 characters.
///
/// Nabla publishes no complete list, so the enumeration is open and unknown kinds go through unchanged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpecialtyKind(String);

impl SpecialtyKind {
    /// The kind whose name is given in words.
    pub const OTHER: &'static str = "OTHER";
    /// The most characters of a kind.
    pub const MAX_CHARACTERS: usize = 100;

    /// Checks the spelling.
    pub fn new(text: impl Into<String>) -> Result<Self, Fault> {
        let text = text.into();
        check_line(&text, Self::MAX_CHARACTERS)?;
        let upper_snake = text.starts_with(|c: char| c.is_ascii_uppercase())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if upper_snake {
            Ok(Self(text))
        } else {
            Err(Fault::new(
                Rule::Format {
                    expected: "a kind in capitals such as GENERAL_MEDICINE",
                },
                Given::value(&text),
            ))
        }
    }

    /// The kind in the vendor's spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SpecialtyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
