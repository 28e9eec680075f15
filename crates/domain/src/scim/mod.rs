//! Users and groups as an identity provider sees them: SCIM 2.0 (RFC 7643, RFC 7644), without its JSON.
//!
//! A resource is a tree of [`Attributes`]. What Roster keeps in fields of its own is read out of it and written back into
//! it ([`represent_user`], [`user_changes`]); the rest is kept beside the user, as it came. [`Filter`]s are resolved against
//! the [`schema`] before they reach anybody, so that what evaluates them, here or in a database, meets neither an unknown
//! attribute nor a comparison that makes no sense.

mod filter;
mod group;
mod index;
mod patch;
mod path;
pub mod schema;
mod sort;
mod user;
mod value;

pub use filter::{Comparison, Filter, FilterError, Operand, Operator};
pub use group::{Group, GroupChanges, GroupName, MemberChanges, represent_group};
pub use index::{index_group, index_user};
pub use patch::{PatchError, PatchOperation, PatchTarget, patch};
pub use path::Path;
pub use schema::{Attribute, Kind, Mutability, ResourceType, Returned, Schema, Uniqueness};
pub use sort::{Sort, SortKey};
pub use user::{
    GroupReference, MAX_KEPT_BYTES, MAX_VALUES, USER_FIELDS, patched_user_changes, represent_user, user_changes,
};
pub use value::{Attributes, Value};

use crate::{Timestamp, Version};

/// `meta`, without the location, which only the surface knows (RFC 7643, section 3.1).
fn meta(resource_type: &str, created: Timestamp, last_modified: Timestamp, version: Version) -> Value {
    let mut meta = Attributes::new();
    meta.set("resourceType", Value::text(resource_type));
    meta.set("created", Value::DateTime(created));
    meta.set("lastModified", Value::DateTime(last_modified));
    meta.set("version", Value::Text(entity_tag(version)));
    Value::Complex(meta)
}

/// The entity tag of a version (RFC 7644, section 3.14): weak, since an answer may be shortened.
#[must_use]
pub fn entity_tag(version: Version) -> String {
    format!("W/\"{version}\"")
}
