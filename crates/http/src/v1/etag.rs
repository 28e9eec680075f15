//! Entity tags and preconditions (RFC 9110): a record's tag is its version, such as `"3"`; where it shows something beside
//! itself that changes on its own, that follows, such as `"3+held"`.

use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use roster_domain::Version;

use crate::refusal::Refusal;

/// What a list of entity tags stands for.
#[derive(Debug, PartialEq, Eq)]
enum Tags {
    /// `*`: whatever there is.
    Any,
    /// These, as they were given.
    These(Vec<Tag>),
}

#[derive(Debug, PartialEq, Eq)]
struct Tag {
    weak: bool,
    /// What stands between the quotation marks.
    opaque: String,
}

impl Tag {
    /// The version that the tag names; `None` for a tag that Roster never gave.
    fn version(&self) -> Option<Version> {
        let text = self
            .opaque
            .split_once('+')
            .map_or(self.opaque.as_str(), |(version, _)| version);
        text.parse()
            .ok()
            .filter(|version: &Version| version.to_string() == text)
    }
}

/// The tag of a version.
pub(crate) fn etag(version: Version) -> HeaderValue {
    etag_with(version, None)
}

/// The tag of a version that is shown with something beside it, so that a change of that is seen as well: visible ASCII
/// without quotation marks. For `If-Match`, only the version counts.
pub(crate) fn etag_with(version: Version, beside: Option<&str>) -> HeaderValue {
    let quoted = match beside {
        None => format!("\"{version}\""),
        Some(beside) => format!("\"{version}+{beside}\""),
    };
    HeaderValue::from_str(&quoted).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// The versions that `If-Match` accepts; `None` for any. Weak tags never match, nor do tags that Roster never gave.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<Vec<Version>>, Refusal> {
    Ok(match read(headers, &IF_MATCH, "If-Match")? {
        None | Some(Tags::Any) => None,
        Some(Tags::These(tags)) => Some(tags.iter().filter(|tag| !tag.weak).filter_map(Tag::version).collect()),
    })
}

/// The same where all tags are weak, as SCIM's are (RFC 7644, section 3.14), and match although they are.
pub(crate) fn if_match_weakly(headers: &HeaderMap) -> Result<Option<Vec<Version>>, Refusal> {
    Ok(match read(headers, &IF_MATCH, "If-Match")? {
        None | Some(Tags::Any) => None,
        Some(Tags::These(tags)) => Some(tags.iter().filter_map(Tag::version).collect()),
    })
}

/// Whether `If-None-Match` says that the caller has what a tag stands for already. Compared weakly, as the header demands.
pub(crate) fn is_known(headers: &HeaderMap, current: &HeaderValue) -> Result<bool, Refusal> {
    Ok(match read(headers, &IF_NONE_MATCH, "If-None-Match")? {
        None => false,
        Some(Tags::Any) => true,
        Some(Tags::These(tags)) => tags.iter().any(|tag| *current == format!("\"{}\"", tag.opaque)),
    })
}

/// Refuses preconditions where none is checked: passing one over would break what the caller relies on.
pub(crate) fn refuse_preconditions(headers: &HeaderMap) -> Result<(), Refusal> {
    for (name, shown) in [(&IF_MATCH, "If-Match"), (&IF_NONE_MATCH, "If-None-Match")] {
        if headers.contains_key(name) {
            return Err(Refusal::invalid_header(format!(
                "{shown} is not supported here; read the record and PATCH it"
            )));
        }
    }
    Ok(())
}

fn read(headers: &HeaderMap, name: &HeaderName, shown: &str) -> Result<Option<Tags>, Refusal> {
    let malformed = || Refusal::invalid_header(format!("{shown} must be * or a list of entity tags such as \"3\""));
    let mut found = None;
    for value in headers.get_all(name) {
        let text = value.to_str().map_err(|_| malformed())?;
        let tags = parse(text).ok_or_else(malformed)?;
        found = Some(match (found, tags) {
            (None, tags) => tags,
            (Some(Tags::These(mut tags)), Tags::These(more)) => {
                tags.extend(more);
                Tags::These(tags)
            }
            _ => return Err(malformed()),
        });
    }
    Ok(found)
}

