//! Which statements Roster sends, with their values: what PostgreSQL itself logs while one request is made. So the
//! yardstick runs what Roster runs, whatever that is by now.

use anyhow::{Result, bail};

/// What a prepared statement's execution is logged as, and what its values are.
const EXECUTED: &str = " LOG:  execute ";
const VALUES: &str = " DETAIL:  ";

/// One statement with one set of values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    pub(super) sql: String,
    /// `$1` comes first; `None` is NULL.
    pub(super) values: Vec<Option<String>>,
}

/// The prepared statements that were executed in a database, in the log's order.
pub(super) fn statements(log: &str, database: &str) -> Result<Vec<Statement>> {
    let mut found: Vec<(String, Statement)> = Vec::new();
    for entry in entries(log) {
        // The prefix is `time [process] database`, as the cluster's settings say.
        let Some((prefix, rest)) = split(&entry) else { continue };
        if !prefix.ends_with(&format!("] {database}")) {
            continue;
        }
        let process = prefix.rsplit_once('[').map_or("", |(_, process)| process).to_owned();
        match rest {
            Said::Executed(text) => {
                let sql = text.split_once(": ").map_or(text, |(_, sql)| sql).trim().to_owned();
                found.push((
                    process,
                    Statement {
                        sql,
                        values: Vec::new(),
                    },
                ));
            }
            Said::Values(text) => {
                let of_process = found.iter_mut().rev().find(|(of, _)| *of == process);
                if let Some((_, statement)) = of_process {
                    statement.values = values(text)?;
                }
            }
        }
    }
    Ok(found.into_iter().map(|(_, statement)| statement).collect())
}

enum Said<'text> {
    Executed(&'text str),
    Values(&'text str),
}

fn split(entry: &str) -> Option<(&str, Said<'_>)> {
    if let Some((prefix, text)) = entry.split_once(EXECUTED) {
        return Some((prefix, Said::Executed(text)));
    }
    let (prefix, text) = entry.split_once(VALUES)?;
    // Newer releases write it with a capital.
    let text = text
        .strip_prefix("parameters: ")
        .or_else(|| text.strip_prefix("Parameters: "))?;
    Some((prefix, Said::Values(text)))
}

/// Lines that begin with a tab go on with the entry before them.
fn entries(log: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in log.lines() {
        match (line.strip_prefix('\t'), entries.last_mut()) {
            (Some(more), Some(entry)) => {
                entry.push('\n');
                entry.push_str(more);
            }
            _ => entries.push(line.to_owned()),
        }
    }
    entries
}

/// The values of `$1 = 'it''s', $2 = NULL`.
fn values(text: &str) -> Result<Vec<Option<String>>> {
    let mut found = Vec::new();
    let mut rest = text.trim_end();
    while !rest.is_empty() {
        let label = format!("${} = ", found.len() + 1);
        let Some(value) = rest.strip_prefix(&label) else {
            bail!("the log has values that cannot be read, at {rest:?}");
        };
        if let Some(after) = value.strip_prefix("NULL") {
            found.push(None);
            rest = after;
        } else {
            let Some((text, after)) = value.strip_prefix('\'').and_then(unquoted) else {
                bail!("the log has a value that does not end, at {value:?}");
            };
            found.push(Some(text));
            rest = after;
        }
        rest = rest.strip_prefix(", ").unwrap_or(rest);
    }
    Ok(found)
}

/// What stands before the closing quotation mark, and what comes after it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('\'')?;
        value.push_str(before);
        let Some(more) = after.strip_prefix('\'') else {
            return Some((value, after));
        };
        value.push('\'');
        rest = more;
    }
}

#[cfg(test)]
mod tests {
    use super::{Statement, statements, values};

    const LOG: &str = "\
2026-11-21 06:00:00.000 UTC [71] bench LOG:  execute sqlx_s_2: SELECT 1
\tFROM users
\t  WHERE id = $1
2026-11-21 06:00:00.001 UTC [72] bench LOG:  execute <unnamed>: INSERT INTO a VALUES ($1, $2, $3)
2026-11-21 06:00:00.001 UTC [71] bench DETAIL:  parameters: $1 = 'x'
2026-11-21 06:00:00.001 UTC [72] bench DETAIL:  Parameters: $1 = 'it''s, $2 = ', $2 = NULL, $3 = ''
2026-11-21 06:00:00.002 UTC [72] bench LOG:  statement: SELECT 2
2026-11-21 06:00:00.002 UTC [73] other LOG:  execute sqlx_s_1: SELECT 3
";

    #[test]
    fn statements_are_told_with_their_own_values() {
        let expected = [
            Statement {
                sql: "SELECT 1\nFROM users\n  WHERE id = $1".to_owned(),
                values: vec![Some("x".to_owned())],
            },
            Statement {
                sql: "INSERT INTO a VALUES ($1, $2, $3)".to_owned(),
                values: vec![Some("it's, $2 = ".to_owned()), None, Some(String::new())],
            },
        ];
        assert_eq!(statements(LOG, "bench").expect("statements"), expected);
    }

    #[test]
    fn values_that_cannot_be_read_are_an_error() {
        for text in ["$2 = 'x'", "$1 = 'x", "$1 = x"] {
            assert!(values(text).is_err(), "{text}");
        }
    }
}
