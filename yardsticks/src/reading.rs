//! Bare axum: the same answer to every GET, without a look into anything.

use std::net::SocketAddr;

use anyhow::Result;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use tokio::net::TcpListener;

/// Serves until it is killed.
pub(crate) async fn serve(listen: SocketAddr, body: String) -> Result<()> {
    let body: &'static str = body.leak();
    let answer = async move || ([(CONTENT_TYPE, "application/json")], body);
    let router = Router::new().route("/v1/users/{id}", get(answer));
    axum::serve(TcpListener::bind(listen).await?, router).await?;
    Ok(())
}
