//! Blinded blocks, as a node produces them and takes them.

use proto::eth::{Block, ChainSpec, Form};
use proto::{Root, SignatureBytes};

use super::*;

pub(super) const SSZ_BLOCK: &[u8] =
    include_bytes!("../../../../proto/tests/vectors/blinded-minimal.ssz");
pub(super) const JSON_BLOCK: &str =
    include_str!("../../../../proto/tests/vectors/blinded-minimal.json");

/// Where a signed one is posted.
pub(super) const PLACE: &str = "/eth/v2/beacon/blinded_blocks";

async fn spec() -> ChainSpec {
    Node::recorded().start().await.chain_spec().await.unwrap()
}

/// The block, and where a node is asked for it.
pub(super) async fn block() -> (Block, BlockRequest, String) {
    let block = Block::from_ssz_of(&spec().await, Form::Blinded, SSZ_BLOCK).unwrap();
    let request = BlockRequest {
        slot: block.slot(),
        randao_reveal: block.randao_reveal(),
        graffiti: Root::ZERO,
        boost_factor: 90,
    };
    let path = format!("/eth/v3/validator/blocks/{}", block.slot());
    (block, request, path)
}

#[tokio::test]
async fn a_blinded_block_is_read_where_bids_count_and_refused_where_none_was_asked_for() {
    let spec = spec().await;
    let (block, request, path) = block().await;
    let json = format!(
        r#"{{"version":"electra","execution_payload_blinded":true,
            "execution_payload_value":"12345","consensus_block_value":"6","data":{JSON_BLOCK}}}"#
    );
    let node = Node::recorded().with(&path, (200, JSON, json.as_bytes()));
    let client = node.start().await;
    let built = client.produce_block(&spec, &request).await.unwrap();
    assert!(node.last().0.contains("builder_boost_factor=90"));
    assert_eq!(built.contents.block, block);
    assert_eq!((built.payload_wei, built.value_wei), (12_345, 12_351));
    let alone = BlockRequest {
        boost_factor: 0,
        ..request
    };
    let refused = cause(client.produce_block(&spec, &alone).await);
    assert_eq!(refused, Cause::Contradiction(Contradiction::Blinded));
}

#[tokio::test]
async fn a_signed_blinded_block_is_posted_where_blinded_blocks_are() {
    let (block, ..) = block().await;
    let contents = proto::eth::BlockContents {
        block,
        blobs: Default::default(),
    };
    let signature = SignatureBytes::from([9; 96]);
    let node = Node::recorded().with(PLACE, (200, JSON, b""));
    let client = node.start().await;
    let published = client.publish_block(&contents, signature, Validation::Gossip);
    assert_eq!(published.await.unwrap(), Published::Imported);
    let (uri, headers, body) = node.last();
    assert_eq!(uri, format!("{PLACE}?broadcast_validation=gossip"));
    assert_eq!(headers["eth-consensus-version"], "electra");
    assert_eq!(body, contents.signed_ssz(signature));
    let why = br#"{"code":500,"message":"builder failed to reveal the payload"}"#;
    let node = Node::recorded().with(PLACE, (500, JSON, why));
    let client = node.start().await;
    let refused = client.publish_block(&contents, signature, Validation::Gossip);
    let words = refused.await.unwrap_err().to_string();
    assert!(words.contains("failed to reveal"), "{words}");
}
