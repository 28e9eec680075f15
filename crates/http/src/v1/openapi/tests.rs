//! The specification is complete: nothing that a caller can meet is left out of it.

use roster_application::authentication::check_public_key;
use roster_domain::Profile;
use serde_json::Value;

use crate::v1::{specification, users};

fn document() -> Value {
    serde_json::to_value(specification()).unwrap()
}

/// Every operation, as `GET /v1/users` and its object.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let item = item.as_object().unwrap();
            item.iter()
                .map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
        })
        .collect()
}

#[test]
fn these_are_the_operations() {
    let document = document();
    let names: Vec<_> = operations(&document).into_iter().map(|(name, _)| name).collect();
    insta::assert_snapshot!(names.join("\n"), @r#"
    GET /v1/accounts
    GET /v1/clients
    POST /v1/clients
    DELETE /v1/clients/{id}
    GET /v1/clients/{id}
    GET /v1/connections
    POST /v1/connections
    DELETE /v1/connections/{id}
    GET /v1/connections/{id}
    PATCH /v1/connections/{id}
    POST /v1/connections/{id}/approve
    POST /v1/connections/{id}/test
    GET /v1/groups
    GET /v1/groups/{id}
    DELETE /v1/groups/{id}/connections/{connection_id}
    PUT /v1/groups/{id}/connections/{connection_id}
    GET /v1/groups/{id}/members
    GET /v1/organization
    PATCH /v1/organization
    GET /v1/users
    POST /v1/users
    PUT /v1/users/by-external-id/{external_id}
    DELETE /v1/users/{id}
    GET /v1/users/{id}
    PATCH /v1/users/{id}
    GET /v1/users/{id}/accounts
    DELETE /v1/users/{id}/accounts/{connection_id}
    PUT /v1/users/{id}/accounts/{connection_id}
    POST /v1/users/{id}/accounts/{connection_id}/retry
    POST /v1/users/{id}/activate
    POST /v1/users/{id}/deactivate
    GET /v1/users/{id}/history
    POST /v1/users/{id}/preview
    "#);
}

#[test]
fn every_operation_says_how_it_may_be_refused() {
    let document = document();
    for (name, operation) in operations(&document) {
        let mut expected = vec!["400", "401", "500", "503"];
        if !name.starts_with("GET") {
            expected.push("409");
        }
        if !name.starts_with("GET") && !name.starts_with("DELETE") {
            expected.extend(["408", "413", "415", "422"]);
        }
        if name.contains("{id}") {
            expected.push("404");
        }
        for status in expected {
            let response = &operation["responses"][status];
            let reference = &response["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(reference, "#/components/schemas/Problem", "{name} {status}");
        }
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_a_summary_and_a_tag() {
    let document = document();
    let operations = operations(&document);
    let mut ids: Vec<_> = operations
        .iter()
        .map(|(_, operation)| operation["operationId"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), operations.len());
    for (name, operation) in &operations {
        assert!(
            operation["summary"].is_string() && operation["tags"][0].is_string(),
            "{name}"
        );
    }
}

#[test]
fn every_parameter_of_a_path_is_described_and_every_post_takes_an_idempotency_key() {
    let document = document();
    for (name, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let has = |place: &str, wanted: &str| {
            parameters
                .iter()
                .any(|parameter| parameter["in"] == place && parameter["name"] == wanted)
        };
        for segment in name
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        {
            assert!(has("path", segment), "{name} {segment}");
        }
        assert_eq!(has("header", "Idempotency-Key"), name.starts_with("POST"), "{name}");
        for (precondition, status) in [("If-Match", "412"), ("If-None-Match", "304")] {
            assert_eq!(
                has("header", precondition),
                operation["responses"][status].is_object(),
                "{name} {precondition}"
            );
        }
    }
}

/// Whether a schema is nothing but a choice of others, each of which is a component of its own.
fn is_choice(schema: &Value) -> bool {
    let choices = schema["oneOf"].as_array();
    choices.is_some_and(|choices| choices.iter().all(|choice| choice["$ref"].is_string()))
}

#[test]
fn requests_know_no_further_fields_and_answers_leave_none_out() {
    let may_be_left_out = [
        "User.warnings",
        "Client.key",
        "ConnectionOptions.api_version",
        "ConnectionOptions.organization_id",
        "ConnectionOptions.api_key_header",
        "ConnectionOptions.project_id",
        "ConnectionOptions.customer_id",
        "ConnectionOptions.create_customer",
        "Problem.errors",
        "ProblemError.pointer",
        "ProblemError.parameter",
        "ProblemError.given",
    ];
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        if name.ends_with("Request") {
            assert_eq!(schema["additionalProperties"], false, "{name}");
            continue;
        }
        if is_choice(schema) {
            continue;
        }
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for field in schema["properties"]
            .as_object()
            .unwrap_or_else(|| panic!("{name}: {schema}"))
            .keys()
        {
            let optional = may_be_left_out.contains(&format!("{name}.{field}").as_str());
            assert_eq!(
                required.contains(&Value::from(field.as_str())),
                !optional,
                "{name}.{field}"
            );
        }
    }
}

#[test]
fn every_field_is_described_and_every_reference_leads_somewhere() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas.iter().filter(|(_, schema)| !is_choice(schema)) {
        for (field, property) in schema["properties"].as_object().unwrap() {
            let described = property["description"].is_string() || property["oneOf"][0]["description"].is_string();
            assert!(described, "{name}.{field}: {property}");
        }
    }
    let text = document.to_string();
    for reference in text
        .split("\"#/components/schemas/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
    {
        assert!(schemas.contains_key(reference), "{reference}");
    }
}

#[test]
fn the_examples_of_requests_work() {
    let document = document();
    let content = |path: &str, method: &str| document["paths"][path][method]["requestBody"]["content"].clone();

    let clients = content("/v1/clients", "post")["application/json"]["examples"].clone();
    let kinds: Vec<_> = clients
        .as_object()
        .unwrap()
        .values()
        .map(|example| example["value"]["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["api_key", "api_key", "oauth_client", "oauth_client", "service_account"]
    );
    let key = clients["oauth_client"]["value"]["public_key"].as_str().unwrap();
    assert_eq!(check_public_key(key), Ok(()));

    // The path has the external id, and a body that names another one is refused.
    let put = content("/v1/users/by-external-id/{external_id}", "put")["application/json"]["example"].clone();
    assert_eq!(put["external_id"], Value::Null);
    let post = content("/v1/users", "post")["application/json"]["example"].clone();
    let patch = content("/v1/users/{id}", "patch")["application/merge-patch+json"]["example"].clone();
    for example in [put, post, patch] {
        assert!(example.is_object(), "{example}");
        let checked = Profile::default().apply(&users::read(example.clone()));
        assert!(checked.is_ok(), "{example}: {checked:?}");
    }
    let specialty = &document["components"]["schemas"]["SpecialtyRequest"]["properties"];
    assert_eq!(specialty["kind"]["example"], "OTHER", "it goes with a name of its own");
}

#[test]
fn a_choice_names_the_fields_that_go_together() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let required = |name: &str| {
        let choices = schemas[name]["oneOf"].as_array().unwrap();
        let names = choices
            .iter()
            .map(|choice| choice["$ref"].as_str().unwrap().rsplit('/').next().unwrap());
        names
            .map(|name| schemas[name]["required"].to_string())
            .collect::<Vec<_>>()
            .join("\n")
    };

    insta::assert_snapshot!(required("Credentials"), @r#"
    ["client_id","private_key"]
    ["api_key"]
    ["email","password"]
    "#);
    insta::assert_snapshot!(required("NewConnection"), @r#"
    ["vendor","base_url","credentials"]
    ["vendor","base_url","credentials"]
    ["vendor","base_url","options","credentials"]
    "#);
    insta::assert_snapshot!(required("NewClient"), @r#"
    ["kind"]
    ["kind","public_key"]
    ["kind","jwks_url"]
    ["kind","email","password"]
    "#);
}
