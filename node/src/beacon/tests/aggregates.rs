//! Aggregates from a node, and those that are posted to it.

use proto::eth::operations::Attestation;
use proto::eth::{
    Aggregate, AttestationData, ChainSpec, Checkpoint, CommitteeIndex, ForkName, Minimal,
    PresetBase, SignedAggregate, ValidatorIndex, hash_tree_root,
};
use proto::{Epoch, Root, SignatureBytes, Slot};
use serde_json::json;
use ssz_types::BitList;

use super::*;

pub(super) const ROUTE: &str = "/eth/v2/validator/aggregate_attestation";
pub(super) const POST: &str = "/eth/v2/validator/aggregate_and_proofs";
pub(super) const OF: (Slot, CommitteeIndex) = (Slot(414), CommitteeIndex(3));

async fn spec() -> ChainSpec {
    Node::recorded().start().await.chain_spec().await.unwrap()
}

pub(super) fn aggregate() -> Aggregate {
    let checkpoint = |epoch| Checkpoint {
        epoch: Epoch(epoch),
        root: Root::ZERO,
    };
    let mut aggregation_bits = BitList::with_capacity(9).unwrap();
    aggregation_bits.set(4, true).unwrap();
    Aggregate {
        data: AttestationData {
            slot: Slot(414),
            index: CommitteeIndex(0),
            beacon_block_root: Root::ZERO,
            source: checkpoint(50),
            target: checkpoint(51),
        },
        committee_index: CommitteeIndex(3),
        signature: SignatureBytes::from([0xaa; 96]),
        aggregation_bits,
    }
}

pub(super) fn data() -> Root {
    hash_tree_root(&aggregate().data)
}

pub(super) fn signed(index: u64) -> SignedAggregate {
    SignedAggregate {
        aggregator_index: ValidatorIndex(index),
        aggregate: aggregate(),
        selection_proof: SignatureBytes::from([0xbb; 96]),
        signature: SignatureBytes::from([0xcc; 96]),
    }
}

/// The answer that is right.
pub(super) fn json() -> Vec<u8> {
    answered(&aggregate().in_full().unwrap())
}

fn answered(attestation: &Attestation<Minimal>) -> Vec<u8> {
    serde_json::to_vec(&json!({ "version": "electra", "data": attestation })).unwrap()
}

#[tokio::test]
async fn an_aggregate_of_one_committee_is_asked_for_by_slot_data_and_committee() {
    let full = aggregate().in_full().unwrap();
    let node = Node::recorded().with(ROUTE, (200, JSON, &answered(&full)));
    let client = node.start().await;
    let found = client.aggregate(&spec().await, OF, data()).await.unwrap();
    assert_eq!(found, Some(aggregate()));
    let data = data();
    let asked = format!("{ROUTE}?attestation_data_root={data}&slot=414&committee_index=3");
    assert_eq!(node.last().0, asked);
}

#[tokio::test]
async fn only_the_node_itself_says_that_it_has_no_aggregate() {
    let asked = async |body: &[u8]| {
        let node = Node::recorded().with(ROUTE, (404, JSON, body));
        let client = node.start().await;
        client.aggregate(&spec().await, OF, data()).await
    };
    let own = b"{\"code\":404,\"message\":\"none\"}";
    assert_eq!(asked(own).await, Ok(None));
    let of_a_proxy = asked(b"<html>404</html>").await.unwrap_err();
    assert_eq!(of_a_proxy.status(), Some(404));
}

#[tokio::test]
async fn an_aggregate_of_other_votes_or_of_other_committees_is_no_answer() {
    let mut other_slot = aggregate();
    other_slot.data.slot = Slot(413);
    let mut other_head = aggregate();
    other_head.data.beacon_block_root = Root::from([1; 32]);
    let mut other_committee = aggregate();
    other_committee.committee_index = CommitteeIndex(2);
    let mut of_two: Attestation<Minimal> = aggregate().in_full().unwrap();
    of_two.committee_bits.set(0, true).unwrap();
    let full = |of: Aggregate| of.in_full().unwrap();
    let wrong = [other_slot, other_head, other_committee].map(full);
    for wrong in wrong.into_iter().chain([of_two]) {
        let node = Node::recorded().with(ROUTE, (200, JSON, &answered(&wrong)));
        let found = node
            .start()
            .await
            .aggregate(&spec().await, OF, data())
            .await;
        let (slot, committee) = OF;
        let other = Contradiction::OtherAggregate { slot, committee };
        assert_eq!(cause(found), Cause::Contradiction(other));
    }
}

#[tokio::test]
async fn aggregates_are_posted_in_the_form_of_the_preset_with_their_fork() {
    let node = Node::recorded().with(POST, (200, JSON, b""));
    let client = node.start().await;
    let of = (PresetBase::Minimal, ForkName::Electra);
    assert_eq!(client.submit_aggregates(of, &[signed(7)]).await, Ok(vec![]));
    let (_, headers, body) = node.last();
    assert_eq!(headers["eth-consensus-version"], "electra");
    let posted: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(posted[0]["message"]["aggregator_index"], "7");
    assert_eq!(posted[0]["message"]["aggregate"]["committee_bits"], "0x08");
}

#[tokio::test]
async fn what_a_node_has_already_is_taken_and_the_rest_is_refused_one_by_one() {
    let failures = json!({ "code": 400, "message": "some", "failures": [
        { "index": "0", "message": "ATTESTATION_ERROR_AGGREGATOR_ALREADY_KNOWN" },
        { "index": "1", "message": "invalid selection proof" },
        { "index": "2", "message": "AttestationSupersetKnown(0x11)" },
    ]});
    let body = failures.to_string();
    let node = Node::recorded().with(POST, (400, JSON, body.as_bytes()));
    let of = (PresetBase::Minimal, ForkName::Electra);
    let both = [signed(7), signed(8), signed(9)];
    let refused = node
        .start()
        .await
        .submit_aggregates(of, &both)
        .await
        .unwrap();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].index, 1);
}
