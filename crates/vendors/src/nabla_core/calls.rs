//! What is sent, call by call: previews show the same.

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use roster_application::ports::VendorError;
use roster_domain::{KeyKind, Metadata, OutcomeClass, User, VendorKey, VendorUserId};
use roster_wire::nabla_core::{Empty, UserBody};

use crate::nabla::Call;

/// All but the unreserved characters of RFC 3986 section 2.3: an external id is one segment, whatever it holds.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
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
        path.extend(utf8_percent_encode(cursor, ESCAPED));
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
///
/// `.` and `..` cannot be segments of a URL, however they are escaped (RFC 3986 section 5.2.4 and the WHATWG's URL
/// standard), and would call another route. A user with such an id cannot be named.
fn path(segments: &[&str]) -> Result<String, VendorError> {
    let mut path = String::new();
    for segment in segments {
        if matches!(*segment, "" | "." | "..") {
            let message = format!("Nabla Core cannot be asked for the id \"{segment}\": give the user another one");
            return Err(VendorError::new(OutcomeClass::Rejected, message));
        }
        path.push('/');
        path.extend(utf8_percent_encode(segment, ESCAPED));
    }
    Ok(path)
}
