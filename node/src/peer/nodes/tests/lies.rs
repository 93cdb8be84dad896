//! Every question of the core beside a node that is of no use.

use std::time::Duration;

use futures::future::join_all;
use node_core::duties::schedule::Asked;
use proto::eth::operations::Attestation;
use proto::eth::sync::SyncCommitteeContribution;
use proto::eth::{
    Aggregate, CommitteeIndex, Contribution, Minimal, ValidatorIndex, hash_tree_root,
};
use proto::{Address, DutyId, DutyKind, Epoch, Root, Subcommittee};
use serde_json::json;
use ssz_types::BitList;

use super::pretend::{Pretend, vote};
use super::*;

const ATTESTERS: &str = "/eth/v1/validator/duties/attester/12";
const PROPOSERS: &str = "/eth/v2/validator/duties/proposer/12";
const SEATS: &str = "/eth/v1/validator/duties/sync/12";
const VALIDATORS: &str = "/eth/v1/beacon/states/head/validators";
const AGGREGATE: &str = "/eth/v2/validator/aggregate_attestation";
const CONTRIBUTION: &str = "/eth/v1/validator/sync_committee_contribution";
const SUBSCRIBE: &str = "/eth/v1/validator/beacon_committee_subscriptions";
const SUBSCRIBE_SYNC: &str = "/eth/v1/validator/sync_committee_subscriptions";
const REGISTER: &str = "/eth/v1/validator/register_validator";
const EXITS: &str = "/eth/v1/beacon/pool/voluntary_exits";
const MESSAGES: &str = "/eth/v1/beacon/pool/sync_committees";
const SYNCING: &str = "/eth/v1/node/syncing";
/// Every path that is asked below.
const ALL: [&str; 15] = [
    VOTE,
    POOL,
    PREPARE,
    ATTESTERS,
    PROPOSERS,
    SEATS,
    VALIDATORS,
    AGGREGATE,
    CONTRIBUTION,
    SUBSCRIBE,
    SUBSCRIBE_SYNC,
    REGISTER,
    EXITS,
    MESSAGES,
    "/eth/v1/beacon/headers/head",
];

fn asked() -> Asked {
    Asked {
        epoch: Epoch(12),
        number: 1,
    }
}

fn aggregate() -> Aggregate {
    let mut aggregation_bits = BitList::with_capacity(9).unwrap();
    aggregation_bits.set(4, true).unwrap();
    Aggregate {
        data: vote('n'),
        committee_index: CommitteeIndex(3),
        signature: [0xaa; 96].into(),
        aggregation_bits,
    }
}

fn contribution() -> Contribution {
    let mut aggregation_bits = BitList::with_capacity(8).unwrap();
    aggregation_bits.set(4, true).unwrap();
    Contribution {
        slot: slot(),
        beacon_block_root: vote('n').beacon_block_root,
        subcommittee_index: 2,
        signature: [0xaa; 96].into(),
        aggregation_bits,
    }
}

