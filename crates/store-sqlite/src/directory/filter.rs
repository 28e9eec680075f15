//! Filters as SQL: what [`Filter::matches`] says, worked out by the database.
//!
//! Where a value is not there, SQL says neither yes nor no. That is as good as no wherever nothing is negated, and a negation
//! makes it a no first.

use roster_application::directory::stored;
use roster_domain::Timestamp;
use roster_domain::scim::{Comparison, Filter, Operand, Operator, Path, ResourceType};
use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use super::paths::{alias, elements, of_element, way_to};

/// A condition that is being put together.
pub(super) struct Search<'q> {
    pub(super) query: &'q mut QueryBuilder<Sqlite>,
    pub(super) of: ResourceType,
    pub(super) organization: Uuid,
}

/// What a condition is about: a record, or one of several values of an attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// The record.
    Record,
    /// One value `e` out of the record's JSON.
    Element,
    /// A group `g` of those that users are in, or a row `m` of who is in which group where groups are searched.
    Membership,
}

impl Search<'_> {
    /// Adds a filter of records.
    pub(super) fn push(&mut self, filter: &Filter) {
        self.push_of(Subject::Record, filter);
    }

    fn push_of(&mut self, subject: Subject, filter: &Filter) {
        match filter {
            Filter::And(all) => self.push_joined(subject, all, " AND ", "TRUE"),
            Filter::Or(some) => self.push_joined(subject, some, " OR ", "FALSE"),
            Filter::Not(filter) => {
                self.query.push("((");
                self.push_of(subject, filter);
                self.query.push(") IS NOT TRUE)");
            }
            Filter::Present(path) => self.push_present(subject, path),
            Filter::Compare(comparison) => self.push_compare(subject, comparison),
            Filter::Each(path, filter) if subject == Subject::Record => self.push_each(path, filter),
            // The grammar has no brackets within brackets.
            Filter::Each(_, filter) => self.push_of(subject, filter),
        }
    }

    /// Halves the list again and again: SQLite allows a tree to be a thousand levels deep, and a chain has as many levels
    /// as parts.
    fn push_joined(&mut self, subject: Subject, filters: &[Filter], word: &str, none: &str) {
        match filters {
            [] => {
                self.query.push(none);
            }
            [filter] => self.push_of(subject, filter),
            _ => {
                let (left, right) = filters.split_at(filters.len() / 2);
                self.query.push("(");
                self.push_joined(subject, left, word, none);
                self.query.push(word);
                self.push_joined(subject, right, word, none);
                self.query.push(")");
            }
        }
    }

    fn push_each(&mut self, path: &Path, filter: &Filter) {
        match (self.is_membership(path), filter) {
            (true, Filter::Compare(comparison)) if self.push_member(comparison) => {}
            (is_membership, filter) => self.push_exists(path, is_membership, |search, subject| {
                search.push_of(subject, filter);
            }),
        }
    }

    fn push_present(&mut self, subject: Subject, path: &Path) {
        let is_membership = self.is_membership(path);
        match (subject, path.part()) {
            (Subject::Record, _) if is_membership || path.attribute().is_many => {
                self.push_exists(path, is_membership, |search, subject| {
                    search.push_present(subject, path);
                });
            }
            (Subject::Record, _) => {
                let sql = format!("json_type({}.search, {}) IS NOT NULL", alias(self.of), way_to(path));
                self.query.push(sql);
            }
            (_, None) => {
                self.query.push("TRUE");
            }
            (Subject::Element, Some(_)) => {
                self.query.push(of_element(path)).push(" IS NOT NULL");
            }
            (Subject::Membership, Some(part)) => {
                let sql = self.of_membership(part.name);
                self.query.push(sql).push(" IS NOT NULL");
            }
        }
    }

    fn push_compare(&mut self, subject: Subject, comparison: &Comparison) {
        let path = &comparison.path;
        match subject {
            Subject::Record if self.is_membership(path) => {
                if !self.push_member(comparison) {
                    self.push_exists(path, true, |search, subject| search.push_compare(subject, comparison));
                }
            }
            Subject::Record if path.attribute().is_many => {
                self.push_exists(path, false, |search, subject| search.push_compare(subject, comparison));
            }
            Subject::Record if is_equal(comparison) && path.names() == ["id"] => {
                self.query
                    .push(alias(self.of))
                    .push(".id = ")
                    .push_bind(id_of(&comparison.operand));
            }
            Subject::Record => {
                let value = format!("json_extract({}.search, {})", alias(self.of), way_to(path));
                self.push_holds(&value, comparison);
            }
            Subject::Element => self.push_holds(&of_element(path), comparison),
            Subject::Membership => match path.part() {
                Some(part) => {
                    let value = self.of_membership(part.name);
                    self.push_holds(&value, comparison);
                }
                None => {
                    self.query.push("FALSE");
                }
            },
        }
    }

    /// Whether an attribute says who is in which group, which is kept in a table of its own.
    fn is_membership(&self, path: &Path) -> bool {
        let name = match self.of {
            ResourceType::User => "groups",
            ResourceType::Group => "members",
        };
        path.names() == [name]
    }

    /// A part of a membership.
    fn of_membership(&self, part: &str) -> String {
        let value = match (self.of, part) {
            (ResourceType::User, "value") => return text_of_id("g.id"),
            (ResourceType::User, "display") => "json_extract(g.search, '$.\"displayName\"')",
            (ResourceType::User, "type") => "'direct'",
            (ResourceType::Group, "value") => return text_of_id("m.user_id"),
            (ResourceType::Group, "type") => "'user'",
            _ => "NULL",
        };
        value.to_owned()
    }

    /// One of several values meets a condition.
    fn push_exists(&mut self, path: &Path, is_membership: bool, condition: impl FnOnce(&mut Self, Subject)) {
        if !is_membership {
            let rows = elements(self.of, path);
            self.query.push("EXISTS (SELECT 1 FROM ").push(rows).push(" WHERE (");
            condition(self, Subject::Element);
            self.query.push("))");
            return;
        }
        // The subquery does not depend on the record, so that it runs once. One that does opens its tables for each record
        // anew, and to open one takes SQLite as long as there are others open: the square of the number of terms.
        match self.of {
            ResourceType::User => {
                self.push_in_organization("u.id IN (SELECT m.user_id FROM group_members m WHERE m.organization_id = ");
                self.push_in_organization(" AND m.group_id IN (SELECT g.id FROM groups g WHERE g.organization_id = ");
                self.query.push(" AND (");
                condition(self, Subject::Membership);
                self.query.push(")))");
            }
            ResourceType::Group => {
                self.push_in_organization("g.id IN (SELECT m.group_id FROM group_members m WHERE m.organization_id = ");
                self.query.push(" AND (");
                condition(self, Subject::Membership);
                self.query.push("))");
            }
        }
    }

    fn push_in_organization(&mut self, sql: &str) {
        self.query.push(sql).push_bind(self.organization);
    }

    /// Who is in one group, or the groups that one user is in, if that is what is asked for: by an index from that one on.
    fn push_member(&mut self, comparison: &Comparison) -> bool {
        let is_value = comparison.path.part().is_some_and(|part| part.name == "value");
        if !is_value || !is_equal(comparison) {
            return false;
        }
        let (own, other) = match self.of {
            ResourceType::User => ("user_id", "group_id"),
            ResourceType::Group => ("group_id", "user_id"),
        };
        let sql = format!(
            "{}.id IN (SELECT m.{own} FROM group_members m WHERE m.{other} = ",
            alias(self.of)
        );
        self.query.push(sql).push_bind(id_of(&comparison.operand));
        self.query
            .push(" AND m.organization_id = ")
            .push_bind(self.organization);
        self.query.push(")");
        true
    }

    /// A value compares so.
    fn push_holds(&mut self, value: &str, comparison: &Comparison) {
        match (&comparison.operand, comparison.operator) {
            (Operand::Text(text), Operator::Contains) => {
                self.query
                    .push("instr(")
                    .push(value)
                    .push(", ")
                    .push_bind(text.clone())
                    .push(") > 0");
            }
            (Operand::Text(text), Operator::StartsWith) => {
                self.query
                    .push("substr(")
                    .push(value)
                    .push(", 1, length(")
                    .push_bind(text.clone());
                self.query.push(")) = ").push_bind(text.clone());
            }
            (Operand::Text(text), Operator::EndsWith) => {
                self.query.push("substr(").push(value).push(", length(").push(value);
                self.query.push(") - length(").push_bind(text.clone()).push(") + 1) = ");
                self.query.push_bind(text.clone());
            }
            (Operand::Text(text), operator) => match symbol(operator) {
                Some(symbol) => {
                    self.query.push(value).push(symbol).push_bind(text.clone());
                }
                None => {
                    self.query.push("FALSE");
                }
            },
            (Operand::Boolean(flag), Operator::Equal) => {
                self.query.push(value).push(" = ").push_bind(*flag);
            }
            (Operand::DateTime(moment), operator) => push_moment(self.query, value, operator, *moment),
            (Operand::Boolean(_), _) => {
                self.query.push("FALSE");
            }
        }
    }
}

