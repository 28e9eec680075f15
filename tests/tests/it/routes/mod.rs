//! One module a path.

mod corti;
mod nabla;
mod sandbox;
mod upheal;
mod v1;
