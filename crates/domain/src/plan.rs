//! What to do next at a vendor: a pure function of the user, of what is known there, and of what the vendor can do.

use crate::Version;
use crate::account::{Cause, Remedy};
use crate::capabilities::{Capabilities, VendorKey};
use crate::ids::VendorUserId;
use crate::presence::{OnLeave, Presence};
use crate::user::User;
use crate::vendor::Vendor;

/// What Roster knows of a user at a vendor. What is stored of it survives a crash; the rest holds for one claim.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// The vendor's id of the user, once there is one.
    pub vendor_user_id: Option<VendorUserId>,
    /// Whether the vendor said that it has nobody of that id. The id is kept all the same, until another one is found or
    /// made: whoever answers in the vendor's stead says so of everybody.
    pub is_missing: bool,
    /// Whether the user is active at the vendor, as far as the vendor said.
    pub active: Option<bool>,
    /// The version of the user that the vendor last confirmed; 0 for none.
    pub applied_version: Version,
    /// The key of a create that may have been sent and of which nothing was heard. Stored before the create is
    /// sent, so that also a crash leaves it behind.
    pub intent: Option<VendorKey>,
    /// Under which key the vendor was asked during this claim and had nobody. Not stored.
    pub absent_under: Option<VendorKey>,
    /// Whether the vendor refused a create during this claim because the user exists. Not stored.
    pub refused_as_duplicate: bool,
    /// Whether the vendor is to be asked how the user stands before that is believed. Not stored.
    pub is_doubted: bool,
}

impl Known {
    /// What a claim begins with, of what is stored: that nobody was found, or a create refused, held for the claim
    /// before. And that the user is inactive at the vendor is not believed in the first attempt after the user changed:
    /// a worker that died may have activated it before without a word, so who should be inactive is deactivated once
    /// more, which does no harm. `attempts` are those that failed since the change.
    ///
    /// That the vendor has nobody of the user's id is doubted again in every claim, so that it heals by itself when the
    /// vendor has mistaken itself.
    #[must_use]
    pub fn recalled(self, user: &User, presence: Presence, can: &Capabilities, attempts: u32) -> Self {
        let should_be_inactive = presence != Presence::Active;
        let has_changed = attempts == 0 && self.applied_version < user.version;
        let in_doubt = should_be_inactive && has_changed && can.reactivate && can.deactivate;
        let active = self.active.filter(|active| *active || !in_doubt);
        Self {
            active,
            absent_under: None,
            refused_as_duplicate: false,
            is_doubted: self.is_missing,
            ..self
        }
    }

    /// The vendor's id of the user, if the vendor has not denied it.
    #[must_use]
    pub fn there(&self) -> Option<&VendorUserId> {
        self.vendor_user_id.as_ref().filter(|_| !self.is_missing)
    }

    /// Before the vendor is asked how the user stands, although nothing was changed here: somebody may have done so there.
    #[must_use]
    pub fn doubted(self) -> Self {
        Self {
            is_doubted: true,
            ..self
        }
    }

    /// After the vendor was asked by its own id how the user stands. Fields that differ are sent again.
    #[must_use]
    pub fn read_back(self, active: bool, matches: bool) -> Self {
        Self {
            active: Some(active),
            applied_version: if matches { self.applied_version } else { 0 },
            is_missing: false,
            is_doubted: false,
            ..self
        }
    }

    /// After a create that the vendor confirmed, for a version of the user.
    #[must_use]
    pub fn created(self, id: VendorUserId, active: bool, version: Version) -> Self {
        Self {
            applied_version: version,
            ..self.found(id, active)
        }
    }

    /// After a look-up that found the user, of whose fields nothing is known yet.
    #[must_use]
    pub fn found(self, id: VendorUserId, active: bool) -> Self {
        Self {
            vendor_user_id: Some(id),
            is_missing: false,
            active: Some(active),
            applied_version: 0,
            intent: None,
            absent_under: None,
            refused_as_duplicate: false,
            ..self
        }
    }

