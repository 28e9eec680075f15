//! The rules of Roster: what a clinician's record may hold, and what follows from it.
//!
//! Everything here is pure. There is no I/O, no clock, no randomness and no wire format: time and jitter
//! are parameters, text comes in as `String` and is either proved valid by a newtype or reported as a
//! [`Violation`]. The three decisions that the rest of Roster acts upon are
//!
//! - [`resolve()`]: which user an upsert means;
//! - [`plan()`]: what to do next at a vendor;
//! - [`retry()`]: when to try again, or whom to ask.

pub mod account;
pub mod api_client;
pub mod breaker;
pub mod capabilities;
pub mod changes;
mod choice;
pub mod connection;
pub mod customer;
pub mod fields;
pub mod history;
pub mod ids;
pub mod mass_change;
pub mod options;
pub mod organization;
pub mod pace;
pub mod phi;
pub mod plan;
pub mod presence;
pub mod profile;
pub mod resolve;
pub mod retry;
pub mod scim;
pub mod user;
pub mod vendor;
pub mod violation;

pub use account::{Account, AccountStatus, Attention, Cause, Drift, Remedy};
pub use api_client::{ApiClient, ApiClientKind, ClientKey};
pub use breaker::{Admission, Breaker, BreakerPolicy};
pub use capabilities::{Capabilities, KeyKind, VendorKey};
pub use changes::{Change, PhoneChanges, SettingsChanges, SpecialtyChanges, UserChanges};
pub use connection::{BaseUrl, Connection, Pause};
pub use customer::{Customer, CustomerChanges, CustomerId, DisplayName, Region, TenantName};
pub use fields::{
    DateOfBirth, Email, ExternalId, Locale, Metadata, NoteIdentifier, NoteTemplateId, Npi, Password, PersonName, Phone,
    PhoneCountryCode, PhoneNumber, Pronoun, Role, SessionType, Settings, Specialty, SpecialtyKind, SpeechLocale,
    TherapyLicence, UserName,
};
pub use history::{Actor, Deed, Surface, changed_fields};
pub use ids::{ApiClientId, ConnectionId, GroupId, OrganizationId, UserId, VendorUserId};
pub use mass_change::{Departures, MassChangePolicy};
pub use options::{ConnectionOptions, DriftMode, ReadBacks};
pub use organization::{ConnectVersion, Organization, PhiGuard, Slug};
pub use pace::{Pace, Rate};
pub use plan::{Known, Step, plan};
pub use presence::{Assignment, OnLeave, Presence};
pub use profile::Profile;
pub use resolve::{Conflict, EmailRule, Identity, Resolution, resolve};
pub use retry::{DISBELIEVED, LONGEST_WAIT, OutcomeClass, RetryPolicy, Verdict, retry};
pub use scim::{Group, GroupChanges, MemberChanges};
pub use user::{Revision, User};
pub use vendor::Vendor;
pub use violation::{Fault, FieldPath, Given, Rule, Violation, Violations};

/// The program in the README, as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// A moment in UTC. Stores keep it to the microsecond.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// How many times a record was written: 1 when it is made, one more with each change.
pub type Version = i64;
