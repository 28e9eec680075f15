//! Orders as SQL: what [`Sort::compare`] says, and the ids where that is no difference.

use roster_application::ports::Place;
use roster_domain::scim::{Kind, Operator, ResourceType, Sort, SortKey};
use sqlx::{QueryBuilder, Sqlite};

use super::filter::{push_moment, symbol};
use super::paths::{alias, elements, of_element, way_to};

/// What a record is sorted by; null for whoever has no such value.
fn key(of: ResourceType, sort: &Sort) -> String {
    let path = &sort.path;
    if path.attribute().is_many {
        // The primary one, or else the first.
        format!(
            "(SELECT {} FROM {} \
              ORDER BY CASE WHEN e.type = 'object' THEN json_extract(e.value, '$.\"primary\"') END IS TRUE DESC, e.key \
              LIMIT 1)",
            of_element(path),
            elements(of, path),
        )
    } else {
        format!("json_extract({}.search, {})", alias(of), way_to(path))
    }
}

/// Adds the order.
pub(super) fn push_order(query: &mut QueryBuilder<Sqlite>, of: ResourceType, sort: Option<&Sort>) {
    if let Some(sort) = sort {
        let direction = if sort.is_descending {
            " DESC NULLS FIRST, "
        } else {
            " ASC NULLS LAST, "
        };
        query.push(key(of, sort)).push(direction);
    }
    query.push(alias(of)).push(".id");
}

/// Adds that a record comes behind a place.
pub(super) fn push_behind(query: &mut QueryBuilder<Sqlite>, of: ResourceType, sort: Option<&Sort>, place: &Place) {
    query.push("(");
    match sort {
        None => push_next(query, of, place),
        Some(sort) => push_behind_key(query, of, sort, place),
    }
    query.push(")");
}

fn push_behind_key(query: &mut QueryBuilder<Sqlite>, of: ResourceType, sort: &Sort, place: &Place) {
    let key = key(of, sort);
    match (&place.key, sort.is_descending) {
        (None, false) => {
            query.push(&key).push(" IS NULL AND ");
            push_next(query, of, place);
        }
        (None, true) => {
            query.push(&key).push(" IS NOT NULL OR ");
            push_next(query, of, place);
        }
        (Some(at), is_descending) => {
            let behind = if is_descending {
                Operator::Less
            } else {
                Operator::Greater
            };
            push_compare(query, &key, sort, behind, at);
            query.push(" OR (");
            push_compare(query, &key, sort, Operator::Equal, at);
            query.push(" AND ");
            push_next(query, of, place);
            query.push(")");
            if !is_descending {
                query.push(" OR ").push(&key).push(" IS NULL");
            }
        }
    }
}

/// Of those that are sorted by the same, the ones with greater ids.
fn push_next(query: &mut QueryBuilder<Sqlite>, of: ResourceType, place: &Place) {
    query.push(alias(of)).push(".id > ").push_bind(place.id);
}

/// A key compares so with another, which may be of another kind if somebody made up the place: kinds have an order, too.
fn push_compare(query: &mut QueryBuilder<Sqlite>, key: &str, sort: &Sort, operator: Operator, at: &SortKey) {
    let kind = match sort.path.leaf().kind {
        Kind::Boolean => 0,
        Kind::DateTime => 1,
        Kind::String | Kind::Binary | Kind::Reference | Kind::Complex => 2,
    };
    let of_other_kind = |other: i32| match operator {
        Operator::Less => kind < other,
        Operator::Greater => kind > other,
        _ => false,
    };
    let compared = match at {
        SortKey::Boolean(flag) if kind == 0 => {
            push_symbol(query, key, operator);
            query.push_bind(*flag);
            return;
        }
        SortKey::DateTime(moment) if kind == 1 => return push_moment(query, key, operator, *moment),
        SortKey::Text(text) if kind == 2 => {
            push_symbol(query, key, operator);
            query.push_bind(text.clone());
            return;
        }
        SortKey::Boolean(_) => of_other_kind(0),
        SortKey::DateTime(_) => of_other_kind(1),
        SortKey::Text(_) => of_other_kind(2),
    };
    if compared {
        query.push(key).push(" IS NOT NULL");
    } else {
        query.push("FALSE");
    }
}

fn push_symbol(query: &mut QueryBuilder<Sqlite>, key: &str, operator: Operator) {
    query.push(key).push(symbol(operator).unwrap_or(" = "));
}
