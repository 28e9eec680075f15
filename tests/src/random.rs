//! Chance that can be repeated: every random choice of a test comes from one seed, which is printed.

/// A generator of random numbers (`SplitMix64`). Not for secrets.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The environment variable that sets the seed, to repeat a run that failed.
    pub const VARIABLE: &'static str = "E2E_SEED";

    /// Takes the seed from the environment or makes one, and prints it; what a test prints is shown when it fails.
    pub fn seeded() -> Self {
        let seed = match std::env::var(Self::VARIABLE) {
            Ok(text) => text.parse().expect("E2E_SEED is a number"),
            Err(_) => Self::fresh().0,
        };
        println!("repeat this run with {}={seed}", Self::VARIABLE);
        Self(seed)
    }

    /// A generator with a seed of its own, for what a test's outcome does not depend on.
    pub fn fresh() -> Self {
        Self(u64::from_str_radix(&crate::clock::fresh()[..16], 16).expect("hexadecimal digits"))
    }

    /// Another generator, whose numbers follow from the same seed: for a task of its own.
    #[must_use]
    pub fn split(&mut self) -> Self {
        Self(self.below(u64::MAX))
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}
