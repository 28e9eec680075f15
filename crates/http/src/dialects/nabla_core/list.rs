//! Pages of users.

use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use roster_application::authentication::Caller;
use roster_application::ports::{Order, UserQuery};
use roster_domain::{Rule, User, UserId, Violations};
use roster_wire::nabla_core::{ArchivedUserPage, UserPage};
use uuid::Uuid;

use super::{Generation, Shared};
use crate::dialects::request::Parameters;
use crate::refusal::Refusal;

/// How many users a page has unless the caller says so. The vendor documents none.
const DEFAULT_LIMIT: u32 = 20;
/// The most users of a page.
const MAX_LIMIT: u32 = 100;

/// `GET /users?cursor&limit&order&activated`, in the order of creation. Parameters of other names are passed over.
pub(super) async fn list(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, Refusal> {
    let (query, limit) = read(&uri).map_err(Refusal::invalid_query)?;
    let users = dialect.users.list(&caller.organization, &query).await?;
    Ok(dialect.generation.page(users, limit))
}

/// What is asked for, with one user more than the page has, which tells whether there is a next page.
fn read(uri: &Uri) -> Result<(UserQuery, usize), Violations> {
    let parameters = Parameters::of_query(uri);
    let mut violations = Violations::none();
    let cursor = Rule::Format {
        expected: "the next_cursor of a page",
    };
    let after = parameters.read("cursor", cursor, &mut violations, decode);
    let limit = Rule::Format {
        expected: "a whole number from 1 to 100",
    };
    let limit = parameters.read("limit", limit, &mut violations, |text| {
        text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit))
    });
    let order = Rule::OneOf {
        allowed: &["ASC", "DESC"],
    };
    let order = parameters.read("order", order, &mut violations, |text| match text {
        "ASC" => Some(Order::OldestFirst),
        "DESC" => Some(Order::NewestFirst),
        _ => None,
    });
    let active = Rule::Format {
        expected: "true or false",
    };
    let active = parameters.read("activated", active, &mut violations, |text| text.parse().ok());
    violations.into_result()?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    let query = UserQuery {
        after,
        order: order.unwrap_or(Order::OldestFirst),
        active,
        ..UserQuery::first(limit + 1)
    };
    Ok((query, limit as usize))
}

impl Generation {
    /// A page as the generation writes it.
    fn page(self, mut users: Vec<User>, limit: usize) -> Response {
        let has_more = users.len() > limit;
        users.truncate(limit);
        let next_cursor = users.last().filter(|_| has_more).map(|user| encode(user.id));
        match self {
            Self::Current => {
                let data = users.iter().map(Into::into).collect();
                Json(UserPage {
                    data,
                    has_more,
                    next_cursor,
                })
                .into_response()
            }
            Self::Archived => {
                let data = users.iter().map(Into::into).collect();
                Json(ArchivedUserPage {
                    data,
                    has_more,
                    next_cursor,
                })
                .into_response()
            }
        }
    }
}

/// A cursor is the id of the last user seen, in a form that nobody takes for one.
fn encode(id: UserId) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(id.uuid())
}

fn decode(cursor: &str) -> Option<UserId> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
    Uuid::from_slice(&bytes).ok().map(UserId::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Uri {
        Uri::try_from(format!("/users?{text}")).expect("a URI")
    }

    #[test]
    fn a_cursor_leads_back_to_the_user_it_was_made_of() {
        let id = UserId::new(Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_00ff));

        let cursor = encode(id);

        assert_eq!(decode(&cursor), Some(id));
        assert!(!cursor.contains(&id.to_string()), "a cursor is opaque");
    }

    #[test]
    fn a_query_that_says_nothing_asks_for_the_oldest_twenty() {
        let (asked, limit) = read(&query("")).expect("a valid query");

        assert_eq!((asked, limit), (UserQuery::first(21), 20));
    }

    #[test]
    fn every_parameter_is_heeded_and_unknown_ones_are_passed_over() {
        let id = UserId::new(Uuid::from_u128(7));
        let text = format!(
            "cursor={}&limit=100&order=DESC&activated=false&nabla-api-version=x",
            encode(id)
        );

        let (asked, limit) = read(&query(&text)).expect("a valid query");

        let expected = UserQuery {
            after: Some(id),
            order: Order::NewestFirst,
            active: Some(false),
            ..UserQuery::first(101)
        };
        assert_eq!((asked, limit), (expected, 100));
    }

    #[test]
    fn everything_that_is_wrong_with_a_query_is_reported_together() {
        let wrong = read(&query("cursor=x&limit=101&order=asc&activated=yes")).expect_err("a query that breaks rules");

        insta::assert_snapshot!(wrong, @r#"
        cursor must be the next_cursor of a page; given: "x"
        limit must be a whole number from 1 to 100; given: "101"
        order must be one of ASC, DESC; given: "asc"
        activated must be true or false; given: "yes"
        "#);
    }

    #[rstest::rstest]
    #[case("limit=0")]
    #[case("limit=-1")]
    #[case("limit=")]
    #[case("limit=1.5")]
    #[case("limit=99999999999999999999")]
    #[case("limit=5&limit=6")]
    #[case("cursor=")]
    #[case("cursor=AAAA")]
    fn a_parameter_out_of_its_bounds_is_refused(#[case] text: &str) {
        assert!(read(&query(text)).is_err());
    }
}
