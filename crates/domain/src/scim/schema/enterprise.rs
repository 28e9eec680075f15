//! The schema of users in an enterprise (RFC 7643, section 4.3).

use super::{Attribute, Schema};

/// `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`
pub const ENTERPRISE_USER: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name: "EnterpriseUser",
    description: "A user in an enterprise.",
    attributes: &[
        Attribute::text("employeeNumber", "The number of the employee."),
        Attribute::text("costCenter", "The cost centre."),
        Attribute::text("organization", "The organization."),
        Attribute::text("division", "The division."),
        Attribute::text("department", "The department."),
        Attribute::complex(
            "manager",
            // Roster does not look up the name of whom the id is meant to be.
            "The user's manager, as the identity provider names the manager.",
            &[
                Attribute::text("value", "The id of the manager's user.").case_exact(),
                Attribute::reference("$ref", "The URI of the manager's user.", &["User"]),
            ],
        ),
    ],
};
