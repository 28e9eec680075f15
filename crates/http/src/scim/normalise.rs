//! Filters that are written otherwise than the parser reads them, in its words.

/// `emails[type eq "work"].value eq "x"`, which Entra ID writes, as `emails[(type eq "work") and value eq "x"]`; and `not(…)`, which
/// RFC 7644, figure 1, has without a blank, with the one that the parser wants. All other text stays as it is, what stands
/// in quotation marks above all; whether it is a filter is for the parser to say.
pub(super) fn normalise(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    // Where the bracket that is open was written.
    let mut open = None;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => quoted(rest),
            other if is_of_name(other) => word(rest, is_of_name),
            other => other.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        match (token, open) {
            ("[", _) => {
                open = Some(written.len());
                written.push('[');
            }
            ("]", Some(bracket)) => {
                open = None;
                match condition(rest) {
                    Some(length) => {
                        let (condition, after) = rest.split_at(length);
                        rest = after;
                        written.insert(bracket + 1, '(');
                        written.push_str(") and ");
                        written.push_str(&condition[1..]);
                        written.push(']');
                    }
                    None => written.push(']'),
                }
            }
            (token, _) => {
                written.push_str(token);
                if token.eq_ignore_ascii_case("not") && rest.starts_with('(') {
                    written.push(' ');
                }
            }
        }
    }
    written
}

/// Whether a character is part of a name, which may have a URN and another name in front.
fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || "_-$.:".contains(c)
}

/// How long the condition is that the text begins with, if it begins with one: a dot, a name, an operator and what is
/// compared with.
fn condition(text: &str) -> Option<usize> {
    let after_dot = text.strip_prefix('.')?;
    let name = word(after_dot, |c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let after_name = after_dot.get(name..)?;
    let first_gap = gap(after_name)?;
    let after_gap = after_name.get(first_gap..)?;
    let operator = word(after_gap, |c| c.is_ascii_alphabetic());
    let before_operand = 1 + name + first_gap + operator;
    if after_gap.get(..operator)?.eq_ignore_ascii_case("pr") {
        return Some(before_operand);
    }
    let after_operator = after_gap.get(operator..)?;
    let second_gap = gap(after_operator)?;
    let operand = after_operator.get(second_gap..)?;
    let length = if operand.starts_with('"') {
        quoted(operand)
    } else {
        word(operand, |c| !c.is_whitespace() && !"()[]".contains(c))
    };
    (name > 0 && operator > 0 && length > 0).then_some(before_operand + second_gap + length)
}

/// The bytes of blanks that the text begins with; `None` where there are none.
fn gap(text: &str) -> Option<usize> {
    let blanks = word(text, char::is_whitespace);
    (blanks > 0).then_some(blanks)
}

/// The bytes of such characters that the text begins with.
fn word(text: &str, is_in_it: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_in_it(c)).unwrap_or(text.len())
}

/// The bytes of the string in quotation marks that the text begins with; to the end of the text if it is not closed.
fn quoted(text: &str) -> usize {
    let mut is_escaped = false;
    let mut characters = text.char_indices().skip(1);
    let end = characters.find(|(_, c)| {
        let is_end = *c == '"' && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::entra(
        r#"emails[type eq "work"].value eq "a@b.c""#,
        r#"emails[(type eq "work") and value eq "a@b.c"]"#
    )]
    #[case::presence(r#"emails[type eq "work"].value pr"#, r#"emails[(type eq "work") and value pr]"#)]
    #[case::alternatives(
        r#"emails[type eq "work" or type eq "home"].value co "x""#,
        r#"emails[(type eq "work" or type eq "home") and value co "x"]"#
    )]
    #[case::within_another(
        r#"not (emails[type eq "work"].primary eq true) and title pr"#,
        r#"not (emails[(type eq "work") and primary eq true]) and title pr"#
    )]
    #[case::twice(
        r#"emails[type eq "work"].value eq "a" or emails[type eq "home"].value eq "b""#,
        r#"emails[(type eq "work") and value eq "a"] or emails[(type eq "home") and value eq "b"]"#
    )]
    #[case::quotation_marks(
        r#"emails[type eq "w]\".value eq \"x"].value eq "a\"].value eq b""#,
        r#"emails[(type eq "w]\".value eq \"x") and value eq "a\"].value eq b"]"#
    )]
    #[case::not_within(
        r#"emails[not(type eq "work")].value eq "a""#,
        r#"emails[(not (type eq "work")) and value eq "a"]"#
    )]
    fn a_condition_behind_brackets_goes_into_them(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(normalise(text), expected);
    }

    #[rstest]
    #[case::first("not(title pr) and active eq true", "not (title pr) and active eq true")]
    #[case::in_any_case("active eq true and NOT(title pr)", "active eq true and NOT (title pr)")]
    #[case::in_brackets(r#"emails[not(type eq "work")]"#, r#"emails[not (type eq "work")]"#)]
    #[case::in_itself("not(not(title pr))", "not (not (title pr))")]
    #[case::in_parentheses("(not(title pr))", "(not (title pr))")]
    fn not_is_followed_by_a_blank(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(normalise(text), expected);
    }

    #[rstest]
    #[case(r#"title eq "not(x)" and not (title co "\"not(")"#)]
    #[case("knot(title pr)")]
    #[case("x.not(title pr)")]
    #[case("urn:x:not(title pr)")]
    #[case("not title pr")]
    #[case(r#"userName eq "emails[type eq \"work\"].value eq 1""#)]
    #[case(r#"emails[type eq "work" and value co "é"]"#)]
    #[case(r#"emails[type eq "work"].value"#)]
    #[case(r#"emails[type eq "work"]."#)]
    #[case(r#"emails[type eq "work"].value eq"#)]
    #[case(r#"emails[type eq "work"].value eq "#)]
    #[case("emails].value eq 1")]
    #[case(r#"title eq "not closed]"#)]
    #[case("")]
    fn all_other_text_stays_as_it_is(#[case] text: &str) {
        assert_eq!(normalise(text), text);
    }
}
