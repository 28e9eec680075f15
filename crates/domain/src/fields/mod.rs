//! The fields of a user's record, each a type that cannot hold an invalid value.

mod email;
mod locale;
mod metadata;
mod npi;
mod password;
mod person;
mod phone;
mod provider;
mod role;
mod settings;
pub(crate) mod text;

pub use email::Email;
pub use locale::{Locale, SpeechLocale};
pub use metadata::Metadata;
pub use npi::Npi;
pub use password::Password;
pub use person::{DateOfBirth, Pronoun};
pub use phone::{Phone, PhoneCountryCode, PhoneNumber};
pub use provider::{NoteIdentifier, NoteTemplateId, SessionType, TherapyLicence};
pub use role::Role;
pub use settings::{Settings, Specialty, SpecialtyKind};
pub use text::{ExternalId, PersonName, UserName};

pub(crate) use provider::NoteTemplateIds;
pub(crate) use text::{fold, line};
