//! The OpenAPI documents that the server serves, and the routes that they describe: what has to be tested is read from them,
//! so that a new route cannot be forgotten.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use crate::{Server, Surface};

/// One operation of a document.
#[derive(Debug, Clone)]
pub struct Route {
    /// The surface that it is on.
    pub surface: Surface,
    /// The method.
    pub method: Method,
    /// The whole path, its parameters in braces.
    pub template: String,
    /// Whether anybody may call it.
    pub is_open: bool,
    /// Whether it takes a body: `None` if it takes none, else whether one must be given.
    pub body: Option<bool>,
    /// The fields of its body by name, each with its schema; empty where it has none.
    pub fields: Vec<(String, Value)>,
}

impl Route {
    /// Method and path, as a name.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    /// The names of the parameters in the path.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        let segments = self.template.split('/');
        segments.filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }
}

/// The paths of all documents, as the page `/docs` lists them.
pub async fn listed(server: &Server) -> Vec<String> {
    let page = server
        .api()
        .anonymous()
        .get("/docs/swagger-initializer.js")
        .await
        .expect(200);
    let is_document = |text: &&str| text.ends_with("/openapi.json");
    let found: BTreeSet<&str> = page.text.split(['"', '\'']).filter(is_document).collect();
    found.into_iter().map(str::to_owned).collect()
}

/// All routes of all documents.
pub async fn routes(server: &Server) -> Vec<Route> {
    let mut routes = Vec::new();
    for path in listed(server).await {
        let document = server.api().anonymous().get(&path).await.expect(200).json();
        let found = of_document(&document);
        assert!(!found.is_empty(), "{path} describes nothing");
        routes.extend(found);
    }
    let surfaces: BTreeSet<Surface> = routes.iter().map(|route| route.surface).collect();
    assert_eq!(surfaces.len(), 6, "not every surface is described: {surfaces:?}");
    routes
}

fn of_document(document: &Value) -> Vec<Route> {
    let base = document
        .pointer("/servers/0/url")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let base = base.trim_end_matches('/');
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let template = format!("{base}{path}");
        for (method, operation) in item.as_object().expect("a path") {
            if !["get", "put", "post", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            let body = operation.get("requestBody");
            routes.push(Route {
                surface: Surface::of(&template),
                method: method.to_uppercase().parse().expect("a method"),
                template: template.clone(),
                is_open: is_open(document, operation),
                body: body.map(|body| body["required"] == true),
                fields: body.map(|body| fields(document, body)).unwrap_or_default(),
            });
        }
    }
    routes
}

/// An operation's own list of schemes goes before the document's; an empty one lets everybody in.
fn is_open(document: &Value, operation: &Value) -> bool {
    let schemes = operation.get("security").or_else(|| document.get("security"));
    schemes.and_then(Value::as_array).is_none_or(Vec::is_empty)
}

fn fields(document: &Value, body: &Value) -> Vec<(String, Value)> {
    let schema = body
        .pointer("/content/application~1json/schema")
        .unwrap_or(&Value::Null);
    let properties = resolved(document, schema)["properties"].as_object();
    let resolve = |(name, schema): (&String, &Value)| (name.clone(), resolved(document, schema).clone());
    properties
        .map(|properties| properties.iter().map(resolve).collect())
        .unwrap_or_default()
}

/// A schema, or the one that it refers to.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"]
        .as_str()
        .and_then(|reference| reference.strip_prefix('#'));
    match reference.and_then(|pointer| document.pointer(pointer)) {
        Some(found) => resolved(document, found),
        None => schema,
    }
}
