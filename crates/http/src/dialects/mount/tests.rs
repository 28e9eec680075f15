//! A dialect of one endpoint for callers and one for everybody, as a new one would begin.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use roster_application::authentication::Caller;
use roster_domain::Vendor;
use rstest::rstest;
use serde::Serialize;
use serde_json::Value;
use tower::ServiceExt;
use utoipa_axum::routes;

use super::*;
use crate::dialects::memory::{Memory, organization};
use crate::dialects::{Callers, ErrorShape, Scheme};

#[derive(Serialize, ToSchema)]
struct Wrong {
    /// What is wrong.
    wrong: String,
}

fn render(refusal: &Refusal, _request_id: &str) -> Response {
    let wrong = format!("{:?}", refusal.kind);
    (refusal.status, axum::Json(Wrong { wrong })).into_response()
}

const API: Api = Api {
    name: "small",
    prefix: "/small/v1",
    title: "Small",
    description: "A small one.",
    scheme: Scheme::ApiKey { header: Some("x-key") },
    errors: ErrorShape::of::<Wrong>(render),
    versions: Some(Versions {
        header: "x-version",
        query: "version",
        known: &["1", "2"],
    }),
    is_limited: true,
};

struct Small {
    callers: Callers,
}

impl Dialect for Small {
    fn vendor(&self) -> Vendor {
        Vendor::Upheal
    }

    fn callers(&self) -> &Callers {
        &self.callers
    }

    async fn admit(&self, _caller: &Caller, request: &mut Parts) -> Result<(), Refusal> {
        if request.headers.contains_key("x-unwelcome") {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                crate::refusal::Kind::Forbidden,
                "no",
            ));
        }
        Ok(())
    }
}

/// Say who is calling
#[utoipa::path(get, path = "/who/{*rest}", tag = "who", params(("rest" = String, Path, description = "Anything.")),
    responses((status = 200, description = "The organization.", body = String)))]
async fn who(Extension(caller): Extension<Caller>) -> String {
    caller.organization.id.to_string()
}

/// Say something back
#[utoipa::path(post, path = "/echo", tag = "echo", request_body = String,
    responses((status = 200, description = "The same.", body = String)))]
async fn echo(body: String) -> String {
    body
}

fn mount() -> Mount<Small> {
    Mount::new(API)
        .guarded(Operation::Get, routes!(who))
        .open(routes!(echo))
}

async fn answer(method: Method, uri: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
    let memory = Arc::new(Memory::default());
    memory.add_api_key("key", &organization(1));
    let dialect = Arc::new(Small {
        callers: Callers {
            authentication: memory.authentication(),
            tokens: Memory::tokens(),
        },
    });
    let request = headers
        .iter()
        .fold(Request::builder().method(method).uri(uri), |request, (name, value)| {
            request.header(*name, *value)
        });
    let request = request.body(Body::from("hello")).expect("a request");
    let response = mount().speak(&dialect, None).oneshot(request).await.expect("an answer");
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
}

const KEY: (&str, &str) = ("x-key", "key");

#[rstest]
#[case::unknown_path(Method::GET, "/small/v1/x", &[], 404, "UnknownPath")]
#[case::the_prefix(Method::GET, "/small/v1", &[], 404, "UnknownPath")]
#[case::the_prefix_with_a_slash(Method::GET, "/small/v1/", &[], 404, "UnknownPath")]
#[case::unknown_method(Method::DELETE, "/small/v1/echo", &[], 405, "MethodNotAllowed")]
#[case::unknown_method_of_the_specification(Method::POST, "/small/v1/openapi.json", &[], 405, "MethodNotAllowed")]
#[case::no_credentials(Method::GET, "/small/v1/who/a", &[], 401, "Unauthorized")]
#[case::wrong_credentials(Method::GET, "/small/v1/who/a", &[("x-key", "other")], 401, "Unauthorized")]
#[case::unwelcome(Method::GET, "/small/v1/who/a", &[KEY, ("x-unwelcome", "")], 403, "Forbidden")]
#[case::unknown_version(Method::GET, "/small/v1/who/a", &[KEY, ("x-version", "3")], 422, "Invalid")]
#[case::unknown_version_of_an_open_endpoint(Method::POST, "/small/v1/echo?version=3", &[], 422, "Invalid")]
#[tokio::test]
async fn what_is_refused_is_answered_in_the_vendors_shape(
    #[case] method: Method,
    #[case] uri: &str,
    #[case] headers: &[(&str, &str)],
    #[case] status: u16,
    #[case] kind: &str,
) {
    let (answered, body) = answer(method, uri, headers).await;

    assert_eq!((answered.as_u16(), body), (status, format!(r#"{{"wrong":"{kind}"}}"#)));
}

#[rstest]
#[case::guarded(Method::GET, "/small/v1/who/a/b?version=2", &[KEY], "00000000-0000-0000-0000-000000000001")]
#[case::open(Method::POST, "/small/v1/echo", &[("x-version", "1")], "hello")]
#[tokio::test]
async fn a_handler_is_reached(
    #[case] method: Method,
    #[case] uri: &str,
    #[case] headers: &[(&str, &str)],
    #[case] expected: &str,
) {
    let (status, body) = answer(method, uri, headers).await;

    assert_eq!((status.as_u16(), body.as_str()), (200, expected));
}

#[tokio::test]
async fn the_specification_is_there_for_everybody_whatever_version_is_asked_for() {
    let (status, body) = answer(Method::GET, "/small/v1/openapi.json?version=9", &[]).await;

    let served: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(status, StatusCode::OK);
    assert_eq!(served, serde_json::to_value(mount().document()).expect("JSON"));
}

#[test]
fn what_all_operations_have_in_common_is_in_their_specification() {
    let document = serde_json::to_value(mount().document()).expect("JSON");
    let guarded = &document["paths"]["/who/{rest}"]["get"];
    let open = &document["paths"]["/echo"]["post"];
    let statuses = |operation: &Value| {
        let responses = operation["responses"].as_object().expect("responses");
        responses.keys().cloned().collect::<Vec<_>>().join(" ")
    };

    insta::assert_snapshot!(
        format!("{}\n{}\n{}\n{}\n{}", document["servers"], document["security"], open["security"], statuses(guarded), statuses(open)),
        @r#"
    [{"url":"/small/v1"}]
    [{"api_key":[]},{"bearer":[]}]
    []
    200 400 401 404 405 429 500 503
    200 400 404 405 408 413 415 500 503
    "#
    );
    let wrong = &guarded["responses"]["429"]["content"]["application/json"]["schema"]["$ref"];
    assert_eq!(wrong, "#/components/schemas/Wrong");
    let versions = guarded["parameters"].as_array().expect("parameters");
    let shown: Vec<_> = versions
        .iter()
        .filter(|parameter| parameter["schema"]["enum"].is_array())
        .map(|parameter| {
            format!(
                "{} {} {}",
                parameter["in"], parameter["name"], parameter["schema"]["enum"]
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    "header" "x-version" ["1","2"]
    "query" "version" ["1","2"]
    "#);
}
