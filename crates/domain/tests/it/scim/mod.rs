//! SCIM: what identity providers see of users and groups, ask for, and change.

#[macro_use]
mod given;
mod filter;
mod group;
mod index;
mod patch;
mod patch_laws;
mod path;
mod schema;
mod sort;
mod user;
mod user_kept;
mod user_laws;
mod user_roster;
