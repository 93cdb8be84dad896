//! What a chain shows whose blocks carry only what the cluster aggregates and contributes: all
//! others vote and do no more, and their node packs nothing that nobody has aggregated.

use std::collections::BTreeSet;

use devnet::ledger::Ledger;
use node::report::duties::Outcome;
use proto::Epoch;

use crate::stand::Stand;

/// A third of it is what a contribution has until the next block is made, on a busy machine too.
pub const SLOT_MS: u64 = 3000;

/// Blocks have carried every attestation of the cluster since the epoch `first`, and most of its
/// messages of the sync committee; and each peer says what it has done for it.
pub fn are_carried(stand: &Stand, ledger: &Ledger, first: Epoch) {
    let missed = ledger.missed();
    assert!(missed.is_empty(), "slots {missed:?}");
    let total = ledger.total();
    assert!(total.attestations.expected > stand.plan.validators);
    let messages = total.sync_messages;
    assert!(messages.expected > 0, "{total:?}");
    // On a busy machine one may come after the block that could have carried it.
    let most = 4 * messages.included > 3 * messages.expected;
    assert!(most, "{total:?}");
    let since = first.first_slot(stand.api().slots_per_epoch()).to_string();
    for i in 0..4 {
        let mut records = stand.records(i, &["--since", &since]);
        records.retain(|record| record.outcome != Outcome::Missed);
        let works: BTreeSet<&str> = records.iter().map(|it| it.work.as_str()).collect();
        for work in ["attestation", "aggregate", "sync-message", "contribution"] {
            // A contribution is one of a subcommittee, which it names.
            let is_there = works.iter().any(|it| it.starts_with(work));
            assert!(is_there, "peer {i}: {works:?}");
        }
    }
}
