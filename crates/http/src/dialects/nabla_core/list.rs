//! Pages of users.

use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use roster_application::authentication::Caller;
use roster_application::ports::{Order, UserQuery};
use roster_domain::{Rule, User, Violations};
use roster_wire::nabla_core::{ArchivedUserPage, UserPage};

use super::{Generation, Shared};
use crate::dialects::paging::CursorPage;
use crate::dialects::request::Parameters;
use crate::refusal::Refusal;

/// List users
///
/// In the order of their creation.
#[utoipa::path(get, path = "/users", tag = "users",
    params(
        ("cursor" = Option<String>, Query, pattern = "^[A-Za-z0-9_-]{21}[AQgw]$",
            description = "The `next_cursor` of the page before."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "How many users a page has; 20 without it."),
        ("order" = Option<String>, Query, pattern = "^(ASC|DESC)$",
            description = "The oldest first (`ASC`, which holds without it), or the newest."),
        ("activated" = Option<bool>, Query, description = "Only users who are activated, or only those who are not."),
    ),
    responses((status = 200, description = "A page of users.", body = UserPage)),
)]
pub(super) async fn list(
    State(dialect): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, Refusal> {
    let (query, page) = read(&uri).map_err(Refusal::invalid_query)?;
    let users = dialect.users.list(&caller.organization, &query).await?;
    Ok(dialect.generation.page(users, page))
}

/// What is asked for. Parameters of other names are passed over.
fn read(uri: &Uri) -> Result<(UserQuery, CursorPage), Violations> {
    let parameters = Parameters::of_query(uri);
    let mut violations = Violations::none();
    let page = CursorPage::read(&parameters, &mut violations);
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
    let query = UserQuery {
        after: page.after,
        order: order.unwrap_or(Order::OldestFirst),
        active,
        ..UserQuery::first(page.limit())
    };
    Ok((query, page))
}

impl Generation {
    /// A page as the generation writes it.
    fn page(self, users: Vec<User>, page: CursorPage) -> Response {
        let (users, next_cursor) = page.cut(users);
        let has_more = next_cursor.is_some();
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

#[cfg(test)]
mod tests {
    use roster_domain::UserId;
    use uuid::Uuid;

    use super::*;

    fn query(text: &str) -> Uri {
        Uri::try_from(format!("/users?{text}")).expect("a URI")
    }

    #[test]
    fn a_query_that_says_nothing_asks_for_the_oldest_twenty() {
        let (asked, _) = read(&query("")).expect("a valid query");

        assert_eq!(asked, UserQuery::first(21));
    }

    #[test]
    fn every_parameter_is_heeded_and_unknown_ones_are_passed_over() {
        let text = "cursor=AAAAAAAAAAAAAAAAAAAABw&limit=100&order=DESC&activated=false&nabla-api-version=x";

        let (asked, _) = read(&query(text)).expect("a valid query");

        let expected = UserQuery {
            after: Some(UserId::new(Uuid::from_u128(7))),
            order: Order::NewestFirst,
            active: Some(false),
            ..UserQuery::first(101)
        };
        assert_eq!(asked, expected);
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
}
