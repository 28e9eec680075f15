//! What a user may do at Nabla Core.

use crate::choice::choice;

choice! {
    /// A role, as the archived generation of Nabla Core has it.
    Role {
        /// Administers the organization at the vendor.
        Administrator = "ADMINISTRATOR",
        /// Works with patients.
        Practitioner = "PRACTITIONER",
    }
}
