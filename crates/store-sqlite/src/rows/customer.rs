//! Customers as rows.

use std::str::FromStr;

use roster_application::ports::StoreError;
use roster_domain::{Customer, CustomerId, DisplayName, OrganizationId, Region, TenantName, Version};
use uuid::Uuid;

use super::Place;

/// Reads customers, all columns: `customers!("WHERE …", arguments…)`.
macro_rules! customers {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            $crate::rows::CustomerRow,
            "SELECT
                 organization_id AS \"organization_id: Uuid\", customer_id, display_name, tenant_name, region, is_nfr AS \"is_nfr: bool\", created_at,
                 version
             FROM customers " + $rest
            $(, $argument)*
        )
    };
}
pub(crate) use customers;

/// A row of `customers`.
pub(crate) struct CustomerRow {
    pub(crate) organization_id: Uuid,
    pub(crate) customer_id: String,
    pub(crate) display_name: String,
    pub(crate) tenant_name: String,
    pub(crate) region: String,
    pub(crate) is_nfr: bool,
    pub(crate) created_at: i64,
    pub(crate) version: Version,
}

impl TryFrom<CustomerRow> for Customer {
    type Error = StoreError;

    fn try_from(row: CustomerRow) -> Result<Self, StoreError> {
        let place = Place::new("customers", format_args!("{}/{}", row.organization_id, row.customer_id));
        Ok(Self {
            organization_id: OrganizationId::new(row.organization_id),
            id: place.check("customer_id", CustomerId::new(row.customer_id))?,
            display_name: place.check("display_name", DisplayName::new(row.display_name))?,
            tenant_name: place.check("tenant_name", TenantName::new(row.tenant_name))?,
            region: place.check("region", Region::from_str(&row.region))?,
            is_nfr: row.is_nfr,
            created_at: place.time("created_at", row.created_at)?,
            version: row.version,
        })
    }
}
