//! A vendor that can be asked what it would be sent, and nothing else: no handler calls one.

use async_trait::async_trait;
use roster_application::credentials::Credentials;
use roster_application::ports::{
    PreviewedRequest, RemotePage, RemoteUser, Sought, Subject, Target, VendorError, VendorGateway,
};
use roster_domain::capabilities::RequiredField;
use roster_domain::{
    Capabilities, Connection, KeyKind, OutcomeClass, Step, User, Vendor, VendorKey, VendorUserId, Violations,
};

use super::Memory;

fn nothing_is_sent() -> VendorError {
    VendorError::new(OutcomeClass::Rejected, "nothing is sent from memory")
}

#[async_trait]
impl VendorGateway for Memory {
    /// Upheal needs an address here; the others need nothing.
    fn capabilities(&self, connection: &Connection) -> Capabilities {
        Capabilities {
            look_up: Some(KeyKind::ExternalId),
            refuses_duplicates: false,
            update: true,
            update_inactive: true,
            deactivate: true,
            reactivate: true,
            delete: true,
            read_back: false,
            initial_password: false,
            required: match connection.vendor {
                Vendor::Upheal => &[RequiredField::Email],
                _ => &[],
            },
        }
    }

    fn check(&self, _connection: &Connection, _credentials: &Credentials) -> Violations {
        Violations::none()
    }

    /// A look-up has no body, a create has JSON, and what changes a user cannot be shown.
    fn preview(
        &self,
        target: Target<'_>,
        step: &Step,
        user: &User,
        _with_password: bool,
    ) -> Result<Vec<PreviewedRequest>, VendorError> {
        let request = |method: &str, body: Option<String>| PreviewedRequest {
            method: method.to_owned(),
            url: format!("{}/users", target.connection.base_url),
            headers: vec![
                ("accept".to_owned(), "application/json".to_owned()),
                ("authorization".to_owned(), "Bearer ***".to_owned()),
                ("accept".to_owned(), "text/plain".to_owned()),
            ],
            body,
        };
        match step {
            Step::LookUp(_) => Ok(vec![request("GET", None)]),
            Step::Create(_) => {
                let name = user.profile.first_name.as_ref().map(ToString::to_string);
                let body = serde_json::json!({"name": name, "password": "***"}).to_string();
                Ok(vec![request("POST", Some(body))])
            }
            _ => Err(VendorError::new(OutcomeClass::Rejected, "this cannot be shown")),
        }
    }

    async fn look_up<'a>(
        &self,
        _target: Target<'a>,
        _key: &VendorKey,
        _user: &User,
        _from: Option<&'a str>,
    ) -> Result<Sought, VendorError> {
        Err(nothing_is_sent())
    }

    async fn create<'a>(
        &self,
        _target: Target<'a>,
        _key: &VendorKey,
        _subject: Subject<'a>,
    ) -> Result<RemoteUser, VendorError> {
        Err(nothing_is_sent())
    }

    async fn update<'a>(
        &self,
        _target: Target<'a>,
        _id: &VendorUserId,
        _subject: Subject<'a>,
    ) -> Result<RemoteUser, VendorError> {
        Err(nothing_is_sent())
    }

    async fn read_back<'a>(
        &self,
        _target: Target<'a>,
        _id: &VendorUserId,
        _user: &User,
        _from: Option<&'a str>,
    ) -> Result<Sought, VendorError> {
        Err(nothing_is_sent())
    }

    async fn list<'a>(&self, _target: Target<'a>, _cursor: Option<&'a str>) -> Result<RemotePage, VendorError> {
        Err(nothing_is_sent())
    }

    async fn activate<'a>(&self, _target: Target<'a>, _id: &VendorUserId) -> Result<(), VendorError> {
        Err(nothing_is_sent())
    }

    async fn deactivate<'a>(&self, _target: Target<'a>, _id: &VendorUserId) -> Result<(), VendorError> {
        Err(nothing_is_sent())
    }

    async fn delete<'a>(&self, _target: Target<'a>, _id: &VendorUserId) -> Result<(), VendorError> {
        Err(nothing_is_sent())
    }

    async fn test<'a>(&self, _target: Target<'a>) -> Result<(), VendorError> {
        Err(nothing_is_sent())
    }
}
