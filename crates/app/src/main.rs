//! The binary `roster`: configuration, wiring and the command line.

mod adapters;
mod cli;
mod logging;
mod memory;
mod sandbox;
mod secret_key;
mod serve;
mod settings;
mod wiring;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    memory::stay_small();
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
