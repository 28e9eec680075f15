//! The specification is complete: nothing that a caller can meet is left out of it.

use serde_json::Value;

use crate::v1::specification;

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
    GET /v1/connections
    POST /v1/connections
    DELETE /v1/connections/{id}
    GET /v1/connections/{id}
    PATCH /v1/connections/{id}
    POST /v1/connections/{id}/test
    GET /v1/organization
    PATCH /v1/organization
    GET /v1/users
    POST /v1/users
    PUT /v1/users/by-external-id/{external_id}
    DELETE /v1/users/{id}
    GET /v1/users/{id}
    PATCH /v1/users/{id}
    GET /v1/users/{id}/accounts
    POST /v1/users/{id}/accounts/{connection_id}/retry
    POST /v1/users/{id}/activate
    POST /v1/users/{id}/deactivate
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
            expected.extend(["413", "415", "422"]);
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
        assert_eq!(
            has("header", "If-Match"),
            operation["responses"]["412"].is_object(),
            "{name}"
        );
    }
}

#[test]
fn requests_know_no_further_fields_and_answers_leave_none_out() {
    let may_be_left_out = [
        "User.warnings",
        "Client.key",
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
    for (name, schema) in schemas {
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
