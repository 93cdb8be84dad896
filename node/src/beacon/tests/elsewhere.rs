//! Addresses at which something else than a beacon node answers: the words say what, and lead on.

use proto::Slot;
use tokio::net::TcpListener;

use super::*;

/// How an execution node answers what it does not know.
const JSON_RPC: &[u8] =
    br#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"empty request"}}"#;

async fn refusals(status: u16, body: &[u8]) -> Vec<String> {
    let mut node = Node::default();
    for path in ["beacon/genesis", "node/syncing", "node/version"] {
        node = node.with(&format!("/eth/v1/{path}"), (status, JSON, body));
    }
    let client = node.start().await;
    vec![
        client.chain_spec().await.unwrap_err().to_string(),
        client.sync_status().await.unwrap_err().to_string(),
        client.version().await.unwrap_err().to_string(),
    ]
}

#[tokio::test]
async fn what_is_no_beacon_node_is_called_that_and_needs_no_upgrade() {
    for (status, body) in [
        (200, &b"<!doctype html><title>Welcome to nginx!</title>"[..]),
        (200, b""),
        (200, JSON_RPC),
        (404, b""),
        (404, b"<html>404 Not Found</html>"),
        (405, b"Used HTTP Method is not allowed. POST is required\n"),
        (415, JSON_RPC),
    ] {
        for said in refusals(status, body).await {
            assert!(said.contains("beacon node http://127.0.0.1:"), "{said}");
            assert!(said.contains("no Beacon API"), "{said}");
            assert!(
                said.contains("check the address in `beacon_node`"),
                "{said}"
            );
            assert!(
                !said.contains("upgrade") && !said.contains("its version"),
                "{said}"
            );
            assert!(!said.contains('<'), "{said}");
        }
    }
    for said in refusals(200, JSON_RPC).await {
        assert!(said.contains("the JSON-RPC of an execution node"), "{said}");
    }
}

#[tokio::test]
async fn a_beacon_node_that_has_no_answer_yet_is_one() {
    let early = br#"{"code":404,"message":"Chain genesis info is not yet known"}"#;
    for said in refusals(404, early).await {
        assert!(
            said.contains("not yet known") && !said.contains("no Beacon API"),
            "{said}"
        );
    }
    // A page in place of another call is a proxy's: it lets through only some.
    let node = Node::recorded().with(VOTE, (404, "text/html", b"<html>no</html>"));
    let said = node.start().await.attestation_data(Slot(414)).await;
    let said = said.unwrap_err().to_string();
    assert!(said.contains("HTTP status 404 (a web page)"), "{said}");
}

#[tokio::test]
async fn an_address_of_https_where_http_is_spoken_is_told_so_and_the_other_way_round() {
    let listening = Node::recorded().listen().await;
    let client = BeaconClient::connect(&format!("https://{listening}")).unwrap();
    let said = client.sync_status().await.unwrap_err().to_string();
    assert!(
        said.contains("write http:// in place of https://"),
        "{said}"
    );

    // What answers a line of text with an alert of TLS: "unexpected message".
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut visitor, _)) = listener.accept().await {
            let mut asked = [0; 4096];
            if visitor.read(&mut asked).await.is_ok() {
                visitor.write_all(&[0x15, 3, 1, 0, 2, 2, 10]).await.ok();
            }
        }
    });
    let client = BeaconClient::connect(&url).unwrap();
    let said = client.sync_status().await.unwrap_err().to_string();
    assert!(
        said.contains("whether https:// is to stand before it"),
        "{said}"
    );
}
