//! The sync committee's questions, and what is posted.

use proto::eth::sync::SyncCommitteeContribution;
use proto::eth::{
    Contribution, Minimal, PresetBase, SignedContribution, SyncCommitteeMessage, ValidatorIndex,
};
use proto::{Epoch, Root, SignatureBytes, Slot, Subcommittee};
use serde_json::json;
use ssz_types::BitList;

use super::*;

pub(super) const DUTIES: &str = "/eth/v1/validator/duties/sync/51";
pub(super) const ROUTE: &str = "/eth/v1/validator/sync_committee_contribution";
pub(super) const MESSAGES: &str = "/eth/v1/beacon/pool/sync_committees";
pub(super) const CONTRIBUTIONS: &str = "/eth/v1/validator/contribution_and_proofs";
pub(super) const SUBSCRIBE: &str = "/eth/v1/validator/sync_committee_subscriptions";

fn of() -> (Slot, Subcommittee) {
    (Slot(414), Subcommittee::new(2).unwrap())
}

pub(super) fn contribution() -> Contribution {
    let mut aggregation_bits = BitList::with_capacity(8).unwrap();
    aggregation_bits.set(4, true).unwrap();
    Contribution {
        slot: Slot(414),
        beacon_block_root: Root::ZERO,
        subcommittee_index: 2,
        signature: SignatureBytes::from([0xaa; 96]),
        aggregation_bits,
    }
}

/// The answer that is right.
pub(super) fn json() -> Vec<u8> {
    answered(&contribution())
}

pub(super) fn signed() -> SignedContribution {
    SignedContribution {
        aggregator_index: ValidatorIndex(7),
        contribution: contribution(),
        selection_proof: SignatureBytes::from([2; 96]),
        signature: SignatureBytes::from([3; 96]),
    }
}

fn answered(of: &Contribution) -> Vec<u8> {
    let full: SyncCommitteeContribution<Minimal> = of.in_full().unwrap();
    serde_json::to_vec(&json!({ "data": full })).unwrap()
}

#[tokio::test]
async fn seats_are_of_those_asked_for_and_strange_ones_are_told() {
    let key = format!("0x{}", "aa".repeat(48));
    let seat = |index: &str, seats: serde_json::Value| {
        json!({ "pubkey": key, "validator_index": index,
                "validator_sync_committee_indices": seats })
    };
    let data = [
        seat("7", json!(["1", "9"])),
        seat("8", json!("strange")),
        seat("9", json!(["2"])),
    ];
    let body = json!({ "data": data }).to_string();
    let node = Node::recorded().with(DUTIES, (200, JSON, body.as_bytes()));
    let asked = [ValidatorIndex(7), ValidatorIndex(8)];
    let (duties, strange) = node
        .start()
        .await
        .sync_duties(Epoch(51), &asked)
        .await
        .unwrap();
    assert_eq!(duties.len(), 1);
    assert_eq!(duties[0].validator_sync_committee_indices, [1, 9]);
    let told = strange.told().unwrap();
    assert!(told.contains("validator 9 was not asked for"), "{told}");

    // A refusal is no answer: it does not say that nobody of us has a seat.
    for status in [400, 403, 404, 405, 501] {
        let node = Node::recorded().with(DUTIES, (status, JSON, b""));
        let refused = node.start().await.sync_duties(Epoch(51), &asked).await;
        assert_eq!(refused.unwrap_err().status(), Some(status));
    }
}

#[tokio::test]
async fn a_contribution_is_asked_for_by_slot_subcommittee_and_root_or_there_is_none() {
    let spec = Node::recorded().start().await.chain_spec().await.unwrap();
    let node = Node::recorded().with(ROUTE, (200, JSON, &answered(&contribution())));
    let client = node.start().await;
    let found = client.contribution(&spec, of(), Root::ZERO).await.unwrap();
    assert_eq!(found, Some(contribution()));
    let root = Root::ZERO;
    let asked = format!("{ROUTE}?slot=414&subcommittee_index=2&beacon_block_root={root}");
    assert_eq!(node.last().0, asked);

    let node = Node::recorded().with(ROUTE, (404, JSON, b"{\"code\":404,\"message\":\"none\"}"));
    let found = node
        .start()
        .await
        .contribution(&spec, of(), Root::ZERO)
        .await;
    assert_eq!(found, Ok(None));
}

#[tokio::test]
async fn a_contribution_of_another_slot_subcommittee_or_root_is_no_answer() {
    let spec = Node::recorded().start().await.chain_spec().await.unwrap();
    let slot = Slot(413);
    let subcommittee_index = 1;
    let beacon_block_root = [9; 32].into();
    for wrong in [
        Contribution {
            slot,
            ..contribution()
        },
        Contribution {
            subcommittee_index,
            ..contribution()
        },
        Contribution {
            beacon_block_root,
            ..contribution()
        },
    ] {
        let node = Node::recorded().with(ROUTE, (200, JSON, &answered(&wrong)));
        let found = node
            .start()
            .await
            .contribution(&spec, of(), Root::ZERO)
            .await;
        let (slot, index) = (Slot(414), 2);
        let other = Contradiction::OtherContribution { slot, index };
        assert_eq!(cause(found), Cause::Contradiction(other));
    }
}

#[tokio::test]
async fn messages_contributions_and_subscriptions_are_posted_as_the_api_has_them() {
    let node = Node::recorded()
        .with(MESSAGES, (200, JSON, b""))
        .with(CONTRIBUTIONS, (200, JSON, b""))
        .with(SUBSCRIBE, (200, JSON, b""));
    let client = node.start().await;
    let posted = || -> serde_json::Value { serde_json::from_slice(&node.last().2).unwrap() };
    let message = SyncCommitteeMessage {
        slot: Slot(414),
        beacon_block_root: Root::ZERO,
        validator_index: ValidatorIndex(7),
        signature: SignatureBytes::from([1; 96]),
    };
    assert_eq!(client.submit_sync_messages(&[message]).await, Ok(vec![]));
    assert_eq!(posted()[0]["validator_index"], "7");
    let told = client
        .submit_contributions(PresetBase::Minimal, &[signed()])
        .await;
    assert_eq!(told, Ok(vec![]));
    let first = &posted()[0]["message"];
    assert_eq!(first["contribution"]["aggregation_bits"], "0x10");
    let subscription = SyncSubscription {
        validator_index: ValidatorIndex(7),
        sync_committee_indices: vec![1, 9],
        until_epoch: Epoch(52),
    };
    assert_eq!(client.subscribe_sync(&[subscription]).await, Ok(()));
    assert_eq!(posted()[0]["sync_committee_indices"], json!(["1", "9"]));
    assert_eq!(posted()[0]["until_epoch"], "52");
}
