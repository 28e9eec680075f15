//! The specification of a dialect: what holds of every operation is added here by rule, so that no operation can lack it.

use axum::http::StatusCode;
use utoipa::ToSchema;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    Content, Header, InfoBuilder, LicenseBuilder, OpenApi, PathItem, Ref, RefOr, Required, Response, Server,
};

use super::{Api, Versions};

const JSON: &str = "application/json";

/// What is added to the responses of operations, with whether it belongs there.
type Rule = (StatusCode, &'static str, fn(&Api, &Operation) -> bool);

const RULES: [Rule; 10] = [
    (
        StatusCode::BAD_REQUEST,
        "The path, the query, a header or the body breaks rules.",
        |_, _| true,
    ),
    (StatusCode::UNAUTHORIZED, "No valid credentials.", |_, operation| {
        operation.security.is_none()
    }),
    (StatusCode::NOT_FOUND, "There is no such path.", |_, _| true),
    (
        StatusCode::METHOD_NOT_ALLOWED,
        "The path does not know the method.",
        |_, _| true,
    ),
    (
        StatusCode::REQUEST_TIMEOUT,
        "The body took too long to arrive; nothing was done.",
        |_, operation| operation.request_body.is_some(),
    ),
    (
        StatusCode::PAYLOAD_TOO_LARGE,
        "The body is too large.",
        |_, operation| operation.request_body.is_some(),
    ),
    (
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "The body is of another media type.",
        |_, operation| operation.request_body.is_some(),
    ),
    (StatusCode::TOO_MANY_REQUESTS, "Too many requests.", |api, operation| {
        api.is_limited && operation.security.is_none()
    }),
    (StatusCode::INTERNAL_SERVER_ERROR, "The server failed.", |_, _| true),
    (
        StatusCode::SERVICE_UNAVAILABLE,
        "The server cannot serve the request now, or it took too long.",
        |_, _| true,
    ),
];

/// Says of operations that they need no credentials.
pub(super) fn open(item: &mut PathItem) {
    for operation in operations(item) {
        operation.security = Some(Vec::new());
    }
}

/// Puts the schema of one type in the place of another's wherever an operation names it.
pub(super) fn replace<'a, Named: ToSchema, Meant: ToSchema>(items: impl Iterator<Item = &'a mut PathItem>) {
    let named = Ref::from_schema_name(Named::name()).ref_location;
    let meant = Ref::from_schema_name(Meant::name());
    let replace = |content: &mut RefOr<Content>| {
        if let RefOr::T(Content {
            schema: Some(RefOr::Ref(reference)),
            ..
        }) = content
            && reference.ref_location == named
        {
            *reference = meant.clone();
        }
    };
    for operation in items.flat_map(operations) {
        if let Some(RefOr::T(body)) = &mut operation.request_body {
            body.content.values_mut().for_each(replace);
        }
        for response in operation.responses.responses.values_mut() {
            if let RefOr::T(response) = response {
                response.content.values_mut().for_each(replace);
            }
        }
    }
}

/// Adds what all operations of an API have in common.
pub(super) fn complete(mut document: OpenApi, api: &Api) -> OpenApi {
    document.info = InfoBuilder::new()
        .title(api.title)
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(api.description))
        .license(Some(
            LicenseBuilder::new()
                .name("Apache-2.0")
                .identifier(Some("Apache-2.0"))
                .build(),
        ))
        .build();
    document.servers = Some(vec![Server::new(api.prefix)]);
    let errors = (api.errors.schemas)();
    let error = errors.first().map(|(name, _)| Ref::from_schema_name(name.as_str()));
    let mut is_guarded = false;
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        is_guarded |= operation.security.is_none();
        complete_operation(operation, api, error.as_ref());
    }
    let components = document.components.get_or_insert_default();
    components.schemas.extend(errors);
    if is_guarded {
        let schemes = api.scheme.described();
        let any_one = schemes
            .iter()
            .map(|(name, _)| SecurityRequirement::new::<_, [&str; 0], &str>(*name, []));
        document.security = Some(any_one.collect());
        for (name, scheme) in schemes {
            components.add_security_scheme(name, scheme);
        }
    }
    prune(&mut document);
    document
}

/// Leaves schemas out that nothing refers to, such as those that were replaced.
fn prune(document: &mut OpenApi) {
    loop {
        let text = document.to_json().unwrap_or_default();
        let Some(components) = &mut document.components else {
            return;
        };
        let before = components.schemas.len();
        let reference = |name: &str| format!("\"{}\"", Ref::from_schema_name(name).ref_location);
        components.schemas.retain(|name, _| text.contains(&reference(name)));
        if components.schemas.len() == before {
            return;
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .filter_map(Option::as_mut)
}

fn complete_operation(operation: &mut Operation, api: &Api, error: Option<&Ref>) {
    for (status, description, applies) in RULES {
        if applies(api, operation) {
            let response = || RefOr::T(Response::new(description));
            let responses = &mut operation.responses.responses;
            responses.entry(status.as_str().to_owned()).or_insert_with(response);
        }
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            complete_response(status, response, error);
        }
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content.values_mut().for_each(body_without_null);
    }
    let parameters = operation.parameters.get_or_insert_default();
    for parameter in &mut *parameters {
        if let RefOr::T(parameter) = parameter {
            without_null(parameter);
        }
    }
    parameters.extend(api.versions.into_iter().flat_map(version_parameters).map(RefOr::T));
}

fn complete_response(status: &str, response: &mut Response, error: Option<&Ref>) {
    if status >= "400" {
        let body = RefOr::T(Content::new(error.cloned().map(RefOr::Ref)));
        response.content.insert(JSON.to_owned(), body);
    }
    let mut add = |name: &str, description: &str| {
        response.headers.insert(name.to_owned(), RefOr::T(header(description)));
    };
    add("X-Request-Id", "The id of the request: the caller's own, or a new one.");
    match status {
        "401" => add("WWW-Authenticate", "The scheme to authenticate with."),
        "405" => add("Allow", "The methods that the path knows."),
        "429" | "503" => add("Retry-After", "Where trying again helps: after how many seconds."),
        _ => {}
    }
}

/// A parameter that is left out is not null: the derive says so of every `Option`.
fn without_null(parameter: &mut Parameter) {
    if let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema
        && let SchemaType::Array(types) = &object.schema_type
        && let Some(only) = types.iter().find(|one| **one != Type::Null)
    {
        object.schema_type = SchemaType::Type(only.clone());
    }
}

/// A body that may be left out is not null either.
fn body_without_null(content: &mut RefOr<Content>) {
    if let RefOr::T(Content {
        schema: Some(schema), ..
    }) = content
        && let RefOr::T(Schema::OneOf(choice)) = schema
        && let [only] = choice.items.iter().filter(|item| !is_null(item)).collect::<Vec<_>>()[..]
    {
        *schema = only.clone();
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null))
}

fn version_parameters(versions: Versions) -> [Parameter; 2] {
    let parameter = |name: &str, place: ParameterIn, description: &str| {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(versions.known.iter().copied()));
        ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(Required::False)
            .description(Some(description))
            .schema(Some(schema))
            .build()
    };
    [
        parameter(
            versions.header,
            ParameterIn::Header,
            "The version of the API to answer with; without one, the pinned version.",
        ),
        parameter(
            versions.query,
            ParameterIn::Query,
            "The same where no header can be sent. The header goes before it.",
        ),
    ]
}

fn header(description: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .description(Some(description))
        .build()
}

#[cfg(test)]
mod tests;
