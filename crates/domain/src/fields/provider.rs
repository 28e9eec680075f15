//! What Upheal keeps about a provider beside the person.

use super::text::line;
use crate::choice::choice;
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

choice! {
    /// How a provider is referred to in generated notes. The values and their spelling are Upheal's.
    #[expect(missing_docs, reason = "each value is the word that stands in the note")]
    NoteIdentifier {
        Therapist = "Therapist",
        Clinician = "Clinician",
        Coach = "Coach",
        FirstName = "FirstName",
        DrLastName = "DrLastName",
        Provider = "Provider",
        Physician = "Physician",
        Practitioner = "Practitioner",
        Author = "Author",
        Writer = "Writer",
        Counselor = "Counselor",
        Psychologist = "Psychologist",
        PeerSupportSpecialist = "PeerSupportSpecialist",
        CaseManager = "CaseManager",
        Supervisor = "Supervisor",
        Dietitian = "Dietitian",
    }
}

choice! {
    /// The kind of session that notes are written for unless another is chosen; Upheal's V1 knows it, where V2 has note
    /// templates. The values and their spelling are Upheal's.
    #[expect(missing_docs, reason = "each value is the name of a form of note")]
    SessionType {
        Intake = "Intake",
        Standard = "Standard",
        Soap = "Soap",
        Dap = "Dap",
        Girp = "Girp",
        Birp = "Birp",
        Mse = "Mse",
        Emdr = "Emdr",
        PsychiatricSoap = "PsychiatricSoap",
        PsychiatricIntake = "PsychiatricIntake",
    }
}
