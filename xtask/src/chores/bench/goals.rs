//! The goals: what is promised of which row, and whether what was measured keeps it.

use super::report::Row;

/// What a goal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// Roster by its yardstick, each pair by itself.
    Ratio,
    /// Roster alone.
    Ours,
}

/// What is promised of one row: its median is at least, or at most, so much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Goal {
    id: &'static str,
    of: Of,
    bound: Bound,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// All goals, by the ids of the rows that they are about.
const GOALS: &[Goal] = &[
    goal("create-postgres/32-best", Of::Ratio, Bound::AtLeast(1.0)),
    goal("create-postgres/128-best", Of::Ratio, Bound::AtLeast(1.8)),
    goal("create-postgres/1-latency", Of::Ratio, Bound::AtMost(1.5)),
    goal("read-postgres/id-32", Of::Ratio, Bound::AtLeast(0.8)),
    goal("sqlite/create-32", Of::Ratio, Bound::AtLeast(2.0)),
    goal("sqlite/id-32", Of::Ratio, Bound::AtLeast(0.15)),
    goal("convergence/drain", Of::Ratio, Bound::AtLeast(0.08)),
    goal("convergence/sqlite-after-a-change-p50", Of::Ours, Bound::AtMost(5.0)),
    goal("convergence/sqlite-after-a-change-p99", Of::Ours, Bound::AtMost(25.0)),
    goal("convergence/sqlite-after-a-rest-p50", Of::Ours, Bound::AtMost(5.0)),
    goal("convergence/sqlite-after-a-rest-p99", Of::Ours, Bound::AtMost(25.0)),
    goal("convergence/postgres-after-a-change-p50", Of::Ours, Bound::AtMost(5.0)),
    goal("convergence/postgres-after-a-change-p99", Of::Ours, Bound::AtMost(25.0)),
    goal("convergence/postgres-after-a-rest-p50", Of::Ours, Bound::AtMost(5.0)),
    goal("convergence/postgres-after-a-rest-p99", Of::Ours, Bound::AtMost(25.0)),
    goal("growth/10000000-create", Of::Ratio, Bound::AtMost(1.2)),
    goal("growth/10000000-id", Of::Ratio, Bound::AtMost(1.2)),
    goal("growth/10000000-find", Of::Ratio, Bound::AtMost(1.2)),
    goal("footprint/idle-memory-postgres", Of::Ours, Bound::AtMost(40.0)),
    goal("footprint/idle-memory-sqlite", Of::Ours, Bound::AtMost(40.0)),
    goal("footprint/memory-under-load", Of::Ours, Bound::AtMost(120.0)),
    goal("footprint/cold-start", Of::Ours, Bound::AtMost(100.0)),
];

const fn goal(id: &'static str, of: Of, bound: Bound) -> Goal {
    Goal { id, of, bound }
}

impl Goal {
    /// The one for a row, if there is one.
    pub(super) fn of(id: &str) -> Option<Self> {
        GOALS.iter().find(|goal| goal.id == id).copied()
    }

    /// Whether the row keeps it; nothing is said where what it is about was not measured.
    pub(super) fn is_met(self, row: &Row) -> Option<bool> {
        let median = match self.of {
            Of::Ratio => row.ratio?.median,
            Of::Ours => row.ours.median,
        };
        Some(match self.bound {
            Bound::AtLeast(bound) => median >= bound,
            Bound::AtMost(bound) => median <= bound,
        })
    }

    /// For people, such as `≥ 1.8 ×`.
    pub(super) fn text(self, unit: &str) -> String {
        let (sign, bound) = match self.bound {
            Bound::AtLeast(bound) => ('≥', bound),
            Bound::AtMost(bound) => ('≤', bound),
        };
        match self.of {
            Of::Ratio => format!("{sign} {bound} ×"),
            Of::Ours => format!("{sign} {bound} {unit}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{GOALS, Goal};
    use crate::chores::bench::report::Row;

    fn row(id: &str, ours: &[f64], yardstick: &[f64]) -> Row {
        let row = Row::new(id, "a row", "1/s", ours).expect("figures");
        if yardstick.is_empty() {
            row
        } else {
            row.by("a yardstick", yardstick, ours).expect("figures")
        }
    }

    #[test]
    fn each_row_has_one_goal_at_most() {
        for goal in GOALS {
            assert_eq!(GOALS.iter().filter(|other| other.id == goal.id).count(), 1, "{goal:?}");
        }
    }

    #[test]
    fn a_goal_is_met_by_the_median_of_the_pairs() {
        let goal = Goal::of("create-postgres/128-best").expect("a goal");
        assert_eq!(goal.is_met(&row("r", &[18.0, 1.0, 20.0], &[10.0; 3])), Some(true));
        assert_eq!(goal.is_met(&row("r", &[18.0, 1.0, 17.0], &[10.0; 3])), Some(false));
        assert_eq!(goal.text("1/s"), "≥ 1.8 ×");
    }

    #[test]
    fn a_goal_of_a_ratio_says_nothing_where_there_was_no_yardstick() {
        let goal = Goal::of("create-postgres/128-best").expect("a goal");
        assert_eq!(goal.is_met(&row("r", &[18.0], &[])), None);
    }

    #[test]
    fn a_goal_of_roster_alone_needs_no_yardstick() {
        let goal = Goal::of("footprint/cold-start").expect("a goal");
        assert_eq!(goal.is_met(&row("r", &[99.0], &[])), Some(true));
        assert_eq!(goal.is_met(&row("r", &[101.0], &[])), Some(false));
        assert_eq!(goal.text("ms"), "≤ 100 ms");
    }
}
