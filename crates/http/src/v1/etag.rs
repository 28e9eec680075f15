//! Entity tags and preconditions (RFC 9110): a record's tag is its version, such as `"3"`; where it shows something beside
//! itself that changes on its own, that follows, such as `"3+held"`.

use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use roster_application::Error;
use roster_domain::Version;

use crate::refusal::{Kind, Refusal};

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

impl Tags {
    /// The versions of those tags that count; `None` for any version.
    fn versions(&self, counts: impl Fn(&Tag) -> bool) -> Option<Vec<Version>> {
        match self {
            Self::Any => None,
            Self::These(tags) => Some(tags.iter().filter(|tag| counts(tag)).filter_map(Tag::version).collect()),
        }
    }
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

/// What a request demands of the record that it is about, before anything is done (RFC 9110, section 13).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Preconditions {
    /// The versions that `If-Match` accepts; `None` for any.
    expected: Option<Vec<Version>>,
    /// The tags of `If-None-Match`.
    excluded: Option<Tags>,
}

impl Preconditions {
    /// Reads them where tags are strong: in `If-Match`, weak tags never match, nor do tags that Roster never gave.
    pub(crate) fn strong(headers: &HeaderMap) -> Result<Self, Refusal> {
        Self::read(headers, |tag| !tag.weak)
    }

    /// Reads them where all tags are weak, as SCIM's are (RFC 7644, section 3.14), and match although they are.
    pub(crate) fn weak(headers: &HeaderMap) -> Result<Self, Refusal> {
        Self::read(headers, |_| true)
    }

    fn read(headers: &HeaderMap, counts: impl Fn(&Tag) -> bool) -> Result<Self, Refusal> {
        Ok(Self {
            expected: read(headers, &IF_MATCH, "If-Match")?.and_then(|tags| tags.versions(counts)),
            excluded: read(headers, &IF_NONE_MATCH, "If-None-Match")?,
        })
    }

    /// The versions that `If-Match` accepts; `None` for any.
    pub(crate) fn expected(&self) -> Option<&[Version]> {
        self.expected.as_deref()
    }

    /// Whether a change can be refused because of what the record is now, apart from [`Self::expected`].
    ///
    /// It may be looked up before the change is made: no record comes back to a tag that it had.
    pub(crate) fn exclude_some(&self) -> bool {
        self.excluded.is_some()
    }

    /// Refuses to change a record of this tag if `If-None-Match` names it. `If-Match` is left to whoever changes the record.
    pub(crate) fn check_change(&self, current: &HeaderValue) -> Result<(), Refusal> {
        if !self.is_excluded(current) {
            return Ok(());
        }
        let version = version_of(current).unwrap_or_default();
        let message = format!("the record is at version {version}, which If-None-Match excludes");
        let kind = Kind::VersionMismatch(version);
        Err(Refusal::new(StatusCode::PRECONDITION_FAILED, kind, message))
    }

    /// Whether whoever asks for a record of this tag has it already, by `If-None-Match`. Refused if `If-Match` asks for others.
    pub(crate) fn check_read(&self, current: &HeaderValue) -> Result<bool, Refusal> {
        if let (Some(expected), Some(current)) = (self.expected(), version_of(current))
            && !expected.contains(&current)
        {
            return Err(Error::VersionMismatch { current }.into());
        }
        Ok(self.is_excluded(current))
    }

    /// Compared weakly, as `If-None-Match` demands.
    fn is_excluded(&self, current: &HeaderValue) -> bool {
        match &self.excluded {
            None => false,
            Some(Tags::Any) => true,
            Some(Tags::These(tags)) => {
                let current = tag_of(current);
                tags.iter()
                    .any(|tag| Some(&tag.opaque) == current.as_ref().map(|tag| &tag.opaque))
            }
        }
    }
}

/// The versions that a list of tags names, all of which are weak: `None` for any.
pub(crate) fn versions_weakly(text: &str) -> Result<Option<Vec<Version>>, Malformed> {
    parse(text).map(|tags| tags.versions(|_| true)).ok_or(Malformed)
}

/// What is neither `*` nor a list of entity tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

fn tag_of(header: &HeaderValue) -> Option<Tag> {
    match parse(header.to_str().ok()?)? {
        Tags::These(mut tags) => tags.pop(),
        Tags::Any => None,
    }
}

