//! What a path names: the project, the customer in it, and the user in that.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use roster_application::authentication::Caller;
use roster_application::ports::InCustomer;
use roster_application::{Acting, Error, Missing};
use roster_domain::{Actor, Customer, FieldPath, Organization, OrganizationId, Surface, User, UserId, Violations};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Corti, Shared};
use crate::refusal::{Kind, Refusal};

/// A path below a project that is the caller's own. Handlers have no other way to an organization than through this, so
/// that none can forget to check.
pub(super) struct Place<P> {
    /// The project.
    pub(super) organization: Organization,
    actor: Actor,
    /// What the path names in it.
    pub(super) path: P,
}

/// `/projects/{projectId}/customers`.
#[derive(Deserialize)]
pub(super) struct CustomersPath {
    #[serde(rename = "projectId")]
    project: String,
}

/// `/projects/{projectId}/customers/{customerId}` and `…/users`.
#[derive(Deserialize)]
pub(super) struct CustomerPath {
    #[serde(rename = "projectId")]
    project: String,
    #[serde(rename = "customerId")]
    pub(super) customer: String,
}

/// `/projects/{projectId}/customers/{customerId}/users/{userId}`.
#[derive(Deserialize)]
pub(super) struct UserPath {
    #[serde(rename = "projectId")]
    project: String,
    #[serde(rename = "customerId")]
    customer: String,
    #[serde(rename = "userId")]
    user: String,
}

/// A path below a project.
pub(super) trait InProject: DeserializeOwned + Send {
    /// The project's name in it.
    fn project(&self) -> &str;
}

impl InProject for CustomersPath {
    fn project(&self) -> &str {
        &self.project
    }
}

impl InProject for CustomerPath {
    fn project(&self) -> &str {
        &self.project
    }
}

impl InProject for UserPath {
    fn project(&self) -> &str {
        &self.project
    }
}

impl<P: InProject> FromRequestParts<Shared> for Place<P> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, dialect: &Shared) -> Result<Self, Refusal> {
        let path = Path::<P>::from_request_parts(parts, dialect).await;
        let Path(path) = path.map_err(|_| Refusal::malformed("the path is not UTF-8 after percent-decoding"))?;
        let caller = parts.extensions.get::<Caller>();
        let caller = caller
            .filter(|caller| is_named(&caller.organization, path.project()))
            .ok_or_else(not_yours)?;
        Ok(Self {
            organization: caller.organization.clone(),
            actor: caller.acting(Surface::Corti).actor,
            path,
        })
    }
}

fn is_named(organization: &Organization, project: &str) -> bool {
    organization.slug.as_str() == project || project.parse::<OrganizationId>() == Ok(organization.id)
}

/// Whether there is such a project is nobody's business but its own.
fn not_yours() -> Refusal {
    let message = "the account may not act for this project";
    Refusal::new(StatusCode::FORBIDDEN, Kind::Forbidden, message)
}

impl<P> Place<P> {
    /// Who acts, and for which organization.
    pub(super) fn acting(&self) -> Acting<'_> {
        Acting {
            organization: &self.organization,
            actor: self.actor,
        }
    }
}

impl Place<CustomerPath> {
    /// The customer that the path names.
    pub(super) async fn customer(&self, dialect: &Arc<Corti>) -> Result<Customer, Refusal> {
        Ok(dialect.customers.get(&self.organization, &self.path.customer).await?)
    }
}

impl Place<UserPath> {
    /// The user that the path names, who must be in the customer that it names.
    pub(super) async fn user(&self, dialect: &Arc<Corti>) -> Result<User, Refusal> {
        let mut violations = Violations::none();
        let id: Option<UserId> = violations.check(&FieldPath::of("userId"), self.path.user.parse());
        let id = id.ok_or_else(|| Refusal::invalid(violations))?;
        let customer = dialect.customers.get(&self.organization, &self.path.customer).await?;
        let user = dialect.users.get(&self.organization, id).await?;
        if members(&customer) == customer_of(&user) {
            Ok(user)
        } else {
            Err(Error::NotFound(Missing::User).into())
        }
    }
}

/// The users of a customer. Those of the default customer are in no customer that was made.
pub(super) fn members(customer: &Customer) -> InCustomer {
    if customer.id.is_default() {
        InCustomer::Default
    } else {
        InCustomer::Named(customer.id.clone())
    }
}

fn customer_of(user: &User) -> InCustomer {
    let id = user.profile.customer_id.clone();
    id.map_or(InCustomer::Default, InCustomer::Named)
}
