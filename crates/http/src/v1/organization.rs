//! `/v1/organization`: the organization of the API key.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use roster_application::authentication::Caller;
use roster_domain::{Change, Fault, FieldPath, Given, Organization, PhiGuard, Rule, Timestamp, Violations};
use roster_wire::field::Field;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::fields::{self, Others};
use super::query::NoQuery;
use super::request::JsonBody;
use super::{schemas, time};
use crate::Services;
use crate::refusal::Refusal;

/// What Roster alone sets.
const READ_ONLY: &[&str] = &["id", "slug", "created_at"];

/// What is said about the organization.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct OrganizationRequest {
    #[serde(default)]
    #[schema(schema_with = schemas::phi_guard)]
    phi_guard: Field,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

/// The tenant that owns users, connections and API clients.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organization)]
struct OrganizationAnswer {
    /// Roster's id of the organization.
    id: Uuid,
    /// The short name that people and URLs use.
    #[schema(example = "default")]
    slug: String,
    #[schema(schema_with = schemas::phi_guard)]
    phi_guard: &'static str,
    /// When the organization was made.
    #[serde(serialize_with = "time::micros")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Organization> for OrganizationAnswer {
    fn from(organization: Organization) -> Self {
        Self {
            id: organization.id.uuid(),
            slug: organization.slug.as_str().to_owned(),
            phi_guard: organization.phi_guard.name(),
            created_at: organization.created_at,
        }
    }
}

/// The routes, with their specification.
pub(crate) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new().routes(routes!(get_organization, update_organization))
}

/// Get the organization of the API key
#[utoipa::path(get, path = "/organization", tag = "organization", responses(
    (status = 200, description = "The organization.", body = OrganizationAnswer),
))]
async fn get_organization(Extension(caller): Extension<Caller>, _: NoQuery) -> Json<OrganizationAnswer> {
    Json(OrganizationAnswer::from(caller.organization))
}

/// Change the organization
#[utoipa::path(patch, path = "/organization", tag = "organization",
    request_body(content((OrganizationRequest = "application/merge-patch+json"), (OrganizationRequest = "application/json"))),
    responses((status = 200, description = "The organization after the change.", body = OrganizationAnswer)),
)]
async fn update_organization(
    State(services): State<Arc<Services>>,
    Extension(caller): Extension<Caller>,
    _: NoQuery,
    JsonBody(body): JsonBody,
) -> Result<Json<OrganizationAnswer>, Refusal> {
    let mut organization = caller.organization;
    if let Some(guard) = read(body)? {
        services.organizations.set_phi_guard(&organization, guard).await?;
        organization.phi_guard = guard;
    }
    Ok(Json(OrganizationAnswer::from(organization)))
}

fn read(body: Value) -> Result<Option<PhiGuard>, Violations> {
    let mut violations = Violations::none();
    let request: OrganizationRequest = fields::read(body, &mut violations);
    let field = FieldPath::of("phi_guard");
    let guard = match request.phi_guard.text(&field, &mut violations) {
        Change::Keep => None,
        Change::Clear => violations.check(&field, Err(Fault::new(Rule::NotNull, Given::kind("null")))),
        Change::Set(name) => violations.check(&field, name.parse()),
    };
    fields::refuse_others(&request.others, READ_ONLY, &FieldPath::root(), &mut violations);
    violations.into_result().map(|()| guard)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_guard_may_be_left_out_and_nothing_else_may_be_set() {
        assert_eq!(read(json!({})), Ok(None));
        assert_eq!(read(json!({"phi_guard": "reject"})), Ok(Some(PhiGuard::Reject)));

        let wrong = read(json!({"phi_guard": null, "slug": "mine", "name": "St. Ann"})).unwrap_err();

        insta::assert_snapshot!(wrong, @r#"
        phi_guard must not be null; given: null
        slug is set by Roster and cannot be changed; given: a string
        name is not a field of this request; given: "name"
        "#);
    }
}
