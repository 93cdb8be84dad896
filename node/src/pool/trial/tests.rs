//! Proofs on trial with a beacon node that knows a few blocks and one state.

use proto::ValidatorPosition;
use serde_json::json;
use tokio::net::TcpListener;

use super::*;
use crate::checks::own_nodes::tests::{definition, said_of};
use crate::pool::proof::tests::{Answers, chain_of, serve, spec_at};

const VALIDATORS: &str = "/eth/v1/beacon/states/1000/validators";

fn trials(url: String, chain: ChainSpec) -> Trials {
    trials_with(vec![url], chain)
}

fn trials_with(urls: Vec<String>, chain: ChainSpec) -> Trials {
    let keys = vec![[7; 48].into(), [8; 48].into()];
    Trials::new((urls, definition()), Arc::new(chain), keys, Calm::always())
}

fn place(position: u32) -> Which {
    Which::Position(ValidatorPosition(position))
}

fn proof(answer: Answer) -> Proof {
    let Answer::Proof(proof) = answer else {
        panic!("{answer:?}");
    };
    proof
}

fn refused(answer: Answer) -> String {
    let Answer::Refused(why) = answer else {
        panic!("{answer:?}");
    };
    why
}

/// Why none was made.
async fn failed(trials: &mut Trials) -> String {
    let ended = end(trials).await;
    let ProofStage::Failed(why) = ended.stage else {
        panic!("{ended:?}");
    };
    why
}

/// What the one under way comes to.
async fn end(trials: &mut Trials) -> Proof {
    loop {
        let proof = proof(trials.look());
        if proof.stage != ProofStage::UnderWay {
            return proof;
        }
        tokio::task::yield_now().await;
    }
}

/// The registry's answer about the first key.
fn registered(index: u64) -> Vec<u8> {
    let validator = json!({
        "pubkey": format!("0x{}", "07".repeat(48)),
        "withdrawal_credentials": proto::Root::ZERO,
        "effective_balance": "32000000000",
        "slashed": false,
        "activation_eligibility_epoch": "0",
        "activation_epoch": "0",
        "exit_epoch": u64::MAX.to_string(),
        "withdrawable_epoch": u64::MAX.to_string(),
    });
    let known = json!({
        "index": index.to_string(),
        "balance": "32000000000",
        "status": "active_ongoing",
        "validator": validator,
    });
    json!({ "data": [known] }).to_string().into()
}

#[tokio::test]
async fn a_validator_of_the_lock_is_proven_and_it_is_told_what_that_took() {
    let chain = spec_at(clock::now().unix_seconds());
    let (mut answers, [_, shown, _]) = chain_of(&chain);
    answers.insert(VALIDATORS.to_owned(), ("application/json", registered(499)));
    let state = format!("/eth/v2/debug/beacon/states/{}", shown.slot());
    let bytes = answers[&state].1.len();
    let mut trials = trials(serve(answers).await, chain);
    let begun = proof(trials.begin(place(0)));
    assert_eq!((begun.number, begun.stage), (1, ProofStage::UnderWay));
    let ended = end(&mut trials).await;
    let ProofStage::Made(made) = ended.stage else {
        panic!("{ended:?}");
    };
    assert_eq!((made.slot, made.index), (shown.slot(), ValidatorIndex(499)));
    assert_eq!(made.state_bytes, bytes as u64);
    // By index no key is asked for; another one is another number.
    let begun = proof(trials.begin(Which::Index(ValidatorIndex(500))));
    assert_eq!(begun.number, 2);
    let why = failed(&mut trials).await;
    assert!(why.contains("only 500 elements"), "{why}");
}

/// What a node of this chain answers that says where it is.
fn named(chain: &ChainSpec, mut answers: Answers) -> Answers {
    for (path, body) in said_of(&definition(), chain.genesis().genesis_time) {
        answers.insert(path.to_owned(), ("application/json", body.into()));
    }
    answers
}

#[tokio::test]
async fn a_state_that_breaks_off_at_one_node_is_read_whole_from_the_next() {
    let chain = spec_at(clock::now().unix_seconds());
    let (mut answers, [_, shown, _]) = chain_of(&chain);
    answers.insert(VALIDATORS.to_owned(), ("application/json", registered(499)));
    let mut half = named(&chain, answers.clone());
    let state = format!("/eth/v2/debug/beacon/states/{}", shown.slot());
    let bytes = answers[&state].1.len();
    half.get_mut(&state).unwrap().1.truncate(bytes / 2);
    // It takes the validator for another one, too.
    half.insert(VALIDATORS.to_owned(), ("application/json", registered(3)));
    let half = serve(half).await;
    let urls = vec![half.clone(), serve(named(&chain, answers)).await];
    let mut trials = trials_with(urls, chain.clone());
    trials.begin(place(0));
    let ended = end(&mut trials).await;
    let ProofStage::Made(made) = ended.stage else {
        panic!("{ended:?}");
    };
    assert_eq!(
        (made.index, made.state_bytes),
        (ValidatorIndex(499), bytes as u64)
    );
    // Of a node of no use alone the reason is told, with its name.
    let mut alone = trials_with(vec![half.clone()], chain);
    alone.begin(place(0));
    let why = failed(&mut alone).await;
    assert!(why.starts_with(&format!("beacon node {half}: ")), "{why}");
}

#[tokio::test]
async fn one_is_made_at_a_time() {
    // Nobody takes what waits to be connected, until it is hung up on.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let mut trials = trials(url, spec_at(clock::now().unix_seconds()));
    assert_eq!(proof(trials.begin(place(0))).number, 1);
    let why = refused(trials.begin(place(1)));
    assert!(why.contains("under way already"), "{why}");
    assert_eq!(proof(trials.look()).stage, ProofStage::UnderWay);
    drop(silent);
    let ended = end(&mut trials).await;
    assert!(matches!(ended.stage, ProofStage::Failed(_)), "{ended:?}");
    assert_eq!(ended.number, 1);
    assert_eq!(proof(trials.begin(place(1))).number, 2);
}

#[tokio::test]
async fn whom_nobody_knows_is_not_proven() {
    let chain = spec_at(clock::now().unix_seconds());
    let (mut answers, _) = chain_of(&chain);
    let nobody = json!({ "data": [] }).to_string().into();
    answers.insert(VALIDATORS.to_owned(), ("application/json", nobody));
    let mut trials = trials(serve(answers).await, chain);
    assert!(refused(trials.look()).contains("no proof was asked for"));
    let why = refused(trials.begin(place(2)));
    assert!(why.contains("no validator at place 2"), "{why}");
    trials.begin(place(0));
    let why = failed(&mut trials).await;
    assert!(why.contains("does not know"), "{why}");
}

#[tokio::test]
async fn a_chain_that_finalises_nothing_new_is_named() {
    let chain = spec_at(clock::now().unix_seconds() - 3600);
    let (answers, _) = chain_of(&chain);
    let mut trials = trials(serve(answers).await, chain);
    trials.begin(place(0));
    let why = failed(&mut trials).await;
    assert!(why.contains("s ago"), "{why}");
}
