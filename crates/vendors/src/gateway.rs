//! All vendors as one: each call goes to the client of the connection's vendor.

use async_trait::async_trait;
use roster_application::credentials::Credentials;
use roster_application::ports::{RemoteUser, Target, VendorError, VendorGateway};
use roster_domain::{
    Capabilities, Connection, Fault, FieldPath, Given, OutcomeClass, Rule, User, Vendor, VendorKey, VendorUserId,
    Violations,
};

use crate::NablaCore;

/// What can be done at a vendor without a client.
const NOTHING: Capabilities = Capabilities {
    look_up: None,
    refuses_duplicates: false,
    update: false,
    update_inactive: false,
    deactivate: false,
    reactivate: false,
    delete: false,
    required: &[],
};

/// All vendors as one. A vendor without a client is refused when the connection is made; a connection to one that is
/// stored all the same fails its calls for good, in plain words.
#[derive(Debug, Clone)]
pub struct Gateway {
    nabla_core: NablaCore,
}

impl Gateway {
    /// The names of the vendors that have a client.
    pub const SUPPORTED: &'static [&'static str] = &[Vendor::NablaCore.name()];

    /// Puts the clients together.
    #[must_use]
    pub fn new(nabla_core: NablaCore) -> Self {
        Self { nabla_core }
    }

    /// The vendors that have a client.
    pub fn supported(&self) -> impl Iterator<Item = Vendor> {
        Vendor::ALL.into_iter().filter(|vendor| self.client(*vendor).is_some())
    }

    fn client(&self, vendor: Vendor) -> Option<&dyn VendorGateway> {
        match vendor {
            Vendor::NablaCore => Some(&self.nabla_core),
            Vendor::NablaConnect | Vendor::Upheal | Vendor::Corti => None,
        }
    }

    fn at(&self, target: Target<'_>) -> Result<&dyn VendorGateway, VendorError> {
        let vendor = target.connection.vendor;
        self.client(vendor).ok_or_else(|| {
            let message = format!("this version of Roster cannot provision to {}", vendor.title());
            VendorError::new(OutcomeClass::Rejected, message)
        })
    }
}

#[async_trait]
impl VendorGateway for Gateway {
    fn capabilities(&self, connection: &Connection) -> Capabilities {
        self.client(connection.vendor)
            .map_or(NOTHING, |client| client.capabilities(connection))
    }

    fn check(&self, connection: &Connection, credentials: &Credentials) -> Violations {
        if let Some(client) = self.client(connection.vendor) {
            return client.check(connection, credentials);
        }
        let rule = Rule::OneOf {
            allowed: Self::SUPPORTED,
        };
        Fault::new(rule, Given::value(connection.vendor.name()))
            .at(FieldPath::of("vendor"))
            .into()
    }

    async fn look_up<'a>(
        &self,
        target: Target<'a>,
        key: &VendorKey,
        user: &User,
    ) -> Result<Option<RemoteUser>, VendorError> {
        self.at(target)?.look_up(target, key, user).await
    }

    async fn create<'a>(&self, target: Target<'a>, key: &VendorKey, user: &User) -> Result<RemoteUser, VendorError> {
        self.at(target)?.create(target, key, user).await
    }

    async fn update<'a>(&self, target: Target<'a>, id: &VendorUserId, user: &User) -> Result<RemoteUser, VendorError> {
        self.at(target)?.update(target, id, user).await
    }

    async fn activate<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError> {
        self.at(target)?.activate(target, id).await
    }

    async fn deactivate<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError> {
        self.at(target)?.deactivate(target, id).await
    }

    async fn delete<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError> {
        self.at(target)?.delete(target, id).await
    }

    async fn test<'a>(&self, target: Target<'a>) -> Result<(), VendorError> {
        self.at(target)?.test(target).await
    }
}
