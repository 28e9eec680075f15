//! What is sent for a user.

use roster_application::ports::VendorError;
use roster_domain::{OutcomeClass, User, VendorKey, VendorUserId};
use roster_wire::nabla_connect::{Settings, Specialty, UserBody};

use super::answer;

/// What makes a user under a key. Where the record has no speech locale, settings are left out.
pub(super) fn for_create(key: &VendorKey, user: &User) -> Result<UserBody, VendorError> {
    let Some(body) = UserBody::of(user) else {
        return Err(VendorError::new(
            OutcomeClass::Rejected,
            "Nabla Connect needs an e-mail address and an external id",
        ));
    };
    let settings = body
        .settings
        .filter(|_| user.profile.settings.speech_locale().is_some());
    Ok(UserBody {
        external_provider_id: key.as_str().to_owned(),
        settings,
        ..body
    })
}

/// What changes a user. The upsert changes whom it finds by the external id, and makes another user of one that it does not
/// know: so an external id that was changed in the record is never sent.
pub(super) fn for_update(id: &VendorUserId, user: &User) -> Result<UserBody, VendorError> {
    let body = for_create(&VendorKey::new(id.as_str()), user)?;
    match &user.profile.external_id {
        Some(external_id) if external_id.as_str() != id.as_str() => Err(VendorError::new(
            OutcomeClass::Rejected,
            format!("Nabla Connect has the user as {id}, and no way to change that to {external_id}"),
        )),
        _ => Ok(body),
    }
}

/// What is still to be sent for a record without speech locale, after the vendor told the settings that it has: specialty and
/// second locale as the record has them, beside the locale that the vendor told, or else its default. `None` where nothing
/// differs.
///
/// A vendor that tells a specialty or a second locale, but no first one, as its document does not allow, is left as it is.
pub(super) fn correction(
    id: &VendorUserId,
    user: &User,
    told: &answer::Settings,
) -> Result<Option<UserBody>, VendorError> {
    let wanted = &user.profile.settings;
    let is_settled = told.has_specialty_of(wanted) && told.has_second_locale_of(wanted);
    if wanted.speech_locale().is_some() || is_settled {
        return Ok(None);
    }
    let default = || Settings::of(wanted).map(|settings| settings.speech_locale);
    let Some(speech_locale) = told.speech_locale.clone().or_else(default) else {
        return Ok(None);
    };
    let settings = Settings {
        specialty: wanted.specialty().map(Specialty::from),
        speech_locale,
        // A record has no second locale without a first.
        secondary_speech_locale: None,
    };
    Ok(Some(UserBody {
        settings: Some(settings),
        ..for_update(id, user)?
    }))
}
