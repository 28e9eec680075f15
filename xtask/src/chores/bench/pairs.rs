//! Pairs: a slice of the yardstick, then a slice of Roster, and again.

use anyhow::Result;

use crate::{progress, signals};

/// What both did, a figure for each pair.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    pub(super) ours: Vec<f64>,
    pub(super) yardstick: Vec<f64>,
}

impl Pairs {
    /// Measures so many pairs, and says how it goes on.
    pub(super) fn measure(
        count: u32,
        what: &str,
        unit: &str,
        mut yardstick: impl FnMut() -> Result<f64>,
        mut ours: impl FnMut() -> Result<f64>,
    ) -> Result<Self> {
        let mut pairs = Self::default();
        for pair in 1..=count {
            signals::check()?;
            let its = yardstick()?;
            let our = ours()?;
            progress::note(&format!(
                "pair {pair}: {what}: Roster {our:.1} {unit}, yardstick {its:.1} {unit}"
            ));
            pairs.yardstick.push(its);
            pairs.ours.push(our);
        }
        Ok(pairs)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::Pairs;

    #[test]
    fn the_yardstick_comes_first_and_the_two_alternate() {
        let step = Cell::new(0.0);
        let next = || {
            step.set(step.get() + 1.0);
            Ok(step.get())
        };
        let pairs = Pairs::measure(3, "steps", "", next, next).expect("pairs");
        assert_eq!(pairs.yardstick, [1.0, 3.0, 5.0]);
        assert_eq!(pairs.ours, [2.0, 4.0, 6.0]);
    }

    #[test]
    fn a_failure_of_either_ends_it() {
        assert!(Pairs::measure(1, "", "", || Ok(1.0), || anyhow::bail!("no")).is_err());
        assert!(Pairs::measure(1, "", "", || anyhow::bail!("no"), || Ok(1.0)).is_err());
    }
}
