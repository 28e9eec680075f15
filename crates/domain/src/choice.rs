//! Fields that are one of a list of words, in somebody's spelling.

/// Defines an enumeration whose values are words: `name()`, `Display` and `FromStr` use exactly this spelling, and what
/// is none of them breaks [`crate::Rule::OneOf`].
macro_rules! choice {
    ($(#[$doc:meta])* $type:ident { $($(#[$value_doc:meta])* $value:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $($(#[$value_doc])* $value,)+
        }

        impl $type {
            /// Every value, in the order in which they are listed.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The names of all values, in the same order.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// The name of the value.
            #[must_use]
            pub const fn name(self) -> &'static str {
                Self::NAMES[self as usize]
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::violation::Fault;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                use $crate::violation::{Fault, Given, Rule};

                let found = Self::ALL.iter().copied().find(|value| value.name() == text);
                found.ok_or_else(|| Fault::new(Rule::OneOf { allowed: Self::NAMES }, Given::value(text)))
            }
        }
    };
}
pub(crate) use choice;
