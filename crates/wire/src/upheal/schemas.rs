//! Schemas that the derive cannot write: lists of words that the domain owns, and lists of ids.

use roster_domain::{
    ExternalId, NoteIdentifier, NoteTemplateId, PersonName, PhoneNumber, Pronoun, SessionType, TherapyLicence,
};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Array, Object, SchemaFormat};

use crate::schema::{self, line, or_null, words, words_or_null};

/// The most note templates of a user.
const MAX_TEMPLATES: usize = 100;

const NOTE_IDENTIFIER: &str = "How notes refer to the provider.";
const SESSION_TYPE: &str = "The kind of session that notes are written for; Standard where none was chosen.";
const PRONOUN: &str = "The user's pronoun.";

fn described(schema: ObjectBuilder, description: &str) -> Object {
    schema.description(Some(description)).build()
}

pub(super) fn first_name() -> Object {
    described(name(), "The first name: not only white space.")
}

pub(super) fn last_name() -> Object {
    described(name(), "The last name: not only white space.")
}

fn name() -> ObjectBuilder {
    line(PersonName::MAX_CHARACTERS).pattern(Some(
        r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
    ))
}

pub(super) fn email() -> Object {
    described(
        schema::email(),
        "The e-mail address: at most 254 bytes, unique in the organization without regard to case.",
    )
}

pub(super) fn partner_user_id_or_null() -> Object {
    text_or_null(
        line(ExternalId::MAX_CHARACTERS),
        "The user's id in the partner's system: unique in the organization, and taken wherever `userId` is.",
    )
}

pub(super) fn phone_number_or_null() -> Object {
    let number = line(PhoneNumber::MAX_CHARACTERS)
        .pattern(Some(r"^[0-9 +().,/#*;x-]*[0-9][0-9 +().,/#*;x-]*$"))
        .examples(["555 010 0199"]);
    text_or_null(number, "The telephone number within the country.")
}

pub(super) fn phone_country_code_or_null() -> Object {
    let code = ObjectBuilder::new()
        .pattern(Some(r"^(\+?[0-9]{1,3}|[A-Z]{2})$"))
        .examples(["+1"]);
    text_or_null(code, "The country's calling code, or its two letters (ISO 3166-1).")
}

pub(super) fn locale_or_null() -> Object {
    let tag = schema::language_tag().examples(["en-US"]);
    text_or_null(tag, "The language that the user reads, as a BCP 47 tag.")
}

pub(super) fn npi_or_null() -> Object {
    let npi = ObjectBuilder::new()
        .format(Some(format("npi")))
        .pattern(Some("^[0-9]{10}$"))
        .examples(["1234567893"]);
    text_or_null(
        npi,
        "The National Provider Identifier: 10 digits, the last a check digit (Luhn over 80840 and the NPI).",
    )
}

pub(super) fn therapy_licence_or_null() -> Object {
    text_or_null(
        line(TherapyLicence::MAX_CHARACTERS),
        "The number of the therapist's licence.",
    )
}

pub(super) fn date_of_birth_or_null() -> Object {
    let date = ObjectBuilder::new()
        .format(Some(format("calendar-date")))
        .pattern(Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))
        .examples(["1980-02-29"]);
    text_or_null(date, "The day of birth, from 1900-01-01.")
}

/// The schemas of text that may be null say so beside the rules for the text, which null does not break.
fn text_or_null(text: ObjectBuilder, description: &str) -> Object {
    described(text.schema_type(or_null(Type::String)), description)
}

/// A format that no specification has a name for.
fn format(name: &str) -> SchemaFormat {
    SchemaFormat::Custom(name.to_owned())
}

pub(super) fn note_identifier() -> Object {
    described(words(NoteIdentifier::NAMES), NOTE_IDENTIFIER)
}

pub(super) fn note_identifier_or_null() -> Object {
    described(words_or_null(NoteIdentifier::NAMES), NOTE_IDENTIFIER)
}

pub(super) fn session_type() -> Object {
    described(words(SessionType::NAMES), SESSION_TYPE)
}

pub(super) fn session_type_or_null() -> Object {
    described(words_or_null(SessionType::NAMES), SESSION_TYPE)
}

pub(super) fn pronoun() -> Object {
    described(words(Pronoun::NAMES), PRONOUN)
}

pub(super) fn pronoun_or_null() -> Object {
    described(words_or_null(Pronoun::NAMES), PRONOUN)
}

pub(super) fn user_type() -> Object {
    described(
        words(&[super::USER_TYPE]),
        "What kind of user this is: always a provider.",
    )
}

pub(super) fn templates() -> Array {
    templates_of(SchemaType::new(Type::Array))
}

pub(super) fn templates_or_null() -> Array {
    templates_of(or_null(Type::Array))
}

fn templates_of(schema_type: SchemaType) -> Array {
    ArrayBuilder::new()
        .schema_type(schema_type)
        .items(line(NoteTemplateId::MAX_CHARACTERS))
        .max_items(Some(MAX_TEMPLATES))
        .description(Some(
            "The note templates to begin with, in the order of preference; replaced as a whole.",
        ))
        .build()
}
