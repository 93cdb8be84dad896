//! Visits over HTTP: a few at once, each of one request and a short while.
//!
//! Whoever can reach the address can open connections and leave them idle. Without these bounds a
//! thousand of them would take every descriptor of the process, and with them its peers and its
//! beacon node.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tracing::debug;

/// How long to wait after a visitor could not be let in: the system may have no descriptors left.
const RECOVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// How many there may be at once. Who comes later waits in the system's queue.
    pub places: usize,
    /// How long each may take, from being let in to the last byte of the answer.
    pub visit: Duration,
}

/// Lets visitors in and has `router` answer them, for ever.
pub(crate) async fn receive(listener: TcpListener, router: Router, bounds: Bounds) {
    let places = Arc::new(Semaphore::new(bounds.places));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let visitor = match listener.accept().await {
            Ok((visitor, _)) => visitor,
            Err(error) => {
                debug!(%error, "a visitor could not be let in");
                sleep(RECOVERY).await;
                continue;
            }
        };
        let answered = answer(visitor, router.clone(), bounds.visit);
        tokio::spawn(async move {
            answered.await;
            drop(place);
        });
    }
}

async fn answer(visitor: TcpStream, router: Router, limit: Duration) {
    let service = TowerToHyperService::new(router);
    let answered = http1::Builder::new()
        .keep_alive(false)
        .serve_connection(TokioIo::new(visitor), service);
    match timeout(limit, answered).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!(%error, "a visit broke off"),
        Err(_) => debug!("a visit took too long and was ended"),
    }
}

#[cfg(test)]
mod tests;
