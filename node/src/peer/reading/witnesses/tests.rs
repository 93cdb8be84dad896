//! A vote that one own node shows, and what others say of it.

use proto::eth::{AttestationData, BeaconBlockHeader, Checkpoint, CommitteeIndex};
use proto::eth::{ValidatorIndex, hash_tree_root};
use proto::{Epoch, Root};
use serde_json::json;

use super::*;
use crate::checks::own_nodes::tests::{definition, said_of};
use crate::clock;
use crate::pool::proof::tests::{Answers, known, serve_or, spec_at};
use node_core::outcome::{Owed, Work};

const JSON: &str = "application/json";
/// Whose vote it is.
const OURS: u64 = 7;
const SLOT: Slot = Slot(990);
/// The last slot whose block is believed.
const BELIEVED: Slot = Slot(995);

fn header(slot: u64) -> BeaconBlockHeader {
    BeaconBlockHeader {
        slot: Slot(slot),
        proposer_index: ValidatorIndex(1),
        parent_root: Root::ZERO,
        state_root: Root::ZERO,
        body_root: Root::ZERO,
    }
}

/// A vote of ours in the block of slot 991.
fn stray() -> Stray {
    let checkpoint = Checkpoint {
        epoch: Epoch(0),
        root: Root::ZERO,
    };
    Stray {
        owed: Owed {
            slot: SLOT,
            work: Work::Attestation,
            index: ValidatorIndex(OURS),
        },
        block: hash_tree_root(&header(991)),
        bears: Bears::Vote(AttestationData {
            slot: SLOT,
            index: CommitteeIndex(0),
            beacon_block_root: Root::ZERO,
            source: checkpoint,
            target: checkpoint,
        }),
    }
}

/// A node of this chain with a head, the block of the vote, and who sits in the first place.
fn node(chain: &ChainSpec) -> Answers {
    let mut answers = Answers::new();
    let mut put = |path: &str, body: serde_json::Value| {
        answers.insert(path.to_owned(), (JSON, body.to_string().into()));
    };
    put(HEAD, known(&header(1003)));
    let block = format!("/eth/v1/beacon/headers/{}", stray().block);
    put(&block, known(&header(991)));
    let validators = json!([OURS.to_string(), "8"]);
    let committee = json!({ "index": "0", "slot": SLOT, "validators": validators });
    put(COMMITTEES, json!({ "data": [committee] }));
    for (path, body) in said_of(&definition(), chain.genesis().genesis_time) {
        answers.insert(path.to_owned(), (JSON, body.into()));
    }
    answers
}

/// The node's own word that it has something not.
const OWN: &str = r#"{"code":404,"message":"no such block"}"#;
const HEAD: &str = "/eth/v1/beacon/headers/head";
const COMMITTEES: &str = "/eth/v1/beacon/states/head/committees";

fn replaced(mut node: Answers, path: &str, from: &str, to: &str) -> Answers {
    let (_, body) = node.get_mut(path).unwrap();
    let text = String::from_utf8(body.clone()).unwrap();
    assert!(text.contains(from), "{text}");
    *body = text.replace(from, to).into();
    node
}

