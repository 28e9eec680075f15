//! A customer of a project, as the vendor writes it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::seconds;

/// A customer. All six keys are always written, and none is ever null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CortiCustomer)]
pub struct Customer {
    /// What people call the customer.
    #[schema(example = "Contoso Hospital")]
    pub display_name: String,
    /// The name of the tenant that the customer is kept in.
    #[schema(max_length = 14, example = "base")]
    pub tenant_name: String,
    /// Where the customer's data is: `eu` or `us`.
    #[schema(example = "eu")]
    pub region: String,
    /// The id that was chosen for the customer.
    #[schema(max_length = 64, example = "contosohospital")]
    pub customer_id: String,
    /// Whether the customer is one that is not for resale.
    pub is_nfr: bool,
    /// When the customer was made: UTC, in whole seconds.
    #[serde(serialize_with = "seconds")]
    #[schema(example = "2023-10-01T12:00:00Z")]
    pub created_at: DateTime<Utc>,
}

impl From<&roster_domain::Customer> for Customer {
    fn from(customer: &roster_domain::Customer) -> Self {
        Self {
            display_name: customer.display_name.as_str().to_owned(),
            tenant_name: customer.tenant_name.as_str().to_owned(),
            region: customer.region.name().to_owned(),
            customer_id: customer.id.as_str().to_owned(),
            is_nfr: customer.is_nfr,
            created_at: customer.created_at,
        }
    }
}

/// What a client needs of a customer that the vendor reports, and no more.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedCustomer {
    /// The id that was chosen for the customer.
    pub customer_id: String,
    /// What people call the customer.
    #[serde(default)]
    pub display_name: Option<String>,
}

/// `POST …/customers`, complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CortiNewCustomer)]
pub struct NewCustomer {
    /// What people call the customer, without control characters.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*$",
        example = "Contoso Hospital"
    )]
    pub display_name: String,
    /// The id of the customer, in paths; unique in the project.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*$",
        example = "contosohospital"
    )]
    pub customer_id: String,
    /// The name of the tenant that the customer is kept in; `base` where it is left out. It cannot be changed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, nullable = false)]
    #[schema(
        min_length = 1,
        max_length = 14,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*$",
        example = "base"
    )]
    pub tenant_name: Option<String>,
    /// Where the customer's data is; `eu` where it is left out. It cannot be changed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = region)]
    pub region: Option<String>,
    /// Whether the customer is one that is not for resale; false where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false, nullable = false)]
    pub is_nfr: Option<bool>,
}

/// `PATCH …/customers/{customerId}`: what is left out stays as it is. Tenant and region cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CortiCustomerChange)]
pub struct CustomerChange {
    /// What people call the customer, without control characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, nullable = false)]
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*$",
        example = "Contoso Hospital"
    )]
    pub display_name: Option<String>,
    /// Another id for the customer, which takes its users along.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, nullable = false)]
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*$",
        example = "contosohospital"
    )]
    pub customer_id: Option<String>,
    /// Whether the customer is one that is not for resale.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false, nullable = false)]
    pub is_nfr: Option<bool>,
}

fn region() -> utoipa::openapi::Object {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .enum_values(Some(roster_domain::Region::NAMES.iter().copied()))
        .description(Some(
            "Where the customer's data is; `eu` where it is left out. It cannot be changed later.",
        ))
        .build()
}