    /// After a look-up that found nobody. A create that was sent under this key has not happened, then.
    #[must_use]
    pub fn absent(self, key: VendorKey) -> Self {
        Self {
            intent: self.intent.filter(|intent| *intent != key),
            absent_under: Some(key),
            ..self
        }
    }

    /// After an update that the vendor confirmed, for a version of the user.
    #[must_use]
    pub fn updated(self, version: Version) -> Self {
        Self {
            applied_version: version,
            ..self
        }
    }

    /// After an activation or a deactivation that the vendor confirmed.
    #[must_use]
    pub fn set_active(self, active: bool) -> Self {
        Self {
            active: Some(active),
            ..self
        }
    }

    /// After an activation or a deactivation that may have happened, of which nothing was heard.
    #[must_use]
    pub fn switched_unheard(self) -> Self {
        Self { active: None, ..self }
    }

    /// After the vendor confirmed that it deleted the user, who has this key now: under that, nobody is left. A create that
    /// was announced after the user's id was stored is not settled by this.
    #[must_use]
    pub fn deleted(self, key: Option<VendorKey>) -> Self {
        Self {
            vendor_user_id: None,
            is_missing: false,
            active: None,
            applied_version: 0,
            absent_under: key,
            ..self
        }
    }

    /// After the vendor said that it has no user of the id it once gave. That is not simply believed: the id is kept, and
    /// the user is looked up before anything else.
    #[must_use]
    pub fn gone(self) -> Self {
        Self {
            is_missing: true,
            applied_version: 0,
            absent_under: None,
            is_doubted: false,
            ..self
        }
    }

    /// After a create that the vendor refused because the user exists.
    #[must_use]
    pub fn duplicate(self) -> Self {
        Self {
            refused_as_duplicate: true,
            absent_under: None,
            ..self
        }
    }

    /// Before a create is sent. That nobody was there before says nothing from now on.
    #[must_use]
    pub fn intending(self, key: VendorKey) -> Self {
        Self {
            intent: Some(key),
            absent_under: None,
            ..self
        }
    }
}

/// What to do next at a vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ask whether the vendor has somebody under a key.
    LookUp(VendorKey),
    /// Create the user under a key; the intent is stored first.
    Create(VendorKey),
    /// Send the fields.
    Update(VendorUserId),
    /// Activate the user.
    Activate(VendorUserId),
    /// Deactivate the user.
    Deactivate(VendorUserId),
    /// Delete the user.
    Delete(VendorUserId),
    /// Ask how the user stands.
    ReadBack(VendorUserId),
    /// Nothing is left to do: the vendor has what it should have.
    InSync,
    /// Nothing is left to do: the user is gone from the vendor.
    Removed,
    /// Nothing can be done until a person does something.
    Ask {
        /// The kind of cause.
        cause: Cause,
        /// What stands in the way and what would heal it.
        message: String,
        /// Who can heal it.
        remedy: Remedy,
    },
    /// Nothing can be done now: the vendor contradicts itself. It is asked again, in time.
    Wait {
        /// What it says, in plain words.
        message: String,
    },
}

impl Step {
    /// The name of what is asked of the vendor; `None` where nothing is.
    #[must_use]
    pub const fn operation(&self) -> Option<&'static str> {
        match self {
            Self::LookUp(_) => Some("look_up"),
            Self::Create(_) => Some("create"),
            Self::Update(_) => Some("update"),
            Self::Activate(_) => Some("activate"),
            Self::Deactivate(_) => Some("deactivate"),
            Self::Delete(_) => Some("delete"),
            Self::ReadBack(_) => Some("read_back"),
            Self::InSync | Self::Removed | Self::Ask { .. } | Self::Wait { .. } => None,
        }
    }
}

