//! What a running peer serves to its own operator over HTTP, on loopback unless configured
//! otherwise: `/metrics` for Prometheus, `/status` for `gantry status`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use thiserror::Error;
use tokio::net::TcpListener;

use super::metrics::Metrics;
use super::status::Board;

/// The address cannot be listened on.
#[derive(Debug, Error)]
#[error("cannot serve metrics on {address}: {source}: is another program there? Change `metrics`")]
pub struct WebError {
    address: SocketAddr,
    source: std::io::Error,
}

/// What is served.
#[derive(Clone)]
struct Shown {
    metrics: Arc<Metrics>,
    board: Arc<Board>,
}

/// Serves until the program ends.
///
/// # Errors
/// If the address cannot be listened on.
pub async fn serve(
    address: SocketAddr,
    metrics: Arc<Metrics>,
    board: Arc<Board>,
) -> Result<(), WebError> {
    let failed = |source| WebError { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let router = Router::new()
        .route("/metrics", get(metrics_text))
        .route("/status", get(|State(shown): State<Shown>| async move { Json(shown.board.read()) }))
        .with_state(Shown { metrics, board });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}

async fn metrics_text(State(shown): State<Shown>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], shown.metrics.text())
}