/// Reads `*` or a list of tags, which may hold commas inside their quotation marks and empty elements between them.
fn parse(text: &str) -> Option<Tags> {
    const SPACE: [char; 2] = [' ', '\t'];
    if text.trim_matches(SPACE) == "*" {
        return Some(Tags::Any);
    }
    let mut tags = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return (!tags.is_empty()).then_some(Tags::These(tags));
        }
        let (weak, quoted) = match rest.strip_prefix("W/") {
            Some(quoted) => (true, quoted),
            None => (false, rest),
        };
        let (opaque, after) = quoted.strip_prefix('"')?.split_once('"')?;
        if opaque.contains(SPACE) {
            return None;
        }
        tags.push(Tag {
            weak,
            opaque: opaque.to_owned(),
        });
        rest = after.trim_start_matches(SPACE);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        values
            .iter()
            .map(|value| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    #[rstest]
    #[case::absent(&[], None)]
    #[case::any(&["*"], None)]
    #[case::one(&["\"3\""], Some(vec![3]))]
    #[case::list(&["\"3\", \"4\""], Some(vec![3, 4]))]
    #[case::lines(&["\"3\"", "\"4\""], Some(vec![3, 4]))]
    #[case::empty_elements(&[", \"3\" ,,"], Some(vec![3]))]
    #[case::weak_never_matches(&["W/\"3\""], Some(vec![]))]
    #[case::foreign_never_matches(&["\"a,b\", \"03\", \"+3\", \"\""], Some(vec![]))]
    fn if_match_names_the_versions_it_accepts(#[case] values: &[&str], #[case] expected: Option<Vec<Version>>) {
        assert_eq!(if_match(&headers(&IF_MATCH, values)).unwrap(), expected);
    }

    #[test]
    fn where_all_tags_are_weak_they_match_all_the_same() {
        let tags = headers(&IF_MATCH, &["W/\"3\", \"4+x\", W/\"a\""]);
        assert_eq!(if_match_weakly(&tags).unwrap(), Some(vec![3, 4]));
        assert_eq!(if_match_weakly(&headers(&IF_MATCH, &["*"])).unwrap(), None);
    }

    #[rstest]
    #[case::bare(&["3"])]
    #[case::open(&["\"3"])]
    #[case::empty(&[""])]
    #[case::only_commas(&[","])]
    #[case::no_comma(&["\"3\" \"4\""])]
    #[case::lower_case_weak(&["w/\"3\""])]
    #[case::space_inside(&["\"3 4\""])]
    #[case::any_among_others(&["*, \"3\""])]
    #[case::any_and_a_line(&["*", "\"3\""])]
    fn a_malformed_if_match_is_refused(#[case] values: &[&str]) {
        let refusal = if_match(&headers(&IF_MATCH, values)).unwrap_err();
        assert_eq!(refusal.status, 400);
    }

    #[rstest]
    #[case::absent(&[], false)]
    #[case::same(&["\"3\""], true)]
    #[case::weakly_the_same(&["W/\"3\""], true)]
    #[case::among_others(&["\"1\", \"3\""], true)]
    #[case::another(&["\"4\""], false)]
    #[case::any(&["*"], true)]
    fn if_none_match_knows_what_the_caller_has(#[case] values: &[&str], #[case] known: bool) {
        assert_eq!(is_known(&headers(&IF_NONE_MATCH, values), &etag(3)).unwrap(), known);
    }

    #[test]
    fn what_is_beside_the_version_counts_for_if_none_match_and_not_for_if_match() {
        let tag = etag_with(3, Some("5-17"));
        assert_eq!(tag, "\"3+5-17\"");

        let has = |value: &str| is_known(&headers(&IF_NONE_MATCH, &[value]), &tag).unwrap();
        assert!(has("\"3+5-17\"") && !has("\"3\"") && !has("\"3+4-17\""));
        assert_eq!(
            if_match(&HeaderMap::from_iter([(IF_MATCH, tag.clone())])).unwrap(),
            Some(vec![3])
        );
    }

    #[test]
    fn a_tag_comes_back_as_the_version_it_was_made_of() {
        let sent = HeaderMap::from_iter([(IF_MATCH, etag(Version::MAX))]);
        assert_eq!(if_match(&sent).unwrap(), Some(vec![Version::MAX]));
    }
}
