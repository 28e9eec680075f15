//! The attributes of Roster's extension, each of which is a field of the user.

use std::collections::BTreeMap;

use super::reader::Reader;
use crate::changes::{Change, SettingsChanges, SpecialtyChanges, UserChanges};
use crate::fields::{
    Metadata, NoteIdentifier, NoteTemplateId, Pronoun, Role, SessionType, Specialty, SpecialtyKind, SpeechLocale,
};
use crate::profile::Profile;
use crate::scim::value::{Attributes, Value};
use crate::violation::{Fault, FieldPath, Given, Rule};

/// How many languages a user can speak.
const MAX_SPEECH_LOCALES: usize = 2;

/// What stands before a specialty in words that could be taken for a kind.
const WORDS: &str = "OTHER:";

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
        ("specialty", settings.specialty().map(|it| Value::Text(specialty(it)))),
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
    let mut choice = |name, field, names| text(name, field).map(|text| spelt(text, names));
    let note_identifier = choice("noteIdentifier", "note_identifier", NoteIdentifier::NAMES);
    let default_session_type = choice("defaultSessionType", "default_session_type", SessionType::NAMES);
    let pronoun = choice("pronoun", "pronoun", Pronoun::NAMES);
    let default_note_template_ids = list_changes(
        extension.get("defaultNoteTemplateIds"),
        &FieldPath::of("default_note_template_ids"),
        reader,
        |id| NoteTemplateId::new(id).map(|id| id.as_str().to_owned()),
    );
    let roles = list_changes(extension.get("roles"), &FieldPath::of("roles"), reader, |role| {
        let role: Role = spelt(role, Role::NAMES).parse()?;
        Ok(role.name().to_owned())
    });
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

/// A choice as it is spelt, whatever case it was written in: of these attributes case is of no account.
fn spelt(text: String, names: &[&str]) -> String {
    let name = names.iter().find(|name| name.eq_ignore_ascii_case(&text));
    name.map_or(text, |name| (*name).to_owned())
}

/// What a list that is one text says. Of an entry that cannot be, the attribute is named, which has no entries for whoever
/// wrote it.
fn list_changes(
    value: Option<&Value>,
    field: &FieldPath,
    reader: &mut Reader,
    check: impl Fn(String) -> Result<String, Fault>,
) -> Change<Vec<String>> {
    reader.text(value, field).map(|list| {
        let checked = entries(&list)
            .into_iter()
            .filter_map(|entry| reader.violations.check(field, check(entry)));
        checked.collect()
    })
}

/// The specialty in words where it has some, else its kind. Words that would be read as a kind, or as words that are marked,
/// are marked as words.
fn specialty(specialty: &Specialty) -> String {
    match specialty.other_specialty_name() {
        Some(words) if SpecialtyKind::new(words).is_ok() || words.starts_with(WORDS) => format!("{WORDS}{words}"),
        Some(words) => words.to_owned(),
        None => specialty.kind().as_str().to_owned(),
    }
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
        if !is_utf8(&text) {
            let expected = "a query of a URL in UTF-8";
            reader.note(Rule::Format { expected }, Given::value(&text), &field);
            return entries;
        }
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

/// Whether what is escaped in the query of a URL is UTF-8, with what stands around it.
fn is_utf8(query: &str) -> bool {
    let mut rest = query.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((first, behind)) = rest.split_first() {
        let escaped = behind
            .first_chunk()
            .filter(|_| *first == b'%')
            .and_then(|digits: &[u8; 2]| {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()
            });
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &behind[2..] } else { behind };
    }
    std::str::from_utf8(&bytes).is_ok()
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

/// Capitals such as `GENERAL_MEDICINE` are a kind, any other words the name of a specialty that is of no kind, and so is
/// whatever stands behind the mark.
fn specialty_changes(text: String) -> SpecialtyChanges {
    if let Some(words) = text.strip_prefix(WORDS) {
        SpecialtyChanges {
            kind: Change::Set(SpecialtyKind::OTHER.to_owned()),
            other_specialty_name: Change::Set(words.to_owned()),
        }
    } else if SpecialtyKind::new(text.as_str()).is_ok() {
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
    let locales: Vec<String> = locales.into_iter().map(|locale| locale.replace('_', "-")).collect();
    if let [first, second] = locales.as_slice()
        && let (Ok(one), Ok(other)) = (SpeechLocale::new(first.as_str()), SpeechLocale::new(second.as_str()))
        && one == other
    {
        // The field's own rule names fields that are none here.
        let expected = "one language, or two that differ";
        reader.note(Rule::Format { expected }, Given::value(second), &at);
        return [Change::Keep, Change::Keep];
    }
    let mut locales = locales.into_iter();
    [(); MAX_SPEECH_LOCALES].map(|()| locales.next().map_or(Change::Clear, Change::Set))
}