/// Decides the next step. Carrying it out and folding its outcome into `known` leads, step by step, to
/// [`Step::InSync`], [`Step::Removed`], [`Step::Ask`] or [`Step::Wait`].
///
/// Whoever was found, or made, under another key than the present one must be stored before the next step: an update may
/// take that key away, and then only the vendor's id leads there.
///
/// - A create is never decided while an earlier one may have happened under a key that was not looked up since. Where the
///   vendor cannot be asked, that create is repeated under its own key, whatever the user's key is now: there a create
///   finds whom it made before, so that from then on it is known who is there, and an update does the rest.
/// - An inactive user is deactivated before anything else; then its fields follow, where the vendor takes them from
///   deactivated users, and else wait until it is activated. Who was never at the vendor is not sent there while
///   inactive, but is looked for, where the vendor can be asked: whom it has already may be active there. The same holds
///   for who should be gone.
/// - Whom the vendor denied is asked for by the vendor's id once more, then by key, before anything is made anew. Where the
///   vendor finds nobody and yet refuses a new one, the id stays, and is asked for again in time.
/// - What the vendor cannot do is asked of a person, never passed over.
#[must_use]
pub fn plan(user: &User, presence: Presence, vendor: Vendor, known: &Known, can: &Capabilities) -> Step {
    if let Some(id) = known.vendor_user_id.as_ref().filter(|_| known.is_missing)
        && known.is_doubted
        && can.read_back
    {
        return Step::ReadBack(id.clone());
    }
    match presence {
        Presence::Active => appear(user, vendor, known, can),
        Presence::Inactive => rest(user, vendor, known, can),
        Presence::Away(on_leave) => leave(user, on_leave, vendor, known, can),
    }
}

/// Nothing is left to do, unless how the user stands at the vendor is to be asked first.
fn settled(id: &VendorUserId, known: &Known, can: &Capabilities) -> Step {
    if known.is_doubted && can.read_back {
        Step::ReadBack(id.clone())
    } else {
        Step::InSync
    }
}

/// The user should be there, active and up to date.
fn appear(user: &User, vendor: Vendor, known: &Known, can: &Capabilities) -> Step {
    let missing: Vec<&str> = can
        .required
        .iter()
        .filter(|field| !field.is_in(user))
        .map(|field| field.name())
        .collect();
    if !missing.is_empty() {
        return ask(
            Cause::MissingField,
            Remedy::Customer,
            format!(
                "{} needs {}, which this user lacks: add it to the user",
                vendor.title(),
                missing.join(", ")
            ),
        );
    }
    let Some(id) = known.there() else {
        return join(user, vendor, known, can);
    };
    if known.active != Some(true) && can.reactivate {
        return Step::Activate(id.clone());
    }
    if known.active == Some(false) {
        return ask(
            Cause::Unsupported,
            Remedy::Vendor,
            format!(
                "the user is deactivated at {0}, and {0} has no way to activate it again",
                vendor.title()
            ),
        );
    }
    if known.applied_version < user.version {
        if can.update {
            return Step::Update(id.clone());
        }
        return ask(
            Cause::Unsupported,
            Remedy::Vendor,
            format!("{} has no way to change the fields of a user", vendor.title()),
        );
    }
    settled(id, known, can)
}

/// The user is not known to be there, and should be.
fn join(user: &User, vendor: Vendor, known: &Known, can: &Capabilities) -> Step {
    if let Some(step) = look_for_intent(known, can) {
        return step;
    }
    if let Some(key) = &known.intent {
        return repeat(key, vendor, known);
    }
    let Some(key) = can.key_of(user) else {
        return ask(
            Cause::MissingField,
            Remedy::Customer,
            format!(
                "{} knows users by their e-mail address, which this user lacks: add it",
                vendor.title()
            ),
        );
    };
    let looked = known.absent_under.as_ref() == Some(&key);
    if known.refused_as_duplicate {
        if can.look_up.is_some() && !looked {
            return Step::LookUp(key);
        }
        if can.look_up.is_some() && known.is_missing {
            let message = format!(
                "{} no longer finds the user, and yet says that {key} is taken: it is asked again",
                vendor.title()
            );
            return Step::Wait { message };
        }
        let held = match can.look_up {
            Some(_) => format!("{key} is taken, but finds nobody under it"),
            None => format!("{key}, or the e-mail address of this user, belongs to another user there"),
        };
        let message = format!("{} says that {held}: free it there, or change it here", vendor.title());
        return ask(Cause::HeldElsewhere, Remedy::Customer, message);
    }
    if can.look_up.is_some() && (known.is_missing || !can.refuses_duplicates) && !looked {
        return Step::LookUp(key);
    }
    Step::Create(key)
}

