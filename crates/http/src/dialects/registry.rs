//! Where dialects register their APIs: once, for the routes and for the specifications.

use std::sync::Arc;

use axum::Router;
use utoipa::openapi::OpenApi;

use super::mount::OPENAPI;
use super::{Dialect, Mount};
use crate::Services;
use crate::sandbox::Sandbox;

/// The specification of an API, and where it is served.
pub(crate) struct Document {
    /// What it is called: such as `nabla-core-server`.
    pub(crate) name: &'static str,
    /// The path that it is served at.
    pub(crate) path: String,
    /// The specification itself.
    pub(crate) openapi: OpenApi,
}

/// Collects the APIs of all dialects. Without services there are only their specifications.
pub(crate) struct Registry<'a> {
    services: Option<&'a Services>,
    sandbox: Option<&'a Sandbox>,
    pub(super) router: Router,
    pub(super) documents: Vec<Document>,
}

impl<'a> Registry<'a> {
    pub(super) fn new(services: Option<&'a Services>, sandbox: Option<&'a Sandbox>) -> Self {
        Self {
            services,
            sandbox,
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
        let api = mount.api();
        self.documents.push(Document {
            name: api.name,
            path: format!("{}{OPENAPI}", api.prefix),
            openapi: mount.document(),
        });
        if let Some(dialect) = dialect {
            let routes = mount.speak(dialect, self.sandbox);
            self.router = std::mem::take(&mut self.router).merge(routes);
        }
    }
}
