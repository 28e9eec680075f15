//! The attributes of Roster's extension, each of which is a field of the user.

use std::collections::BTreeMap;

use super::reader::Reader;
use crate::changes::{Change, SettingsChanges, SpecialtyChanges, UserChanges};
use crate::fields::{Metadata, NoteIdentifier, Pronoun, SessionType, Specialty, SpecialtyKind, SpeechLocale};
use crate::profile::Profile;
use crate::scim::value::{Attributes, Value};
use crate::violation::{FieldPath, Given, Rule};

/// How many languages a user can speak.
const MAX_SPEECH_LOCALES: usize = 2;

/// The extension's attributes of a user.
pub(super) fn represent(profile: &Profile) -> Attributes {
    let text = |text: Option<&str>| text.map(Value::text);
    let settings = &profile.settings;
    let locales = [settings.speech_locale(), settings.secondary_speech_locale()];
    let templates = profile.default_note_template_ids.iter();
    let attributes = [
        ("npi", text(profile.npi.as_ref().map(crate::Npi::as_str))),
        (
            "therapyLicence",
            text(profile.therapy_licence.as_ref().map(crate::TherapyLicence::as_str)),
        ),
        (
            "noteIdentifier",
            text(profile.note_identifier.map(NoteIdentifier::name)),
        ),
        (
            "defaultNoteTemplateIds",
            list(templates.map(crate::NoteTemplateId::as_str)),
        ),
        (
            "defaultSessionType",
            text(profile.default_session_type.map(SessionType::name)),
        ),
        ("specialty", text(settings.specialty().map(specialty))),
        (
            "speechLocales",
            list(locales.into_iter().flatten().map(SpeechLocale::as_str)),
        ),
        ("roles", list(profile.roles.iter().map(|role| role.name()))),
        ("metadata", profile.metadata.as_ref().and_then(metadata)),
        ("pronoun", text(profile.pronoun.map(Pronoun::name))),
    ];
    let attributes = attributes.into_iter();
    attributes
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

/// What the extension's attributes say about a user.
pub(super) fn changes(extension: &Attributes, reader: &mut Reader) -> UserChanges {
    let mut text = |name, field| reader.text(extension.get(name), &FieldPath::of(field));
    let npi = text("npi", "npi");
    let therapy_licence = text("therapyLicence", "therapy_licence");
    let note_identifier = text("noteIdentifier", "note_identifier");
    let default_session_type = text("defaultSessionType", "default_session_type");
    let pronoun = text("pronoun", "pronoun");
    let default_note_template_ids =
        text("defaultNoteTemplateIds", "default_note_template_ids").map(|list| entries(&list));
    let roles = text("roles", "roles").map(|list| entries(&list));
    UserChanges {
        roles,
        metadata: metadata_changes(extension.get("metadata"), reader),
        npi,
        therapy_licence,
        note_identifier,
        default_note_template_ids,
        default_session_type,
        pronoun,
        settings: Change::Set(settings_changes(extension, reader)),
        ..UserChanges::default()
    }
}

/// The specialty in words where it has some, else its kind.
fn specialty(specialty: &Specialty) -> &str {
    specialty
        .other_specialty_name()
        .unwrap_or_else(|| specialty.kind().as_str())
}

/// A list as one text; none where there is nothing in it, or something that could not be told apart again.
fn list<'a>(entries: impl Iterator<Item = &'a str>) -> Option<Value> {
    let entries: Vec<&str> = entries.collect();
    let is_plain = |entry: &&str| !entry.contains(',') && entry.trim() == *entry;
    (!entries.is_empty() && entries.iter().all(is_plain)).then(|| Value::text(entries.join(",")))
}

/// The entries of a list that is one text.
fn entries(list: &str) -> Vec<String> {
    let entries = list.split(',').map(str::trim);
    entries.filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
}

/// An empty dictionary is none here.
fn metadata(metadata: &Metadata) -> Option<Value> {
    let written = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(metadata.iter())
        .finish();
    (!written.is_empty()).then_some(Value::Text(written))
}

fn metadata_changes(value: Option<&Value>, reader: &mut Reader) -> Change<BTreeMap<String, String>> {
    let field = FieldPath::of("metadata");
    reader.text(value, &field).map(|text| {
        let mut entries = BTreeMap::new();
        for (key, value) in form_urlencoded::parse(text.as_bytes()) {
            let key = key.into_owned();
            if entries.insert(key.clone(), value.into_owned()).is_some() {
                let expected = "given once";
                reader.note(Rule::Format { expected }, Given::value(&key), &field.then_chosen(&key));
            }
        }
        entries
    })
}

fn settings_changes(extension: &Attributes, reader: &mut Reader) -> SettingsChanges {
    let at = FieldPath::of("settings");
    let specialty = reader.text(extension.get("specialty"), &at.then("specialty"));
    let [speech_locale, secondary_speech_locale] = speech_locales(extension.get("speechLocales"), reader, &at);
    SettingsChanges {
        specialty: specialty.map(specialty_changes),
        speech_locale,
        secondary_speech_locale,
    }
}

/// Capitals such as `GENERAL_MEDICINE` are a kind, any other words the name of a specialty that is of no kind.
fn specialty_changes(text: String) -> SpecialtyChanges {
    if SpecialtyKind::new(text.as_str()).is_ok() {
        SpecialtyChanges {
            kind: Change::Set(text),
            other_specialty_name: Change::Clear,
        }
    } else {
        SpecialtyChanges {
            kind: Change::Set(SpecialtyKind::OTHER.to_owned()),
            other_specialty_name: Change::Set(text),
        }
    }
}

/// The first language and the second.
fn speech_locales(value: Option<&Value>, reader: &mut Reader, settings: &FieldPath) -> [Change<String>; 2] {
    let at = settings.then("speech_locale");
    let locales = match reader.text(value, &at) {
        Change::Keep => return [Change::Keep, Change::Keep],
        Change::Clear => Vec::new(),
        Change::Set(list) => entries(&list),
    };
    if locales.len() > MAX_SPEECH_LOCALES {
        let max = MAX_SPEECH_LOCALES;
        reader.note(Rule::Entries { max }, Given::count(locales.len(), "entries"), &at);
        return [Change::Keep, Change::Keep];
    }
    let mut locales = locales.into_iter().map(|locale| locale.replace('_', "-"));
    [(); MAX_SPEECH_LOCALES].map(|()| locales.next().map_or(Change::Clear, Change::Set))
}
