//! How answers look: tables that fit the terminal for people, JSON for machines.

use std::io::{ErrorKind, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table};
use roster_domain::AccountStatus;
use serde::Serialize;

use super::Failure;

/// How wide a table is where nobody looks at it, such as in a pipe.
const WIDTH_WITHOUT_TERMINAL: u16 = 160;

/// Prints a value as JSON, each character as it is.
pub(super) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    bytes(&text)
}

/// Prints that something was done.
pub(super) fn done(what: &str) -> Result<(), Failure> {
    let style: Style = AnsiColor::Green.on_default().bold();
    line(&format!("{style}done{style:#}: {what}"))
}

/// Prints a text and ends the line.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    written(writeln!(out, "{text}").and_then(|()| out.flush()))
}

/// Prints a heading.
pub(super) fn heading(text: &str) -> Result<(), Failure> {
    let style = Style::new().bold();
    line(&format!("{style}{text}{style:#}"))
}

/// Prints a text that stands back behind what follows it.
pub(super) fn faint(text: &str) -> Result<(), Failure> {
    let style = Style::new().dimmed();
    line(&format!("{style}{text}{style:#}"))
}

/// Prints bytes as they are.
pub(super) fn bytes(content: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    written(out.write_all(content).and_then(|()| out.flush()))
}

/// Whoever closes the other end of a pipe, as `head` does, has read enough, and nothing has failed.
fn written(outcome: std::io::Result<()>) -> Result<(), Failure> {
    match outcome {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::output(&error)),
        _ => Ok(()),
    }
}

/// Prints a hint on standard error, where it is in nobody's way. Nothing depends on its being read.
pub(super) fn hint(what: &str) {
    let style = Style::new().dimmed();
    let _ = writeln!(anstream::stderr(), "{style}{what}{style:#}");
}

/// A table without lines, its head in bold.
pub(super) fn table(head: &[&str]) -> Table {
    let mut table = bare_table();
    table.set_header(head.iter().map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
    table
}

/// A table of names and values, without a head.
pub(super) fn pairs<'a>(rows: impl IntoIterator<Item = (&'a str, String)>) -> Table {
    let mut table = bare_table();
    for (name, value) in rows {
        table.add_row(vec![Cell::new(name).add_attribute(Attribute::Dim), Cell::new(value)]);
    }
    table
}

fn bare_table() -> Table {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    if !std::io::stdout().is_terminal() {
        table.set_width(WIDTH_WITHOUT_TERMINAL);
    }
    if !colours() {
        table.force_no_tty();
        table.set_width(table.width().unwrap_or(WIDTH_WITHOUT_TERMINAL));
    }
    table
}

/// Prints a table, or in words that there is nothing.
pub(super) fn show(table: &Table, nothing: &str) -> Result<(), Failure> {
    if table.is_empty() {
        hint(nothing);
        return Ok(());
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    line(&lines.join("\n"))
}

/// A cell with what may be absent.
pub(super) fn optional(value: Option<impl ToString>) -> Cell {
    match value {
        Some(value) => Cell::new(value.to_string()),
        None => Cell::new("–").fg(Color::DarkGrey),
    }
}

/// A cell with where an account stands, in the colour of how much it matters.
pub(super) fn status(status: AccountStatus) -> Cell {
    let colour = match status {
        AccountStatus::InSync => Color::Green,
        AccountStatus::Pending | AccountStatus::Retrying => Color::Yellow,
        AccountStatus::NeedsAttention | AccountStatus::Paused => Color::Red,
        AccountStatus::Removed => Color::DarkGrey,
    };
    Cell::new(status.name()).fg(colour)
}

fn colours() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
