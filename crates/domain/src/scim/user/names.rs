//! What identity providers call Roster's fields.

/// An attribute of Roster's extension, written as paths write it.
macro_rules! roster {
    ($name:literal) => {
        &[concat!(
            "urn:ietf:params:scim:schemas:extension:roster:2.0:User:",
            $name
        )]
    };
}

/// Fields of a user and the attributes that say them, for [`crate::Violations::renamed`].
pub const USER_FIELDS: &[(&str, &[&str])] = &[
    ("external_id", &["externalId"]),
    ("user_name", &["userName"]),
    ("email", &["emails", "value"]),
    ("first_name", &["name", "givenName"]),
    ("last_name", &["name", "familyName"]),
    ("phone.country_code", &["phoneNumbers", "value"]),
    ("phone.number", &["phoneNumbers", "value"]),
    ("phone", &["phoneNumbers"]),
    ("roles", roster!("roles")),
    ("metadata", roster!("metadata")),
    ("npi", roster!("npi")),
    ("therapy_licence", roster!("therapyLicence")),
    ("note_identifier", roster!("noteIdentifier")),
    ("default_note_template_ids", roster!("defaultNoteTemplateIds")),
    ("default_session_type", roster!("defaultSessionType")),
    ("pronoun", roster!("pronoun")),
    ("settings.specialty.kind", roster!("specialty")),
    ("settings.specialty.other_specialty_name", roster!("specialty")),
    ("settings.specialty", roster!("specialty")),
    ("settings.speech_locale", roster!("speechLocales")),
    ("settings.secondary_speech_locale", roster!("speechLocales")),
    ("settings", roster!("speechLocales")),
    // What is kept as it came is named as it came.
    ("scim", &[]),
];
