//! Structured logs, on standard error: standard output is for what a command answers.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::LogFormat;

/// Which events a text such as `info,roster_http=debug` lets through.
pub(crate) fn filter(text: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(text)
        .map_err(|error| format!("the log filter {text:?} cannot be read ({error}): try `info`, or `roster=debug`"))
}

/// Sends logs to standard error: text for people (coloured on a terminal unless `NO_COLOR` is set), JSON for machines.
pub(crate) fn start(events: &str, format: LogFormat) -> Result<(), String> {
    let registry = tracing_subscriber::registry().with(filter(events)?);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).try_init(),
        LogFormat::Text => {
            let colours =
                std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
            registry.with(layer.with_ansi(colours).with_target(false)).try_init()
        }
    };
    started.map_err(|error| format!("logs cannot be started: {error}"))
}
