//! What a running peer serves to its own operator over HTTP, on loopback unless configured
//! otherwise: `/metrics` for Prometheus, `/status` for `gantry status`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use prometheus_client::metrics::counter::Counter;
use thiserror::Error;
use tokio::net::TcpListener;

use super::curve_cost;
use super::metrics::{Metrics, PeerLabels};
use super::net::Outbox;
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
    outbox: Outbox,
    names: Arc<[String]>,
}

/// Serves until the program ends.
///
/// # Errors
/// If the address cannot be listened on.
pub async fn serve(
    address: SocketAddr,
    (metrics, board): (Arc<Metrics>, Arc<Board>),
    (outbox, names): (Outbox, Vec<String>),
) -> Result<(), WebError> {
    let failed = |source| WebError { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let router = Router::new()
        .route("/metrics", get(metrics_text))
        .route(
            "/status",
            get(|State(shown): State<Shown>| async move { Json(shown.board.read()) }),
        )
        .with_state(Shown {
            metrics,
            board,
            outbox,
            names: names.into(),
        });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}

async fn metrics_text(State(shown): State<Shown>) -> impl IntoResponse {
    let traffic = shown.outbox.traffic();
    let metrics = &shown.metrics;
    raise(&metrics.sent_bytes, traffic.sent_bytes);
    raise(&metrics.received_bytes, traffic.received_bytes);
    for (name, peer) in shown.names.iter().zip(&traffic.peers) {
        let labels = PeerLabels { peer: name.clone() };
        raise(
            &metrics.peer_sent_bytes.get_or_create(&labels),
            peer.sent_bytes,
        );
        raise(
            &metrics.peer_received_bytes.get_or_create(&labels),
            peer.received_bytes,
        );
    }
    // The first time this measures for a moment: not on the loop's threads.
    if let Ok(seconds) = tokio::task::spawn_blocking(curve_cost::seconds).await {
        let counted = &metrics.bls_cpu_seconds;
        counted.inc_by((seconds - counted.get()).max(0.0));
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], metrics.text())
}

/// Brings a counter to what was counted elsewhere.
fn raise(counter: &Counter, total: u64) {
    counter.inc_by(total.saturating_sub(counter.get()));
}
