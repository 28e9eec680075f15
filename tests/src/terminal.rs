//! The command line, as a person or a script uses it.

use std::process::{Command, Output};

use serde_json::Value;

/// A command that has run.
#[derive(Debug, Clone)]
pub struct Ran {
    /// What was run.
    pub command: String,
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to its standard output.
    pub stdout: String,
    /// What it wrote to its standard error.
    pub stderr: String,
}

impl Ran {
    /// Runs a command to its end.
    pub fn to_end(command: &mut Command) -> Self {
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
        Self::of(format!("{command:?}"), &output)
    }

    fn of(command: String, output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            command,
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Panics, with all that was written, unless the command succeeded.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(
            self.code,
            Some(0),
            "{} failed: {}{}",
            self.command,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Panics, with all that was written, unless the command failed with this code.
    #[track_caller]
    pub fn failed(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "{} wrote: {}{}",
            self.command,
            self.stdout,
            self.stderr
        );
        self
    }

    /// The standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{} wrote no JSON ({error}): {}", self.command, self.stdout))
    }
}
