//! The obligations of the port, for each client.

use crate::support::world::NablaCoreWorld;

mod nabla_core {
    use super::NablaCoreWorld;

    roster_contract::vendor_cases!(NablaCoreWorld::new());
}
