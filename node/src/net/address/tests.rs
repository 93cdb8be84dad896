//! Names are looked up side by side.

use std::future::pending;

use super::*;

fn socket(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[tokio::test]
async fn names_that_nobody_answers_for_hold_nothing_else_back() {
    let hints = [
        "dead.example:1",
        "gone.example:1",
        "192.0.2.1:2",
        "live.example:3",
    ];
    let hints = hints.map(|hint| hint.parse().unwrap());
    let limit = Duration::from_millis(10);
    let found = resolve_with(&hints, limit, async |name: &str, _| match name {
        "live.example" => Ok(vec![socket("192.0.2.3:3"), socket("[2001:db8::3]:3")]),
        "gone.example" => Err(io::ErrorKind::NotFound.into()),
        _ => pending().await,
    });
    let expected = ["192.0.2.1:2", "192.0.2.3:3", "[2001:db8::3]:3"].map(socket);
    let found = found.await;
    assert_eq!(found.sockets, expected);
    let missing = found.missing.join(" ");
    for name in ["dead.example", "gone.example"] {
        assert!(missing.contains(name), "{missing}");
    }
}
