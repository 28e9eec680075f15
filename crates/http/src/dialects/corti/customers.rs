//! The customers of a project: listing, creating, changing and deleting them.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use roster_domain::CustomerChanges;
use roster_wire::corti::{
    CreateCustomerRequest, Customer, CustomerChange, CustomerPage, NewCustomer, UpdateCustomerRequest,
};

use super::place::{CustomerPath, CustomersPath, Place};
use super::users::pagination;
use super::{Shared, read};
use crate::dialects::paging::PageNumbers;
use crate::refusal::Refusal;

/// List customers
///
/// The default customer, which every project has, comes first; then the others in the order of their creation.
#[utoipa::path(
    get,
    path = "/projects/{projectId}/customers",
    operation_id = "listCustomers",
    tag = "customers",
    params(
        ("projectId" = String, Path, description = "The organization's short name or id.", example = "default"),
        PageNumbers,
    ),
    responses(
        (status = 200, description = "A page of customers.", body = CustomerPage),
        (status = 403, description = "The account may not act for this project."),
    ),
)]
pub(super) async fn list(
    State(dialect): State<Shared>,
    place: Place<CustomersPath>,
    uri: Uri,
) -> Result<Json<CustomerPage>, Refusal> {
    let page = PageNumbers::read(&uri).map_err(Refusal::invalid_query)?;
    let found = dialect
        .customers
        .list(&place.organization, page.skip(), page.limit())
        .await?;
    let (found, has_next) = page.cut(found);
    Ok(Json(CustomerPage {
        customers: found.iter().map(Customer::from).collect(),
        pagination: pagination(page, has_next),
    }))
}

/// Create a customer
#[utoipa::path(
    post,
    path = "/projects/{projectId}/customers",
    operation_id = "createCustomer",
    tag = "customers",
    params(("projectId" = String, Path, description = "The organization's short name or id.", example = "default")),
    request_body = NewCustomer,
    responses(
        (status = 201, description = "The customer.", body = Customer),
        (status = 403, description = "The account may not act for this project."),
        (status = 409, description = "There is a customer of this id."),
    ),
)]
pub(super) async fn create(
    State(dialect): State<Shared>,
    place: Place<CustomersPath>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Customer>), Refusal> {
    let changes: CustomerChanges = read::<CreateCustomerRequest>(&headers, body).await?.into();
    let customer = dialect.customers.create(&place.organization, &changes).await?;
    Ok((StatusCode::CREATED, Json(Customer::from(&customer))))
}

/// Change a customer
///
/// What is left out stays as it is. A new `customerId` takes the customer's users along. Tenant and region cannot be
/// changed, and the default customer cannot be changed at all.
#[utoipa::path(
    patch,
    path = "/projects/{projectId}/customers/{customerId}",
    operation_id = "updateCustomer",
    tag = "customers",
    params(
        ("projectId" = String, Path, description = "The organization's short name or id.", example = "default"),
        ("customerId" = String, Path, description = "The customer's id.", example = "contosohospital"),
    ),
    request_body = CustomerChange,
    responses(
        (status = 200, description = "The customer.", body = Customer),
        (status = 403, description = "The account may not act for this project."),
        (status = 404, description = "There is no such customer."),
        (status = 409, description = "There is a customer of this id, or it is the default customer."),
    ),
)]
pub(super) async fn update(
    State(dialect): State<Shared>,
    place: Place<CustomerPath>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Customer>, Refusal> {
    let changes: CustomerChanges = read::<UpdateCustomerRequest>(&headers, body).await?.into();
    let customer = dialect
        .customers
        .update(&place.organization, &place.path.customer, &changes)
        .await?;
    Ok(Json(Customer::from(&customer)))
}

/// Delete a customer
///
/// Only one that no user is in. The default customer cannot be deleted.
#[utoipa::path(
    delete,
    path = "/projects/{projectId}/customers/{customerId}",
    operation_id = "deleteCustomer",
    tag = "customers",
    params(
        ("projectId" = String, Path, description = "The organization's short name or id.", example = "default"),
        ("customerId" = String, Path, description = "The customer's id.", example = "contosohospital"),
    ),
    responses(
        (status = 204, description = "The customer is gone."),
        (status = 403, description = "The account may not act for this project."),
        (status = 404, description = "There is no such customer."),
        (status = 409, description = "Users are in the customer, or it is the default customer."),
    ),
)]
pub(super) async fn delete(State(dialect): State<Shared>, place: Place<CustomerPath>) -> Result<StatusCode, Refusal> {
    dialect
        .customers
        .delete(&place.organization, &place.path.customer)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
