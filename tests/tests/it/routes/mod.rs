//! One module a path.

mod nabla;
mod sandbox;
mod v1;
