//! Writes of users that wait for others.

use roster_application::ports::{ChangeRecord, Sealed, UserWrite};
use roster_domain::User;
use uuid::Uuid;

/// A write of a user that outlives whoever asked for it.
pub(crate) struct OwnedWrite {
    pub(super) user: User,
    pub(super) password: Option<Sealed>,
    pub(super) change: ChangeRecord,
}

impl OwnedWrite {
    pub(super) fn of(write: UserWrite<'_>) -> Self {
        Self {
            user: write.user.clone(),
            password: write.password.cloned(),
            change: write.change.clone(),
        }
    }

    /// By what the database tells users apart.
    pub(super) fn key(&self) -> (Uuid, Uuid) {
        (self.user.organization_id.uuid(), self.user.id.uuid())
    }
}

/// A list as PostgreSQL writes it, for columns of lists: `unnest` would take an array of arrays apart to the last.
///
/// See the manual, 8.15.6 "Array Input and Output Syntax".
pub(super) fn array_literal<T: AsRef<str>>(values: &[T]) -> String {
    let mut literal = String::from("{");
    for (place, value) in values.iter().enumerate() {
        literal.push_str(if place == 0 { "\"" } else { ",\"" });
        for character in value.as_ref().chars() {
            if matches!(character, '"' | '\\') {
                literal.push('\\');
            }
            literal.push(character);
        }
        literal.push('"');
    }
    literal.push('}');
    literal
}

#[cfg(test)]
mod tests {
    use super::array_literal;

    #[test]
    fn lists_are_written_so_that_nothing_in_them_is_taken_for_syntax() {
        let none: [&str; 0] = [];

        assert_eq!(array_literal(&none), "{}");
        assert_eq!(array_literal(&["a", "", "NULL"]), r#"{"a","","NULL"}"#);
        assert_eq!(array_literal(&[r#"say "x", {y} \ z"#]), r#"{"say \"x\", {y} \\ z"}"#);
    }
}
