//! A chain whose blocks carry only what the cluster aggregates and contributes: all others vote and
//! do no more, and their node packs nothing that nobody has aggregated. Meanwhile it crosses from
//! Electra to Fulu.

use std::collections::BTreeSet;

use devnet::plan::{Fork, Plan};
use node::report::duties::Outcome;
use proto::Epoch;

use crate::stand::{Stand, alone, on_chain, run, site};

/// Some of them attest in nearly every slot, and a quarter of the sync committee's seats is theirs.
const VALIDATORS: usize = 24;
/// A third of it is what a contribution has until the next block is made.
const SLOT_MS: u64 = 3000;
/// The first epoch of Fulu: late enough that a busy machine has the peers running before.
const FULU: Epoch = Epoch(3);

#[test]
fn blocks_carry_what_the_cluster_alone_sums_up_on_both_sides_of_a_fork() {
    let _alone = alone();
    let plan = Plan {
        fork: Fork::Electra,
        fulu_at: Some(FULU.0),
        sums_alone: true,
        slot_ms: SLOT_MS,
        ..on_chain(VALIDATORS)
    };
    let site = site(&plan, "sums");
    run(async {
        let mut stand = Stand::build(plan, site, async |_, _| {}).await;
        let slots = stand.api().slots_per_epoch();
        let (count, first) = stand.count().await;
        assert!(first < FULU, "no epoch of Electra is counted");
        stand.moment(FULU.first_slot(slots), 500).await;
        let ledger = count.close().await;
        let missed = ledger.missed();
        assert!(missed.is_empty(), "slots {missed:?}");
        let total = ledger.total();
        let epochs = usize::try_from(FULU.0 + 1 - first.0).unwrap();
        assert_eq!(total.attestations.expected, epochs * VALIDATORS);
        let messages = total.sync_messages;
        assert!(messages.expected > 0, "{total:?}");
        // On a busy machine one may come after the block that could have carried it.
        let most = 4 * messages.included > 3 * messages.expected;
        assert!(most, "{total:?}");
        for i in 0..4 {
            let mut records = stand.records(i, &["--since", &first.first_slot(slots).to_string()]);
            records.retain(|record| record.outcome != Outcome::Missed);
            let works: BTreeSet<&str> = records.iter().map(|it| it.work.as_str()).collect();
            for work in ["attestation", "aggregate", "sync-message", "contribution"] {
                assert!(works.contains(work), "peer {i}: {works:?}");
            }
        }
        stand.cluster.must_run().unwrap();
    });
}
