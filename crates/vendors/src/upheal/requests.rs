//! What is sent: each request as a value, made here alone, so that what is previewed is what is sent.

use http::Method;
use roster_application::ports::VendorError;
use roster_domain::{Connection, OutcomeClass, User, Vendor, VendorKey, VendorUserId};
use roster_wire::upheal::{
    CheckUserBody, NewProviderV1, NewProviderV2, ProviderChangesV1, ProviderChangesV2, ProviderV2, UserChangesV2,
    Version,
};
use serde::Serialize;

use super::client::Remote;
use super::compare;
use crate::paths;

/// An address that is nobody's (RFC 2606), to ask for when only the connection is tried.
pub(super) const NOBODY: &str = "nobody@example.com";

/// A request, but for what the connection adds to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// The HTTP method.
    pub(super) method: Method,
    /// What follows the base URL and the version.
    pub(super) path: String,
    /// The body, where there is one: JSON text.
    pub(super) body: Option<String>,
}

/// The version that a connection asks for: V2 unless it says otherwise.
pub(super) fn version_of(connection: &Connection) -> Version {
    match connection.options.api_version.as_deref() {
        Some("v1") => Version::V1,
        _ => Version::V2,
    }
}

/// Asks whether an address belongs to a user.
pub(super) fn check(address: &str) -> Result<Request, VendorError> {
    let body = CheckUserBody {
        email: address.to_owned(),
    };
    with_body(Method::POST, "/users/check".to_owned(), &body)
}

/// Reads a provider.
pub(super) fn provider(id: &VendorUserId) -> Result<Request, VendorError> {
    Ok(without_body(Method::GET, path(&["users", "providers", id.as_str()])?))
}

/// Reads a provider by the user's external id; `None` where the user has none that a URL can hold.
pub(super) fn find_by_partner_id(user: &User) -> Option<Request> {
    let external_id = user.profile.external_id.as_ref()?;
    let path = path(&["users", "providers", external_id.as_str()]).ok()?;
    Some(without_body(Method::GET, path))
}

/// Reads a generic user.
pub(super) fn user(id: &VendorUserId) -> Result<Request, VendorError> {
    Ok(without_body(Method::GET, path(&["users", id.as_str()])?))
}

/// Creates a provider under an address; in an organization, where the connection names one.
pub(super) fn create(connection: &Connection, key: &VendorKey, user: &User) -> Result<Request, VendorError> {
    let path = match &connection.options.organization_id {
        Some(organization) => path(&["organizations", organization, "users", "providers"])?,
        None => path(&["users", "providers"])?,
    };
    let profile = &user.profile;
    let shown = ProviderV2::from(user);
    let locale = profile.locale.as_ref().map(ToString::to_string);
    match version_of(connection) {
        Version::V1 => {
            let body = NewProviderV1 {
                partner_user_id: shown.partner_user_id,
                first_name: shown.first_name,
                last_name: shown.last_name,
                email: key.as_str().to_owned(),
                phone_number: shown.phone_number,
                phone_country_code: shown.phone_country_code,
                locale,
                national_provider_identifier: shown.national_provider_identifier,
                therapy_licence: shown.therapy_licence,
                default_session_type: profile.default_session_type.map(|kind| kind.name().to_owned()),
            };
            with_body(Method::POST, path, &body)
        }
        Version::V2 => {
            let body = NewProviderV2 {
                partner_user_id: shown.partner_user_id,
                first_name: shown.first_name,
                last_name: shown.last_name,
                email: key.as_str().to_owned(),
                phone_number: shown.phone_number,
                phone_country_code: shown.phone_country_code,
                locale,
                default_note_template_ids: shown.default_note_template_ids,
                national_provider_identifier: shown.national_provider_identifier,
                therapy_licence: shown.therapy_licence,
                note_identifier: shown.note_identifier,
            };
            with_body(Method::POST, path, &body)
        }
    }
}

/// Changes what differs of the provider; `None` where nothing does. Without a provider to compare with it sends all that
/// the user has.
pub(super) fn update_provider(
    connection: &Connection,
    id: &VendorUserId,
    user: &User,
    remote: Option<&Remote>,
) -> Result<Option<Request>, VendorError> {
    let path = path(&["users", "providers", id.as_str()])?;
    match version_of(connection) {
        Version::V1 => {
            let changes = compare::provider_changes_v1(user, remote);
            (changes != ProviderChangesV1::default())
                .then(|| with_body(Method::PATCH, path, &changes))
                .transpose()
        }
        Version::V2 => {
            let changes = compare::provider_changes_v2(user, remote);
            (changes != ProviderChangesV2::default())
                .then(|| with_body(Method::PATCH, path, &changes))
                .transpose()
        }
    }
}

/// Changes what differs of the person; `None` where nothing does. The fields are the same in both versions.
pub(super) fn update_user(
    id: &VendorUserId,
    user: &User,
    remote: Option<&Remote>,
) -> Result<Option<Request>, VendorError> {
    let path = path(&["users", id.as_str()])?;
    let changes = compare::person_changes(user, remote);
    (changes != UserChangesV2::default())
        .then(|| with_body(Method::PATCH, path, &changes))
        .transpose()
}

/// Activates or deactivates a user. Upheal's way to deactivate is DELETE, which deletes nothing.
pub(super) fn switch(id: &VendorUserId, active: bool) -> Result<Request, VendorError> {
    Ok(if active {
        without_body(Method::POST, path(&["users", id.as_str(), "activate"])?)
    } else {
        without_body(Method::DELETE, path(&["users", id.as_str()])?)
    })
}

fn without_body(method: Method, path: String) -> Request {
    Request {
        method,
        path,
        body: None,
    }
}

fn with_body(method: Method, path: String, body: &impl Serialize) -> Result<Request, VendorError> {
    let body = serde_json::to_string(body).map_err(|error| VendorError {
        source: Some(Box::new(error)),
        ..VendorError::new(OutcomeClass::Rejected, "the request to Upheal cannot be written")
    })?;
    Ok(Request {
        method,
        path,
        body: Some(body),
    })
}

/// A path below the version, each segment escaped.
fn path(segments: &[&str]) -> Result<String, VendorError> {
    paths::of(Vendor::Upheal, segments)
}
