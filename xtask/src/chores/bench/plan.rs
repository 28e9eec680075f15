//! How much is measured, and what stands for what in requests and statements.

/// Stands in requests, and in what was captured of them, for a token: twelve hexadecimal digits.
pub(super) const MARK: &str = "{n}";

/// A number that no slice and no filling comes to.
pub(super) const APART: u64 = 0xfec0_0000_0000;

/// How many calls to vendors are under way at once, of Roster's and of the bare loop's.
pub(super) const AT_ONCE: u32 = 64;

/// The extent of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// Of one slice: one measurement of one side of a pair.
    pub(super) seconds: u32,
    pub(super) pairs: u32,
    /// Whether the run is to show only that the tool works.
    pub(super) is_quick: bool,
    pub(super) is_large: bool,
}

impl Plan {
    /// At how many clients writes are measured.
    pub(super) fn clients(self) -> &'static [u32] {
        if self.is_quick { &[1, 32] } else { &[1, 8, 32, 128] }
    }

    /// How many users there are to read.
    pub(super) fn users(self) -> u64 {
        if self.is_quick { 1_000 } else { 10_000 }
    }

    /// How many users a backlog has, at four vendors each.
    pub(super) fn backlog(self) -> u64 {
        if self.is_quick { 200 } else { 10_000 }
    }

    /// How many users there are before and after growth.
    pub(super) fn sizes(self) -> &'static [u64] {
        match self {
            Self { is_quick: true, .. } => &[1_000, 5_000],
            Self { is_large: true, .. } => &[10_000, 1_000_000, 10_000_000],
            _ => &[10_000, 1_000_000],
        }
    }
}

/// Tokens that were never given out: every slice takes so many that the next begins behind all of its own.
#[derive(Debug)]
pub(super) struct Counter(u64);

impl Counter {
    /// A slice is far from a billion requests.
    const SLICE: u64 = 1 << 30;

    /// Behind what a database is filled with.
    pub(super) const fn new() -> Self {
        Self(Self::SLICE)
    }

    /// The first token of a slice.
    pub(super) fn next(&mut self) -> u64 {
        let first = self.0;
        self.0 += Self::SLICE;
        first
    }
}

/// A number as a token.
pub(super) fn token(number: u64) -> String {
    format!("{number:012x}")
}

#[cfg(test)]
mod tests {
    use super::{Counter, token};

    #[test]
    fn no_two_slices_share_a_token_nor_one_with_what_is_there() {
        let mut counter = Counter::new();
        let (one, other) = (counter.next(), counter.next());
        assert!(one > 10_000_000 && other - one >= 1_000_000_000);
    }

    #[test]
    fn a_token_has_twelve_digits_even_after_very_many_slices() {
        let mut counter = Counter::new();
        let last = (0..10_000).map(|_| counter.next()).last().expect("slices");
        assert_eq!((token(1).as_str(), token(last).len()), ("000000000001", 12));
    }
}
