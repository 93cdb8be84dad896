//! Two beacon nodes that every peer names, half of the peers in the other order. One stands still
//! in mid-slot, with its connections open, and comes back two epochs later: nothing is lost.
//! Then half of the peers are away, and the others say of each duty what the chain says.

use std::time::Duration;

use devnet::plan::{BeaconNodes, Plan};
use node::report::status::BeaconNodeStatus;
use proto::Slot;

use crate::outcomes;
use crate::stand::{Stand, alone, on_chain, run, site, until};

const VALIDATORS: usize = 24;
/// Slots for which the node stands still: two epochs of eight.
const STILL: u64 = 16;
/// How long a peer may take to see what has become of a node. One that comes back has every block
/// of the meantime to import, on a machine that may be busy.
const PATIENCE: Duration = Duration::from_secs(240);

#[test]
fn a_beacon_node_that_stands_still_costs_no_duty_and_outcomes_are_those_of_the_chain() {
    let _alone = alone();
    let plan = Plan {
        beacon_nodes: BeaconNodes::Pair,
        ..on_chain(VALIDATORS)
    };
    let site = site(&plan, "beacons");
    run(async {
        let mut stand = Stand::build(plan, site, async |_, _| {}).await;
        let slots = stand.api().slots_per_epoch();
        let (count, first) = stand.count().await;
        until("both nodes are sound", PATIENCE, || {
            (0..4).all(|i| nodes(&stand, i).iter().all(|node| node.is_sound))
        })
        .await;

        let from = Slot(first.first_slot(slots).0 + 2);
        stand.moment(from, 200).await;
        stand.chain.node(1).pause();
        until("the second and the fourth peer miss it", PATIENCE, || {
            [1, 3].into_iter().all(|i| {
                let seen = nodes(&stand, i);
                !seen[0].is_sound && seen[0].problem.is_some() && seen[1].is_first
            })
        })
        .await;
        stand.moment(Slot(from.0 + STILL), 600).await;
        stand.chain.node(1).go_on();
        until("they have it back", PATIENCE, || {
            [1, 3].into_iter().all(|i| nodes(&stand, i)[0].is_first)
        })
        .await;

        let ledger = count.close().await;
        let missed = ledger.missed();
        assert!(
            missed.is_empty(),
            "slots {missed:?}; it stood still from {from}"
        );
        assert!(ledger.total().proposals.expected > 0);
        outcomes::are_those_of_the_chain(&mut stand).await;
    });
}

/// What peer `i` says of its nodes.
fn nodes(stand: &Stand, i: usize) -> Vec<BeaconNodeStatus> {
    let status = stand.status(i).unwrap();
    assert_eq!(status.beacon_nodes.len(), 2);
    status.beacon_nodes
}
