//! What Nabla's two APIs have in common for who calls them: tokens, versions, and what their answers mean.

mod check;
mod client;

pub(crate) use check::check;
pub(crate) use client::{Call, Client, no_such_route};
