//! Proofs made with a beacon node that knows a few blocks and one state.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use node_core::proof::Rule;
use node_core::proof::anchor::Standing;
use node_core::proof::example::Generated;
use proto::eth::{BeaconBlockHeader, ChainSpec, Genesis, ValidatorIndex, hash_tree_root};
use proto::example;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;
use crate::beacon::Cause;
use crate::pool::calm;

const BLOCK: &[u8] = include_bytes!("../../../../proto/tests/vectors/full-minimal.ssz");
/// The finalised block, and the slot of the next one.
const SLOT: u64 = 1000;
const NEXT: u64 = 1003;
/// The block with the withdrawals.
const PAYS: u64 = 990;
/// The one before it.
const BEFORE: u64 = PAYS - 8;
const SSZ: &str = "application/octet-stream";
const JSON: &str = "application/json";

/// By path, what is answered.
pub type Answers = BTreeMap<String, (&'static str, Vec<u8>)>;

const FORKS: [(&str, &str); 1] = [("FULU_FORK_EPOCH", "0")];

fn spec() -> ChainSpec {
    example::chain([7; 32].into(), &FORKS)
}

/// The same chain, as if the block after the finalised one had just come at this time.
pub fn spec_at(seconds: u64) -> ChainSpec {
    let genesis = Genesis {
        genesis_time: seconds - NEXT * 12,
        genesis_validators_root: [7; 32].into(),
        genesis_fork_version: [0, 0, 0, 1].into(),
    };
    example::chain_since(genesis, &FORKS)
}

/// The same block, at another place of the chain.
fn block(slot: u64, parent: Root, state: Root) -> Block {
    let mut ssz = BLOCK.to_vec();
    ssz[..8].copy_from_slice(&slot.to_le_bytes());
    ssz[16..48].copy_from_slice(parent.as_bytes());
    ssz[48..80].copy_from_slice(state.as_bytes());
    Block::from_ssz(&spec(), &ssz).unwrap()
}

/// The state after the finalised block, which remembers the one with the withdrawals.
fn state(spec: &ChainSpec, pays: &Block) -> Vec<u8> {
    let terms = StateTerms::at(spec, Slot(SLOT)).unwrap();
    let mut ssz = Vec::new();
    Generated::new(terms, 500).each_piece(|piece| ssz.extend_from_slice(piece));
    // Slot, fork and header stand before the 64 block roots.
    let at = 176 + PAYS as usize % 64 * 32;
    ssz[at..at + 32].copy_from_slice(pays.root().as_bytes());
    ssz
}

fn root_of(spec: &ChainSpec, state: &[u8]) -> Root {
    let terms = StateTerms::at(spec, Slot(SLOT)).unwrap();
    let mut reader = StateReader::new(terms, Wanted::default()).unwrap();
    reader.push(state).unwrap();
    reader.finish().unwrap().root()
}

/// What a node says of the block with this header.
pub fn known(header: &BeaconBlockHeader) -> Value {
    json!({ "data": {
        "root": hash_tree_root(header),
        "canonical": true,
        "header": { "message": header },
    }})
}

fn add(answers: &mut Answers, names: &[String], block: &Block) {
    let header = known(block.header());
    let root = json!({ "data": { "root": block.root() } });
    let offset = 100u32.to_le_bytes();
    let signed = [&offset[..], &[0; 96], block.ssz()].concat();
    for name in names {
        let mut put = |path: String, media_type, body| answers.insert(path, (media_type, body));
        put(
            format!("/eth/v1/beacon/headers/{name}"),
            JSON,
            header.to_string().into(),
        );
        put(
            format!("/eth/v1/beacon/blocks/{name}/root"),
            JSON,
            root.to_string().into(),
        );
        put(format!("/eth/v2/beacon/blocks/{name}"), SSZ, signed.clone());
    }
}

/// A chain of whose last three blocks the first one pays and the second one is finalised.
fn chain() -> (Answers, [Block; 3]) {
    chain_of(&spec())
}

/// That of this chain.
pub fn chain_of(spec: &ChainSpec) -> (Answers, [Block; 3]) {
    let before = block(BEFORE, [1; 32].into(), [4; 32].into());
    let pays = block(PAYS, before.root(), [2; 32].into());
    let state = state(spec, &pays);
    let shown = block(SLOT, pays.root(), root_of(spec, &state));
    let next = block(NEXT, shown.root(), [3; 32].into());
    let mut answers = Answers::new();
    for block in [&before, &pays, &shown, &next] {
        let names = [block.slot().to_string(), block.root().to_string()];
        add(&mut answers, &names, block);
    }
    add(&mut answers, &["head".to_owned()], &next);
    let checkpoint = json!({ "epoch": "125", "root": shown.root() });
    let agreed = json!({ "data": {
        "previous_justified": checkpoint,
        "current_justified": checkpoint,
        "finalized": checkpoint,
    }});
    answers.insert(agreed_path(), (JSON, agreed.to_string().into()));
    answers.insert(state_path(), (SSZ, state));
    (answers, [pays, shown, next])
}

fn agreed_path() -> String {
    "/eth/v1/beacon/states/head/finality_checkpoints".to_owned()
}

fn state_path() -> String {
    format!("/eth/v2/debug/beacon/states/{SLOT}")
}

async fn node(answers: Answers) -> BeaconClient {
    BeaconClient::connect(&serve(answers).await).unwrap()
}

/// Where a node answers so.
pub async fn serve(answers: Answers) -> String {
    serve_or(answers, "").await
}

/// The same with this 404 to everything else.
pub async fn serve_or(answers: Answers, absent: &'static str) -> String {
    type Said = Result<([(&'static str, &'static str); 1], Vec<u8>), (StatusCode, &'static str)>;
    async fn answer(
        State((answers, absent)): State<(Answers, &'static str)>,
        request: Request,
    ) -> Said {
        let found = answers.get(request.uri().path()).cloned();
        let (media_type, body) = found.ok_or((StatusCode::NOT_FOUND, absent))?;
        Ok(([("content-type", media_type)], body))
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer);
    let router = router.with_state((answers, absent));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

const NEED: Need = Need {
    since: Slot(0),
    deadline: None,
};

fn wanted() -> Wanted {
    Wanted {
        validators: [ValidatorIndex(3), ValidatorIndex(499)].into(),
        block_roots: [Slot(PAYS)].into(),
        ..Wanted::default()
    }
}

/// The finalised block, as it is shown soon after the next one.
async fn anchor(prover: &Prover<'_>) -> Anchor {
    let now = spec().start_of(Slot(NEXT)) + Duration::from_secs(100);
    match prover.choose(NEED, now).await.unwrap() {
        Choice::Prove(anchor) => anchor,
        Choice::Wait { passed, .. } => panic!("{passed:?}"),
    }
}

#[tokio::test]
async fn a_validator_and_a_withdrawal_are_proven_with_the_own_beacon_node() {
    let (answers, [pays, shown, _]) = chain();
    let (beacon, spec) = (node(answers).await, spec());
    let prover = Prover::new(&beacon, &spec);
    let anchor = anchor(&prover).await;
    assert_eq!(anchor.standing, Standing::Finalised);
    assert_eq!((anchor.slot, anchor.root), (Slot(SLOT), shown.root()));
    assert_eq!(anchor.slot_timestamp, NEXT * 12);
    let proofs = prover.prove(&anchor, wanted()).await.unwrap();
    assert_eq!(proofs.block(), shown.root());
    let proof = proofs.validator(ValidatorIndex(499)).unwrap();
    assert_eq!(proof.witnesses().len(), 50);
    let proof = prover.withdrawal(&proofs, (Slot(PAYS), 1)).await.unwrap();
    assert_eq!(*proof.withdrawal(), pays.parts().withdrawals[1]);
}

/// That it is not made although others are.
async fn waits<T>(waiting: impl Future<Output = T> + Unpin, hasty: &Prover<'_>, anchor: &Anchor) {
    let others = async {
        for _ in 0..3 {
            hasty.prove(anchor, wanted()).await.unwrap();
        }
    };
    tokio::select! {
        _ = waiting => panic!("it is made"),
        () = others => {}
    }
}

#[tokio::test]
async fn no_state_is_read_while_a_duty_is_under_way_or_another_proof_is_made() {
    let (answers, _) = chain();
    let (beacon, spec) = (node(answers).await, spec());
    let (duties, calm) = calm::between(Duration::from_secs(3600));
    let hasty = Prover::new(&beacon, &spec);
    let prover = Prover::new(&beacon, &spec).in_calm(calm.clone());
    let anchor = anchor(&prover).await;

    duties.are_under_way(true);
    let waiting = prover.prove(&anchor, wanted());
    tokio::pin!(waiting);
    waits(&mut waiting, &hasty, &anchor).await;
    duties.are_under_way(false);
    waiting.await.unwrap();

    let turn = calm.turn().await;
    let waiting = prover.prove(&anchor, wanted());
    tokio::pin!(waiting);
    waits(&mut waiting, &hasty, &anchor).await;
    drop(turn);
    waiting.await.unwrap();
}

#[tokio::test]
async fn a_state_that_is_not_the_blocks_gives_no_proof() {
    let (mut answers, _) = chain();
    let (_, state) = answers.get_mut(&state_path()).unwrap();
    state[5000] ^= 1;
    let (beacon, spec) = (node(answers).await, spec());
    let prover = Prover::new(&beacon, &spec);
    let refused = prover.prove(&anchor(&prover).await, wanted()).await;
    let refused = refused.unwrap_err();
    assert!(matches!(
        refused,
        NoProof::Unanchored(Unanchored::OtherState { .. })
    ));
}

#[tokio::test]
async fn a_state_that_is_cut_short_gives_no_proof() {
    let (mut answers, _) = chain();
    let (_, state) = answers.get_mut(&state_path()).unwrap();
    state.truncate(20_000);
    let (beacon, spec) = (node(answers).await, spec());
    let prover = Prover::new(&beacon, &spec);
    match prover.prove(&anchor(&prover).await, wanted()).await {
        Err(NoProof::BadState(bad)) => assert_eq!(bad.rule, Rule::Ended { after: 20_000 }),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_node_that_gives_no_ssz_of_states_is_refused() {
    let (mut answers, _) = chain();
    answers.get_mut(&state_path()).unwrap().0 = JSON;
    let (beacon, spec) = (node(answers).await, spec());
    let prover = Prover::new(&beacon, &spec);
    match prover.prove(&anchor(&prover).await, wanted()).await {
        Err(NoProof::Beacon(error)) => assert!(matches!(error.cause, Cause::Undecodable(_))),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_block_that_is_too_old_to_be_shown_is_waited_for() {
    let (answers, _) = chain();
    let (beacon, spec) = (node(answers).await, spec());
    let prover = Prover::new(&beacon, &spec);
    let late = spec.start_of(Slot(NEXT)) + Duration::from_secs(3600);
    let choice = prover.choose(NEED, late).await.unwrap();
    assert!(matches!(choice, Choice::Wait { .. }), "{choice:?}");
}

#[tokio::test]
async fn a_chain_that_has_finalised_nothing_yet_is_waited_for() {
    let (mut answers, _) = chain();
    let none = json!({ "epoch": "0", "root": Root::ZERO });
    let agreed = json!({ "data": { "current_justified": none, "finalized": none } });
    answers.insert(agreed_path(), (JSON, agreed.to_string().into()));
    let (beacon, spec) = (node(answers).await, spec());
    let prover = Prover::new(&beacon, &spec);
    let now = spec.start_of(Slot(NEXT));
    let choice = prover.choose(NEED, now).await.unwrap();
    assert!(matches!(choice, Choice::Wait { .. }), "{choice:?}");
}
