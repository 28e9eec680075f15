//! Schemas for the vendors' specifications that the derive cannot write: each says exactly what is accepted.

use roster_domain::{Email, ExternalId, Metadata, Role};
use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Array, KnownFormat, Object, SchemaFormat};

/// The pattern of text without control characters, which is what the domain takes for a name or an id.
pub const LINE: &str = r"^[^\x00-\x1f\x7f-\x9f]*$";

/// A type, or null.
#[must_use]
pub fn or_null(of: Type) -> SchemaType {
    SchemaType::from_iter([of, Type::Null])
}

/// One of some words.
#[must_use]
pub fn words(words: &[&str]) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words.iter().copied()))
}

/// One of some words, or null.
#[must_use]
pub fn words_or_null(words: &[&str]) -> ObjectBuilder {
    let values = words.iter().map(|word| Value::from(*word)).chain([Value::Null]);
    ObjectBuilder::new()
        .schema_type(or_null(Type::String))
        .enum_values(Some(values))
}

/// One line of 1 to so many characters.
#[must_use]
pub fn line(max: usize) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(max))
        .pattern(Some(LINE))
}

/// A language tag (BCP 47) of at most 100 characters: the pattern says what it looks like, the format the rest.
#[must_use]
pub fn language_tag() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom("language-tag".to_owned())))
        .max_length(Some(100))
        .pattern(Some("^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"))
}

/// The user's id in the customer's own system, or null.
#[must_use]
pub fn external_id_or_null() -> Object {
    line(ExternalId::MAX_CHARACTERS)
        .schema_type(or_null(Type::String))
        .description(Some(
            "The user's id in the customer's own system: unique in the organization.",
        ))
        .build()
}

/// An e-mail address.
#[must_use]
pub fn email() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
        .max_length(Some(Email::MAX_BYTES))
}

/// An e-mail address, or null.
#[must_use]
pub fn email_or_null() -> Object {
    email()
        .schema_type(or_null(Type::String))
        .description(Some(
            "The e-mail address: unique in the organization without regard to case.",
        ))
        .build()
}

/// A text that must not be empty, such as a token.
#[must_use]
pub fn not_empty() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).min_length(Some(1))
}

/// Roles.
#[must_use]
pub fn roles() -> Array {
    roles_of(SchemaType::new(Type::Array))
}

/// Roles, or null.
#[must_use]
pub fn roles_or_null() -> Array {
    roles_of(or_null(Type::Array))
}

fn roles_of(schema_type: SchemaType) -> Array {
    ArrayBuilder::new()
        .schema_type(schema_type)
        .items(words(Role::NAMES))
        .description(Some("The roles."))
        .build()
}

/// Free key-value data, or null.
#[must_use]
pub fn metadata_or_null() -> Object {
    let value = ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(Metadata::MAX_VALUE_CHARACTERS))
        .pattern(Some(r"^[^\x00]*$"));
    ObjectBuilder::new()
        .schema_type(or_null(Type::Object))
        .property_names(Some(line(Metadata::MAX_KEY_CHARACTERS).build()))
        .additional_properties(Some(AdditionalProperties::RefOr(value.into())))
        .max_properties(Some(Metadata::MAX_ENTRIES))
        .description(Some(
            "Free key-value data, replaced as a whole. null and {} are kept apart. Not for patient data.",
        ))
        .build()
}