/// A create that may have happened at a vendor that cannot be asked is sent again, under the key that it went under. A
/// vendor that refuses even that has somebody of whom nobody here can tell who it is.
fn repeat(key: &VendorKey, vendor: Vendor, known: &Known) -> Step {
    if !known.refused_as_duplicate {
        return Step::Create(key.clone());
    }
    ask(
        Cause::HeldElsewhere,
        Remedy::Vendor,
        format!(
            "{0} may have made this user under {key} without saying so, refuses to say so now, and has no way to look: ask \
             its support whom it has under {key}, and to give that user the keys that this one has here",
            vendor.title()
        ),
    )
}

/// A create that may have happened is looked for before anything else, where the vendor can be asked.
fn look_for_intent(known: &Known, can: &Capabilities) -> Option<Step> {
    can.look_up.and(known.intent.clone()).map(Step::LookUp)
}

/// Who is not known to be at the vendor, and need not be: it remains to settle a create that may have happened.
fn settle_intent(vendor: Vendor, known: &Known, can: &Capabilities) -> Option<Step> {
    look_for_intent(known, can).or_else(|| {
        let key = known.intent.as_ref()?;
        Some(ask(
            Cause::Unsupported,
            Remedy::Vendor,
            format!(
                "{0} may have made a user under {key} without saying so, and has no way to look: ask its support \
                 to make sure that nobody is there",
                vendor.title()
            ),
        ))
    })
}

/// The user should be there, if at all, but not active.
fn rest(user: &User, vendor: Vendor, known: &Known, can: &Capabilities) -> Step {
    let Some(id) = known.there() else {
        return settle_intent(vendor, known, can)
            .or_else(|| look_for(user, known, can))
            .unwrap_or(Step::InSync);
    };
    if let Some(step) = switch_off(id, vendor, known, can) {
        return step;
    }
    // Also who is inactive holds a key at the vendor, which somebody else may need after it was changed here.
    if can.update && can.update_inactive && known.applied_version < user.version {
        return Step::Update(id.clone());
    }
    settled(id, known, can)
}

/// Who should be inactive, or gone, and is not known to be at the vendor may be there all the same, put there by somebody
/// else.
fn look_for(user: &User, known: &Known, can: &Capabilities) -> Option<Step> {
    let key = can.look_up.and_then(|kind| VendorKey::of(user, kind))?;
    (known.absent_under.as_ref() != Some(&key)).then_some(Step::LookUp(key))
}

/// How a user comes to be inactive; `None` for one who is.
fn switch_off(id: &VendorUserId, vendor: Vendor, known: &Known, can: &Capabilities) -> Option<Step> {
    if known.active == Some(false) {
        return None;
    }
    if can.deactivate {
        return Some(Step::Deactivate(id.clone()));
    }
    Some(ask(
        Cause::Unsupported,
        Remedy::Vendor,
        format!(
            "{} has no way to deactivate a user: ask its support to take {id} off",
            vendor.title()
        ),
    ))
}

/// The user should be gone: deleted, where the connection asks for it and the vendor can, else deactivated. Who should only be
/// deactivated is never deleted for want of another way.
fn leave(user: &User, on_leave: OnLeave, vendor: Vendor, known: &Known, can: &Capabilities) -> Step {
    let Some(id) = known.there() else {
        return settle_intent(vendor, known, can)
            .or_else(|| look_for(user, known, can))
            .unwrap_or(Step::Removed);
    };
    if can.deletes(on_leave) {
        return Step::Delete(id.clone());
    }
    switch_off(id, vendor, known, can).unwrap_or(Step::Removed)
}

fn ask(cause: Cause, remedy: Remedy, message: String) -> Step {
    Step::Ask { cause, message, remedy }
}
