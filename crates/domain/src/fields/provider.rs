//! What Upheal keeps about a provider beside the person.

use std::fmt;
use std::str::FromStr;

use super::text::line;
use crate::violation::{Fault, FieldPath, Given, Rule, Violations};

line! {
    /// The number of a therapist's licence: 1 to 100 characters. Upheal states no form, since each state has its own.
    TherapyLicence, 100
}

line! {
    /// The id of one of Upheal's note templates: 1 to 100 characters. A UUID in Upheal's examples, text in its schema.
    NoteTemplateId, 100
}

/// Checks a list of note template ids: at most 100, none twice.
pub(crate) struct NoteTemplateIds;

impl NoteTemplateIds {
    pub(crate) const MAX_ENTRIES: usize = 100;

    pub(crate) fn check(given: &[String], field: &FieldPath) -> Result<Vec<NoteTemplateId>, Violations> {
        let mut violations = Violations::none();
        if given.len() > Self::MAX_ENTRIES {
            let fault = Fault::new(
                Rule::Entries { max: Self::MAX_ENTRIES },
                Given::count(given.len(), "entries"),
            );
            return Err(fault.at(field.clone()).into());
        }
        let mut ids = Vec::with_capacity(given.len());
        for (index, text) in given.iter().enumerate() {
            if let Some(id) = violations.check(&field.then(index.to_string()), NoteTemplateId::new(text.as_str()))
                && !ids.contains(&id)
            {
                ids.push(id);
            }
        }
        violations.into_result().map(|()| ids)
    }
}

/// How a provider is referred to in generated notes. The values and their spelling are Upheal's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each value is the word that stands in the note")]
pub enum NoteIdentifier {
    Therapist,
    Clinician,
    Coach,
    FirstName,
    DrLastName,
    Provider,
    Physician,
    Practitioner,
    Author,
    Writer,
    Counselor,
    Psychologist,
    PeerSupportSpecialist,
    CaseManager,
    Supervisor,
    Dietitian,
}

impl NoteIdentifier {
    /// Every value, in the vendor's order.
    pub const ALL: [Self; 16] = [
        Self::Therapist,
        Self::Clinician,
        Self::Coach,
        Self::FirstName,
        Self::DrLastName,
        Self::Provider,
        Self::Physician,
        Self::Practitioner,
        Self::Author,
        Self::Writer,
        Self::Counselor,
        Self::Psychologist,
        Self::PeerSupportSpecialist,
        Self::CaseManager,
        Self::Supervisor,
        Self::Dietitian,
    ];

    /// The names of all values, in the same order.
    pub const NAMES: &'static [&'static str] = &[
        "Therapist",
        "Clinician",
        "Coach",
        "FirstName",
        "DrLastName",
        "Provider",
        "Physician",
        "Practitioner",
        "Author",
        "Writer",
        "Counselor",
        "Psychologist",
        "PeerSupportSpecialist",
        "CaseManager",
        "Supervisor",
        "Dietitian",
    ];

    /// The vendor's spelling.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl fmt::Display for NoteIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for NoteIdentifier {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        Self::ALL
            .into_iter()
            .find(|value| value.name() == text)
            .ok_or_else(|| Fault::new(Rule::OneOf { allowed: Self::NAMES }, Given::value(text)))
    }
}
