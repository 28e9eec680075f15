//! What pgbench runs: a statement as Roster sent it, with values that are new each time where Roster's were.
//!
//! Roster is asked the same twice, with two tokens. What is the same in both statements stays as it is; where a value
//! has the token, or an id that Roster made, pgbench gets an expression that makes another one for each transaction. Ids
//! are made in the order of time, as Roster makes them, so that both write to the same places of the indexes.

use anyhow::{Context, Result, bail};

use super::capture::Statement;
use super::plan::MARK;

/// How long an id is as text.
const UUID: usize = 36;
/// Stands for one.
const ID: &str = "{u}";
/// The token of a transaction.
const TOKEN: &str = "lpad(to_hex(:n::bigint), 12, '0')";

/// A script and the variables that it is run with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Script {
    /// What chooses the transaction's token.
    choice: &'static str,
    /// The statement itself.
    sql: String,
    pub(super) variables: Vec<(String, String)>,
}

impl Script {
    /// What is measured.
    pub(super) fn text(&self) -> String {
        format!("{}{};\n", self.choice, self.sql)
    }

    /// The same statement, failing unless it finds something: a yardstick that finds nobody would be a fast one.
    pub(super) fn proof(&self) -> String {
        format!(
            "{}SELECT count(*) AS found FROM ({}) AS proved \\gset\n\\set proof 1 / :found\n",
            self.choice, self.sql
        )
    }
}

/// Which tokens the transactions have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Each {
    /// One that no other had.
    Once,
    /// Any of those up to `:first`.
    Among,
}

/// A value that pgbench sends.
#[derive(Debug, PartialEq)]
enum Value {
    Null,
    Same(String),
    /// With marks where the token stands, and `{u}` where an id does.
    Varying(String),
}

/// From the same statement with two tokens, and the types of its parameters.
pub(super) fn script(
    one: (&Statement, &str),
    other: (&Statement, &str),
    types: &[String],
    each: Each,
) -> Result<Script> {
    let (statement, _) = one;
    if statement.sql != other.0.sql || statement.values.len() != types.len() {
        bail!(
            "the same request led to two statements:\n{}\n{}",
            statement.sql,
            other.0.sql
        );
    }
    let mut variables = Vec::new();
    let mut expressions = Vec::new();
    for (index, kind) in types.iter().enumerate() {
        let number = index + 1;
        let pair = (statement.values[index].as_deref(), other.0.values[index].as_deref());
        let value = value(pair, (one.1, other.1)).with_context(|| format!("${number} of\n{}", statement.sql))?;
        let name = format!("v{number}");
        expressions.push(match &value {
            Value::Null => "NULL".to_owned(),
            Value::Same(_) => format!(":{name}"),
            Value::Varying(text) => format!("{}::{kind}", varying(&name, text, number)),
        });
        if let Value::Same(text) | Value::Varying(text) = value {
            variables.push((name, text));
        }
    }
    let choice = match each {
        Each::Once => "\\set n :first + :sent * 256 + :client_id\n\\set sent :sent + 1\n",
        Each::Among => "\\set n random(1, :first)\n",
    };
    Ok(Script {
        choice,
        sql: filled(&statement.sql, &expressions)?,
        variables,
    })
}

/// An expression for a value that is another one for each transaction, with no more in it than the value needs.
fn varying(name: &str, text: &str, number: usize) -> String {
    let mut expression = format!(":{name}");
    if text.contains(ID) {
        // Ids of one statement differ in their third group.
        let id = format!(":moment || lpad(to_hex({number}), 3, '0') || '-8000-' || {TOKEN}");
        expression = format!("replace({expression}, '{ID}', {id})");
    }
    if text.contains(MARK) {
        expression = format!("replace({expression}, '{MARK}', {TOKEN})");
    }
    format!("({expression})")
}

fn value(pair: (Option<&str>, Option<&str>), tokens: (&str, &str)) -> Result<Value> {
    let (one, other) = match pair {
        (None, None) => return Ok(Value::Null),
        (Some(one), Some(other)) if one == other => return Ok(Value::Same(one.to_owned())),
        (Some(one), Some(other)) => (one.replace(tokens.0, MARK), other.replace(tokens.1, MARK)),
        _ => bail!("one has a value, and one has none"),
    };
    let (ours, its) = (without_ids(&one, &other), without_ids(&other, &one));
    // What differs still may be a moment, of which any will do.
    if digits_aside(&ours) != digits_aside(&its) {
        bail!("{one:?} and {other:?} differ in something that is neither the token, nor an id, nor a moment");
    }
    if ours.contains(MARK) || ours.contains(ID) {
        return Ok(Value::Varying(ours));
    }
    Ok(Value::Same(its))
}

/// A moment without its digits, and without the point that stands before a fraction of a second where there is one.
fn digits_aside(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_ascii_digit() && *character != '.')
        .collect()
}

/// `one` with `{u}` for each id that is another one in `other`, at the same place.
fn without_ids(one: &str, other: &str) -> String {
    let mut text = String::new();
    let mut at = 0;
    while at < one.len() {
        let here = |whole: &str| whole.get(at..at + UUID).filter(|part| is_id(part)).map(str::to_owned);
        match (here(one), here(other)) {
            (Some(ours), Some(its)) if ours != its => {
                text.push_str(ID);
                at += UUID;
            }
            _ => {
                let next = one[at..].chars().next().map_or(1, char::len_utf8);
                text.push_str(&one[at..at + next]);
                at += next;
            }
        }
    }
    text
}

