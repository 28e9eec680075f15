//! Convergence against a scripted vendor and a scripted queue: what is called, in which order, and what is recorded.

mod creating;
mod failing;
mod given;
mod held;
mod leasing;
mod leaving;
mod missing;
mod noting;
mod pacing;
mod passing;
mod passwords;
mod reading_back;
mod running;
mod scripted;
mod searching;
mod updating;
mod working;