/// Says that somebody else sits in our place.
fn seating_another(chain: &ChainSpec) -> Answers {
    replaced(node(chain), COMMITTEES, r#"["7","8"]"#, r#"["8","7"]"#)
}

fn lacking_the_block(chain: &ChainSpec) -> Answers {
    let mut node = node(chain);
    node.retain(|path, _| !path.contains(&stray().block.to_string()));
    node
}

/// Is at the block of the slot 994, and knows neither block nor committees.
fn behind(chain: &ChainSpec) -> Answers {
    let mut node = lacking_the_block(chain);
    let older = known(&header(994)).to_string();
    node.insert(HEAD.to_owned(), (JSON, older.into()));
    node
}

fn elsewhere(chain: &ChainSpec) -> Answers {
    let (here, there) = ("07".repeat(32), "08".repeat(32));
    replaced(
        lacking_the_block(chain),
        "/eth/v1/beacon/genesis",
        &here,
        &there,
    )
}

/// Whether ours sits in the first place of the first committee, if it sits anywhere.
fn is_first(all: &[Committee]) -> Option<bool> {
    let first = all.first()?;
    Some(first.validators[0] == ValidatorIndex(OURS))
}

/// What follows from what these say.
async fn heard_of(urls: [String; 2], chain: &ChainSpec) -> Result<(), Disputed> {
    let clients = urls.map(|url| BeaconClient::connect(&url).unwrap());
    let mut witnesses = Witnesses::new(&clients, chain, Calm::always(), BELIEVED);
    witnesses.hear(&stray(), is_first).await
}

type Manner = fn(&ChainSpec) -> Answers;

/// What follows from what nodes say, each in this manner: the positions of those that show it and
/// of those that do not, where they speak against each other.
async fn heard(nodes: &[Manner], stray: &Stray) -> Result<(), [Vec<usize>; 2]> {
    let chain = spec_at(clock::now().unix_seconds());
    let mut clients = Vec::new();
    for manner in nodes {
        let url = serve_or(manner(&chain), OWN).await;
        clients.push(BeaconClient::connect(&url).unwrap());
    }
    let mut witnesses = Witnesses::new(&clients, &chain, Calm::always(), BELIEVED);
    let heard = witnesses.hear(stray, is_first).await;
    heard.map_err(|disputed| {
        assert_eq!((disputed.owed, disputed.block), (stray.owed, stray.block));
        [disputed.shown_by, disputed.denied_by].map(|names| {
            let place = |name: &String| clients.iter().position(|it| it.node() == name);
            names.iter().filter_map(place).collect()
        })
    })
}

#[tokio::test]
async fn one_node_that_shows_a_vote_is_believed_unless_another_denies_it() {
    assert_eq!(heard(&[node], &stray()).await, Ok(()));
    assert_eq!(heard(&[node, node], &stray()).await, Ok(()));
    for denies in [lacking_the_block as Manner, seating_another] {
        let both = heard(&[node, denies], &stray()).await;
        assert_eq!(both, Err([vec![0], vec![1]]));
        let last = heard(&[denies, node], &stray()).await;
        assert_eq!(last, Err([vec![1], vec![0]]));
    }
}

#[tokio::test]
async fn two_that_show_it_are_believed_against_a_third() {
    for denies in [lacking_the_block as Manner, seating_another] {
        assert_eq!(heard(&[denies, node, node], &stray()).await, Ok(()));
    }
    let nodes: [Manner; 3] = [seating_another, node, lacking_the_block];
    let alone = heard(&nodes, &stray()).await;
    assert_eq!(alone, Err([vec![1], vec![0, 2]]));
}

#[tokio::test]
async fn a_node_that_cannot_know_denies_nothing() {
    let silent: Manner = |_| Answers::new();
    for other in [behind as Manner, elsewhere, silent] {
        assert_eq!(heard(&[node, other], &stray()).await, Ok(()));
    }
}

#[tokio::test]
async fn a_block_needs_no_witness_since_its_signature_is_checked() {
    let block = Stray {
        bears: Bears::Block(header(991), [3; 96].into()),
        ..stray()
    };
    assert_eq!(heard(&[node, lacking_the_block], &block).await, Ok(()));
}

#[tokio::test]
async fn a_proxy_that_keeps_the_question_back_denies_nothing() {
    const PAGE: &str = "<html>404 Not Found</html>";
    let chain = spec_at(clock::now().unix_seconds());
    let shows = serve_or(node(&chain), OWN).await;
    let other = serve_or(lacking_the_block(&chain), PAGE).await;
    assert_eq!(heard_of([shows, other], &chain).await, Ok(()));
}

#[tokio::test]
async fn a_node_that_names_no_committee_seats_nobody_elsewhere() {
    let chain = spec_at(clock::now().unix_seconds());
    let shows = serve_or(node(&chain), OWN).await;
    let none = replaced(
        node(&chain),
        COMMITTEES,
        r#""data":["#,
        r#""data":[], "x":["#,
    );
    let other = serve_or(none, OWN).await;
    assert_eq!(heard_of([shows, other], &chain).await, Ok(()));
}

#[tokio::test]
async fn a_liar_whose_head_is_final_at_once_is_not_believed_alone() {
    use node_core::outcome::reading::{Reading, SignedHeader};
    let chain = spec_at(clock::now().unix_seconds());
    let now = chain.slot_at(clock::now()).unwrap();
    let mut reading = Reading::new(chain.slots_per_epoch());
    let head = header(now.0 + 1);
    let signed = SignedHeader {
        header: head,
        signature: None,
    };
    // It says that its head, of the slot after this, is final. The other one is at 1003, right.
    let is_taken = reading.head(now, (hash_tree_root(&head), signed), head.slot);
    let believed = reading.believed();
    let mut lies = node(&chain);
    lies.insert(HEAD.to_owned(), (JSON, known(&head).to_string().into()));
    let lies = serve_or(lies, OWN).await;
    let urls = [lies, serve_or(lacking_the_block(&chain), OWN).await];
    let clients = urls.map(|url| BeaconClient::connect(&url).unwrap());
    let mut witnesses = Witnesses::new(&clients, &chain, Calm::always(), believed);
    let heard = witnesses.hear(&stray(), is_first).await;
    assert!(
        !is_taken || heard.is_err(),
        "believed {believed}: {heard:?}"
    );
}
