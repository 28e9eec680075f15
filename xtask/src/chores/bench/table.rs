//! The table on the terminal: one row a line, and below 100 columns wide.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::report::{Report, Row};
use super::stats::Summary;

const HEAD: Style = Style::new().bold();
const MET: Style = AnsiColor::Green.on_default();
const MISSED: Style = AnsiColor::Red.on_default();
const PLAIN: Style = Style::new();

/// The names of the columns; all but the first are aligned right.
const COLUMNS: [&str; 6] = ["what", "Roster", "yardstick", "ratio", "goal", ""];

/// The lines of the table, styled; whoever prints them takes the styles out where they are not wanted.
pub(super) fn lines(report: &Report) -> Vec<String> {
    let cells: Vec<[String; 6]> = report.rows.iter().map(cells).collect();
    let mut widths = COLUMNS.map(|name| name.chars().count());
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let head = line(&COLUMNS.map(str::to_owned), widths, HEAD, HEAD);
    let body = report.rows.iter().zip(&cells).map(|(row, cells)| {
        let verdict = match is_met(row) {
            Some(true) => MET,
            Some(false) => MISSED,
            None => PLAIN,
        };
        line(cells, widths, PLAIN, verdict)
    });
    std::iter::once(head).chain(body).collect()
}

/// The rows as a table in Markdown, of which one section's rows can be chosen.
pub(super) fn markdown(rows: &[&Row]) -> String {
    let mut text = String::from("| what | Roster | yardstick | ratio | goal | |\n|---|---:|---:|---:|---:|---|\n");
    for row in rows {
        text.push_str("| ");
        text.push_str(&cells(row).join(" | "));
        text.push_str(" |\n");
    }
    text
}

fn is_met(row: &Row) -> Option<bool> {
    row.goal().and_then(|goal| goal.is_met(row))
}

fn cells(row: &Row) -> [String; 6] {
    let spread = |summary: &Summary| spread(summary, row.unit);
    [
        match &row.yardstick {
            Some((name, _)) => format!("{} : {name}", row.what),
            None => row.what.clone(),
        },
        spread(&row.ours),
        row.yardstick
            .as_ref()
            .map(|(_, summary)| spread(summary))
            .unwrap_or_default(),
        row.ratio
            .map(|ratio| format!("{:.2} {:.2} {:.2}", ratio.min, ratio.median, ratio.max))
            .unwrap_or_default(),
        row.goal().map(|goal| goal.text(row.unit)).unwrap_or_default(),
        match is_met(row) {
            Some(true) => "met".to_owned(),
            Some(false) => "not met".to_owned(),
            None => String::new(),
        },
    ]
}

/// Least, median and most, with the unit.
fn spread(summary: &Summary, unit: &str) -> String {
    let Summary {
        min,
        median,
        max,
        count,
    } = summary;
    if *count == 1 {
        return format!("{} {unit}", figure(*median));
    }
    format!("{} {} {} {unit}", figure(*min), figure(*median), figure(*max))
}

/// Three digits that count, no more than the measurement is worth.
fn figure(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

fn line(cells: &[String; 6], widths: [usize; 6], style: Style, last: Style) -> String {
    let [what, rest @ .., verdict] = cells;
    let [first, others @ .., _] = widths;
    let mut text = format!("{style}{what:<first$}{style:#}");
    for (cell, width) in rest.iter().zip(others) {
        let _ = write!(text, "  {style}{cell:>width$}{style:#}");
    }
    let _ = write!(text, "  {last}{verdict}{last:#}");
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Report, Row, figure, lines, markdown};

    fn report() -> Report {
        let mut report = Report::default();
        let ours = [2_000.0, 2_200.0, 1_800.0];
        let row = Row::new("create-postgres/32-best", "create, 32 clients", "1/s", &ours).expect("figures");
        report.add(row.by("pgbench", &[1_500.0; 3], &ours).expect("figures"));
        report.add(Row::new("footprint/cold-start", "cold start", "ms", &[312.0]).expect("figures"));
        report
    }

    fn bare(line: &str) -> String {
        anstream::adapter::strip_str(line).to_string()
    }

    #[test]
    fn columns_stand_below_each_other_and_fit_a_terminal() {
        let printed: Vec<String> = lines(&report()).iter().map(|line| bare(line)).collect();

        assert!(printed.iter().all(|line| line.chars().count() < 110), "{printed:#?}");
        let at = printed[0].find("goal").expect("a goal") + "goal".len();
        let ends: Vec<String> = printed[1..]
            .iter()
            .map(|line| line.chars().take(at).collect())
            .collect();
        assert!(ends[0].ends_with("≥ 1 ×"), "{printed:#?}");
        assert!(ends[1].ends_with("≤ 100 ms"), "{printed:#?}");
        assert!(
            printed[1].ends_with("met") && printed[2].ends_with("not met"),
            "{printed:#?}"
        );
    }

    #[test]
    fn a_figure_has_three_digits_that_count() {
        assert_eq!([1_234.5, 99.94, 3.456].map(figure), ["1234", "99.9", "3.46"]);
    }

    #[test]
    fn markdown_has_the_same_cells() {
        let report = report();
        let text = markdown(&report.rows.iter().collect::<Vec<_>>());
        assert!(
            text.contains("| cold start | 312 ms |  |  | ≤ 100 ms | not met |"),
            "{text}"
        );
    }
}