fn version_of(header: &HeaderValue) -> Option<Version> {
    tag_of(header)?.version()
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
        let conditions = Preconditions::strong(&headers(&IF_MATCH, values)).unwrap();
        assert_eq!(conditions.expected(), expected.as_deref());
    }

    #[test]
    fn where_all_tags_are_weak_they_match_all_the_same() {
        let tags = "W/\"3\", \"4+x\", W/\"a\"";
        let conditions = Preconditions::weak(&headers(&IF_MATCH, &[tags])).unwrap();
        assert_eq!(conditions.expected(), Some(&[3, 4][..]));
        assert_eq!(versions_weakly(tags), Ok(Some(vec![3, 4])));
        assert_eq!(versions_weakly("*"), Ok(None));
        assert_eq!(versions_weakly("3"), Err(Malformed));
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
    fn a_malformed_precondition_is_refused(#[case] values: &[&str]) {
        for name in [IF_MATCH, IF_NONE_MATCH] {
            let refusal = Preconditions::strong(&headers(&name, values)).unwrap_err();
            assert_eq!((refusal.status.as_u16(), refusal.kind), (400, Kind::InvalidHeader));
        }
    }

    #[rstest]
    #[case::absent(&[], false)]
    #[case::same(&["\"3\""], true)]
    #[case::weakly_the_same(&["W/\"3\""], true)]
    #[case::among_others(&["\"1\", \"3\""], true)]
    #[case::another(&["\"4\""], false)]
    #[case::any(&["*"], true)]
    fn if_none_match_knows_what_the_caller_has_and_keeps_it_from_being_changed(
        #[case] values: &[&str],
        #[case] known: bool,
    ) {
        for current in [etag(3), HeaderValue::from_static("W/\"3\"")] {
            let conditions = Preconditions::strong(&headers(&IF_NONE_MATCH, values)).unwrap();

            assert_eq!(conditions.check_read(&current).unwrap(), known);
            assert_eq!(conditions.exclude_some(), !values.is_empty());
            let refused = conditions
                .check_change(&current)
                .map_err(|refusal| (refusal.status.as_u16(), refusal.kind));
            let expected = if known {
                Err((412, Kind::VersionMismatch(3)))
            } else {
                Ok(())
            };
            assert_eq!(refused, expected);
        }
    }

    #[rstest]
    #[case::same(&["\"3\""], &[], Ok(false))]
    #[case::same_and_known(&["\"3\""], &["\"3\""], Ok(true))]
    #[case::any(&["*"], &[], Ok(false))]
    #[case::another(&["\"99\""], &[], Err(Kind::VersionMismatch(3)))]
    #[case::another_and_known(&["\"99\""], &["*"], Err(Kind::VersionMismatch(3)))]
    fn if_match_comes_first_when_a_record_is_read(
        #[case] wanted: &[&str],
        #[case] known: &[&str],
        #[case] expected: Result<bool, Kind>,
    ) {
        let mut both = headers(&IF_MATCH, wanted);
        both.extend(headers(&IF_NONE_MATCH, known));

        let read = Preconditions::strong(&both).unwrap().check_read(&etag(3));

        assert_eq!(read.map_err(|refusal| refusal.kind), expected);
    }

    #[test]
    fn what_is_beside_the_version_counts_for_if_none_match_and_not_for_if_match() {
        let tag = etag_with(3, Some("5-17"));
        assert_eq!(tag, "\"3+5-17\"");

        let read = |headers: &HeaderMap| Preconditions::strong(headers).unwrap().check_read(&tag).unwrap();
        let has = |value: &str| read(&headers(&IF_NONE_MATCH, &[value]));
        assert!(has("\"3+5-17\"") && !has("\"3\"") && !has("\"3+4-17\""));
        assert!(!read(&headers(&IF_MATCH, &["\"3+4-17\""])));
    }

    #[test]
    fn a_tag_comes_back_as_the_version_it_was_made_of() {
        let sent = HeaderMap::from_iter([(IF_MATCH, etag(Version::MAX))]);
        assert_eq!(
            Preconditions::strong(&sent).unwrap().expected(),
            Some(&[Version::MAX][..])
        );
    }
}
