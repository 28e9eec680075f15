//! The specification of `/v1`: what holds of every operation is added here by rule, so that no operation can lack it.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Content, Header, HttpMethod, InfoBuilder, KnownFormat, LicenseBuilder, OpenApi, PathItem, Ref, RefOr, Required,
    Response, SchemaFormat,
};
use utoipa::{PartialSchema, ToSchema};

use super::problem::{PROBLEM_JSON, Problem};
use super::schemas::LINE;

/// Where the specification is served.
pub(crate) const PATH: &str = "/v1/openapi.json";

const SCHEME: &str = "api_key";

const DESCRIPTION: &str = "\
One record per clinician, every clinical-AI vendor.

Call with an API key as Bearer token. Everything belongs to the organization of the key. Whatever is refused is answered with \
problem details (RFC 9457), and everything that is wrong with a request is reported together.";

/// Adds what all operations have in common.
pub(crate) fn complete(mut document: OpenApi) -> OpenApi {
    document.info = InfoBuilder::new()
        .title("Roster")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(
            LicenseBuilder::new()
                .name("Apache-2.0")
                .identifier(Some("Apache-2.0"))
                .build(),
        ))
        .build();
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths
        .into_iter()
        .map(|(path, mut item)| {
            let path = format!("/v1{path}");
            for (method, operation) in operations(&mut item) {
                complete_operation(&path, &method, operation);
            }
            (path, item)
        })
        .collect();
    let components = document.components.get_or_insert_default();
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    for (name, schema) in &mut components.schemas {
        if let RefOr::T(Schema::Object(object)) = schema
            && name.ends_with("Request")
        {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key of the organization."));
    components.add_security_scheme(SCHEME, SecurityScheme::Http(scheme.build()));
    document.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(SCHEME, [])]);
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    [
        (HttpMethod::Get, &mut item.get),
        (HttpMethod::Put, &mut item.put),
        (HttpMethod::Post, &mut item.post),
        (HttpMethod::Patch, &mut item.patch),
        (HttpMethod::Delete, &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

fn complete_operation(path: &str, method: &HttpMethod, operation: &mut Operation) {
    let mut parameters: Vec<Parameter> = path_parameters(path).collect();
    let mut refused = |status: &str, description: &str| {
        let response = || RefOr::T(Response::new(description));
        operation
            .responses
            .responses
            .entry(status.to_owned())
            .or_insert_with(response);
    };
    refused("400", "The path, the query, a header or the body cannot be read.");
    refused("401", "No valid API key.");
    refused("500", "Roster failed.");
    refused("503", "The database is not available, or the request took too long.");
    if !matches!(method, HttpMethod::Get) {
        refused("409", "Others are changing the same record.");
    }
    if matches!(method, HttpMethod::Post | HttpMethod::Put | HttpMethod::Patch) {
        refused("408", "The body took too long to arrive.");
        refused("413", "The body is too large.");
        refused("415", "The body is not JSON.");
        refused("422", "Fields break rules.");
    }
    if matches!(method, HttpMethod::Post) {
        parameters.push(idempotency_key());
    }
    if operation.responses.responses.contains_key("412") {
        let matching = match method {
            HttpMethod::Get => "Answer only if the record is at this version.",
            _ => "Do it only if the record is at this version.",
        };
        parameters.push(tags("If-Match", matching));
    }
    // Writes keep to it as well (RFC 9110, section 13.1.2). Nobody needs it there, so that it is told in prose only.
    if operation.responses.responses.contains_key("304") {
        parameters.push(tags("If-None-Match", "Answer 304 if the record is at this version."));
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            complete_response(status, response, matches!(method, HttpMethod::Post));
        }
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter {
            without_null(parameter);
        }
    }
    operation
        .parameters
        .get_or_insert_default()
        .extend(parameters.into_iter().map(RefOr::T));
}

fn complete_response(status: &str, response: &mut Response, replayed: bool) {
    if status >= "400" {
        let problem = RefOr::Ref(Ref::from_schema_name("Problem"));
        response
            .content
            .insert(PROBLEM_JSON.to_owned(), RefOr::T(Content::new(Some(problem))));
    }
    let mut add = |name: &str, description: &str| {
        response.headers.insert(name.to_owned(), RefOr::T(header(description)));
    };
    add("X-Request-Id", "The id of the request: the caller's own, or a new one.");
    match status {
        "200" | "201" | "204" if replayed => {
            add(
                "Idempotency-Replayed",
                "`true` if this answer was given before under the same Idempotency-Key.",
            );
        }
        "304" | "412" => add("ETag", "The current version of the record."),
        "401" => add("WWW-Authenticate", "The scheme to authenticate with: Bearer."),
        "409" | "503" => add("Retry-After", "Where trying again helps: after how many seconds."),
        _ => {}
    }
    let versioned = response.content.values().any(|content| match content {
        RefOr::T(content) => matches!(&content.schema, Some(RefOr::Ref(reference))
            if ["/User", "/Connection"].iter().any(|name| reference.ref_location.ends_with(name))),
        RefOr::Ref(_) => false,
    });
    let mut add = |name: &str, description: &str| {
        response.headers.insert(name.to_owned(), RefOr::T(header(description)));
    };
    if versioned {
        add("ETag", "The version of the record, for If-Match and If-None-Match.");
    }
    if status == "201" {
        add("Location", "The path of the new record.");
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

fn header(description: &str) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new()
        .schema(Some(text))
        .description(Some(description))
        .build()
}

fn path_parameters(path: &str) -> impl Iterator<Item = Parameter> {
    path.split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            let text = ObjectBuilder::new().schema_type(Type::String);
            let (schema, description) = match name {
                "external_id" => (
                    text.min_length(Some(1))
                        .max_length(Some(roster_domain::ExternalId::MAX_CHARACTERS))
                        .pattern(Some(LINE))
                        .examples(["ehr-4711"]),
                    "The id in the customer's own system, percent-encoded.",
                ),
                "connection_id" => (uuid(text), "The id of the connection."),
                _ => (uuid(text), "The id of the record."),
            };
            parameter(name, ParameterIn::Path, description)
                .required(Required::True)
                .schema(Some(schema))
                .build()
        })
}

fn uuid(text: ObjectBuilder) -> ObjectBuilder {
    text.format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
}

fn idempotency_key() -> Parameter {
    let key = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(255));
    let description = "Makes repeating the request safe for 24 hours: it has its effect once, and the same answer again. A new \
                       random text for each new request.";
    parameter("Idempotency-Key", ParameterIn::Header, description)
        .schema(Some(key.pattern(Some("^[!-~]+$"))))
        .build()
}

fn tags(name: &str, description: &str) -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#))
        .examples([r#""1""#]);
    parameter(name, ParameterIn::Header, description)
        .schema(Some(schema))
        .build()
}

fn parameter(name: &str, parameter_in: ParameterIn, description: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(parameter_in)
        .description(Some(description))
        .required(Required::False)
}

#[cfg(test)]
mod tests;
