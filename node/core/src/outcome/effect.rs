//! How much of what the duties of an epoch could earn was earned.
//!
//! An attestation earns by three flags of different weight: its source, if it is in a block within
//! `integer_squareroot(SLOTS_PER_EPOCH)` slots; its target, if that is right; its head, if that is
//! right and the block is the next slot's. Effectiveness is the weight earned of that owed. What
//! blocks and sync committees earn is counted, not weighed: it comes by lot.
//!
//! Source: consensus-specs `altair/beacon-chain.md` (weights), `deneb/beacon-chain.md`
//! (`get_attestation_participation_flag_indices`, EIP-7045).

use super::{Owed, Shown, Work};

/// `TIMELY_SOURCE_WEIGHT`.
const SOURCE: u64 = 14;
/// `TIMELY_TARGET_WEIGHT`.
const TARGET: u64 = 26;
/// `TIMELY_HEAD_WEIGHT`.
const HEAD: u64 = 14;

/// What became of the duties of one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effect {
    /// Attestations owed.
    pub attestations: u64,
    /// Those of which the chain has shown what became of them.
    pub settled: u64,
    /// Those in a block.
    pub included: u64,
    /// Those with the right target.
    pub targets: u64,
    /// Those with the right head.
    pub heads: u64,
    /// The weight earned, of 54 an attestation.
    pub earned: u64,
    /// Blocks owed.
    pub blocks: u64,
    /// Blocks of which the chain has shown what became of them.
    pub blocks_settled: u64,
    /// Blocks in the chain.
    pub proposed: u64,
    /// Sync committee messages of which the chain has shown what became of them, where the next
    /// slot has a block.
    pub messages: u64,
    /// Those that the next block carries.
    pub synced: u64,
}

impl Effect {
    /// What these duties show on a chain of so many slots an epoch.
    pub(super) fn of(
        duties: impl Iterator<Item = (Owed, Option<Shown>)>,
        slots_per_epoch: u64,
    ) -> Self {
        let mut effect = Self::default();
        for (owed, shown) in duties {
            match owed.work {
                Work::Attestation => effect.attest(owed, shown, slots_per_epoch),
                Work::Block => {
                    effect.blocks += 1;
                    effect.blocks_settled += u64::from(shown.is_some());
                    effect.proposed += u64::from(shown == Some(Shown::Proposed));
                }
                Work::SyncMessage => {
                    let synced = shown == Some(Shown::Synced);
                    effect.messages += u64::from(synced || shown == Some(Shown::Lacking));
                    effect.synced += u64::from(synced);
                }
                Work::Aggregate | Work::Contribution => {}
            }
        }
        effect
    }

    /// Whether the chain has shown what became of every attestation and block. A node need not know
    /// the call that tells the seats of the sync committee.
    pub fn is_whole(&self) -> bool {
        self.settled == self.attestations && self.blocks_settled == self.blocks
    }

    /// The share of the weight of all attestations owed that was earned, 0 to 1; none where none
    /// was owed.
    pub fn share(&self) -> Option<f64> {
        let owed = self.attestations * (SOURCE + TARGET + HEAD);
        (owed > 0).then(|| self.earned as f64 / owed as f64)
    }

    fn attest(&mut self, owed: Owed, shown: Option<Shown>, slots_per_epoch: u64) {
        self.attestations += 1;
        self.settled += u64::from(shown.is_some());
        let Some(Shown::Voted(vote)) = shown else {
            return;
        };
        let delay = vote.included.0.saturating_sub(owed.slot.0);
        let is_timely = delay <= slots_per_epoch.isqrt();
        self.included += 1;
        self.targets += u64::from(vote.target);
        self.heads += u64::from(vote.head);
        self.earned += SOURCE * u64::from(is_timely);
        self.earned += TARGET * u64::from(vote.target);
        // A head flag takes a right target too.
        self.earned += HEAD * u64::from(vote.target && vote.head && delay == 1);
    }
}
