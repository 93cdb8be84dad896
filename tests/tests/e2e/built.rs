//! Blocks of a builder: a relay that the operators have agreed on bids, and the chain has its
//! payloads, on both sides of the fork to Fulu; then it keeps some back, which costs their slots
//! and nothing else. All the while blocks carry only votes that the cluster has aggregated.

use std::collections::BTreeSet;
use std::time::Duration;

use devnet::api::BeaconApi;
use devnet::plan::{Fork, Plan};
use devnet::pool::agreement::agree_on;
use proto::{Epoch, Slot};

use crate::relay::Relay;
use crate::stand::{Stand, alone, on_chain, run, site, until};
use crate::sums::{self, SLOT_MS};

/// In 24 slots of Electra one of them proposes, but for one run in two thousand.
const VALIDATORS: usize = 24;
/// The first epoch of Fulu.
const FULU: Epoch = Epoch(4);
/// On a busy machine a bid may come too late for a peer, and a local block is proposed: so many
/// proposals are waited for until one is of the relay.
const MOST: usize = 6;
/// How long a peer may take to say what became of a duty.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn blocks_of_a_relay_carry_what_the_cluster_sums_up_and_one_kept_back_costs_its_slot_alone() {
    let _alone = alone();
    run(async {
        let relay = Relay::start().await;
        let plan = Plan {
            fork: Fork::Electra,
            fulu_at: Some(FULU.0),
            builder: Some(relay.url()),
            sums_alone: true,
            slot_ms: SLOT_MS,
            ..on_chain(VALIDATORS)
        };
        let site = site(&plan, "built");
        let terms = [("--relay", relay.named())];
        let stand = Stand::build(plan, site, async |cluster, site| {
            agree_on((cluster, site), &terms, &[]).unwrap();
        })
        .await;
        let own = stand.site.ports.beacon_urls(&[1]).concat();
        relay
            .build_with(&BeaconApi::connect(&own).await.unwrap())
            .await;
        let fork = FULU.first_slot(stand.api().slots_per_epoch());

        let (count, first) = stand.count().await;
        assert!(first < FULU, "no epoch of Electra is counted");
        stand.api().until(fork).await;
        proposed(&stand, async || relay.seen().await.shown, fork).await;
        let ledger = count.close().await;
        sums::are_carried(&stand, &ledger, first);
        let seen = relay.seen().await;
        assert_eq!(seen.registered.len(), VALIDATORS);
        let of_relay = |slot: &&Slot| seen.shown.contains(&slot.0);
        let made = ledger.proposals().keys();
        let built: BTreeSet<Slot> = made.filter(of_relay).copied().collect();
        for side in [Slot(0)..fork, fork..Slot(u64::MAX)] {
            assert!(built.range(side).next().is_some(), "{built:?} {seen:?}");
        }

        relay.withhold(true);
        let (count, first) = stand.count().await;
        let first = first.first_slot(stand.api().slots_per_epoch());
        stand.api().until(first).await;
        proposed(&stand, async || relay.seen().await.withheld, first).await;
        let ledger = count.close().await;
        relay.withhold(false);
        let seen = relay.seen().await;
        let kept_back = |slot: &&Slot| seen.withheld.contains(&slot.0);
        let due = ledger.proposals().keys();
        let lost: BTreeSet<Slot> = due.filter(kept_back).copied().collect();
        assert!(!lost.is_empty(), "{seen:?}");
        assert_eq!(ledger.missed(), lost, "{seen:?}");
        for i in 0..4 {
            for slot in &lost {
                let is_told = || reason(&stand, i, *slot).is_some();
                until("each says what was missed", PATIENCE, is_told).await;
                let why = reason(&stand, i, *slot).unwrap();
                assert!(why.contains("its payload was not shown"), "{slot}: {why}");
            }
            assert_eq!(stand.status(i).unwrap().record.stopped, None);
            // Nobody here has an execution node, and none is needed.
            let log = stand.log(i);
            assert!(!log.contains("sees nothing of Rocket Pool"), "{log}");
        }
    });
}

/// Waits for one proposal of the cluster after the other, and at most [`MOST`], until one from the
/// slot `from` on is among `these`.
async fn proposed(stand: &Stand, these: impl AsyncFn() -> BTreeSet<u64>, from: Slot) {
    for _ in 0..MOST {
        next_proposal(stand).await;
        if these().await.range(from.0..).next().is_some() {
            return;
        }
    }
}

/// Waits until a validator of the cluster was to propose, from now on, and that slot is over.
async fn next_proposal(stand: &Stand) {
    let own = stand.active().await;
    let now = stand.api().now();
    let mut epoch = now.epoch(stand.api().slots_per_epoch());
    loop {
        let first = epoch.first_slot(stand.api().slots_per_epoch());
        stand.api().until(first).await;
        let all = stand.api().proposers(epoch).await.unwrap();
        let mut ours = all.iter().filter(|of| own.contains(&of.validator_index));
        if let Some(next) = ours.find(|of| of.slot > now) {
            stand.api().until(next.slot.next()).await;
            return;
        }
        epoch = epoch.next();
    }
}

/// Why the block of `slot` is missed, as peer `i` says it, if it does.
fn reason(stand: &Stand, i: usize, slot: Slot) -> Option<String> {
    let all = stand.records(i, &["--missed", "--since", &slot.to_string()]);
    let mut of = all.into_iter();
    let block = of.find(|it| it.slot == slot.0 && it.work == "block");
    block?.reason
}
