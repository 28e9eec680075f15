//! Schemas that the derive cannot write: open lists, and rules between fields.

use roster_domain::{ExternalId, Specialty, SpecialtyKind};
use serde_json::json;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Object, RefOr, Schema};

use crate::schema::{language_tag, line, or_null, words};
use crate::speech_locale;

/// The most characters of a language tag.
const MAX_TAG: usize = 100;

fn null() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Null)
}

pub(super) fn provider_email() -> Object {
    crate::schema::email()
        .description(Some(
            "The e-mail address. For a known external provider id it must be the one on file, without regard to case.",
        ))
        .build()
}

pub(super) fn external_provider_id() -> Object {
    line(ExternalId::MAX_CHARACTERS)
        .description(Some("The provider's id in the customer's own system."))
        .build()
}

pub(super) fn kind() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(SpecialtyKind::MAX_CHARACTERS))
        .pattern(Some("^[A-Z][A-Z0-9_]*$"))
        .description(Some("The kind, such as `GENERAL_MEDICINE`. The list is open."))
        .examples([json!("GENERAL_MEDICINE")])
        .build()
}

pub(super) fn other_specialty_name() -> Object {
    line(Specialty::MAX_NAME_CHARACTERS)
        .schema_type(or_null(Type::String))
        .description(Some("The specialty in words, for the kind `OTHER`."))
        .examples([json!("Sleep medicine")])
        .build()
}

/// Answers have names and canonical tags, which are texts of one form.
fn locale_text(schema_type: impl Into<SchemaType>) -> Object {
    ObjectBuilder::new()
        .schema_type(schema_type)
        .max_length(Some(MAX_TAG))
        .description(Some(
            "The vendor's name for the language, or a language tag (BCP 47) where it has none.",
        ))
        .examples([json!(super::LocaleName::DEFAULT)])
        .build()
}

pub(super) fn locale_in_answers() -> Object {
    locale_text(Type::String)
}

pub(super) fn locale_in_answers_or_null() -> Object {
    locale_text(or_null(Type::String))
}

/// Requests name the language as the vendor does, or by any language tag.
fn locale_in_requests() -> AnyOfBuilder {
    let names: Vec<&str> = speech_locale::names().collect();
    AnyOfBuilder::new()
        .item(words(&names))
        .item(language_tag())
        .examples([json!(super::LocaleName::DEFAULT)])
}

/// Names in words go with the kind `OTHER` only.
fn specialty_in_requests() -> RefOr<Schema> {
    let specialty = |kind: Object, name: Object| {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .property("kind", kind)
            .required("kind")
            .property("other_specialty_name", name)
    };
    let other = words(&[SpecialtyKind::OTHER]).build();
    AnyOfBuilder::new()
        .item(specialty(other, other_specialty_name()))
        .item(specialty(kind(), null().build()))
        .item(null())
        .description(Some("The medical specialty; null clears it."))
        .into()
}

/// A second speech locale goes with a first, and differs from it, which a schema cannot say.
pub(super) fn settings_in_requests() -> RefOr<Schema> {
    let with_second = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("specialty", specialty_in_requests())
        .property("speech_locale", locale_in_requests())
        .property("secondary_speech_locale", locale_in_requests().item(null()))
        .required("speech_locale");
    let without_second = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("specialty", specialty_in_requests())
        .property("speech_locale", locale_in_requests().item(null()))
        .property("secondary_speech_locale", null());
    AnyOfBuilder::new()
        .item(with_second)
        .item(without_second)
        .item(null())
        .description(Some(
            "Specialty and speech locales; left out or null, they stay as they are. A member that is left out stays as it is, \
             null clears. The second speech locale differs from the first.",
        ))
        .into()
}
