//! Corti's customers: what an organization's users are grouped by there.

use std::str::FromStr;

use crate::changes::Change;
use crate::choice::choice;
use crate::fields::text::line;
use crate::ids::OrganizationId;
use crate::organization::Organization;
use crate::violation::{Fault, FieldPath, Given, Rule, Violations};
use crate::{Timestamp, Version};

line! {
    /// What callers know a customer by: 1 to 64 characters, unique in the organization (Corti: `customerId`).
    CustomerId, 64
}

line! {
    /// What people call a customer: 1 to 200 characters. Corti states no limit; this one keeps a record readable.
    DisplayName, 200
}

line! {
    /// The tenant of a customer: 1 to 14 characters (Corti: `tenantName`).
    TenantName, 14
}

choice! {
    /// Where Corti keeps a customer's data.
    #[derive(Default)]
    Region {
        /// The European Union.
        #[default]
        Eu = "eu",
        /// The United States.
        Us = "us",
    }
}

/// A customer of an organization, as Corti has them. The field names in violations are Corti's, since no other surface
/// knows customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// The organization that owns the customer.
    pub organization_id: OrganizationId,
    /// What callers know it by. It may be changed.
    pub id: CustomerId,
    /// What people call it.
    pub display_name: DisplayName,
    /// The tenant; set when the customer is made, and not later.
    pub tenant_name: TenantName,
    /// The region; set when the customer is made, and not later.
    pub region: Region,
    /// Whether it is not for resale.
    pub is_nfr: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// 1 for a new customer, one more with each change.
    pub version: Version,
}

/// Everything that a request may say about a customer, as raw text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustomerChanges {
    /// See [`CustomerId`].
    pub customer_id: Change<String>,
    /// See [`DisplayName`].
    pub display_name: Change<String>,
    /// See [`TenantName`]. Passed over when a customer is changed.
    pub tenant_name: Change<String>,
    /// See [`Region`]. Passed over when a customer is changed.
    pub region: Change<String>,
    /// Whether the customer is not for resale.
    pub is_nfr: Change<bool>,
    /// What the surface already found wrong.
    pub unreadable: Violations,
}

impl Customer {
    /// The id of every organization's default customer.
    pub const DEFAULT: &'static str = "default";
    /// The tenant of a customer for which none is given.
    pub const DEFAULT_TENANT: &'static str = "base";

    /// A new customer out of a request, or everything that is wrong with the request: id and display name are required.
    pub fn create(
        organization_id: OrganizationId,
        changes: &CustomerChanges,
        now: Timestamp,
    ) -> Result<Self, Violations> {
        let mut violations = changes.unreadable.clone();
        let v = &mut violations;
        let id = required(&changes.customer_id, "customerId", CustomerId::new, v);
        let display_name = required(&changes.display_name, "displayName", DisplayName::new, v);
        let tenant_name = given(&changes.tenant_name, "tenantName", TenantName::new, v);
        let region = given(&changes.region, "region", |text| Region::from_str(&text), v);
        not_null(&changes.is_nfr, "isNfr", v);
        let (Some(id), Some(display_name), true) = (id, display_name, violations.is_empty()) else {
            return Err(violations);
        };
        Ok(Self {
            organization_id,
            id,
            display_name,
            tenant_name: tenant_name.unwrap_or_else(|| TenantName(Self::DEFAULT_TENANT.to_owned())),
            region: region.unwrap_or_default(),
            is_nfr: changes.is_nfr.as_set().copied().unwrap_or(false),
            created_at: now,
            version: 1,
        })
    }

    /// The customer after a request, and whether anything differs; or everything that is wrong with the request.
    pub fn update(&self, changes: &CustomerChanges) -> Result<(Self, bool), Violations> {
        let mut violations = changes.unreadable.clone();
        let v = &mut violations;
        let id = given(&changes.customer_id, "customerId", CustomerId::new, v);
        let display_name = given(&changes.display_name, "displayName", DisplayName::new, v);
        not_null(&changes.is_nfr, "isNfr", v);
        violations.into_result()?;
        let mut next = Self {
            id: id.unwrap_or_else(|| self.id.clone()),
            display_name: display_name.unwrap_or_else(|| self.display_name.clone()),
            is_nfr: changes.is_nfr.as_set().copied().unwrap_or(self.is_nfr),
            ..self.clone()
        };
        let differs = next != *self;
        if differs {
            next.version += 1;
        }
        Ok((next, differs))
    }

    /// The customer that every organization has without making it, for its users who are in no other. It is stored
    /// nowhere, and can be neither changed nor deleted.
    #[must_use]
    pub fn default_of(organization: &Organization) -> Self {
        Self {
            organization_id: organization.id,
            id: CustomerId(Self::DEFAULT.to_owned()),
            display_name: DisplayName(organization.slug.as_str().to_owned()),
            tenant_name: TenantName(Self::DEFAULT_TENANT.to_owned()),
            region: Region::default(),
            is_nfr: false,
            created_at: organization.created_at,
            version: 1,
        }
    }
}

impl CustomerId {
    /// Whether this is the id of the default customer.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.as_str() == Customer::DEFAULT
    }
}

fn required<T>(
    change: &Change<String>,
    name: &'static str,
    check: impl FnOnce(String) -> Result<T, Fault>,
    violations: &mut Violations,
) -> Option<T> {
    // A value of a wrong type was given all the same, and is noted already.
    if change.is_keep() && !violations.iter().any(|noted| noted.field == FieldPath::of(name)) {
        violations.push(Fault::new(Rule::Required, Given::nothing()).at(FieldPath::of(name)));
    }
    given(change, name, check, violations)
}

fn given<T>(
    change: &Change<String>,
    name: &'static str,
    check: impl FnOnce(String) -> Result<T, Fault>,
    violations: &mut Violations,
) -> Option<T> {
    not_null(change, name, violations);
    let text = change.as_set()?;
    violations.check(&FieldPath::of(name), check(text.clone()))
}

fn not_null<T>(change: &Change<T>, name: &'static str, violations: &mut Violations) {
    if change.is_clear() {
        violations.push(Fault::new(Rule::NotNull, Given::kind("null")).at(FieldPath::of(name)));
    }
}
