//! The votes that a block carries: what is read back from the chain of its attesters and of its
//! sync committee, without the preset.
//!
//! Source: consensus-specs `electra/beacon-chain.md` (`Attestation`, EIP-7549),
//! `altair/beacon-chain.md` (`SyncAggregate`). Fulu changes neither.
//!
//! Never here: whose bits they are. That takes the committees.

use super::block::decoded;
use super::{
    AttestationData, BeaconBlock, Block, CommitteeIndex, Mainnet, Minimal, Preset, PresetBase,
};

/// One aggregate of a block: who of some committees of a slot voted for the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncludedVotes {
    /// What they voted for.
    pub data: AttestationData,
    /// The committees that are covered, ascending; at most `MAX_COMMITTEES_PER_SLOT`.
    pub committees: Vec<CommitteeIndex>,
    /// One for each member of these committees, one committee after the other; at most
    /// `MAX_VALIDATORS_PER_COMMITTEE` times as many as there are committees.
    pub bits: Vec<bool>,
}

/// All votes that a block carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockVotes {
    /// For earlier slots, at most 8.
    pub attestations: Vec<IncludedVotes>,
    /// Who of the sync committee signed the block before, one bit for each of its
    /// `SYNC_COMMITTEE_SIZE` seats.
    pub sync_committee: Vec<bool>,
}

impl BlockVotes {
    /// Those of this block.
    pub fn of(block: &Block) -> Self {
        match block.layout().preset {
            PresetBase::Mainnet => of_preset::<Mainnet>(block),
            PresetBase::Minimal => of_preset::<Minimal>(block),
        }
    }
}

fn of_preset<P: Preset>(block: &Block) -> BlockVotes {
    let whole: BeaconBlock<P> = decoded(block.ssz()).expect("a block is read before it is kept");
    let votes = whole.body.attestations.iter().map(|attestation| {
        let committees = (0..).zip(attestation.committee_bits.iter());
        let covered = committees.filter_map(|(at, is_set)| is_set.then_some(CommitteeIndex(at)));
        IncludedVotes {
            data: attestation.data,
            committees: covered.collect(),
            bits: attestation.aggregation_bits.iter().collect(),
        }
    });
    BlockVotes {
        attestations: votes.collect(),
        sync_committee: whole
            .body
            .sync_aggregate
            .sync_committee_bits
            .iter()
            .collect(),
    }
}
