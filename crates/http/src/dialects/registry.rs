//! Where dialects register their APIs: once, for the routes and for the specifications.

use std::sync::Arc;

use axum::Router;
use utoipa::openapi::OpenApi;

use super::{Api, Dialect, Mount};
use crate::Services;
use crate::sandbox::Sandbox;

/// The specification of an API.
pub(crate) struct Document {
    /// The API.
    pub(crate) api: Api,
    /// Its specification.
    pub(crate) openapi: OpenApi,
}

/// Collects the APIs of all dialects: their routes, or, without services, their specifications. A server keeps no
/// specification but the text that it serves, for they take more memory than all else of it.
pub(crate) struct Registry<'a> {
    services: Option<&'a Services>,
    sandbox: Option<&'a Sandbox>,
    pub(super) apis: Vec<Api>,
    pub(super) router: Router,
    pub(super) documents: Vec<Document>,
}

impl<'a> Registry<'a> {
    pub(super) fn new(services: Option<&'a Services>, sandbox: Option<&'a Sandbox>) -> Self {
        Self {
            services,
            sandbox,
            apis: Vec::new(),
            router: Router::new(),
            documents: Vec::new(),
        }
    }

    /// Makes a dialect, which may then speak several APIs; `None` where only specifications are asked for.
    pub(crate) fn dialect<D>(&self, make: impl FnOnce(&Services, Option<&Sandbox>) -> D) -> Option<Arc<D>> {
        self.services.map(|services| Arc::new(make(services, self.sandbox)))
    }

    /// Adds an API of a dialect.
    pub(crate) fn add<D: Dialect>(&mut self, mount: Mount<D>, dialect: Option<&Arc<D>>) {
        let api = *mount.api();
        self.apis.push(api);
        if let Some(dialect) = dialect {
            let routes = mount.speak(dialect, self.sandbox);
            self.router = std::mem::take(&mut self.router).merge(routes);
        } else {
            let openapi = mount.document();
            self.documents.push(Document { api, openapi });
        }
    }
}
