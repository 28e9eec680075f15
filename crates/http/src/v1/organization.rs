//! `/v1/organization`: the organization of the API key.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use roster_application::authentication::Caller;
use roster_domain::{
    Change, ConnectVersion, Fault, FieldPath, Given, Organization, PhiGuard, Rule, Timestamp, Violations,
};
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
    #[serde(default)]
    #[schema(schema_with = schemas::connect_version)]
    nabla_connect_version: Field,
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
    #[schema(schema_with = schemas::connect_version)]
    nabla_connect_version: &'static str,
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
            nabla_connect_version: organization
                .nabla_connect_version
                .unwrap_or(ConnectVersion::NEWEST)
                .name(),
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
    let wanted = read(body)?;
    if let Some(guard) = wanted.phi_guard {
        services.organizations.set_phi_guard(&organization, guard).await?;
        organization.phi_guard = guard;
    }
    if let Some(version) = wanted.nabla_connect_version {
        services
            .organizations
            .set_nabla_connect_version(&organization, version)
            .await?;
        organization.nabla_connect_version = Some(version);
    }
    Ok(Json(OrganizationAnswer::from(organization)))
}

/// What is to be changed, of that which can be.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    phi_guard: Option<PhiGuard>,
    nabla_connect_version: Option<ConnectVersion>,
}

fn read(body: Value) -> Result<Wanted, Violations> {
    let mut violations = Violations::none();
    let request: OrganizationRequest = fields::read(body, &mut violations);
    let wanted = Wanted {
        phi_guard: choice(request.phi_guard, "phi_guard", &mut violations),
        nabla_connect_version: choice(request.nabla_connect_version, "nabla_connect_version", &mut violations),
    };
    fields::refuse_others(&request.others, READ_ONLY, &FieldPath::root(), &mut violations);
    violations.into_result().map(|()| wanted)
}

/// One of some words, which may be left out and may not be null.
fn choice<T: FromStr<Err = Fault>>(field: Field, name: &'static str, violations: &mut Violations) -> Option<T> {
    let at = FieldPath::of(name);
    match field.text(&at, violations) {
        Change::Keep => None,
        Change::Clear => violations.check(&at, Err(Fault::new(Rule::NotNull, Given::kind("null")))),
        Change::Set(name) => violations.check(&at, name.parse()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_left_out_stays_and_nothing_else_may_be_set() {
        let wanted = |phi_guard, nabla_connect_version| Wanted {
            phi_guard,
            nabla_connect_version,
        };
        assert_eq!(read(json!({})), Ok(wanted(None, None)));
        assert_eq!(
            read(json!({"phi_guard": "reject"})),
            Ok(wanted(Some(PhiGuard::Reject), None))
        );
        assert_eq!(
            read(json!({"nabla_connect_version": "2026-02-13"})),
            Ok(wanted(None, Some(ConnectVersion::V2026_02_13)))
        );

        let wrong = read(json!({
            "phi_guard": null, "nabla_connect_version": "2026-01-01", "slug": "mine", "name": "St. Ann",
        }));

        insta::assert_snapshot!(wrong.unwrap_err(), @r#"
        phi_guard must not be null; given: null
        nabla_connect_version must be one of 2026-02-13, 2026-03-23, x-nabla-next; given: "2026-01-01"
        slug is set by Roster and cannot be changed; given: a string
        name is not a field of this request; given: "name"
        "#);
    }

    #[test]
    fn an_organization_that_is_pinned_to_nothing_gets_the_newest_version() {
        let organization = |nabla_connect_version| Organization {
            id: roster_domain::OrganizationId::new(Uuid::nil()),
            slug: roster_domain::Slug::default_organization(),
            phi_guard: PhiGuard::Off,
            nabla_connect_version,
            created_at: Timestamp::UNIX_EPOCH,
        };
        let shown = |version| OrganizationAnswer::from(organization(version)).nabla_connect_version;

        assert_eq!(shown(None), "2026-03-23");
        assert_eq!(shown(Some(ConnectVersion::V2026_02_13)), "2026-02-13");
    }
}
