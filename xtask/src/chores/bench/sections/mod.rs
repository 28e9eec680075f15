//! What is measured, one file a section.

pub(super) mod convergence;
pub(super) mod create_postgres;
pub(super) mod footprint;
pub(super) mod growth;
pub(super) mod read_postgres;
pub(super) mod sqlite;
pub(super) mod surfaces;
