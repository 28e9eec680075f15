//! What vendors need of a clinician and the core schemas lack.
//!
//! Every attribute is one plain text, lists and dictionaries included: identity providers can map nothing else to the
//! attributes of a schema that they do not know.

use super::{Attribute, Schema};
use crate::fields::{NoteIdentifier, Pronoun, Role, SessionType};

/// `urn:ietf:params:scim:schemas:extension:roster:2.0:User`
pub const ROSTER_USER: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:extension:roster:2.0:User",
    name: "RosterUser",
    description: "What the vendors of AI scribes need to know of a clinician.",
    attributes: &[
        Attribute::text(
            "npi",
            "The National Provider Identifier: ten digits, the last of them a check digit.",
        ),
        Attribute::text("therapyLicence", "The number of the therapist's licence.").case_exact(),
        Attribute::text("noteIdentifier", "How notes refer to the user.").canonical(NoteIdentifier::NAMES),
        Attribute::text(
            "defaultNoteTemplateIds",
            "The note templates to begin with: their ids, separated by commas.",
        )
        .case_exact(),
        Attribute::text("defaultSessionType", "The kind of session that notes are written for.")
            .canonical(SessionType::NAMES),
        Attribute::text(
            "specialty",
            "The specialty: the name of a kind such as GENERAL_MEDICINE, or any other words; words that look like a kind and are \
             none stand behind OTHER:.",
        ),
        Attribute::text(
            "speechLocales",
            "The languages that the user speaks, the first one first: at most two, BCP 47, separated by a comma.",
        )
        .canonical(&["en-US", "en-US,es-US"]),
        Attribute::text("roles", "The roles that vendors are given, separated by commas.").canonical(Role::NAMES),
        Attribute::text(
            "metadata",
            "Free key-value data, written as in the query of a URL; not for patient data.",
        )
        .case_exact(),
        Attribute::text("pronoun", "How the user is referred to.").canonical(Pronoun::NAMES),
    ],
};
