//! SCIM 2.0, as identity providers use it.

mod concurrency;
mod entra;
mod filters;
mod okta;
mod searches;
mod walking;

use std::collections::BTreeSet;

use e2e::{Answer, Api, Server};
use serde_json::{Value, json};

/// The schema of users.
pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of groups.
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The schema of users in an enterprise.
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// Roster's own schema.
pub(crate) const ROSTER: &str = "urn:ietf:params:scim:schemas:extension:roster:2.0:User";
/// What a PATCH is.
pub(crate) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// What an error is.
pub(crate) const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// An identity provider's access to a server, with a key that opens nothing else.
pub(crate) async fn provider(server: &Server) -> Api {
    let api = server.api();
    let made = api
        .post("/v1/clients", json!({ "kind": "api_key", "surface": "scim" }))
        .await;
    let key = made.expect(201).text_at("/key");
    api.bearer(&key).below("/scim/v2")
}

/// A user is made, and must be.
pub(crate) async fn user(scim: &Api, resource: Value) -> Value {
    scim.post("/Users", resource).await.expect(201).json()
}

/// The least that a user is.
pub(crate) fn named(name: &str) -> Value {
    json!({ "schemas": [USER], "userName": name })
}

/// The id of a resource.
#[track_caller]
pub(crate) fn id(resource: &Value) -> String {
    let found = resource["id"].as_str();
    found
        .unwrap_or_else(|| panic!("there is no id in {resource}"))
        .to_owned()
}

/// A query with its parameters in the URL.
pub(crate) async fn query(scim: &Api, path: &str, parameters: &[(&str, &str)]) -> Answer {
    let mut serializer = url::form_urlencoded::Serializer::new(String::new());
    serializer.extend_pairs(parameters);
    scim.get(&format!("{path}?{}", serializer.finish())).await
}

/// The attribute of all who were found, which must be texts.
#[track_caller]
pub(crate) fn found(answer: &Answer, attribute: &str) -> BTreeSet<String> {
    let json = answer.json();
    let resources = json["Resources"].as_array().cloned().unwrap_or_default();
    resources
        .iter()
        .map(|resource| {
            resource[attribute]
                .as_str()
                .unwrap_or_else(|| panic!("{resource}"))
                .to_owned()
        })
        .collect()
}

/// An error of SCIM (RFC 7644, section 3.12).
#[track_caller]
pub(crate) fn refused(answer: Answer, status: u16, scim_type: Option<&str>) -> Value {
    let answer = answer.expect(status);
    let kind = answer.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("application/scim+json"), "{} is {kind}", answer.asked);
    let error = answer.json();
    assert_eq!(error["schemas"], json!([ERROR]), "{error}");
    assert_eq!(error["status"], json!(status.to_string()), "{error}");
    assert_eq!(error.get("scimType").and_then(Value::as_str), scim_type, "{error}");
    assert!(
        error["detail"].as_str().is_some_and(|detail| !detail.is_empty()),
        "{error}"
    );
    error
}

/// Many users by Bulk, a thousand at a time.
pub(crate) async fn many(scim: &Api, prefix: &str, count: usize) -> Vec<String> {
    let mut ids = Vec::with_capacity(count);
    for start in (0..count).step_by(1_000) {
        let operations: Vec<Value> = (start..count.min(start + 1_000))
            .map(|number| {
                let data = named(&format!("{prefix}-{number:05}"));
                json!({ "method": "POST", "path": "/Users", "bulkId": format!("b{number}"), "data": data })
            })
            .collect();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations
        });
        let answer = scim.post("/Bulk", body).await.expect(200).json();
        for done in answer["Operations"].as_array().expect("operations") {
            assert_eq!(done["status"], "201", "{done}");
            let location = done["location"].as_str().expect("location");
            ids.push(location.rsplit('/').next().unwrap_or_default().to_owned());
        }
    }
    ids
}
