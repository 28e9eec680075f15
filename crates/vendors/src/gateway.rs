//! All vendors as one: each call goes to the client of the connection's vendor.

use async_trait::async_trait;
use roster_application::credentials::Credentials;
use roster_application::ports::{
    PreviewedRequest, RemotePage, RemoteUser, Sought, Subject, Target, VendorError, VendorGateway,
};
use roster_domain::{Capabilities, Connection, Step, User, Vendor, VendorKey, VendorUserId, Violations};

use crate::{Corti, NablaConnect, NablaCore, Upheal};

/// All vendors as one.
#[derive(Debug, Clone)]
pub struct Gateway {
    nabla_core: NablaCore,
    nabla_connect: NablaConnect,
    upheal: Upheal,
    corti: Corti,
}

impl Gateway {
    /// Puts the clients together.
    #[must_use]
    pub fn new(nabla_core: NablaCore, nabla_connect: NablaConnect, upheal: Upheal, corti: Corti) -> Self {
        Self {
            nabla_core,
            nabla_connect,
            upheal,
            corti,
        }
    }

    fn of(&self, connection: &Connection) -> &dyn VendorGateway {
        match connection.vendor {
            Vendor::NablaCore => &self.nabla_core,
            Vendor::NablaConnect => &self.nabla_connect,
            Vendor::Upheal => &self.upheal,
            Vendor::Corti => &self.corti,
        }
    }
}

#[async_trait]
impl VendorGateway for Gateway {
    fn capabilities(&self, connection: &Connection) -> Capabilities {
        self.of(connection).capabilities(connection)
    }

    fn check(&self, connection: &Connection, credentials: &Credentials) -> Violations {
        self.of(connection).check(connection, credentials)
    }

    async fn look_up<'a>(
        &self,
        target: Target<'a>,
        key: &VendorKey,
        user: &User,
        from: Option<&'a str>,
    ) -> Result<Sought, VendorError> {
        self.of(target.connection).look_up(target, key, user, from).await
    }

    async fn create<'a>(
        &self,
        target: Target<'a>,
        key: &VendorKey,
        subject: Subject<'a>,
    ) -> Result<RemoteUser, VendorError> {
        self.of(target.connection).create(target, key, subject).await
    }

    async fn update<'a>(
        &self,
        target: Target<'a>,
        id: &VendorUserId,
        subject: Subject<'a>,
    ) -> Result<RemoteUser, VendorError> {
        self.of(target.connection).update(target, id, subject).await
    }

    async fn read_back<'a>(
        &self,
        target: Target<'a>,
        id: &VendorUserId,
        user: &User,
        from: Option<&'a str>,
    ) -> Result<Sought, VendorError> {
        self.of(target.connection).read_back(target, id, user, from).await
    }

    fn preview(
        &self,
        target: Target<'_>,
        step: &Step,
        user: &User,
        with_password: bool,
    ) -> Result<Vec<PreviewedRequest>, VendorError> {
        self.of(target.connection).preview(target, step, user, with_password)
    }

    async fn list<'a>(&self, target: Target<'a>, cursor: Option<&'a str>) -> Result<RemotePage, VendorError> {
        self.of(target.connection).list(target, cursor).await
    }

    async fn activate<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError> {
        self.of(target.connection).activate(target, id).await
    }

    async fn deactivate<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError> {
        self.of(target.connection).deactivate(target, id).await
    }

    async fn delete<'a>(&self, target: Target<'a>, id: &VendorUserId) -> Result<(), VendorError> {
        self.of(target.connection).delete(target, id).await
    }

    async fn test<'a>(&self, target: Target<'a>) -> Result<(), VendorError> {
        self.of(target.connection).test(target).await
    }
}
