//! The running binary, from outside. The modules below `routes` mirror the URLs.

mod bad_input;
mod cli;
mod credentials;
mod cross;
mod faults;
mod given;
mod kill;
mod links;
mod loop_;
mod openapi;
mod operations;
mod races;
mod routes;
mod security;
mod starting;
mod tenants;
