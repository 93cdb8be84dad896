//! Only who asks for this machine is answered.

use super::*;

fn admission(address: [u8; 4], names: &[&str]) -> Admission {
    Admission {
        address: (address, 3620).into(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    }
}

#[test]
fn only_this_machine_is_answered_for() {
    let loopback = admission([127, 0, 0, 1], &[]);
    let lan = admission([192, 168, 7, 5], &[]);
    let all = admission([0, 0, 0, 0], &[]);
    for host in [
        "localhost:3620",
        "LOCALHOST",
        "127.0.0.1:3620",
        "127.0.0.9",
        "[::1]:3620",
    ] {
        assert!(loopback.admits(host), "{host}");
        assert!(lan.admits(host), "{host}");
    }
    assert!(lan.admits("192.168.7.5:3620"));
    assert!(all.admits("192.168.7.5:3620"));
    let foreign = [
        "192.168.7.5:3620",
        "rebound.example:3620",
        "localhost.rebound.example",
        "127.0.0.1.rebound.example",
        "user@localhost/",
        "",
    ];
    for host in foreign {
        assert!(!loopback.admits(host), "{host}");
    }
    assert!(!all.admits("rebound.example"));
}

#[test]
fn a_name_that_the_operator_allows_is_answered_and_no_other() {
    let named = admission([0, 0, 0, 0], &["gantry"]);
    assert!(named.admits("gantry:3620"));
    assert!(named.admits("localhost"));
    assert!(!named.admits("gantry.rebound.example:3620"));
    assert!(!named.admits("rebound.example:3620"));
}

/// Over a socket, as a browser asks.
#[tokio::test]
async fn a_rebound_name_gets_403_and_words_and_the_operator_an_answer() {
    let router = Router::new()
        .route("/status", get(|| async { "fine" }))
        .layer(from_fn_with_state(
            Guard::of(admission([127, 0, 0, 1], &[])),
            guard,
        ));
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