/// A moment compares so. One between two microseconds is equal to none that is stored, and those before it are those up to
/// the first of the two.
pub(super) fn push_moment(query: &mut QueryBuilder<Sqlite>, value: &str, operator: Operator, moment: Timestamp) {
    let symbol = match (stored::micros(moment), operator) {
        ((_, true), Operator::Equal) => None,
        ((_, true), Operator::GreaterOrEqual) => Some(" > "),
        ((_, true), Operator::Less) => Some(" <= "),
        (_, operator) => symbol(operator),
    };
    match symbol {
        Some(symbol) => query.push(value).push(symbol).push_bind(stored::micros(moment).0),
        None => query.push("FALSE"),
    };
}

/// How SQL compares by the order of two values.
pub(super) const fn symbol(operator: Operator) -> Option<&'static str> {
    match operator {
        Operator::Equal => Some(" = "),
        Operator::Greater => Some(" > "),
        Operator::GreaterOrEqual => Some(" >= "),
        Operator::Less => Some(" < "),
        Operator::LessOrEqual => Some(" <= "),
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => None,
    }
}

fn is_equal(comparison: &Comparison) -> bool {
    comparison.operator == Operator::Equal
}

/// The id that is meant, if it is written as ids are; nothing is equal to another text.
fn id_of(operand: &Operand) -> Option<Uuid> {
    match operand {
        Operand::Text(text) => Uuid::try_parse(text).ok().filter(|id| id.to_string() == *text),
        Operand::Boolean(_) | Operand::DateTime(_) => None,
    }
}

/// An id as it is written.
fn text_of_id(column: &str) -> String {
    let hex = format!("lower(hex({column}))");
    let parts = [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)];
    let parts = parts.map(|(from, length)| format!("substr({hex}, {from}, {length})"));
    format!("({})", parts.join(" || '-' || "))
}
