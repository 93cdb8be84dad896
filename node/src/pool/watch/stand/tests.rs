//! What a proposal waits for is read in few requests, whatever else is the matter with the node.

use node_core::pool::abi::NodeManager;
use node_core::pool::example::{MEGAPOOL, NODE, World, at, subject};
use proto::Root;

use super::*;
use crate::pool::tests::node::Fake;

/// Registered for the smoothing pool, or not.
fn world(is_in: bool) -> World {
    let mut world = World::saturn();
    world.register("rocketSmoothingPool");
    let state = NodeManager::getSmoothingPoolRegistrationStateCall(NODE.into());
    world.set(at("rocketNodeManager"), state, is_in);
    world
}

impl Reader {
    async fn at(&mut self, at: Where) -> Result<Standing, String> {
        let stand = Stand {
            subject: subject(),
            at,
            guess: Some(at_manager()),
        };
        self.read(&stand).await.map_err(|error| error.to_string())
    }
}

fn reader_of(node: &Fake, chain_id: u64) -> Reader {
    Reader::of(node.url.clone(), chain_id)
}

fn at_manager() -> proto::Address {
    at("rocketNodeManager")
}

fn hash(node: &Fake, block: u64) -> Root {
    node.state().hash(block).parse().unwrap()
}

#[tokio::test]
async fn it_is_read_after_the_newest_block_and_after_a_named_one_in_two_requests() {
    let node = Fake::start(&world(true), &world(false)).await;
    let mut reader = reader_of(&node, 31_337);
    let newest = reader.at(Where::Newest).await.unwrap();
    assert_eq!((newest.block.number, newest.is_in), (1_000, true));
    assert_eq!(newest.megapool, Some(MEGAPOOL.into()));
    assert_eq!(newest.smoothing_pool, at("rocketSmoothingPool"));
    assert_eq!(node.state().requests, 2);
    let (older, finalised) = (hash(&node, 993), hash(&node, 936));
    let named = reader.at(Where::After(older)).await.unwrap();
    assert_eq!((named.block.hash, named.is_in), (older, true));
    assert_eq!(node.state().requests, 4);
    let old = reader.at(Where::After(finalised)).await.unwrap();
    assert!(!old.is_in);
    // A node that takes blocks by number only is asked by number.
    node.state().knows_hashes = false;
    let named = reader_of(&node, 31_337).at(Where::After(older)).await;
    assert_eq!(named.map(|it| it.block.hash), Ok(older));
}

#[tokio::test]
async fn what_it_cannot_read_is_said_and_the_next_one_is_read() {
    let node = Fake::start(&world(true), &world(true)).await;
    let mut reader = reader_of(&node, 31_337);
    let unknown = reader.at(Where::After([5; 32].into())).await;
    assert!(
        unknown
            .unwrap_err()
            .contains("does not have the block 0x0505")
    );
    node.state().syncing = true;
    let behind = reader.at(Where::Newest).await;
    assert!(behind.unwrap_err().contains("syncing"));
    node.state().syncing = false;
    assert!(reader.at(Where::Newest).await.unwrap().is_in);
    let other = reader_of(&node, 1).at(Where::Newest).await.unwrap_err();
    assert!(
        other.contains("chain 31337, and your cluster is on chain 1"),
        "{other}"
    );
}
