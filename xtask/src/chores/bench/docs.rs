//! The tables of `docs/performance.md`, each between two comments that name its section.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::report::Report;
use super::table;
use crate::progress;
use crate::workspace::Workspace;

/// The page.
const PAGE: &str = "docs/performance.md";
/// What the circumstances stand under.
const CIRCUMSTANCES: &str = "circumstances";
/// What ends every part that is written.
const END: &str = "<!-- bench:end -->";

/// Writes what was measured into the page; what was not measured stays as it is.
pub(super) fn write(workspace: &Workspace, report: &Report, date: &str) -> Result<()> {
    let path = workspace.root().join(PAGE);
    let before = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let after = rewritten(&before, report, date)?;
    fs::write(&path, after).with_context(|| format!("cannot write {}", path.display()))?;
    progress::note(&format!("{PAGE} has the figures now"));
    Ok(())
}

fn rewritten(page: &str, report: &Report, date: &str) -> Result<String> {
    let mut sections: Vec<&str> = report.rows.iter().map(|row| section(&row.id)).collect();
    sections.dedup();
    let mut page = replaced(page, CIRCUMSTANCES, &circumstances(report, date))?;
    for name in sections {
        let rows: Vec<_> = report.rows.iter().filter(|row| section(&row.id) == name).collect();
        page = replaced(&page, name, &table::markdown(&rows))?;
    }
    Ok(page)
}

fn section(id: &str) -> &str {
    id.split_once('/').map_or(id, |(section, _)| section)
}

fn replaced(page: &str, name: &str, text: &str) -> Result<String> {
    let begin = format!("<!-- bench:{name} -->");
    let parts = page
        .split_once(&begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let Some((before, after)) = parts else {
        bail!("{PAGE} has no place for `{name}`: `{begin}` and `{END}`");
    };
    Ok(format!("{before}{begin}\n{}\n{END}{after}", text.trim_end()))
}

fn circumstances(report: &Report, date: &str) -> String {
    let text = |name: &str| report.facts.get(name).map_or_else(String::new, plain);
    let mut told = format!(
        "{date}, commit {}, {} cores of {}, {} pairs of slices of {} s.",
        text("commit"),
        text("cores"),
        text("processor"),
        report
            .facts
            .get("plan")
            .map_or_else(String::new, |plan| plain(&plan["pairs"])),
        report
            .facts
            .get("plan")
            .map_or_else(String::new, |plan| plain(&plan["seconds"])),
    );
    if let Some(Value::Object(settings)) = report.facts.get("postgres") {
        told.push_str("\nPostgreSQL:");
        for (place, (name, value)) in settings.iter().enumerate() {
            let sign = if place == 0 { "" } else { "," };
            let _ = write!(told, "{sign} `{name}` {}", plain(value));
        }
        told.push('.');
    }
    told
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::rewritten;
    use crate::chores::bench::report::{Report, Row};

    const PAGE: &str = "a\n<!-- bench:circumstances -->\nold\n<!-- bench:end -->\nb\n<!-- bench:sqlite -->\nold\n\
        <!-- bench:end -->\nc\n<!-- bench:growth -->\nkept\n<!-- bench:end -->\n";

    fn report(id: &str) -> Report {
        let mut report = Report::default();
        report.fact("commit", "abc");
        report.add(Row::new(id, "create", "1/s", &[3.0]).expect("figures"));
        report
    }

    #[test]
    fn what_was_measured_takes_its_place_and_the_rest_stays() {
        let page = rewritten(PAGE, &report("sqlite/create-1"), "2026-01-01").expect("a page");
        assert!(page.contains("2026-01-01, commit abc"), "{page}");
        assert!(page.contains("| create | 3.00 1/s |"), "{page}");
        assert!(page.contains("\nkept\n") && !page.contains("old"), "{page}");
        assert!(
            page.starts_with("a\n") && page.contains("\nb\n") && page.contains("\nc\n"),
            "{page}"
        );
    }

    #[test]
    fn a_section_without_a_place_is_an_error() {
        assert!(rewritten(PAGE, &report("footprint/x"), "2026-01-01").is_err());
    }
}
