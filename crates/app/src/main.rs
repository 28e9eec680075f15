//! The binary `roster`: configuration, wiring and the command line.

mod adapters;
mod cli;
mod logging;
mod sandbox;
mod secret_key;
mod serve;
mod settings;
mod wiring;

use std::io::Write;
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
            // Where standard error is closed as well, the exit code says it alone.
            let _ = writeln!(anstream::stderr(), "{failure}");
            ExitCode::from(failure.code)
        }
    }
}
