//! What was measured, as rows; as a table for people, and as JSON for machines.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::goals::Goal;
use super::stats::{Summary, ratios};

/// One thing that was measured, with its yardstick if it has one.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What JSON and the goals know it by: the section, a slash, and what of it.
    pub(super) id: String,
    /// For people.
    pub(super) what: String,
    /// Of `ours` and of the yardstick.
    pub(super) unit: &'static str,
    pub(super) ours: Summary,
    pub(super) yardstick: Option<(String, Summary)>,
    /// Ours by the yardstick's, pair by pair.
    pub(super) ratio: Option<Summary>,
}

impl Row {
    /// What Roster did, a figure for each pair.
    pub(super) fn new(
        id: impl Into<String>,
        what: impl Into<String>,
        unit: &'static str,
        ours: &[f64],
    ) -> Result<Self> {
        let id = id.into();
        Ok(Self {
            ours: Summary::of(ours).with_context(|| format!("nothing was measured for {id}"))?,
            id,
            what: what.into(),
            unit,
            yardstick: None,
            ratio: None,
        })
    }

    /// With what the yardstick did in the same pairs.
    pub(super) fn by(mut self, name: impl Into<String>, yardstick: &[f64], ours: &[f64]) -> Result<Self> {
        let told = |figures: &[f64]| Summary::of(figures).with_context(|| format!("no yardstick for {}", self.id));
        let ratio = told(&ratios(ours, yardstick))?;
        self.yardstick = Some((name.into(), told(yardstick)?));
        self.ratio = Some(ratio);
        Ok(self)
    }

    pub(super) fn goal(&self) -> Option<Goal> {
        Goal::of(&self.id)
    }

    fn json(&self) -> Value {
        let goal = self.goal();
        json!({
            "id": self.id,
            "what": self.what,
            "unit": self.unit,
            "ours": self.ours.json(),
            "yardstick": self.yardstick.as_ref().map(|(name, summary)| json!({ "name": name, "measured": summary.json() })),
            "ratio": self.ratio.as_ref().map(Summary::json),
            "goal": goal.map(|goal| goal.text(self.unit)),
            "is_met": goal.and_then(|goal| goal.is_met(self)),
        })
    }
}

/// All that one run found.
#[derive(Default)]
pub(super) struct Report {
    pub(super) rows: Vec<Row>,
    /// The circumstances: machine, settings, what was sent.
    pub(super) facts: Map<String, Value>,
}

impl Report {
    pub(super) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub(super) fn fact(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.facts.insert(name.into(), value.into());
    }

    pub(super) fn json(&self) -> Value {
        json!({ "facts": self.facts, "rows": self.rows.iter().map(Row::json).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, Row};

    #[test]
    fn a_run_is_told_to_machines_with_goals_and_whether_they_are_met() {
        let mut report = Report::default();
        report.fact("cores", 2);
        let ours = [2_000.0, 2_200.0, 1_800.0];
        let row = Row::new("create-postgres/32-best", "create", "1/s", &ours).expect("figures");
        report.add(row.by("pgbench", &[1_000.0; 3], &ours).expect("figures"));

        let told = report.json();

        assert_eq!(told["facts"]["cores"], 2);
        let row = &told["rows"][0];
        assert_eq!(row["ours"]["median"], 2_000.0);
        assert_eq!(row["ratio"]["max"], 2.2);
        assert_eq!(row["yardstick"]["name"], "pgbench");
        assert_eq!(row["goal"], "≥ 1 ×");
        assert_eq!(row["is_met"], true);
    }

    #[test]
    fn a_row_of_nothing_is_an_error() {
        assert!(Row::new("a/b", "nothing", "1/s", &[]).is_err());
    }
}
