//! Schemas that the derive cannot write: lists of words that the domain owns, and metadata.

use roster_domain::{
    AccountStatus, ApiClientKind, Cause, ConnectVersion, Deed, Metadata, NoteIdentifier, NoteTemplateId, PhiGuard,
    Pronoun, Remedy, Role, SessionType, Surface, Vendor,
};
use serde_json::{Value, json};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Array, Object};

const VENDOR: &str = "The vendor. Cannot be changed later.";

/// Text without control characters.
pub(crate) const LINE: &str = r"^[^\x00-\x1f\x7f-\x9f]*$";

/// One of some words.
pub(crate) fn words(words: &'static [&'static str]) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words.iter().copied()))
}

fn or_null(type_of_value: Type) -> SchemaType {
    SchemaType::from_iter([type_of_value, Type::Null])
}

fn words_or_null(words: &'static [&'static str]) -> ObjectBuilder {
    let values = words.iter().map(|word| Value::from(*word)).chain([Value::Null]);
    ObjectBuilder::new()
        .schema_type(or_null(Type::String))
        .enum_values(Some(values))
}

pub(crate) fn vendor() -> Object {
    words(Vendor::NAMES).description(Some(VENDOR)).build()
}

pub(crate) fn vendor_nabla() -> Object {
    const NABLA: &[&str] = &[Vendor::NablaCore.name(), Vendor::NablaConnect.name()];
    words(NABLA).description(Some(VENDOR)).build()
}

pub(crate) fn vendor_upheal() -> Object {
    const UPHEAL: &[&str] = &[Vendor::Upheal.name()];
    words(UPHEAL).description(Some(VENDOR)).build()
}

pub(crate) fn vendor_corti() -> Object {
    const CORTI: &[&str] = &[Vendor::Corti.name()];
    words(CORTI).description(Some(VENDOR)).build()
}

pub(crate) fn client_kind() -> Object {
    words(ApiClientKind::NAMES)
        .description(Some("How the client proves who it is."))
        .build()
}

fn only_client_kind(kind: &'static str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([kind]))
        .description(Some("How the client proves who it is."))
        .build()
}

pub(crate) fn kind_api_key() -> Object {
    only_client_kind("api_key")
}

pub(crate) fn kind_oauth_client() -> Object {
    only_client_kind("oauth_client")
}

pub(crate) fn kind_service_account() -> Object {
    only_client_kind("service_account")
}

pub(crate) fn phi_guard() -> Object {
    words(PhiGuard::NAMES)
        .description(Some(
            "What is done about metadata that looks like patient data: nothing, a warning in the answer, or a refusal.",
        ))
        .build()
}

pub(crate) fn account_status() -> Object {
    words(AccountStatus::NAMES)
        .description(Some("Where the account stands."))
        .build()
}

pub(crate) fn surface() -> Object {
    words(Surface::NAMES)
        .description(Some("Through which surface the change came."))
        .build()
}

/// What a client may be limited to, in a request.
pub(crate) fn optional_callable_surface() -> Object {
    words_or_null(Surface::CALLABLE_NAMES)
        .description(Some(
            "The one surface that the client is to open; without it, it opens all.",
        ))
        .build()
}

/// The same in an answer.
pub(crate) fn nullable_callable_surface() -> Object {
    words_or_null(Surface::CALLABLE_NAMES)
        .description(Some(
            "The one surface that the client opens; null for one that opens all.",
        ))
        .build()
}

pub(crate) fn action() -> Object {
    words(Deed::NAMES).description(Some("What was done.")).build()
}

/// The steps that a connection takes at its vendor.
pub(crate) fn step() -> Object {
    const STEPS: &[&str] = &[
        "look_up",
        "create",
        "update",
        "activate",
        "deactivate",
        "delete",
        "read_back",
    ];
    words(STEPS)
        .description(Some("What is asked of the vendor, whatever the vendor calls it."))
        .build()
}

pub(crate) fn kind_change() -> Object {
    words(&["change"]).description(Some("A change of the record.")).build()
}

pub(crate) fn kind_call() -> Object {
    words(&["call"]).description(Some("A call to a vendor.")).build()
}

/// Any JSON at all.
pub(crate) fn any_json() -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::AnyValue)
        .description(Some("The body as JSON, secrets masked; null where there is none."))
        .build()
}

pub(crate) fn cause() -> Object {
    words(Cause::NAMES)
        .description(Some("The kind of cause, for machines."))
        .build()
}

pub(crate) fn remedy() -> Object {
    words(Remedy::NAMES)
        .description(Some(
            "Who can heal it: the vendor's support, whoever maintains the user's record, or Roster's operator.",
        ))
        .build()
}

pub(crate) fn note_identifier() -> Object {
    words_or_null(NoteIdentifier::NAMES)
        .description(Some("How notes refer to the user (Upheal)."))
        .build()
}

pub(crate) fn note_template_ids() -> Array {
    let id = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(NoteTemplateId::MAX_CHARACTERS))
        .pattern(Some(LINE));
    ArrayBuilder::new()
        .schema_type(or_null(Type::Array))
        .items(id)
        .max_items(Some(100))
        .description(Some(
            "The note templates to begin with, in the order of preference (Upheal); replaced as a whole.",
        ))
        .build()
}

pub(crate) fn session_type() -> Object {
    words_or_null(SessionType::NAMES)
        .description(Some(
            "The kind of session that notes are written for by default (Upheal, version 1 of its API).",
        ))
        .build()
}

pub(crate) fn pronoun() -> Object {
    words_or_null(Pronoun::NAMES)
        .description(Some("How the user is referred to (Upheal)."))
        .build()
}

pub(crate) fn date_of_birth() -> Object {
    ObjectBuilder::new()
        .schema_type(or_null(Type::String))
        .format(Some(SchemaFormat::Custom("calendar-date".to_owned())))
        .pattern(Some("^(19|2[0-9])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"))
        .description(Some(
            "The clinician's day of birth (Upheal), a day of the calendar from 1900 on, written `YYYY-MM-DD`.",
        ))
        .examples([json!("1978-05-17")])
        .build()
}

pub(crate) fn connect_version() -> Object {
    words(ConnectVersion::NAMES)
        .description(Some(
            "The version of Nabla Connect that requests without one get. A new organization has the newest.",
        ))
        .build()
}

pub(crate) fn roles() -> Array {
    roles_of(SchemaType::new(Type::Array))
}

pub(crate) fn roles_or_null() -> Array {
    roles_of(or_null(Type::Array))
}

fn roles_of(schema_type: SchemaType) -> Array {
    ArrayBuilder::new()
        .schema_type(schema_type)
        .items(words(Role::NAMES))
        .description(Some("The roles (Nabla Core); replaced as a whole."))
        .examples([json!(["PRACTITIONER"])])
        .build()
}

pub(crate) fn metadata() -> Object {
    let key = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(Metadata::MAX_KEY_CHARACTERS))
        .pattern(Some(LINE))
        .build();
    let value = ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(Metadata::MAX_VALUE_CHARACTERS))
        .pattern(Some(r"^[^\x00]*$"));
    ObjectBuilder::new()
        .schema_type(or_null(Type::Object))
        .property_names(Some(key))
        .additional_properties(Some(AdditionalProperties::RefOr(value.into())))
        .max_properties(Some(Metadata::MAX_ENTRIES))
        .description(Some(
            "Free key-value data, replaced as a whole and never merged. null and {} are kept apart. Not for patient data.",
        ))
        .examples([json!({"department": "cardiology"})])
        .build()
}
