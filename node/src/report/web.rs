//! What a running peer serves to its own operator over HTTP, on loopback unless configured
//! otherwise: `/metrics` for Prometheus, `/status` for `gantry status`, `/duties` for `gantry
//! duties`.
//!
//! A page in the operator's browser can point its own name at this address and would then read what
//! is served here (DNS rebinding). It cannot hide that name: so only requests are answered whose
//! Host is `localhost`, a loopback address, the configured one (any, where `metrics` is configured
//! to all addresses of the machine), or a name that the operator has allowed.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Query, Request, State};
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
use tokio::sync::Semaphore;
use tracing::warn;

use super::duties::{DutyReport, Filter};
use super::http_limits::{Bounds, receive};
use super::lines::{Lines, Quiet};
use super::metrics::{PeerLabels, UnknownLabels};
use super::shown::Shown;
use crate::net::Outbox;
use crate::net::listening::with_advice;

/// An operator, a few dashboards and a Prometheus.
const BOUNDS: Bounds = Bounds {
    places: 32,
    visit: Duration::from_secs(10),
};

/// The address cannot be listened on.
#[derive(Debug, Error)]
#[error("cannot serve metrics on {address}, where `metrics` is configured to: {cause}")]
pub struct WebError {
    address: SocketAddr,
    cause: String,
}

/// The sessions, once there are any: they are asked for the bytes that they have carried.
pub type Sessions = Arc<OnceLock<Outbox>>;

/// What is served.
type Served = (Shown, Sessions);

/// Where it is served, and for which Hosts beside this machine's own.
#[derive(Debug, Clone)]
pub struct Admission {
    pub address: SocketAddr,
    /// Host names that are answered too.
    pub names: Arc<[String]>,
}

impl Admission {
    /// Whether a Host header, with or without a port, names this machine.
    fn admits(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else {
            return false;
        };
        let name = authority.host();
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let own = self.address.ip();
        match bare.parse::<IpAddr>() {
            Ok(address) => address.is_loopback() || address == own || own.is_unspecified(),
            Err(_) => {
                let mut known = self.names.iter().map(String::as_str).chain(["localhost"]);
                known.any(|known| name.eq_ignore_ascii_case(known))
            }
        }
    }
}

/// Serves until the program ends what is shown, and, once there are `sessions`, what they have sent
/// and received: before that a peer counts nothing.
///
/// # Errors
/// If the address cannot be listened on.
pub async fn serve(admission: Admission, shown: Shown, sessions: Sessions) -> Result<(), WebError> {
    let address = admission.address;
    let failed = |error| WebError {
        address,
        cause: with_advice(&error),
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let router = Router::new()
        .route("/metrics", get(metrics_text))
        .route(
            "/status",
            get(|State((shown, _)): State<Served>| async move { Json(shown.board.read()) }),
        )
        .route("/duties", get(duties))
        .layer(from_fn_with_state(Guard::of(admission), guard))
        .with_state((shown, sessions));
    tokio::spawn(receive(listener, router, BOUNDS));
    Ok(())
}

/// Who is answered, and what was logged of those who are not.
#[derive(Clone)]
struct Guard {
    admission: Admission,
    lines: Arc<Mutex<Lines>>,
}

impl Guard {
    fn of(admission: Admission) -> Self {
        Self {
            admission,
            lines: Arc::default(),
        }
    }
}

/// Lets a request through that names this machine, not some other.
async fn guard(State(door): State<Guard>, request: Request, next: Next) -> Response {
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    if host.is_some_and(|host| door.admission.admits(host)) && hosts.next().is_none() {
        return next.run(request).await;
    }
    let subject = (None, "foreign_host");
    let mut lines = door.lines.lock().unwrap_or_else(PoisonError::into_inner);
    if lines.admit(subject, Quiet::Ever, Instant::now()) {
        warn!(
            host,
            "refused a request to /metrics, /status or /duties: its Host names neither this \
             machine's loopback nor the address that `metrics` is configured to. If the name is \
             right, add it to `metrics_names`"
        );
    }
    let words = "refused: this address answers only requests whose Host is localhost, a loopback \
                 address, the address that `metrics` is configured to or one of `metrics_names`\n";
    (StatusCode::FORBIDDEN, words).into_response()
}

/// Reads the memory in a thread of its own, one at a time: its disk may hang, and a year of a large
/// cluster takes a second.
async fn duties(State((shown, _)): State<Served>, Query(filter): Query<Filter>) -> Response {
    static TURN: Semaphore = Semaphore::const_new(1);
    let Ok(turn) = TURN.try_acquire() else {
        let words = "the duties are being read for somebody else: ask again in a moment\n";
        return (StatusCode::SERVICE_UNAVAILABLE, words).into_response();
    };
    let read = move || {
        let per_epoch = shown.board.slots_per_epoch();
        let report = DutyReport::of(&shown.book, &filter, (&shown.names, per_epoch));
        drop(turn);
        report
    };
    match tokio::task::spawn_blocking(read).await {
        Ok(report) => Json(report).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn metrics_text(State((shown, sessions)): State<Served>) -> Response {
    let Some(outbox) = sessions.get() else {
        let words = "this peer waits for its beacon node: see /status\n";
        return (StatusCode::SERVICE_UNAVAILABLE, words).into_response();
    };
    let traffic = outbox.traffic();
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
        let peer_sent = UnknownLabels {
            peer: name.clone(),
            what: "a message",
        };
        raise(&metrics.unknown.get_or_create(&peer_sent), peer.unknown);
    }
    // The first time this measures for a moment: not on the loop's threads.
    let counted = Arc::clone(metrics);
    let seconds = move || counted.curve_work.seconds();
    if let Ok(seconds) = tokio::task::spawn_blocking(seconds).await {
        // The bits of numbers that are not negative are ordered as the numbers are.
        let counted = metrics.bls_cpu_seconds.inner();
        counted.fetch_max(seconds.max(0.0).to_bits(), Ordering::Relaxed);
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], metrics.text()).into_response()
}

/// Brings a counter to what was counted elsewhere, however many ask at once.
fn raise(counter: &Counter, total: u64) {
    counter.inner().fetch_max(total, Ordering::Relaxed);
}

#[cfg(test)]
mod tests;