/// A node that answers everything.
async fn sound() -> Pretend {
    let root = Root::from([b'd'; 32]);
    let drawn = json!({ "dependent_root": root, "data": [] }).to_string();
    let seat = json!({ "data": [{ "pubkey": format!("0x{}", "aa".repeat(48)),
        "validator_index": "7", "validator_sync_committee_indices": ["3"] }] });
    let full: Attestation<Minimal> = aggregate().in_full().unwrap();
    let sums: SyncCommitteeContribution<Minimal> = contribution().in_full().unwrap();
    Pretend::start()
        .await
        .answering(ATTESTERS, &drawn)
        .answering(PROPOSERS, &drawn)
        .answering(SEATS, &seat.to_string())
        .answering(VALIDATORS, r#"{"data":[]}"#)
        .answering(AGGREGATE, &json!({ "data": full }).to_string())
        .answering(CONTRIBUTION, &json!({ "data": sums }).to_string())
}

/// Nodes that are of no use, each in its own way, and whether the others know that.
async fn useless() -> Vec<(Pretend, Identity)> {
    let mut nonsense = Pretend::start().await;
    let mut refusing = Pretend::start().await;
    for path in ALL {
        nonsense = nonsense.answering(path, r#"{"data":{"welcome":1}}"#);
        refusing = refusing.without(path);
    }
    let slow = Pretend::start().await.taking(Duration::from_secs(3));
    let mut killed = Pretend::start().await;
    killed.kill();
    let stopped = Pretend::start().await.held();
    let ours = [stopped, killed, slow, nonsense, refusing];
    let ours = ours.into_iter().map(|node| (node, Identity::Ours));
    let other = Pretend::start().await.of_another_chain();
    ours.chain([(other, Identity::Other)]).collect()
}

/// Everything that is asked for.
fn questions() -> Vec<Request> {
    let duty = |kind| DutyId { slot: slot(), kind };
    let subcommittee = Subcommittee::new(2).unwrap();
    let attached = DutyKind::Contribution(subcommittee);
    vec![
        Request::HeadVote(slot()),
        Request::Validators(asked(), vec![[7; 48].into()]),
        Request::Attesters(asked(), vec![ValidatorIndex(7)]),
        Request::Proposers(asked()),
        Request::Seats(asked(), vec![ValidatorIndex(7)]),
        Request::Leaving(vec![(proto::ValidatorPosition(0), [7; 48].into())]),
        Request::Aggregates {
            slot: slot(),
            data: hash_tree_root(&vote('n')),
            committees: vec![CommitteeIndex(3)],
        },
        Request::Contribution {
            duty: duty(attached),
            subcommittee,
            root: vote('n').beacon_block_root,
        },
        Request::Knows {
            duty: duty(DutyKind::Head),
            root: vote('n').beacon_block_root,
        },
        Request::Condition,
        Request::Chain(asked()),
    ]
}

/// Everything that is to be taken.
fn posts() -> Vec<Request> {
    let message = proto::eth::SyncCommitteeMessage {
        slot: slot(),
        beacon_block_root: vote('n').beacon_block_root,
        validator_index: ValidatorIndex(7),
        signature: [9; 96].into(),
    };
    let recipients = vec![(ValidatorIndex(7), Address::from([1; 20]))];
    vec![
        submission(),
        Request::Submit {
            duty: DutyId {
                slot: slot(),
                kind: DutyKind::SyncMessage,
            },
            submission: Submission::SyncMessages(vec![message]),
        },
        Request::Prepare(asked(), recipients),
        Request::Subscribe(asked(), Vec::new()),
        Request::SubscribeSync(asked(), Vec::new()),
        Request::Register(Vec::new()),
    ]
}

#[tokio::test]
async fn every_question_is_answered_beside_a_preferred_node_of_no_use() {
    let well = sound().await;
    let useless = useless().await;
    let mut cases = Vec::new();
    for request in questions().into_iter().chain(posts()) {
        let alone = Peer::of(&[&well]).ask(request.clone()).await;
        for (at, (odd, identity)) in useless.iter().enumerate() {
            let peer = Peer::of(&[odd, &well]);
            let mut shared = peer.nodes.shared();
            shared.beacons.identify(Place(0), *identity);
            drop(shared);
            cases.push((at, peer, request.clone(), alone.clone()));
        }
    }
    join_all(
        cases
            .into_iter()
            .map(async |(at, mut peer, request, alone)| {
                let answer = peer.ask(request.clone()).await;
                assert_eq!(answer, alone, "beside useless node {at}: {request:?}");
            }),
    )
    .await;
    let (other, _) = useless.last().unwrap();
    assert_eq!(other.all_asked(), [""; 0], "it is on another chain");
}

/// Where the others take it, nothing is lost; but this node passes nothing on. Of one that is not
/// well at all, the look at it tells.
#[tokio::test]
async fn what_one_node_refuses_and_another_takes_is_told_once() {
    let unwell = Pretend::start().await.without(SYNCING).without(REGISTER);
    let refusing = Pretend::start().await.without(REGISTER);
    let sound = Pretend::start().await;
    let mut peer = Peer::of(&[&unwell, &refusing, &sound]);
    peer.look().await;
    assert!(!peer.standing(0).is_waited_for());
    peer.nodes.ask(Request::Register(Vec::new()));
    // All is said when nobody is left who could say more.
    let Peer { nodes, mut said } = peer;
    drop(nodes);
    let (mut is_taken, mut told) = (false, Vec::new());
    while let Some(said) = said.recv().await {
        is_taken |= matches!(said.response, Some(Response::Register(_, true)));
        if let Some(News::Lacking { why, .. }) = said.news {
            told.push(why);
        }
    }
    assert!(is_taken);
    assert_eq!(unwell.asked(REGISTER), 1);
    let [why] = &told[..] else {
        panic!("{told:?}");
    };
    let node = format!("beacon node {}, register validators", refusing.url);
    assert!(why.starts_with(&node), "{why}");
}

#[tokio::test]
async fn of_a_list_whose_refused_parts_are_named_by_no_position_nothing_counts_as_taken() {
    for index in [json!(1), json!("second"), json!(u64::MAX)] {
        let said = json!({ "code": 400, "message": "some", "failures": [
            { "index": index, "message": "invalid signature" }] });
        let node = Pretend::start().await.saying(POOL, 400, &said.to_string());
        let response = Peer::of(&[&node]).ask(submission()).await;
        let Response::Submit {
            accepted, refused, ..
        } = response
        else {
            panic!("{response:?}");
        };
        assert_eq!(accepted, [], "{index}");
        assert_eq!(refused[0].0, ValidatorIndex(7), "{index}");
        assert!(refused[0].1.contains("invalid signature"), "{refused:?}");
    }
}
