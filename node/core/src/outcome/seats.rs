//! Whose bit is whose: where our validators sit in the committees of a slot.
//!
//! An aggregate covers some committees and has their members' bits one after the other, so the
//! place of one depends on how large those before its own are.
//!
//! Source: consensus-specs `electra/beacon-chain.md` (`get_attesting_indices`).

use std::collections::BTreeMap;

use proto::eth::{Committee, CommitteeIndex, IncludedVotes, ValidatorIndex};

/// The committees of one slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seats {
    sizes: BTreeMap<CommitteeIndex, usize>,
    /// The committee of each of ours, and its place in it.
    ours: BTreeMap<ValidatorIndex, (CommitteeIndex, usize)>,
}

impl Seats {
    /// Those of `ours` in these committees.
    pub(super) fn of(committees: &[Committee], ours: &[ValidatorIndex]) -> Self {
        let sizes = committees.iter().map(|it| (it.index, it.validators.len()));
        let members = committees.iter().flat_map(|it| {
            let members = it.validators.iter().enumerate();
            members.map(|(at, member)| (*member, (it.index, at)))
        });
        let ours = members.filter(|(member, _)| ours.contains(member));
        Self {
            sizes: sizes.collect(),
            ours: ours.collect(),
        }
    }

    /// Whether this validator has a seat among them.
    pub(super) fn has(&self, index: ValidatorIndex) -> bool {
        self.ours.contains_key(&index)
    }

    /// Whether this validator voted with these.
    pub(super) fn has_voted(&self, index: ValidatorIndex, votes: &IncludedVotes) -> bool {
        let bit = self.bit(index, &votes.committees);
        bit.is_some_and(|bit| votes.bits.get(bit).copied().unwrap_or(false))
    }

    /// The place of its bit in an aggregate over these committees.
    fn bit(&self, index: ValidatorIndex, covered: &[CommitteeIndex]) -> Option<usize> {
        let (own, place) = self.ours.get(&index)?;
        let mut before = 0;
        for committee in covered {
            if committee == own {
                return Some(before + place);
            }
            before += self.sizes.get(committee)?;
        }
        None
    }
}
