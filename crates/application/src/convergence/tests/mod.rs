//! Convergence against a scripted vendor and a scripted queue: what is called, in which order, and what is recorded.

mod creating;
mod failing;
mod given;
mod leasing;
mod leaving;
mod noting;
mod passing;
mod passwords;
mod reading_back;
mod running;
mod scripted;
mod updating;
mod working;
