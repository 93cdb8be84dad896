//! The stand-in as a peer sees it.

use dkg::bls::{Message, SecretShare};
use node_core::proof::{StateReader, StateTerms, Wanted};
use proto::eth::operations::SignedVoluntaryExit;
use proto::eth::{
    AttestationData, BeaconBlockHeader, Block, ChainSpec, SingleAttestation, ValidatorIndex,
    VoluntaryExit, hash_tree_root, signing_root,
};
use proto::{Epoch, Slot};
use serde_json::{Value, json};

use super::world::{SLOTS_PER_EPOCH, now};
use super::*;

mod sums;

const SLOT_MS: u64 = 2000;

fn share(number: u8) -> SecretShare {
    let mut bytes = [0; 32];
    bytes[31] = number;
    SecretShare::from_bytes(&bytes).unwrap()
}

async fn serving() -> (StandIn, String) {
    serving_with(None).await
}

/// With a state of so many validators, if it has one.
async fn serving_with(state: Option<u64>) -> (StandIn, String) {
    let keys: Vec<PublicKey> = (1..=64).map(|i| share(i).public().to_bytes()).collect();
    let world = World::new(now().as_secs() - 500, SLOT_MS, keys.len());
    let world = match state {
        Some(validators) => world.showing(validators),
        None => world,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let stand_in = StandIn::serve(listener, world, keys, Root::ZERO);
    (stand_in.unwrap(), url)
}

async fn data(url: &str, path: &str) -> Value {
    let answer = reqwest::get(format!("{url}{path}")).await.unwrap();
    answer.json::<Value>().await.unwrap()["data"].take()
}

/// The attestation of the validator 40 in `epoch` to what the node says, signed by `signer`.
async fn attestation(url: &str, epoch: Epoch, signer: u8) -> SingleAttestation {
    let index = 40;
    let slot = World::duty_slot(index, epoch);
    let path = format!("/eth/v1/validator/attestation_data?slot={slot}&committee_index=0");
    let vote: AttestationData = serde_json::from_value(data(url, &path).await).unwrap();
    let message = Message::hash(World::signing_root(&vote));
    SingleAttestation {
        committee_index: World::seat(index).0,
        attester_index: ValidatorIndex(index),
        data: vote,
        signature: share(signer).sign(&message).to_bytes(),
    }
}

async fn post(url: &str, attestation: &SingleAttestation) -> u16 {
    let path = "/eth/v2/beacon/pool/attestations";
    post_json(url, path, &json!([attestation])).await
}

async fn post_json(url: &str, path: &str, body: &Value) -> u16 {
    let post = reqwest::Client::new().post(format!("{url}{path}"));
    let sent = post.json(body).send().await;
    sent.unwrap().status().as_u16()
}

async fn ssz(url: &str, path: &str) -> Vec<u8> {
    let answer = reqwest::get(format!("{url}{path}")).await.unwrap();
    assert_eq!(
        answer.headers()["content-type"],
        "application/octet-stream",
        "{path}"
    );
    answer.bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn its_spec_is_one_that_peers_accept() {
    let (_stand_in, url) = serving().await;
    let genesis = data(&url, "/eth/v1/beacon/genesis").await;
    let spec = data(&url, "/eth/v1/config/spec").await;
    let spec = serde_json::from_value(spec).unwrap();
    let spec = ChainSpec::new(&spec, serde_json::from_value(genesis).unwrap()).unwrap();
    assert_eq!(spec.slots_per_epoch(), SLOTS_PER_EPOCH);
    assert!(spec.fork_at(Epoch(1)).is_ok());
}

#[tokio::test]
async fn headers_hang_together_from_the_head_to_the_first() {
    for state in [None, Some(10)] {
        let (stand_in, url) = serving_with(state).await;
        let mut above: Option<BeaconBlockHeader> = None;
        for slot in (0..4).rev() {
            let known = data(&url, &format!("/eth/v1/beacon/headers/{slot}")).await;
            let header: BeaconBlockHeader =
                serde_json::from_value(known["header"]["message"].clone()).unwrap();
            let root = hash_tree_root(&header);
            assert_eq!(known["root"], json!(root));
            assert_eq!(stand_in.world.block_root(Slot(slot)), root);
            assert!(above.is_none_or(|above| above.parent_root == root));
            above = Some(header);
        }
    }
}

#[tokio::test]
async fn a_validator_is_proven_by_the_state_of_the_finalised_block_and_the_next_stands_on_it() {
    let (stand_in, url) = serving_with(Some(1200)).await;
    let spec = spec::of(&stand_in.world);
    let path = "/eth/v1/beacon/states/head/finality_checkpoints";
    let root: Root =
        serde_json::from_value(data(&url, path).await["finalized"]["root"].take()).expect("a root");
    let header = data(&url, &format!("/eth/v1/beacon/headers/{root}")).await;
    let header: BeaconBlockHeader =
        serde_json::from_value(header["header"]["message"].clone()).unwrap();
    let signed = ssz(&url, &format!("/eth/v2/beacon/blocks/{root}")).await;
    let block = Block::from_ssz(&spec, &signed[100..]).unwrap();
    assert_eq!((block.root(), *block.header()), (root, header));
    assert_ne!(block.execution_block_hash(), Root::ZERO);
    let next = data(
        &url,
        &format!("/eth/v1/beacon/headers/{}", header.slot.next()),
    )
    .await;
    let parent = &next["header"]["message"]["parent_root"];
    assert_eq!(*parent, json!(root));

    let wanted = Wanted {
        validators: [ValidatorIndex(1199)].into(),
        ..Wanted::default()
    };
    let terms = StateTerms::at(&spec, header.slot).unwrap();
    let mut reader = StateReader::new(terms, wanted).unwrap();
    let state = format!("/eth/v2/debug/beacon/states/{}", header.slot);
    reader.push(&ssz(&url, &state).await).unwrap();
    let proofs = reader.finish().unwrap().anchored(&header, root).unwrap();
    assert!(proofs.validator(ValidatorIndex(1199)).is_some());
    let other = format!("{url}/eth/v2/debug/beacon/states/head");
    assert_eq!(reqwest::get(other).await.unwrap().status(), 404);
}

#[tokio::test]
async fn an_exit_is_taken_with_the_group_keys_signature_and_with_no_other() {
    let (stand_in, url) = serving().await;
    let spec = spec::of(&stand_in.world);
    let exit = |index: u64, signer: u8| {
        let message = VoluntaryExit {
            epoch: Epoch(3),
            validator_index: ValidatorIndex(index),
        };
        let root = signing_root(&message, spec.voluntary_exit_domain());
        let signature = share(signer).sign(&Message::hash(root)).to_bytes();
        json!(SignedVoluntaryExit { message, signature })
    };
    let path = "/eth/v1/beacon/pool/voluntary_exits";
    assert_eq!(post_json(&url, path, &exit(40, 41)).await, 200);
    assert_eq!(post_json(&url, path, &exit(40, 7)).await, 400);
    assert_eq!(post_json(&url, path, &exit(64, 65)).await, 400);
}

#[tokio::test]
async fn a_valid_attestation_counts_once_and_a_forged_one_never() {
    let (stand_in, url) = serving().await;
    let present = stand_in.world.slot_at(now()).epoch(SLOTS_PER_EPOCH);
    let epoch = Epoch(present.0 - 1);
    let forged = attestation(&url, epoch, 7).await;
    assert_eq!(post(&url, &forged).await, 400);
    assert_eq!(stand_in.count.of(epoch).included, 0);
    let valid = attestation(&url, epoch, 41).await;
    assert_eq!(post(&url, &valid).await, 200);
    assert_eq!(post(&url, &valid).await, 200);
    assert_eq!(stand_in.count.of(epoch).included, 1);
    assert_eq!(stand_in.count.of(epoch).expected, 64);
}
