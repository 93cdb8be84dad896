//! Visitors have a few places and a short while.

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
