//! The users of a customer: listing, creating, changing and deleting them.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use roster_application::Error;
use roster_application::ports::{InCustomer, UserQuery};
use roster_domain::{Change, UserChanges};
use roster_wire::corti::{
    CreateUserRequest, NewUser, Pagination, USER_FIELDS, UpdateUserRequest, User, UserChange, UserPage,
};

use super::place::{CustomerPath, Place, UserPath, members};
use super::{Shared, read};
use crate::dialects::paging::PageNumbers;
use crate::refusal::Refusal;

/// List the users of a customer
///
/// In the order of their creation, those who are not enabled among them. Users who were made elsewhere are in the customer
/// `default`.
#[utoipa::path(
    get,
    path = "/projects/{projectId}/customers/{customerId}/users",
    operation_id = "listUsers",
    tag = "users",
    params(
        ("projectId" = String, Path, description = "The organization's short name or id.", example = "default"),
        ("customerId" = String, Path, description = "The customer's id.", example = "default"),
        PageNumbers,
    ),
    responses(
        (status = 200, description = "A page of users.", body = UserPage),
        (status = 403, description = "The account may not act for this project."),
        (status = 404, description = "There is no such customer."),
    ),
)]
pub(super) async fn list(
    State(dialect): State<Shared>,
    place: Place<CustomerPath>,
    uri: Uri,
) -> Result<Json<UserPage>, Refusal> {
    let page = PageNumbers::read(&uri).map_err(Refusal::invalid_query)?;
    let customer = place.customer(&dialect).await?;
    let query = UserQuery {
        skip: page.skip(),
        customer: Some(members(&customer)),
        ..UserQuery::first(page.limit())
    };
    let found = dialect.users.list(&place.organization, &query).await?;
    let (found, has_next) = page.cut(found);
    Ok(Json(UserPage {
        users: found.iter().map(User::from).collect(),
        pagination: pagination(page, has_next),
    }))
}

/// Create a user in a customer
///
/// The password is kept sealed until a vendor that takes one has it, and is never answered.
#[utoipa::path(
    post,
    path = "/projects/{projectId}/customers/{customerId}/users",
    operation_id = "createUser",
    tag = "users",
    params(
        ("projectId" = String, Path, description = "The organization's short name or id.", example = "default"),
        ("customerId" = String, Path, description = "The customer's id.", example = "default"),
    ),
    request_body = NewUser,
    responses(
        (status = 201, description = "The user.", body = User),
        (status = 403, description = "The account may not act for this project."),
        (status = 404, description = "There is no such customer."),
        (status = 409, description = "Another user of the project has this e-mail address."),
    ),
)]
pub(super) async fn create(
    State(dialect): State<Shared>,
    place: Place<CustomerPath>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<User>), Refusal> {
    let request: UserChanges = read::<CreateUserRequest>(&headers, body).await?.into();
    let customer = place.customer(&dialect).await?;
    let changes = UserChanges {
        customer_id: match members(&customer) {
            InCustomer::Default => Change::Keep,
            InCustomer::Named(id) => Change::Set(id.as_str().to_owned()),
        },
        ..request
    };
    let created = dialect.users.create(place.acting(), &changes, None).await;
    let revision = created.map_err(in_the_vendors_words)?;
    Ok((StatusCode::CREATED, Json(User::from(&revision.user))))
}

/// Change a user
///
/// What is left out stays as it is. The e-mail address cannot be changed.
#[utoipa::path(
    patch,
    path = "/projects/{projectId}/customers/{customerId}/users/{userId}",
    operation_id = "updateUser",
    tag = "users",
    params(
        ("projectId" = String, Path, description = "The organization's short name or id.", example = "default"),
        ("customerId" = String, Path, description = "The customer's id.", example = "default"),
        ("userId" = uuid::Uuid, Path, description = "The user's id."),
    ),
    request_body = UserChange,
    responses(
        (status = 200, description = "The user.", body = User),
        (status = 403, description = "The account may not act for this project."),
        (status = 404, description = "There is no such customer, or no such user in it."),
    ),
)]
pub(super) async fn update(
    State(dialect): State<Shared>,
    place: Place<UserPath>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<User>, Refusal> {
    let changes: UserChanges = read::<UpdateUserRequest>(&headers, body).await?.into();
    let user = place.user(&dialect).await?;
    let updated = dialect.users.update(place.acting(), user.id, &changes, None).await;
    let revision = updated.map_err(in_the_vendors_words)?;
    Ok(Json(User::from(&revision.user)))
}

/// Delete a user
///
/// In Roster as a whole, and so at every vendor.
#[utoipa::path(
    delete,
    path = "/projects/{projectId}/customers/{customerId}/users/{userId}",
    operation_id = "deleteUser",
    tag = "users",
    params(
        ("projectId" = String, Path, description = "The organization's short name or id.", example = "default"),
        ("customerId" = String, Path, description = "The customer's id.", example = "default"),
        ("userId" = uuid::Uuid, Path, description = "The user's id."),
    ),
    responses(
        (status = 204, description = "The user is gone."),
        (status = 403, description = "The account may not act for this project."),
        (status = 404, description = "There is no such customer, or no such user in it."),
    ),
)]
pub(super) async fn delete(State(dialect): State<Shared>, place: Place<UserPath>) -> Result<StatusCode, Refusal> {
    let user = place.user(&dialect).await?;
    dialect.users.delete(place.acting(), user.id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which page it is, as the vendor writes it.
pub(super) fn pagination(page: PageNumbers, has_next_page: bool) -> Pagination {
    Pagination {
        page: page.page,
        page_size: page.page_size,
        has_next_page,
    }
}

/// An error whose violations have the names that the vendor has for the fields.
fn in_the_vendors_words(error: Error) -> Refusal {
    match error {
        Error::Invalid(violations) => Refusal::invalid(violations.renamed(USER_FIELDS)),
        error => error.into(),
    }
}
