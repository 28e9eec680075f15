//! The specifications are complete: nothing that a caller can meet is left out of them.

use std::collections::BTreeSet;

use rstest::rstest;
use serde_json::Value;

use crate::dialects::documents;

fn of_all() -> Vec<(&'static str, Value)> {
    documents()
        .into_iter()
        .map(|document| (document.api.name, serde_json::to_value(document.openapi).expect("JSON")))
        .collect()
}

/// Every operation, as `GET /users` and its object.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, item)| {
            let item = item.as_object().expect("operations");
            item.iter()
                .map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
        })
        .collect()
}

#[test]
fn every_specification_has_a_name_and_a_place_of_its_own() {
    let documents = documents();
    let names: BTreeSet<_> = documents.iter().map(|document| document.api.name).collect();
    let titles: BTreeSet<_> = documents.iter().map(|document| &document.openapi.info.title).collect();
    assert_eq!((names.len(), titles.len()), (documents.len(), documents.len()));
    for document in &documents {
        let servers = document.openapi.servers.as_deref().unwrap_or_default();
        assert_eq!(document.api.openapi_path(), format!("{}/openapi.json", servers[0].url));
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_a_summary_and_a_tag() {
    for (name, document) in of_all() {
        let operations = operations(&document);
        let ids: BTreeSet<_> = operations
            .iter()
            .map(|(_, operation)| operation["operationId"].as_str().expect("a name"))
            .collect();
        assert_eq!(ids.len(), operations.len(), "{name}");
        for (operation_name, operation) in operations {
            assert!(
                operation["summary"].is_string() && operation["tags"][0].is_string(),
                "{name} {operation_name}"
            );
        }
    }
}

#[test]
fn every_operation_says_how_it_may_be_refused_in_the_vendors_shape() {
    for (name, document) in of_all() {
        for (operation_name, operation) in operations(&document) {
            let responses = operation["responses"].as_object().expect("responses");
            let mut expected = vec!["400", "404", "405", "500", "503"];
            if operation["security"].is_null() {
                expected.push("401");
            }
            if operation["requestBody"].is_object() {
                expected.extend(["408", "413", "415"]);
            }
            for status in expected {
                assert!(responses.contains_key(status), "{name} {operation_name} {status}");
            }
            let shapes: BTreeSet<_> = responses
                .iter()
                .filter(|(status, _)| status.as_str() >= "400")
                .map(|(_, response)| response["content"]["application/json"]["schema"]["$ref"].to_string())
                .collect();
            assert_eq!(shapes.len(), 1, "{name} {operation_name}: {shapes:?}");
        }
    }
}

#[test]
fn every_parameter_of_a_path_is_described() {
    for (name, document) in of_all() {
        for (operation_name, operation) in operations(&document) {
            let described: BTreeSet<_> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().expect("a name"))
                .collect();
            let segments: BTreeSet<_> = operation_name
                .split('/')
                .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            assert_eq!(described, segments, "{name} {operation_name}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_referred_to() {
    for (name, document) in of_all() {
        let schemas = document["components"]["schemas"].as_object().expect("schemas");
        let text = document.to_string();
        let referred: BTreeSet<_> = text
            .split("\"#/components/schemas/")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let there: BTreeSet<_> = schemas.keys().map(String::as_str).collect();
        assert_eq!(referred, there, "{name}");
    }
}

#[test]
fn bodies_of_the_vendors_may_have_further_fields() {
    for (name, document) in of_all() {
        for (schema_name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
            assert_ne!(schema["additionalProperties"], false, "{name} {schema_name}");
        }
    }
}

#[test]
fn every_field_is_described() {
    for (name, document) in of_all() {
        for (schema_name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
            for (field, property) in schema["properties"].as_object().into_iter().flatten() {
                let is_described =
                    property["description"].is_string() || property["oneOf"][0]["description"].is_string();
                assert!(is_described, "{name} {schema_name}.{field}: {property}");
            }
        }
    }
}

#[test]
fn a_body_that_may_be_left_out_may_not_be_null() {
    let all = of_all();
    let (_, document) = &all[0];
    let body = &document["paths"]["/users/{id}/activate"]["post"]["requestBody"];
    assert_ne!(body["required"], true);
    let schema = &body["content"]["application/json"]["schema"];
    assert_eq!(schema["$ref"], "#/components/schemas/NablaCoreEmpty", "{schema}");
}

#[rstest]
#[case::current("nabla-core-server", "NablaCoreUser", "NablaCoreUserPage", "NablaCoreUserBody")]
#[case::archived(
    "nabla-copilot-api-server",
    "NablaCoreArchivedUser",
    "NablaCoreArchivedUserPage",
    "NablaCoreArchivedUserBody"
)]
fn each_generation_of_nabla_core_has_its_own_bodies(
    #[case] name: &str,
    #[case] user: &str,
    #[case] page: &str,
    #[case] body: &str,
) {
    let all = of_all();
    let (_, document) = all.iter().find(|(of, _)| *of == name).expect("the specification");
    let reference = |pointer: &str| {
        let content = document.pointer(pointer).expect("a body");
        let reference = content["content"]["application/json"]["schema"]["$ref"].as_str();
        reference
            .expect("a reference")
            .rsplit('/')
            .next()
            .map(ToOwned::to_owned)
    };

    for (path, method) in [
        ("~1users", "post"),
        ("~1users~1{id}", "get"),
        ("~1users~1{id}", "patch"),
        ("~1users~1{id}~1activate", "post"),
        ("~1users~1{id}~1deactivate", "post"),
        ("~1users~1find_by_external_id~1{external_id}", "get"),
    ] {
        assert_eq!(
            reference(&format!("/paths/{path}/{method}/responses/200")).as_deref(),
            Some(user),
            "{path}"
        );
    }
    assert_eq!(reference("/paths/~1users/get/responses/200").as_deref(), Some(page));
    assert_eq!(reference("/paths/~1users/post/requestBody").as_deref(), Some(body));
    assert_eq!(
        reference("/paths/~1users~1{id}/patch/requestBody").as_deref(),
        Some("NablaCoreUserBody"),
        "address and roles cannot be changed"
    );
}

#[test]
fn these_are_the_operations_of_nabla_core() {
    let shown: Vec<String> = of_all()
        .iter()
        .filter(|(name, _)| name.starts_with("nabla-core") || name.starts_with("nabla-copilot"))
        .flat_map(|(name, document)| {
            let operations = operations(document).into_iter();
            operations.map(move |(operation, _)| format!("{name}: {operation}"))
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @"
    nabla-core-server: POST /jwt/authenticate/{id}
    nabla-core-server: POST /oauth/token
    nabla-core-server: GET /users
    nabla-core-server: POST /users
    nabla-core-server: GET /users/find_by_external_id/{external_id}
    nabla-core-server: GET /users/{id}
    nabla-core-server: PATCH /users/{id}
    nabla-core-server: POST /users/{id}/activate
    nabla-core-server: POST /users/{id}/deactivate
    nabla-core-user: POST /jwt/logout
    nabla-core-user: POST /jwt/refresh
    nabla-copilot-api-server: POST /jwt/authenticate/{id}
    nabla-copilot-api-server: GET /users
    nabla-copilot-api-server: POST /users
    nabla-copilot-api-server: GET /users/find_by_external_id/{external_id}
    nabla-copilot-api-server: GET /users/{id}
    nabla-copilot-api-server: PATCH /users/{id}
    nabla-copilot-api-server: POST /users/{id}/activate
    nabla-copilot-api-server: POST /users/{id}/deactivate
    nabla-copilot-api-user: POST /jwt/logout
    nabla-copilot-api-user: POST /jwt/refresh
    ");
}
