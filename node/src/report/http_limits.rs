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
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// A server with two places, and its address.
    async fn open(visit: Duration) -> std::net::SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(|| async { "fine" }));
        tokio::spawn(receive(listener, router, Bounds { places: 2, visit }));
        address
    }

    async fn ask(visitor: &mut TcpStream) {
        let request = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
        visitor.write_all(request).await.unwrap();
    }

    /// What comes until the server ends the visit, which a client that keeps connections would not.
    async fn answer_to(visitor: &mut TcpStream) -> String {
        let mut answer = String::new();
        let read = timeout(PATIENCE, visitor.read_to_string(&mut answer)).await;
        read.expect("the server ends the visit").unwrap();
        answer
    }

    #[tokio::test]
    async fn who_says_nothing_is_shown_out_and_the_next_is_answered() {
        let address = open(Duration::from_millis(100)).await;
        let mut idle = Vec::new();
        for _ in 0..10 {
            idle.push(TcpStream::connect(address).await.unwrap());
        }
        let mut visitor = TcpStream::connect(address).await.unwrap();
        ask(&mut visitor).await;
        let answer = answer_to(&mut visitor).await;
        assert!(answer.ends_with("fine"), "{answer}");
        for mut idle in idle {
            assert_eq!(answer_to(&mut idle).await, "");
        }
    }

    #[tokio::test]
    async fn who_comes_when_all_places_are_taken_waits_for_one() {
        let address = open(PATIENCE).await;
        let first = TcpStream::connect(address).await.unwrap();
        let _second = TcpStream::connect(address).await.unwrap();
        let mut third = TcpStream::connect(address).await.unwrap();
        ask(&mut third).await;
        let early = timeout(Duration::from_millis(50), third.readable()).await;
        assert!(early.is_err(), "answered beside two others");
        drop(first);
        assert!(answer_to(&mut third).await.ends_with("fine"));
    }
}
