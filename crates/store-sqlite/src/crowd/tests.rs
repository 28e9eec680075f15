//! Writes that come while another holds the connection, so that they make a crowd, and look-ups likewise.

mod given;
mod lookups;
mod refusals;
mod turns;
