//! What is sent, call by call: previews show the same.

use http::Method;
use roster_application::ports::VendorError;
use roster_domain::{KeyKind, Metadata, User, Vendor, VendorKey, VendorUserId};
use roster_wire::nabla_core::{Empty, UserBody};

use crate::nabla::Call;
use crate::paths;

/// How many users a page has: the most that the vendor documents.
const PAGE: usize = 100;

/// Asks for the user of an external id.
pub(super) fn look_up(key: &VendorKey) -> Result<Call, VendorError> {
    Ok(get(path(&["users", "find_by_external_id", key.as_str()])?))
}

/// Asks for the user of an id.
pub(super) fn read_back(id: &VendorUserId) -> Result<Call, VendorError> {
    Ok(get(path(&["users", id.as_str()])?))
}

/// Asks for a page of users.
pub(super) fn list(cursor: Option<&str>) -> Call {
    let mut path = format!("/users?limit={PAGE}");
    if let Some(cursor) = cursor {
        path.push_str("&cursor=");
        path.push_str(&paths::escaped(cursor));
    }
    get(path)
}

/// Asks for a page of one user, for nothing but to see whether it can be read.
pub(super) fn list_one() -> Call {
    get("/users?limit=1".to_owned())
}

/// Makes a user.
pub(super) fn create(key: &VendorKey, user: &User) -> Result<Call<UserBody>, VendorError> {
    Ok(Call {
        method: Method::POST,
        path: path(&["users"])?,
        body: Some(body(key, user)),
    })
}

/// Sends the fields of a user.
pub(super) fn update(id: &VendorUserId, user: &User) -> Result<Call<UserBody>, VendorError> {
    Ok(Call {
        method: Method::PATCH,
        path: path(&["users", id.as_str()])?,
        body: Some(body(&own_key(user), user)),
    })
}

/// Switches a user on or off.
pub(super) fn switch(id: &VendorUserId, active: bool) -> Result<Call<Empty>, VendorError> {
    Ok(Call {
        method: Method::POST,
        path: path(&["users", id.as_str(), verb(active)])?,
        body: Some(Empty {}),
    })
}

/// The vendor's word for switching a user on or off.
pub(super) fn verb(active: bool) -> &'static str {
    if active { "activate" } else { "deactivate" }
}

/// What the vendor should have of a user.
pub(super) fn wanted(user: &User) -> UserBody {
    body(&own_key(user), user)
}

/// The key under which a user should be at the vendor.
fn own_key(user: &User) -> VendorKey {
    VendorKey::of(user, KeyKind::ExternalId).unwrap_or_else(|| VendorKey::new(user.id.to_string()))
}

fn body(key: &VendorKey, user: &User) -> UserBody {
    UserBody {
        external_id: Some(key.as_str().to_owned()),
        metadata: user.profile.metadata.as_ref().map(Metadata::entries).cloned(),
    }
}

fn get(path: String) -> Call {
    Call {
        method: Method::GET,
        path,
        body: None,
    }
}

/// A path below the base URL, each segment escaped.
fn path(segments: &[&str]) -> Result<String, VendorError> {
    paths::of(Vendor::NablaCore, segments)
}
