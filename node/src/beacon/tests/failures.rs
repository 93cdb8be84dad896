//! Events and their end, and servers that do not behave.

use std::time::Duration;

use futures::StreamExt as _;
use tokio::net::{TcpListener, TcpSocket};

use super::*;

#[tokio::test]
async fn heads_come_as_events_and_the_end_of_the_stream_as_an_error_and_then_heads_again() {
    let events = include_bytes!("recorded/head_events.sse");
    let node = Node::recorded().with("/eth/v1/events", (200, "text/event-stream", events));
    let client = node.start().await;
    let heads = client.head_events(Duration::from_secs(5));
    let heard = |heard| match heard {
        Ok(Heard::Connected) => "connected".to_owned(),
        Ok(Heard::Head(head)) => head.slot.to_string(),
        Err(_) => "ended".to_owned(),
    };
    let heard: Vec<String> = heads.take(7).map(heard).collect().await;
    let expected = [
        "connected",
        "415",
        "416",
        "417",
        "ended",
        "connected",
        "415",
    ];
    assert_eq!(heard, expected);
}

#[tokio::test]
async fn a_silent_event_stream_is_given_up() {
    let ok = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let client = endless(ok, b"").await;
    let mut heads = client.head_events(Duration::from_millis(50));
    assert_eq!(heads.next().await.unwrap().unwrap(), Heard::Connected);
    let then = heads.next().await.unwrap();
    assert_eq!(cause(then), Cause::Timeout(50));
}

#[tokio::test]
async fn an_event_stream_that_is_refused_with_half_a_body_is_given_up() {
    let half = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 500\r\n\r\n0123456789";
    let client = endless(half, b"").await;
    let mut heads = client.head_events(Duration::from_secs(36));
    let limit = 2 * Call::Events.timeout();
    let first = tokio::time::timeout(limit, heads.next()).await;
    let refused = first.expect("it ends in time").unwrap().unwrap_err();
    assert_eq!(refused.status(), Some(503));
}

#[tokio::test]
async fn an_endless_answer_or_event_is_cut_off() {
    let ok = b"HTTP/1.1 200 OK\r\n\r\n";
    let client = endless(ok, &[b' '; 4096]).await;
    let limit = Call::Syncing.answer_limit();
    assert_eq!(cause(client.sync_status().await), Cause::TooLarge(limit));

    let mut heads = client.head_events(Duration::from_secs(5));
    assert_eq!(heads.next().await.unwrap().unwrap(), Heard::Connected);
    let then = heads.next().await.unwrap();
    assert!(matches!(cause(then), Cause::Undecodable(_)));

    let huge = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n";
    let client = endless(huge, b"").await;
    assert_eq!(cause(client.sync_status().await), Cause::TooLarge(limit));
}

#[tokio::test]
async fn an_answer_that_trickles_is_given_up_when_the_time_of_its_call_is_over() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut visitor, _) = listener.accept().await.unwrap();
        let mut asked = [0; 4096];
        let mut open = visitor.read(&mut asked).await.is_ok();
        let begin = b"HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\n";
        open = open && visitor.write_all(begin).await.is_ok();
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while open {
            pace.tick().await;
            open = visitor.write_all(b" ").await.is_ok();
        }
    });
    let client = BeaconClient::connect(&url).unwrap();
    // The shortest time of all: every call has its own, until its last byte.
    let bid = client.builder_bid(proto::Slot(9), proto::Root::ZERO, [7; 48].into());
    assert_eq!(cause(bid.await), Cause::Timeout(2_000));
}

#[tokio::test]
async fn answers_that_cannot_be_read_say_where_and_redirects_are_not_followed() {
    let broken = br#"{"data":{"head_slot":"x","sync_distance":"0","is_syncing":false}}"#;
    let node = Node::recorded().with("/eth/v1/node/syncing", (200, JSON, broken));
    let Cause::Undecodable(reason) = cause(node.start().await.sync_status().await) else {
        panic!("not undecodable");
    };
    assert!(reason.contains("head_slot"), "{reason}");

    let node = Node::recorded().with("/eth/v1/node/syncing", (302, JSON, b""));
    let moved = node.start().await.sync_status().await;
    let moved = moved.unwrap_err();
    assert_eq!(moved.status(), Some(302));
    assert!(
        moved
            .to_string()
            .contains("write the address that it leads to"),
        "{moved}"
    );
}

#[tokio::test]
async fn a_node_that_is_not_there_is_unreachable() {
    // Bound, so that nobody else gets it, and listened on by nobody.
    let held = TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://u:secret@{}", held.local_addr().unwrap());
    let client = BeaconClient::connect(&url).unwrap();
    let error = client.sync_status().await.unwrap_err();
    assert!(matches!(error.cause, Cause::Unreachable(_)));
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[tokio::test]
async fn a_node_that_answers_to_no_tls_is_unreachable_before_the_time_of_the_call_is_over() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", silent.local_addr().unwrap());
    let client = BeaconClient::connect(&url).unwrap();
    assert!(matches!(
        cause(client.sync_status().await),
        Cause::Unreachable(_)
    ));
}
