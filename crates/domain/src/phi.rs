//! The PHI guard: metadata that looks like patient data is noticed.
//!
//! It is a safety net, not a classifier: it knows the keys and the forms in which patient data most often ends
//! up in the wrong place, and errs on the side of silence for values.

use std::collections::BTreeMap;

use crate::violation::{Fault, FieldPath, Given, Rule, Violation};

/// One metadata entry that looks like patient data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspicion {
    /// The key of the entry.
    pub key: String,
    /// What it looks like, in words.
    pub resembles: &'static str,
}

impl Suspicion {
    /// The suspicion as a violation. The value is never repeated.
    #[must_use]
    pub fn violation(&self) -> Violation {
        Fault::new(
            Rule::PatientData {
                resembles: self.resembles,
            },
            Given::kind("an entry that is not shown"),
        )
        .at(FieldPath::of("metadata").then_chosen(&self.key))
    }
}

/// Words of a key, and what a key with them is likely to hold. A key matches when it has all words of a row.
const KEYS: &[(&[&str], &str)] = &[
    (&["ssn"], "a social security number"),
    (&["social", "security"], "a social security number"),
    (&["socialsecuritynumber"], "a social security number"),
    (&["mrn"], "a medical record number"),
    (&["medical", "record"], "a medical record number"),
    (&["medicalrecordnumber"], "a medical record number"),
    (&["patient"], "data about a patient"),
    (&["patientid"], "data about a patient"),
    (&["patientname"], "data about a patient"),
    (&["dob"], "a date of birth"),
    (&["birth"], "a date of birth"),
    (&["birthdate"], "a date of birth"),
    (&["birthday"], "a date of birth"),
    (&["dateofbirth"], "a date of birth"),
    (&["diagnosis"], "a diagnosis"),
    (&["diagnoses"], "a diagnosis"),
    (&["icd"], "a diagnosis"),
    (&["medicare"], "an insurance number"),
    (&["medicaid"], "an insurance number"),
    (&["insurance"], "an insurance number"),
    (&["allergy"], "a finding about a patient"),
    (&["allergies"], "a finding about a patient"),
];

/// Looks through metadata and reports each entry that looks like patient data, at most once.
#[must_use]
pub fn inspect(entries: &BTreeMap<String, String>) -> Vec<Suspicion> {
    entries
        .iter()
        .filter_map(|(key, value)| {
            let resembles = about_key(key).or_else(|| about_value(value))?;
            Some(Suspicion {
                key: key.clone(),
                resembles,
            })
        })
        .collect()
}

fn about_key(key: &str) -> Option<&'static str> {
    let words = words(key);
    KEYS.iter()
        .find(|(needed, _)| needed.iter().all(|word| words.iter().any(|have| have == word)))
        .map(|(_, resembles)| *resembles)
}

/// Splits `patientId`, `PATIENT_ID`, `Patient-ID` and `PatientID2` into the words `patient` and `id` (and `2`).
fn words(key: &str) -> Vec<String> {
    let characters: Vec<char> = key.chars().collect();
    let mut words = vec![String::new()];
    for (index, &c) in characters.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| characters[index]);
        let after = characters.get(index + 1);
        // `tI` in `patientId`, and the `V` of `SSNValue`, which a small letter follows.
        let begins_word = c.is_uppercase()
            && before
                .is_some_and(|b| b.is_lowercase() || (b.is_uppercase() && after.is_some_and(|a| a.is_lowercase())));
        let begins_number = before.is_some_and(|b| b.is_numeric() != c.is_numeric());
        if begins_word || begins_number || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn about_value(value: &str) -> Option<&'static str> {
    let value = value.trim();
    if has_shape(value, "999-99-9999") {
        return Some("a social security number");
    }
    let folded = value.to_ascii_lowercase();
    if let Some(rest) = folded.strip_prefix("mrn") {
        let number = rest.trim_start_matches([' ', ':', '#', '-']);
        if number.len() >= 4 && number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some("a medical record number");
        }
    }
    None
}

/// Whether a text has the form of a pattern in which 9 stands for any digit.
fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(have, want)| {
            if want == b'9' {
                have.is_ascii_digit()
            } else {
                have == want
            }
        })
}
