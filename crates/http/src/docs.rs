//! The reference page at `/docs`: Swagger UI, served from the binary, without a word to any other server.

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use crate::layers::guarded;
use crate::refusal::Refusal;
use crate::v1::{self, problem};

/// Swagger UI writes styles into its elements and draws its icons from `data:` URLs; nothing else is let in.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/docs`, where each of the specifications can be chosen, by title and path; the first is the one that is shown.
pub(crate) fn routes(listed: Vec<(String, String)>) -> Router {
    // Swagger UI wants what it lists for as long as the process lives, which is how long it is served.
    let urls = listed
        .into_iter()
        .map(|(title, path)| Url::new(title.leak(), path.leak()));
    let config = Config::new(urls).validator_url("none").display_request_duration(true);
    let page: Router = SwaggerUi::new("/docs").config(config).into();
    guarded(
        page.method_not_allowed_fallback(v1::method_not_allowed)
            .layer(middleware::map_response(explained))
            .layer(middleware::from_fn(confined)),
        problem::render,
    )
}

/// The page's own answer to a file that it does not have says nothing.
async fn explained(response: Response) -> Response {
    if response.status() == StatusCode::NOT_FOUND {
        return Refusal::unknown_path().into_response();
    }
    response
}

async fn confined(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use rstest::rstest;
    use tower::ServiceExt;

    use super::*;
    use crate::dialects;

    fn listed() -> Vec<(String, String)> {
        let apis: Vec<_> = dialects::documents().into_iter().map(|document| document.api).collect();
        crate::listed(&apis)
    }

    async fn get(path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = routes(listed()).oneshot(request).await.unwrap();
        assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], POLICY);
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    #[rstest]
    #[case("/docs/")]
    #[case("/docs/swagger-initializer.js")]
    #[case("/docs/swagger-ui.css")]
    #[tokio::test]
    async fn the_page_asks_no_other_server_for_anything(#[case] path: &str) {
        let (status, body) = get(path).await;

        assert_eq!(status, StatusCode::OK);
        for outside in [
            "src=\"http",
            "href=\"http",
            "url(http",
            "url(//",
            "\"https://",
            "//validator",
        ] {
            assert!(!body.contains(outside), "{path} mentions {outside}");
        }
    }

    #[tokio::test]
    async fn a_file_that_there_is_none_of_is_a_problem() {
        let (status, body) = get("/docs/nothing.js").await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(body.contains(r#""type":"/problems/unknown-path""#), "{body}");
    }

    #[tokio::test]
    async fn the_page_lists_every_specification() {
        let (_, body) = get("/docs/swagger-initializer.js").await;
        assert!(body.contains(r#""validatorUrl": "none""#), "{body}");
        for (title, path) in listed() {
            assert!(body.contains(&format!("\"name\": \"{title}\"")), "{title}: {body}");
            assert!(body.contains(&format!("\"url\": \"{path}\"")), "{path}: {body}");
        }
    }
}
