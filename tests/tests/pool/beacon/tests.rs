//! The pretend chain tells over its API what it proves.

use proto::Slot;
use proto::eth::{BeaconBlock, BeaconBlockHeader, Mainnet, hash_tree_root};
use serde_json::Value;
use ssz::Decode as _;

use super::made::root_of;
use super::state::{BeaconState, SLOTS_PER_EPOCH};
use crate::chain::{Chain, ETHER};
use crate::keys;
use crate::node::Node;

/// A beacon node as a client asks it.
pub struct Api(pub String);

impl Api {
    /// SSZ of Fulu.
    pub async fn bytes(&self, path: &str) -> Vec<u8> {
        let asked = reqwest::Client::new().get(format!("{}{path}", self.0));
        let answer = asked.header("accept", "application/octet-stream");
        let answer = answer.send().await.unwrap().error_for_status().unwrap();
        assert_eq!(answer.headers()["eth-consensus-version"], "fulu");
        answer.bytes().await.unwrap().to_vec()
    }

    /// What stands under `data`.
    pub async fn data(&self, path: &str) -> Value {
        let answer = reqwest::get(format!("{}{path}", self.0)).await.unwrap();
        let mut answer: Value = answer.error_for_status().unwrap().json().await.unwrap();
        answer["data"].take()
    }

    /// A block's root and header.
    pub async fn header(&self, block: &str) -> (Value, BeaconBlockHeader) {
        let it = self.data(&format!("/eth/v1/beacon/headers/{block}")).await;
        let header = serde_json::from_value(it["header"]["message"].clone()).unwrap();
        (it["root"].clone(), header)
    }
}

#[tokio::test]
async fn the_pretend_chain_tells_what_it_proves() {
    let chain = Chain::start().await;
    let api = Api(chain.beacon_url());
    let node = Node::register(&chain).await;
    node.lend(32 * ETHER).await;
    node.deposit(1, false).await;
    let slot = chain.slot().await;
    let child = chain.slot().await;
    a_state_and_a_block_have_the_roots_of_their_header(&api, slot).await;
    let (root, _) = api.header(&slot.0.to_string()).await;
    let found = format!(
        "/eth/v1/beacon/headers?parent_root={}",
        root.as_str().unwrap()
    );
    let found = api.data(&found).await;
    let next: u64 = child.0;
    assert_eq!(found[0]["header"]["message"]["slot"], next.to_string());
    let newest = its_validators_are_found_by_their_keys(&api, &node).await;
    let (_, last) = api.header("finalized").await;
    assert!(last.slot < slot);
    chain.epochs(3).await;
    let (root, last) = api.header("finalized").await;
    assert_eq!(last.slot, newest);
    let points = "/eth/v1/beacon/states/head/finality_checkpoints";
    let points = api.data(points).await;
    assert_eq!(points["finalized"]["root"], root);
    let missing = reqwest::get(format!("{}/eth/v2/beacon/blocks/1", api.0));
    assert_eq!(missing.await.unwrap().status(), 404);
}

async fn a_state_and_a_block_have_the_roots_of_their_header(api: &Api, slot: Slot) {
    let (root, header) = api.header(&slot.0.to_string()).await;
    assert_eq!(root, hash_tree_root(&header).to_string());
    let state = format!("/eth/v2/debug/beacon/states/{}", slot.0);
    let state = BeaconState::from_ssz_bytes(&api.bytes(&state).await).unwrap();
    assert_eq!(hash_tree_root(&state), header.state_root);
    assert_eq!(root_of(&state.fields()), header.state_root);
    let block = api
        .bytes(&format!("/eth/v2/beacon/blocks/{}", slot.0))
        .await;
    // Behind the offset of the message and the signature.
    let block = BeaconBlock::<Mainnet>::from_ssz_bytes(&block[100..]).unwrap();
    assert_eq!(block.header(), header);
    let shown = format!("/eth/v2/beacon/blocks/{}", root.as_str().unwrap());
    let shown = api.data(&shown).await;
    let shown: BeaconBlock<Mainnet> = serde_json::from_value(shown["message"].clone()).unwrap();
    assert_eq!(shown, block);
}

async fn its_validators_are_found_by_their_keys(api: &Api, node: &Node<'_>) -> Slot {
    let pubkey = keys::pubkey(1);
    let path = format!("/eth/v1/beacon/states/head/validators?id={pubkey}");
    let found = api.data(&path).await;
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["index"], "3");
    assert_eq!(found[0]["status"], "pending_initialized");
    assert_eq!(found[0]["balance"], "1000000000");
    let of = &found[0]["validator"];
    assert_eq!(of["withdrawal_credentials"], node.credentials().to_string());
    let epoch = node.chain.beacon.lock().unwrap().epoch();
    node.chain.beacon.lock().unwrap().activate(&pubkey);
    node.chain.slot().await;
    let path = format!("/eth/v1/beacon/states/head/validators/{pubkey}");
    let it = api.data(&path).await;
    assert_eq!(it["status"], "active_ongoing");
    assert_eq!(it["validator"]["activation_epoch"], epoch.0.to_string());
    let (_, head) = api.header("head").await;
    assert_eq!(head.slot.0 / SLOTS_PER_EPOCH, epoch.0);
    head.slot
}
