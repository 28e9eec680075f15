//! What whoever operates Roster asks: whether the process runs, and whether it can serve.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tracing::warn;

use crate::layers::guarded;
use crate::v1::{method_not_allowed, problem};
use crate::{Readiness, Services};

/// `/healthz` and `/readyz`. Open to everybody: bind them where only those who may ask can reach them.
pub(crate) fn routes(services: &Arc<Services>) -> Router {
    let routes = Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(readiness))
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(services.readiness.clone());
    guarded(routes, problem::render)
}

/// The process runs: it answers. Nothing else is asked, so that a database that is down does not restart the process.
async fn health() -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(json!({"status": "ok"}))).into_response()
}

/// Whether requests should be sent here.
async fn readiness(State(readiness): State<Arc<dyn Readiness>>) -> Response {
    match readiness.check().await {
        Ok(()) => ([(CACHE_CONTROL, "no-store")], Json(json!({"status": "ready"}))).into_response(),
        Err(reason) => {
            warn!(reason, "not ready");
            let body = Json(json!({"status": "not_ready", "reason": reason}));
            (StatusCode::SERVICE_UNAVAILABLE, [(CACHE_CONTROL, "no-store")], body).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    struct Broken;

    #[async_trait]
    impl Readiness for Broken {
        async fn check(&self) -> Result<(), String> {
            Err("the database does not answer".to_owned())
        }
    }

    #[tokio::test]
    async fn a_process_that_cannot_serve_says_why() {
        let routes = Router::new()
            .route("/readyz", get(readiness))
            .with_state(Arc::new(Broken) as Arc<dyn Readiness>);

        let response = routes
            .oneshot(Request::get("/readyz").body(Body::empty()).unwrap())
            .await
            .unwrap();

        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = to_bytes(response.into_body(), 1000).await.unwrap();
        assert_eq!(
            body,
            r#"{"reason":"the database does not answer","status":"not_ready"}"#
        );
    }
}