fn is_id(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

/// The statement with expressions for `$1` and so on.
fn filled(sql: &str, expressions: &[String]) -> Result<String> {
    let mut text = String::new();
    let mut parts = sql.split('$');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let end = part
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(part.len());
        let number: usize = part[..end]
            .parse()
            .with_context(|| format!("a `$` without a number in\n{sql}"))?;
        let expression = expressions.get(number.wrapping_sub(1));
        text.push_str(expression.with_context(|| format!("${number} has no value in\n{sql}"))?);
        text.push_str(&part[end..]);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{Each, Statement, Value, filled, script, value};

    const IDS: [&str; 2] = [
        "0199c0de-0000-7000-8000-00000000000a",
        "0199c0de-1111-7111-8111-11111111111b",
    ];

    fn statement(values: &[Option<&str>]) -> Statement {
        let marks: Vec<String> = (1..=values.len()).map(|number| format!("${number}")).collect();
        Statement {
            sql: format!("SELECT {}", marks.join(", ")),
            values: values.iter().map(|value| value.map(str::to_owned)).collect(),
        }
    }

    #[test]
    fn what_is_the_same_is_a_variable_and_what_varies_an_expression() {
        let one = statement(&[Some("Ann"), None, Some("ehr-aaaaaaaaaaaa"), Some(IDS[0])]);
        let other = statement(&[Some("Ann"), None, Some("ehr-bbbbbbbbbbbb"), Some(IDS[1])]);
        let types = ["text", "bytea", "text", "uuid"].map(str::to_owned);

        let script = script((&one, "aaaaaaaaaaaa"), (&other, "bbbbbbbbbbbb"), &types, Each::Once).expect("a script");
        let text = script.text();

        assert!(
            text.starts_with("\\set n :first + :sent * 256 + :client_id\n"),
            "{text}"
        );
        assert!(text.contains("SELECT :v1, NULL, (replace(:v3, '{n}', "), "{text}");
        assert!(text.ends_with("::uuid;\n"), "{text}");
        let variables: Vec<(&str, &str)> = script
            .variables
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(variables, [("v1", "Ann"), ("v3", "ehr-{n}"), ("v4", "{u}")]);
    }

    #[test]
    fn a_statement_that_finds_nobody_is_found_out() {
        let one = statement(&[Some("aaaaaaaaaaaa")]);
        let other = statement(&[Some("bbbbbbbbbbbb")]);
        let types = ["text".to_owned()];
        let script = script((&one, "aaaaaaaaaaaa"), (&other, "bbbbbbbbbbbb"), &types, Each::Among).expect("a script");
        let proof = script.proof();
        assert!(proof.contains("FROM (SELECT (replace(:v1, "), "{proof}");
        assert!(
            proof.ends_with(") AS proved \\gset\n\\set proof 1 / :found\n"),
            "{proof}"
        );
    }

    #[test]
    fn ids_and_tokens_are_found_inside_of_arrays_and_json() {
        let of = |id: &str, token: &str| format!("{{{id},x-{token}}}");
        let (one, other) = (of(IDS[0], "aaaaaaaaaaaa"), of(IDS[1], "bbbbbbbbbbbb"));
        let found = value((Some(&one), Some(&other)), ("aaaaaaaaaaaa", "bbbbbbbbbbbb")).expect("a value");
        assert_eq!(found, Value::Varying("{{u},x-{n}}".to_owned()));
    }

    #[test]
    fn a_moment_is_any_moment_alone_and_beside_a_token() {
        let (one, other) = ("2026-11-21 06:00:00.1+00", "2026-11-21 06:00:07.25+00");
        let tokens = ("aaaaaaaaaaaa", "bbbbbbbbbbbb");
        assert_eq!(
            value((Some(one), Some(other)), tokens).expect("a value"),
            Value::Same(other.to_owned())
        );
        let (one, other) = (
            r#"{"at":1763704800000001,"id":"aaaaaaaaaaaa"}"#,
            r#"{"at":1763704800000002,"id":"bbbbbbbbbbbb"}"#,
        );
        let found = value((Some(one), Some(other)), tokens).expect("a value");
        assert_eq!(
            found,
            Value::Varying(r#"{"at":1763704800000001,"id":"{n}"}"#.to_owned())
        );
    }

    #[test]
    fn what_differs_in_some_other_way_is_an_error() {
        let tokens = ("aaaaaaaaaaaa", "bbbbbbbbbbbb");
        for pair in [(Some("Ann"), Some("Bob")), (Some("Ann"), None)] {
            assert!(value(pair, tokens).is_err(), "{pair:?}");
        }
        assert!(script((&statement(&[]), "a"), (&statement(&[None]), "b"), &[], Each::Among).is_err());
    }

    #[test]
    fn each_parameter_gets_its_own_expression() {
        let expressions: Vec<String> = (1..=12).map(|number| format!("<{number}>")).collect();
        assert_eq!(
            filled("a $12::text, $1", &expressions).expect("filled"),
            "a <12>::text, <1>"
        );
        assert!(filled("$13", &expressions).is_err());
    }
}
