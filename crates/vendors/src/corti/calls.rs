//! What is sent, call by call: previews show the same.

use http::Method;
use roster_application::ports::{Subject, VendorError};
use roster_domain::{ConnectionOptions, OutcomeClass, PersonName, Vendor, VendorKey, VendorUserId};
use roster_wire::corti::{NewCustomer, NewUser, Secret, UserChange};
use serde::Serialize;

use crate::egress::MASK;
use crate::paths;

/// How many users a page has. The vendor documents no limit; a server that caps it goes on by its own count all the same.
const PAGE_SIZE: usize = 100;

/// One call: what is sent, but for what the connection adds to it.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// What follows the base URL.
    pub(super) path: String,
    pub(super) body: Option<Body>,
}

impl Call {
    /// The same call as a preview shows it where an initial password would be sent along.
    pub(super) fn with_masked_password(mut self) -> Self {
        match &mut self.body {
            Some(Body::NewUser(user)) => user.password = Some(Secret::new(MASK)),
            Some(Body::Change(change)) => change.password = Some(Secret::new(MASK)),
            Some(Body::NewCustomer(_)) | None => {}
        }
        self
    }

    /// The initial password that is sent along.
    pub(super) fn password(&self) -> Option<&Secret> {
        match self.body.as_ref()? {
            Body::NewUser(user) => user.password.as_ref(),
            Body::Change(change) => change.password.as_ref(),
            Body::NewCustomer(_) => None,
        }
    }
}

/// What is sent along.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Body {
    NewUser(NewUser),
    Change(UserChange),
    NewCustomer(NewCustomer),
}

/// The customer of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Customer<'a> {
    project_id: &'a str,
    customer_id: &'a str,
}

impl<'a> Customer<'a> {
    /// Takes the customer from the options. Without it no user can be spoken of.
    pub(super) fn of(options: &'a ConnectionOptions) -> Result<Self, VendorError> {
        let missing = |name| {
            let message = format!("the connection to Corti lacks its option {name}: add it");
            VendorError::new(OutcomeClass::Unauthorized, message)
        };
        let project_id = options.project_id.as_deref();
        let customer_id = options.customer_id.as_deref();
        Ok(Self {
            project_id: project_id.ok_or_else(|| missing("project_id"))?,
            customer_id: customer_id.ok_or_else(|| missing("customer_id"))?,
        })
    }

    /// Asks for a page of users; the first is 1.
    pub(super) fn users(self, page: u32) -> Result<Call, VendorError> {
        let path = self.path(&["users"])?;
        Ok(get(format!("{path}?page={page}&pageSize={PAGE_SIZE}")))
    }

    /// Asks for one user, for nothing but to see whether users can be read.
    pub(super) fn any_user(self) -> Result<Call, VendorError> {
        let path = self.path(&["users"])?;
        Ok(get(format!("{path}?page=1&pageSize=1")))
    }

    /// Asks for one customer of the project, for nothing but to see whether customers can be read.
    pub(super) fn any_customer(self) -> Result<Call, VendorError> {
        let path = path(&["projects", self.project_id, "customers"])?;
        Ok(get(format!("{path}?page=1&pageSize=1")))
    }

    /// Makes the customer, which is called by its id until people call it otherwise.
    pub(super) fn make(self) -> Result<Call, VendorError> {
        Ok(Call {
            method: Method::POST,
            path: path(&["projects", self.project_id, "customers"])?,
            body: Some(Body::NewCustomer(NewCustomer {
                display_name: self.customer_id.to_owned(),
                customer_id: self.customer_id.to_owned(),
                tenant_name: None,
                region: None,
                is_nfr: None,
            })),
        })
    }

    /// Makes a user.
    pub(super) fn create(self, key: &VendorKey, subject: Subject<'_>) -> Result<Call, VendorError> {
        let profile = &subject.user.profile;
        let missing = |field| {
            let message = format!("Corti needs {field}, which this user lacks: add it to the user");
            VendorError::new(OutcomeClass::Rejected, message)
        };
        Ok(Call {
            method: Method::POST,
            path: self.path(&["users"])?,
            body: Some(Body::NewUser(NewUser {
                email: key.as_str().to_owned(),
                first_name: text(profile.first_name.as_ref()).ok_or_else(|| missing("first_name"))?,
                last_name: text(profile.last_name.as_ref()).ok_or_else(|| missing("last_name"))?,
                password: secret(subject),
            })),
        })
    }

    /// Sends the fields of a user. Who is switched off stays so: that has a call of its own.
    pub(super) fn update(self, id: &VendorUserId, subject: Subject<'_>) -> Result<Call, VendorError> {
        let profile = &subject.user.profile;
        self.change(
            id,
            UserChange {
                first_name: text(profile.first_name.as_ref()),
                last_name: text(profile.last_name.as_ref()),
                enabled: None,
                password: secret(subject),
            },
        )
    }

    /// Switches a user on or off.
    pub(super) fn switch(self, id: &VendorUserId, enabled: bool) -> Result<Call, VendorError> {
        self.change(
            id,
            UserChange {
                enabled: Some(enabled),
                ..UserChange::default()
            },
        )
    }

    /// Deletes a user.
    pub(super) fn delete(self, id: &VendorUserId) -> Result<Call, VendorError> {
        Ok(Call {
            method: Method::DELETE,
            path: self.path(&["users", id.as_str()])?,
            body: None,
        })
    }

    fn change(self, id: &VendorUserId, change: UserChange) -> Result<Call, VendorError> {
        Ok(Call {
            method: Method::PATCH,
            path: self.path(&["users", id.as_str()])?,
            body: Some(Body::Change(change)),
        })
    }

    /// A path below the customer's own.
    pub(super) fn path(self, rest: &[&str]) -> Result<String, VendorError> {
        path(&[&["projects", self.project_id, "customers", self.customer_id], rest].concat())
    }
}

/// A path below the base URL, each segment escaped.
fn path(segments: &[&str]) -> Result<String, VendorError> {
    paths::of(Vendor::Corti, segments)
}

fn get(path: String) -> Call {
    Call {
        method: Method::GET,
        path,
        body: None,
    }
}

fn text(name: Option<&PersonName>) -> Option<String> {
    name.map(|name| name.as_str().to_owned())
}

fn secret(subject: Subject<'_>) -> Option<Secret> {
    subject.password.map(|password| Secret::new(password.expose()))
}
