//! What one API of a vendor has of its own and that needs no state: a dialect picks each of it from the pieces here.

use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::mount::OPENAPI;
use super::{Scheme, Versions};
use crate::layers::Render;

/// One API of a vendor, as a constant of its dialect.
#[derive(Clone, Copy)]
pub(crate) struct Api {
    /// What its specification is called, in file names and on `/docs`: such as `nabla-core-server`.
    pub(crate) name: &'static str,
    /// The path that all of it is under, without a slash at the end.
    pub(crate) prefix: &'static str,
    /// The title of its specification.
    pub(crate) title: &'static str,
    /// What its specification says first.
    pub(crate) description: &'static str,
    /// How callers prove who they are, at the endpoints that are guarded.
    pub(crate) scheme: Scheme,
    /// How the vendor writes errors.
    pub(crate) errors: ErrorShape,
    /// How a request asks for a version, where the vendor has versions within one path.
    pub(crate) versions: Option<Versions>,
    /// Whether callers are limited in how often they may call.
    pub(crate) is_limited: bool,
}

impl Api {
    /// The path that its specification is served at.
    pub(crate) fn openapi_path(&self) -> String {
        format!("{}{OPENAPI}", self.prefix)
    }
}

/// How a vendor writes errors: a body, and its own table of status codes.
#[derive(Clone, Copy)]
pub(crate) struct ErrorShape {
    /// Writes a refusal.
    pub(crate) render: Render,
    /// The schema of the body with its name, and then those that it refers to.
    pub(crate) schemas: fn() -> Vec<NamedSchema>,
}

/// A schema and the name that it is referred to by.
pub(crate) type NamedSchema = (String, RefOr<Schema>);

impl ErrorShape {
    /// A function that writes bodies of a type.
    pub(crate) const fn of<Body: ToSchema>(render: Render) -> Self {
        Self {
            render,
            schemas: schemas_of::<Body>,
        }
    }
}

/// The schema of a type with its name, and then those that it refers to.
pub(super) fn schemas_of<T: ToSchema>() -> Vec<NamedSchema> {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    schemas
}
