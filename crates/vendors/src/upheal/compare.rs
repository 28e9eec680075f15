//! How the vendor's user differs from the one that should be there.
//!
//! Compared is what can be changed at Upheal: not the e-mail address, the telephone number, the locale and
//! `partnerUserId`. What an answer leaves out is not set there, and an empty text is the same.

use roster_domain::{Change, DateOfBirth, Pronoun, User};
use roster_wire::upheal::{
    ProviderChangesV1, ProviderChangesV2, ProviderV1, ProviderV2, ReportedProvider, UserChangesV2, Version,
};

use super::client::Remote;

/// The fields that differ, by the vendor's names.
pub(super) type Differences = Vec<&'static str>;

/// Everything that differs.
pub(super) fn differences(remote: &Remote, user: &User, version: Version) -> Differences {
    let person = person_changes(user, Some(remote));
    let mut names = vec![
        ("firstName", !person.first_name.is_keep()),
        ("lastName", !person.last_name.is_keep()),
    ];
    names.extend(match version {
        Version::V1 => {
            let provider = provider_changes_v1(user, Some(remote));
            [
                ("defaultSessionType", !provider.default_session_type.is_keep()),
                (
                    "nationalProviderIdentifier",
                    !provider.national_provider_identifier.is_keep(),
                ),
                ("therapyLicence", !provider.therapy_licence.is_keep()),
                ("noteIdentifier", false),
            ]
        }
        Version::V2 => {
            let provider = provider_changes_v2(user, Some(remote));
            [
                ("defaultNoteTemplateIds", !provider.default_note_template_ids.is_keep()),
                (
                    "nationalProviderIdentifier",
                    !provider.national_provider_identifier.is_keep(),
                ),
                ("therapyLicence", !provider.therapy_licence.is_keep()),
                ("noteIdentifier", !provider.note_identifier.is_keep()),
            ]
        }
    });
    // Where the person cannot be read, nothing says that these differ.
    let is_read = remote.user.is_some();
    names.push(("pronoun", is_read && !person.pronoun.is_keep()));
    names.push(("dateOfBirth", is_read && !person.date_of_birth.is_keep()));
    names
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect()
}

/// What is not as it should be after a create: what it could not carry, and what the answer says otherwise. The answer
/// shows few fields; the others are as they were sent.
pub(super) fn created(answered: &ReportedProvider, user: &User, version: Version) -> Differences {
    let mut differing = Vec::new();
    match version {
        Version::V1 => {
            let wanted = ProviderV1::from(user).default_session_type;
            if answered
                .default_session_type
                .as_ref()
                .is_some_and(|told| *told != wanted)
            {
                differing.push("defaultSessionType");
            }
        }
        Version::V2 => {
            let wanted = ProviderV2::from(user);
            let templates = &answered.default_note_template_ids;
            if templates
                .as_ref()
                .is_some_and(|told| *told != wanted.default_note_template_ids)
            {
                differing.push("defaultNoteTemplateIds");
            }
            if answered.note_identifier.is_some() && answered.note_identifier != wanted.note_identifier {
                differing.push("noteIdentifier");
            }
        }
    }
    if user.profile.pronoun.is_some() {
        differing.push("pronoun");
    }
    if user.profile.date_of_birth.is_some() {
        differing.push("dateOfBirth");
    }
    differing
}

/// Takes the answer to a change of the provider for what is there now. V2 answers with the whole provider, V1 with next
/// to nothing: there the fields are as they were sent.
pub(super) fn merge(provider: &mut ReportedProvider, answered: ReportedProvider, user: &User, version: Version) {
    let before = provider.clone();
    *provider = match version {
        Version::V1 => {
            let sent = ProviderV1::from(user);
            ReportedProvider {
                default_session_type: answered.default_session_type.or(Some(sent.default_session_type)),
                national_provider_identifier: sent.national_provider_identifier,
                therapy_licence: sent.therapy_licence,
                ..before
            }
        }
        Version::V2 => ReportedProvider {
            partner_user_id: answered.partner_user_id.or(before.partner_user_id),
            email: answered.email.or(before.email),
            first_name: answered.first_name.or(before.first_name),
            last_name: answered.last_name.or(before.last_name),
            ..answered
        },
    };
}

