//! What is sent to create or change a user or a customer, leniently as the dialect reads it. Fields that are not named
//! here are passed over.

use roster_domain::{Change, CustomerChanges, Fault, FieldPath, Given, Password, Rule, UserChanges, Violations};
use serde::Deserialize;

use super::SecretField;
use crate::field::Field;

/// What the vendor calls the fields of a user that Roster calls otherwise, Roster's name first: for violations that are
/// found when the request is applied.
pub const USER_FIELDS: &[(&str, &[&str])] = &[
    ("first_name", &["firstName"]),
    ("last_name", &["lastName"]),
    ("active", &["enabled"]),
];

/// A [`super::NewUser`] as it comes in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CreateUserRequest {
    email: Field,
    first_name: Field,
    last_name: Field,
    password: SecretField,
}

/// A [`super::UserChange`] as it comes in. The address cannot be changed, so that it is a field like any unknown one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct UpdateUserRequest {
    first_name: Field,
    last_name: Field,
    enabled: Field,
    password: SecretField,
}

/// A [`super::NewCustomer`] as it comes in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CreateCustomerRequest {
    display_name: Field,
    customer_id: Field,
    tenant_name: Field,
    region: Field,
    is_nfr: Field,
}

/// A [`super::CustomerChange`] as it comes in. Tenant and region cannot be changed, so that they are fields like any unknown
/// one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct UpdateCustomerRequest {
    display_name: Field,
    customer_id: Field,
    is_nfr: Field,
}

impl From<CreateUserRequest> for UserChanges {
    fn from(request: CreateUserRequest) -> Self {
        let mut unreadable = Violations::none();
        for (name, field) in [
            ("email", &request.email),
            ("firstName", &request.first_name),
            ("lastName", &request.last_name),
        ] {
            required(field.is_absent(), &FieldPath::of(name), &mut unreadable);
        }
        Self {
            email: text(request.email, "email", &mut unreadable),
            first_name: text(request.first_name, "firstName", &mut unreadable),
            last_name: text(request.last_name, "lastName", &mut unreadable),
            password: password(request.password, &mut unreadable),
            unreadable,
            ..Self::default()
        }
    }
}

impl From<UpdateUserRequest> for UserChanges {
    fn from(request: UpdateUserRequest) -> Self {
        let mut unreadable = Violations::none();
        Self {
            first_name: text(request.first_name, "firstName", &mut unreadable),
            last_name: text(request.last_name, "lastName", &mut unreadable),
            active: enabled(request.enabled, &mut unreadable),
            password: password(request.password, &mut unreadable),
            unreadable,
            ..Self::default()
        }
    }
}

impl From<CreateCustomerRequest> for CustomerChanges {
    /// What is required, and that nothing may be null, are rules of a customer itself.
    fn from(request: CreateCustomerRequest) -> Self {
        let mut unreadable = Violations::none();
        let v = &mut unreadable;
        Self {
            display_name: request.display_name.text(&FieldPath::of("displayName"), v),
            customer_id: request.customer_id.text(&FieldPath::of("customerId"), v),
            tenant_name: request.tenant_name.text(&FieldPath::of("tenantName"), v),
            region: request.region.text(&FieldPath::of("region"), v),
            is_nfr: request.is_nfr.flag(&FieldPath::of("isNfr"), v),
            unreadable,
        }
    }
}

impl From<UpdateCustomerRequest> for CustomerChanges {
    fn from(request: UpdateCustomerRequest) -> Self {
        let UpdateCustomerRequest {
            display_name,
            customer_id,
            is_nfr,
        } = request;
        Self::from(CreateCustomerRequest {
            display_name,
            customer_id,
            is_nfr,
            ..CreateCustomerRequest::default()
        })
    }
}

fn text(value: Field, name: &'static str, violations: &mut Violations) -> Change<String> {
    let field = FieldPath::of(name);
    let change = value.text(&field, violations);
    given(change, &field, violations).into()
}

fn enabled(value: Field, violations: &mut Violations) -> Change<bool> {
    let field = FieldPath::of("enabled");
    let change = value.flag(&field, violations);
    given(change, &field, violations).into()
}

/// The rule of a password is checked here, so that the text of one that breaks it goes no further.
fn password(value: SecretField, violations: &mut Violations) -> Change<Password> {
    let field = FieldPath::of("password");
    let change = value.text(&field, violations);
    given(change, &field, violations)
        .and_then(|password| violations.check(&field, Password::new(password)))
        .into()
}

/// The value that is given, if one is; null is a violation.
pub(super) fn given<T>(change: Change<T>, field: &FieldPath, violations: &mut Violations) -> Option<T> {
    match change {
        Change::Set(value) => Some(value),
        Change::Keep => None,
        Change::Clear => {
            violations.push(Fault::new(Rule::NotNull, Given::kind("null")).at(field.clone()));
            None
        }
    }
}

/// Notes that a field is missing, and says whether it is there.
pub(super) fn required(is_missing: bool, field: &FieldPath, violations: &mut Violations) -> bool {
    if is_missing {
        violations.push(Fault::new(Rule::Required, Given::nothing()).at(field.clone()));
    }
    !is_missing
}
