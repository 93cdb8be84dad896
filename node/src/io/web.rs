//! What a running peer serves to its own operator over HTTP, on loopback unless configured
//! otherwise: `/metrics` for Prometheus, `/status` for `gantry status`.
//!
//! A page in the operator's browser can point its own name at this address and would then read what
//! is served here (DNS rebinding). It cannot hide that name: so only requests are answered whose
//! Host is `localhost`, a loopback address or the configured one; where `metrics` is configured to
//! all addresses of the machine, any address, but no name.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Once};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::uri::Authority;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use prometheus_client::metrics::counter::Counter;
use thiserror::Error;
use tokio::net::TcpListener;
use tracing::warn;

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
        .layer(from_fn_with_state(address.ip(), guard))
        .with_state(Shown {
            metrics,
            board,
            outbox,
            names: names.into(),
        });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}

/// Lets a request through that names this machine, not some other.
async fn guard(State(own): State<IpAddr>, request: Request, next: Next) -> Response {
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    if host.is_some_and(|host| is_here(host, own)) && hosts.next().is_none() {
        return next.run(request).await;
    }
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        warn!(
            host,
            "refused a request to /metrics or /status: its Host names neither this machine's \
             loopback nor the address that `metrics` is configured to"
        );
    });
    let words = "refused: this address answers only requests whose Host is localhost, a loopback \
                 address or the address that `metrics` is configured to\n";
    (StatusCode::FORBIDDEN, words).into_response()
}

/// Whether a Host header, with or without a port, names this machine by `localhost` or an address.
fn is_here(host: &str, own: IpAddr) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<IpAddr>() {
        Ok(address) => address.is_loopback() || address == own || own.is_unspecified(),
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_answered_for() {
        let loopback = IpAddr::from([127, 0, 0, 1]);
        let lan = IpAddr::from([192, 168, 7, 5]);
        for host in [
            "localhost:3620",
            "LOCALHOST",
            "127.0.0.1:3620",
            "127.0.0.9",
            "[::1]:3620",
        ] {
            assert!(is_here(host, loopback), "{host}");
            assert!(is_here(host, lan), "{host}");
        }
        assert!(is_here("192.168.7.5:3620", lan));
        assert!(is_here("192.168.7.5:3620", IpAddr::from([0, 0, 0, 0])));
        let foreign = [
            "192.168.7.5:3620",
            "rebound.example:3620",
            "localhost.rebound.example",
            "127.0.0.1.rebound.example",
            "user@localhost/",
            "",
        ];
        for host in foreign {
            assert!(!is_here(host, loopback), "{host}");
        }
        assert!(!is_here("rebound.example", IpAddr::from([0, 0, 0, 0])));
    }

    /// Over a socket, as a browser asks.
    #[tokio::test]
    async fn a_rebound_name_gets_403_and_words_and_the_operator_an_answer() {
        let router = Router::new()
            .route("/status", get(|| async { "fine" }))
            .layer(from_fn_with_state(IpAddr::from([127, 0, 0, 1]), guard));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/status", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let plain = client.get(&url).send().await.unwrap();
        assert_eq!(plain.text().await.unwrap(), "fine");
        let rebound = client.get(&url).header("host", "rebound.example:3620");
        let rebound = rebound.send().await.unwrap();
        assert_eq!(rebound.status().as_u16(), 403);
        assert!(rebound.text().await.unwrap().contains("Host is localhost"));
    }
}