/// What is to be changed of the provider, in V1. Without a provider to compare with, all that the user has.
pub(super) fn provider_changes_v1(user: &User, remote: Option<&Remote>) -> ProviderChangesV1 {
    let wanted = ProviderV1::from(user);
    let there = remote.map(|remote| &remote.provider);
    let text = |told: fn(&ReportedProvider) -> &Option<String>, wanted| {
        let told = there.and_then(|there| told(there).as_deref());
        change(there.is_some(), told, wanted)
    };
    // What is not set here is the vendor's default, and so is what it does not tell.
    let session_type = there.and_then(|there| there.default_session_type.as_deref());
    let is_default = user.profile.default_session_type.is_none() && session_type.is_none();
    ProviderChangesV1 {
        default_session_type: if is_default {
            Change::Keep
        } else {
            text(|there| &there.default_session_type, Some(wanted.default_session_type))
        },
        national_provider_identifier: text(
            |there| &there.national_provider_identifier,
            wanted.national_provider_identifier,
        ),
        therapy_licence: text(|there| &there.therapy_licence, wanted.therapy_licence),
    }
}

/// The same in V2.
pub(super) fn provider_changes_v2(user: &User, remote: Option<&Remote>) -> ProviderChangesV2 {
    let wanted = ProviderV2::from(user);
    let there = remote.map(|remote| &remote.provider);
    let text = |told: fn(&ReportedProvider) -> &Option<String>, wanted| {
        let told = there.and_then(|there| told(there).as_deref());
        change(there.is_some(), told, wanted)
    };
    let templates = there
        .and_then(|there| there.default_note_template_ids.as_deref())
        .unwrap_or_default();
    ProviderChangesV2 {
        default_note_template_ids: if templates == wanted.default_note_template_ids {
            Change::Keep
        } else {
            Change::Set(wanted.default_note_template_ids)
        },
        national_provider_identifier: text(
            |there| &there.national_provider_identifier,
            wanted.national_provider_identifier,
        ),
        therapy_licence: text(|there| &there.therapy_licence, wanted.therapy_licence),
        note_identifier: text(|there| &there.note_identifier, wanted.note_identifier),
    }
}

/// What is to be changed of the person, which is the same in both versions. The names also stand in the provider; the
/// rest only in the generic user, and where that cannot be read it is sent if there is something to send.
pub(super) fn person_changes(user: &User, remote: Option<&Remote>) -> UserChangesV2 {
    let profile = &user.profile;
    let name = |told: Option<&str>, wanted: Option<String>| match wanted {
        Some(wanted) if remote.is_none() || told != Some(&*wanted) => Change::Set(wanted),
        // A name is required, so that it cannot be cleared.
        _ => Change::Keep,
    };
    let provider = remote.map(|remote| &remote.provider);
    let person = remote.and_then(|remote| remote.user.as_ref());
    let first_name = person.and_then(|person| person.first_name.as_deref());
    let last_name = person.and_then(|person| person.last_name.as_deref());
    UserChangesV2 {
        first_name: name(
            first_name.or(provider.and_then(|provider| provider.first_name.as_deref())),
            profile.first_name.as_ref().map(ToString::to_string),
        ),
        last_name: name(
            last_name.or(provider.and_then(|provider| provider.last_name.as_deref())),
            profile.last_name.as_ref().map(ToString::to_string),
        ),
        pronoun: change(
            person.is_some(),
            person.and_then(|person| person.pronoun.as_deref()),
            profile.pronoun.map(Pronoun::name).map(str::to_owned),
        ),
        date_of_birth: change(
            person.is_some(),
            person.and_then(|person| person.date_of_birth.as_deref()).map(day),
            profile.date_of_birth.as_ref().map(DateOfBirth::to_string),
        ),
        default_note_template_ids: Change::Keep,
    }
}

/// The change that leads from what is told to what is wanted. Where nothing is known, only what is wanted is sent.
fn change(is_known: bool, told: Option<&str>, wanted: Option<String>) -> Change<String> {
    let told = told.filter(|text| !text.is_empty());
    match wanted {
        wanted if is_known && told == wanted.as_deref() => Change::Keep,
        Some(wanted) => Change::Set(wanted),
        None if is_known => Change::Clear,
        None => Change::Keep,
    }
}

/// The day of a date that comes with a time, as some write days.
fn day(date: &str) -> &str {
    date.split_once('T').map_or(date, |(day, _)| day)
}
