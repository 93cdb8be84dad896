//! Relays of the tests: one that bids and signs, one that has nothing, one that hangs, one that
//! talks nonsense.

use std::net::SocketAddr;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use node_core::pool::agreement::example::relay;
use proto::{DutyKind, Slot};
use tokio::net::TcpListener;

use super::*;

const BID: &str = include_str!("../../../../proto/tests/vectors/bid-minimal.json");
const DUTY: DutyId = DutyId {
    slot: Slot(9),
    kind: DutyKind::Block,
};
const PATH: &str = "/eth/v1/builder/header/{slot}/{parent}/{proposer}";

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// The relay of the example at this address.
fn at(address: SocketAddr) -> Relay {
    Relay {
        url: format!("http://{address}"),
        ..relay()
    }
}

fn question(relays: Vec<Relay>) -> Request {
    Request::Bids {
        duty: DUTY,
        parent_hash: [7; 32].into(),
        block_hash: [6; 32].into(),
        proposer: [8; 48].into(),
        relays,
    }
}

#[tokio::test]
async fn what_relays_bid_is_heard_whatever_the_others_do() {
    let bid = format!(r#"{{"version":"electra","data":{BID}}}"#);
    let honest = serve(Router::new().route(
        PATH,
        get(
            move |axum::extract::Path(asked): axum::extract::Path<[String; 3]>| {
                let bid = bid.clone();
                async move {
                    let [slot, parent, proposer] = asked;
                    let is_right =
                        slot == "9" && parent.ends_with("07") && proposer.ends_with("08");
                    match is_right {
                        true => (StatusCode::OK, bid),
                        false => (StatusCode::BAD_REQUEST, String::new()),
                    }
                }
            },
        ),
    ));
    let nothing = serve(Router::new().route(PATH, get(async || StatusCode::NO_CONTENT)));
    let odd = serve(Router::new().route(PATH, get(async || "no bid at all")));
    let hung = serve(Router::new().route(PATH, get(std::future::pending::<StatusCode>)));
    let (honest, nothing, odd, hung) = tokio::join!(honest, nothing, odd, hung);
    let relays = vec![at(hung), at(nothing), at(odd), at(honest)];
    let ways = Relays::default();
    let asking = ways
        .ask(&question(relays.clone()))
        .expect("it is for relays");
    let (Response::Bids(DUTY, shown), news) = asking.await else {
        panic!("it is answered");
    };
    let [shown] = &shown[..] else {
        panic!("{shown:?}");
    };
    assert_eq!(shown.relay, at(honest));
    let expected = serde_json::from_str(BID).unwrap();
    assert_eq!(shown.bid, expected);
    // It is not the one that is looked for: why none of the others shows that is told.
    let Some(News::NoBid { why, .. }) = news else {
        panic!("{news:?}");
    };
    assert!(
        why.contains(&format!(
            "relay http://{odd}, builder header (GET /eth/v1/b"
        )),
        "{why}"
    );
    let late = format!("; relay http://{hung}, builder header: no answer within 600 ms: ");
    assert!(why.contains(&late), "{why}");
    let mut question = question(relays);
    if let Request::Bids { block_hash, .. } = &mut question {
        *block_hash = shown.bid.message.header.block_hash;
    }
    let (_, news) = ways.ask(&question).expect("it is for relays").await;
    assert!(news.is_none(), "{news:?}");
}

#[tokio::test]
async fn other_questions_are_for_the_nodes() {
    assert!(Relays::default().ask(&Request::Condition).is_none());
}
