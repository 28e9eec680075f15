//! What the specifications say of every operation.

use serde_json::Value;

use super::super::{Mount, Upheal, v1, v2};

/// One line an operation: method, path, id, and every status.
fn operations(mount: &Mount<Upheal>) -> String {
    let document = serde_json::to_value(mount.document()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let mut lines: Vec<String> = paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().expect("methods");
            methods
                .iter()
                .filter(|(_, of)| of.is_object())
                .map(move |(method, of)| {
                    let statuses: Vec<&str> = of["responses"]
                        .as_object()
                        .expect("responses")
                        .keys()
                        .map(String::as_str)
                        .collect();
                    let id = of["operationId"].as_str().expect("an id");
                    format!("{} {path} {id}: {}", method.to_uppercase(), statuses.join(" "))
                })
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

#[test]
fn both_versions_have_the_same_operations_with_every_documented_status() {
    let first = operations(&v1());

    assert_eq!(first, operations(&v2()));
    insta::assert_snapshot!(first, @r#"
    DELETE /users/{userId} deactivateUser: 202 400 401 403 404 405 429 500 503
    GET /users/providers/{providerUserId} getProviderUser: 200 400 401 403 404 405 429 500 503
    GET /users/{userId} getUser: 200 400 401 403 404 405 429 500 503
    PATCH /users/providers/{providerUserId} updateProviderUser: 200 400 401 403 404 405 408 413 415 429 500 503
    PATCH /users/{userId} updateUser: 200 400 401 403 404 405 408 413 415 429 500 503
    POST /organizations/{orgId}/users/providers createProviderUserInOrganization: 200 400 401 403 404 405 408 413 415 429 500 503
    POST /users/check checkUser: 200 400 401 404 405 408 413 415 429 500 503
    POST /users/providers createProviderUser: 200 400 401 403 404 405 408 413 415 429 500 503
    POST /users/{userId}/activate activateUser: 202 400 401 403 404 405 429 500 503
    "#);
}

#[test]
fn bodies_are_those_of_the_version() {
    let names = |mount: Mount<Upheal>| {
        let document = serde_json::to_value(mount.document()).expect("JSON");
        let Value::Object(schemas) = document["components"]["schemas"].clone() else {
            panic!("schemas")
        };
        schemas.into_iter().map(|(name, _)| name).collect::<Vec<_>>().join("\n")
    };

    insta::assert_snapshot!(names(v1()), @r#"
    UphealCheckUserBody
    UphealCheckedUser
    UphealCreatedProviderV1
    UphealError
    UphealFieldError
    UphealNewProviderV1
    UphealProviderChangesV1
    UphealProviderV1
    UphealUpdatedProviderV1
    UphealUserChangesV1
    UphealUserV1
    "#);
    insta::assert_snapshot!(names(v2()), @r#"
    UphealCheckUserBody
    UphealCheckedUser
    UphealCreatedProviderV2
    UphealError
    UphealFieldError
    UphealNewProviderV2
    UphealProviderChangesV2
    UphealProviderV2
    UphealUserChangesV2
    UphealUserV2
    "#);
}
