//! Users as an identity provider sees them: which attribute is which field.
//!
//! What Roster keeps in fields of its own is read out of the resource; the rest of it is kept as it came, beside the user.

mod contacts;
mod kept;
mod names;
mod phone;
mod reader;
mod roster;

pub use kept::{MAX_KEPT_BYTES, MAX_VALUES};
pub use names::USER_FIELDS;

use super::schema::ROSTER_USER;
use super::value::{Attributes, Value};
use crate::changes::{Change, SettingsChanges, UserChanges};
use crate::fields::UserName;
use crate::ids::GroupId;
use crate::user::User;
use crate::violation::FieldPath;
use reader::Reader;

/// A group that a user is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupReference {
    /// The group's id.
    pub id: GroupId,
    /// The group's name.
    pub name: String,
}

/// A user as an identity provider sees it. The surface adds what only it knows: where things are (`meta.location`, `$ref`).
#[must_use]
pub fn represent_user(user: &User, groups: &[GroupReference]) -> Attributes {
    let profile = &user.profile;
    let mut resource = profile.scim.clone();
    resource.set("id", Value::text(user.id.to_string()));
    let external_id = profile.external_id.as_ref().map(|id| Value::text(id.as_str()));
    resource.set_some("externalId", external_id);
    resource.set("userName", Value::Text(user_name(user)));
    resource.within("name", |name| {
        for (part, value) in [("givenName", &profile.first_name), ("familyName", &profile.last_name)] {
            name.set_some(part, value.as_ref().map(|value| Value::text(value.as_str())));
        }
    });
    resource.set("active", Value::Boolean(user.active));
    let locale = profile.locale.as_ref().map(|locale| Value::text(locale.as_str()));
    resource.set_some("locale", locale);
    let emails = contacts::shown(resource.get("emails"), profile.email.as_ref().map(crate::Email::as_str));
    resource.set("emails", Value::Many(emails));
    let phones = phone::shown(resource.get("phoneNumbers"), profile.phone.as_ref());
    resource.set("phoneNumbers", Value::Many(phones));
    resource.set(
        "groups",
        Value::Many(groups.iter().map(GroupReference::represent).collect()),
    );
    resource.set(ROSTER_USER.id, Value::Complex(roster::represent(profile)));
    resource.set(
        "meta",
        super::meta("User", user.created_at, user.updated_at, user.version),
    );
    resource
}

/// What a whole resource says about a user (PUT and POST: RFC 7644, sections 3.3 and 3.5.1): what it leaves out is cleared.
/// Two things are not: whether the user is active, of which silence says nothing, and what SCIM has no words for (day of
/// birth, customer, password).
///
/// Violations name Roster's fields; [`USER_FIELDS`] has the attributes for them.
#[must_use]
pub fn user_changes(resource: &Attributes) -> UserChanges {
    let mut changes = said(resource);
    kept::check_primaries(resource, &mut changes.unreadable);
    changes
}

/// What a resource says. That one value is primary is for whoever wrote the whole of it to see to.
fn said(resource: &Attributes) -> UserChanges {
    let nothing = Attributes::new();
    let of = |name| resource.get(name).and_then(Value::as_complex).unwrap_or(&nothing);
    let (name, extension) = (of("name"), of(ROSTER_USER.id));
    let mut reader = Reader::default();
    let changes = UserChanges {
        external_id: reader.text(resource.get("externalId"), &FieldPath::of("external_id")),
        email: reader.text(contacts::value(resource.get("emails")), &FieldPath::of("email")),
        first_name: reader.text(name.get("givenName"), &FieldPath::of("first_name")),
        last_name: reader.text(name.get("familyName"), &FieldPath::of("last_name")),
        phone: phone::changes(resource.get("phoneNumbers")),
        // Okta writes locales as POSIX does.
        locale: reader
            .text(resource.get("locale"), &FieldPath::of("locale"))
            .map(|locale| locale.replace('_', "-")),
        active: reader.boolean(resource.get("active"), &FieldPath::of("active")),
        user_name: reader.required(resource.get("userName"), &FieldPath::of("user_name")),
        ..roster::changes(extension, &mut reader)
    };
    UserChanges {
        scim: match kept::kept(resource, &mut reader.violations) {
            kept if kept.is_empty() => Change::Clear,
            kept => Change::Set(kept),
        },
        unreadable: reader.violations,
        ..changes
    }
}

