//! What to do next at a vendor: a pure function of the user, of what is known there, and of what the vendor can do.

use crate::Version;
use crate::account::{Cause, Remedy};
use crate::capabilities::{Capabilities, KeyKind, VendorKey};
use crate::ids::VendorUserId;
use crate::presence::{OnLeave, Presence};
use crate::user::User;
use crate::vendor::Vendor;

/// What Roster knows of a user at a vendor. What is stored of it survives a crash; the rest holds for one claim.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// The vendor's id of the user, once there is one.
    pub vendor_user_id: Option<VendorUserId>,
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
            is_doubted: false,
            ..self
        }
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

    /// After a look-up that found the user.
    #[must_use]
    pub fn found(self, id: VendorUserId, active: bool) -> Self {
        Self {
            vendor_user_id: Some(id),
            active: Some(active),
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

    /// After the vendor confirmed that it deleted the user. A create that was announced after the user's id was stored
    /// is not settled by this.
    #[must_use]
    pub fn deleted(self) -> Self {
        Self {
            vendor_user_id: None,
            active: None,
            applied_version: 0,
            ..self
        }
    }

    /// After the vendor said that it has no user of the id it once gave. That is not simply believed, since whoever
    /// answers in the vendor's stead says so of everybody: with the key under which the vendor should know the user,
    /// the user counts as one who may be there, and is looked up before anything else.
    #[must_use]
    pub fn gone(self, key: Option<VendorKey>) -> Self {
        let intent = self.intent.clone().or(key);
        Self {
            intent,
            absent_under: None,
            is_doubted: false,
            ..self.deleted()
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
            Self::InSync | Self::Removed | Self::Ask { .. } => None,
        }
    }
}

/// Decides the next step. Carrying it out and folding its outcome into `known` leads, step by step, to
/// [`Step::InSync`], [`Step::Removed`] or [`Step::Ask`].
///
/// - A create is never decided while an earlier one may have happened under a key that was not looked up since.
/// - An inactive user is deactivated before anything else; then its fields follow, where the vendor takes them from
///   deactivated users, and else wait until it is activated. Who was never at the vendor is not sent there while
///   inactive.
/// - What the vendor cannot do is asked of a person, never passed over.
#[must_use]
pub fn plan(user: &User, presence: Presence, vendor: Vendor, known: &Known, can: &Capabilities) -> Step {
    match presence {
        Presence::Active => appear(user, vendor, known, can),
        Presence::Inactive => rest(user, vendor, known, can),
        Presence::Away(on_leave) => leave(on_leave, vendor, known, can),
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
    let Some(id) = &known.vendor_user_id else {
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
    let kind = can.look_up.unwrap_or(KeyKind::ExternalId);
    let Some(key) = VendorKey::of(user, kind) else {
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
        return ask(
            Cause::HeldElsewhere,
            Remedy::Customer,
            format!(
                "{} says that {key} is taken, but finds nobody under it: free it there, or change it here",
                vendor.title()
            ),
        );
    }
    if can.look_up.is_some() && !can.refuses_duplicates && !looked {
        return Step::LookUp(key);
    }
    Step::Create(key)
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
    let Some(id) = &known.vendor_user_id else {
        return settle_intent(vendor, known, can).unwrap_or(Step::InSync);
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
fn leave(on_leave: OnLeave, vendor: Vendor, known: &Known, can: &Capabilities) -> Step {
    let Some(id) = &known.vendor_user_id else {
        return settle_intent(vendor, known, can).unwrap_or(Step::Removed);
    };
    if can.delete && on_leave == OnLeave::Delete {
        return Step::Delete(id.clone());
    }
    switch_off(id, vendor, known, can).unwrap_or(Step::Removed)
}

fn ask(cause: Cause, remedy: Remedy, message: String) -> Step {
    Step::Ask { cause, message, remedy }
}
