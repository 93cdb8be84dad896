//! What is answered at the desk, and what goes to the core.

use std::sync::Arc;

use proto::definition::Chain;
use proto::example;
use tokio::sync::mpsc::channel;
use tokio::sync::oneshot;

use super::*;
use crate::pool::calm::Calm;

/// Nobody to make proofs of, and nobody to ask.
pub fn no_trials() -> Trials {
    let chain = example::chain([7; 32].into(), &[]);
    let ours = Chain::known("mainnet").unwrap();
    let nowhere = vec!["http://127.0.0.1:1".to_owned()];
    Trials::new((nowhere, ours), Arc::new(chain), Vec::new(), Calm::always())
}

#[tokio::test]
async fn proofs_are_answered_at_the_desk_and_exits_by_the_core() {
    let (to_visits, visits) = channel(2);
    let mut desk = Desk::new(Some(visits), no_trials());
    let (reply, of_proof) = oneshot::channel();
    let request = Request::LookAtProof;
    to_visits.send(Visit { request, reply }).await.unwrap();
    let (reply, of_exits) = oneshot::channel();
    let request = Request::Exit(ExitRequest::List);
    to_visits.send(Visit { request, reply }).await.unwrap();

    assert_eq!(desk.next().await, Some((1, Order::Exit(ExitRequest::List))));
    let none = of_proof.await.unwrap();
    assert!(matches!(none, Answer::Refused(_)), "{none:?}");
    desk.answer(1, Answer::Exits(Vec::new()));
    assert_eq!(of_exits.await.unwrap(), Answer::Exits(Vec::new()));
}