/// What a resource that was changed piece by piece says about the user it was made of (PATCH: RFC 7644, section 3.5.2):
/// only what differs from [`represent_user`] is changed.
///
/// So a user without a `userName` does not get the one that is shown instead of it, and an e-mail address that was cleared
/// through another surface does not give way to the next one, merely because somebody changes the title.
#[must_use]
pub fn patched_user_changes(user: &User, patched: &Attributes) -> UserChanges {
    let before = said(&represent_user(user, &[]));
    let after = said(patched);
    let is_touched = |name| {
        let kept = |changes: &UserChanges| changes.scim.as_set().and_then(|kept| kept.get(name)).cloned();
        kept(&before) != kept(&after)
    };
    // An address that was cleared elsewhere comes back once somebody changes the list of addresses itself.
    let (is_new_email, is_new_phone) = (
        user.profile.email.is_none() && is_touched("emails"),
        user.profile.phone.is_none() && is_touched("phoneNumbers"),
    );
    UserChanges {
        external_id: new(&before.external_id, after.external_id),
        email: if is_new_email {
            after.email
        } else {
            new(&before.email, after.email)
        },
        first_name: new(&before.first_name, after.first_name),
        last_name: new(&before.last_name, after.last_name),
        phone: if is_new_phone {
            after.phone
        } else {
            new(&before.phone, after.phone)
        },
        locale: new(&before.locale, after.locale),
        roles: new(&before.roles, after.roles),
        active: new(&before.active, after.active),
        metadata: new(&before.metadata, after.metadata),
        npi: new(&before.npi, after.npi),
        therapy_licence: new(&before.therapy_licence, after.therapy_licence),
        note_identifier: new(&before.note_identifier, after.note_identifier),
        default_note_template_ids: new(&before.default_note_template_ids, after.default_note_template_ids),
        default_session_type: new(&before.default_session_type, after.default_session_type),
        pronoun: new(&before.pronoun, after.pronoun),
        date_of_birth: Change::Keep,
        settings: match (before.settings, after.settings) {
            (Change::Set(before), Change::Set(after)) if before != after => Change::Set(SettingsChanges {
                specialty: new(&before.specialty, after.specialty),
                speech_locale: new(&before.speech_locale, after.speech_locale),
                secondary_speech_locale: new(&before.secondary_speech_locale, after.secondary_speech_locale),
            }),
            (before, after) => new(&before, after),
        },
        customer_id: Change::Keep,
        user_name: new(&before.user_name, after.user_name),
        scim: match (before.scim, after.scim) {
            (before, after) if before == after => Change::Keep,
            (before, after) => Change::Set(kept::merged(
                &user.profile.scim,
                before.as_set().unwrap_or(&Attributes::new()),
                after.as_set().unwrap_or(&Attributes::new()),
            )),
        },
        password: Change::Keep,
        unreadable: after.unreadable,
    }
}

fn new<T: PartialEq>(before: &Change<T>, after: Change<T>) -> Change<T> {
    if *before == after { Change::Keep } else { after }
}

/// The name by which the identity provider knows the user; for a user made elsewhere, the best that there is, since
/// identity providers expect one.
fn user_name(user: &User) -> String {
    let profile = &user.profile;
    let name = profile.user_name.as_ref().map(UserName::as_str);
    let email = || profile.email.as_ref().map(crate::Email::as_str);
    let external_id = || profile.external_id.as_ref().map(crate::ExternalId::as_str);
    name.or_else(email)
        .or_else(external_id)
        .map_or_else(|| user.id.to_string(), str::to_owned)
}

impl GroupReference {
    fn represent(&self) -> Value {
        let parts = [
            ("value", self.id.to_string()),
            ("display", self.name.clone()),
            ("type", "direct".to_owned()),
        ];
        let parts = parts.map(|(name, text)| (name.to_owned(), Value::Text(text)));
        Value::Complex(parts.into_iter().collect())
    }
}
