//! The binary `roster`: configuration, wiring and the command line.

mod adapters;
mod cli;
mod logging;
mod secret_key;
mod serve;
mod settings;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

/// Allocation under many threads is where the system's allocator falls behind.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command_line = cli::CommandLine::parse();
    match cli::run(command_line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            anstream::eprintln!("{failure}");
            ExitCode::from(failure.code)
        }
    }
}
