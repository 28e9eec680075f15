//! The obligations of the port, for each client.

mod corti {
    use crate::corti::world::CortiWorld;

    roster_contract::vendor_cases!(CortiWorld::new());
}

mod nabla_connect {
    use crate::nabla_connect::world::NablaConnectWorld;

    roster_contract::vendor_cases!(NablaConnectWorld::new());
}

mod nabla_core {
    use crate::nabla_core::world::NablaCoreWorld;

    roster_contract::vendor_cases!(NablaCoreWorld::new());
}

mod upheal {
    use crate::upheal::world::UphealWorld;

    roster_contract::vendor_cases!(UphealWorld::new());
}
