//! What is told of repeated measurements: the least, the median and the most, and never a single figure.

use serde_json::{Value, json};

/// The spread of one figure over all pairs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) min: f64,
    pub(super) median: f64,
    pub(super) max: f64,
    pub(super) count: usize,
}

impl Summary {
    /// Of at least one finite figure; of none there is nothing to tell.
    pub(super) fn of(figures: &[f64]) -> Option<Self> {
        if figures.is_empty() || figures.iter().any(|figure| !figure.is_finite()) {
            return None;
        }
        let mut sorted = figures.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = if sorted.len().is_multiple_of(2) {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        } else {
            sorted[middle]
        };
        Some(Self {
            min: sorted[0],
            median,
            max: sorted[sorted.len() - 1],
            count: sorted.len(),
        })
    }

    pub(super) fn json(&self) -> Value {
        json!({ "min": self.min, "median": self.median, "max": self.max, "count": self.count })
    }
}

/// Each of `ours` by the yardstick of the same pair. What a machine does at one moment burdens both of a pair alike, so
/// that their ratio is steadier than either.
pub(super) fn ratios(ours: &[f64], yardstick: &[f64]) -> Vec<f64> {
    ours.iter().zip(yardstick).map(|(our, its)| our / its).collect()
}

/// The least figure that at least `percent` of the sorted ones do not exceed.
pub(super) fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::{Summary, percentile, ratios};

    #[test]
    fn the_median_is_the_middle_one_or_between_the_middle_two() {
        for (figures, median) in [
            (vec![3.0, 1.0, 2.0], 2.0),
            (vec![4.0, 1.0, 3.0, 2.0], 2.5),
            (vec![7.0], 7.0),
        ] {
            let summary = Summary::of(&figures).expect("figures");
            assert!(
                (summary.median - median).abs() < f64::EPSILON,
                "{figures:?}: {summary:?}"
            );
            assert_eq!(summary.count, figures.len());
        }
    }

    #[test]
    fn of_no_figures_or_of_one_that_is_none_nothing_is_told() {
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Summary::of(&[1.0, f64::NAN]), None);
        assert_eq!(Summary::of(&[1.0, f64::INFINITY]), None);
    }

    #[test]
    fn ratios_are_those_of_each_pair() {
        assert_eq!(ratios(&[2.0, 9.0], &[1.0, 3.0]), [2.0, 3.0]);
    }

    #[test]
    fn a_percentile_is_a_figure_that_was_measured() {
        let sorted: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!(percentile(&sorted, 50), Some(100.0));
        assert_eq!(percentile(&sorted, 99), Some(198.0));
        assert_eq!(percentile(&sorted, 100), Some(200.0));
        assert_eq!(percentile(&[], 50), None);
    }
}
