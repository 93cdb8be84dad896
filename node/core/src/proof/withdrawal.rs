//! Proofs that a block paid something out: from the withdrawal up to its block's root, and from
//! there through the state of a later block, which remembers it, up to that block's root.
//!
//! A state keeps the roots of the last blocks, one a slot, for an era (8,192 slots on mainnet).
//! What is older is summed up, one root an era ([`Form`]). The contract tells the two apart by the
//! slots alone, and at equality it still wants the first form.
//!
//! Source: consensus-specs `phase0/beacon-chain.md` (`process_slot`), `capella/beacon-chain.md`
//! (`HistoricalSummary`, `process_historical_summaries_update`), `BeaconStateVerifier` of Rocket
//! Pool 1.4.
//!
//! Never here: which of a validator's withdrawals ought to be proven.

use std::ops::Range;

use proto::eth::{
    Block, ChainSpec, ForkName, PresetBase, ValidatorIndex, Withdrawal, hash_tree_root,
};
use proto::{Root, Slot};
use thiserror::Error;

use super::branch::{Branch, Path};
use super::layout::slots_per_era;
use super::proofs::{BlockProofs, Unanchored};
use super::refusal::Unprovable;
use super::shape::leaf;
use super::tree::{Tree, depth_of};
use super::wanted::{Wanted, layout_at};

/// How the state of a later block remembers the block with the withdrawal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// By the block's root.
    Recent {
        /// The block's slot.
        slot: Slot,
    },
    /// By the summary of the block's era.
    Historical {
        /// The block's slot.
        slot: Slot,
        /// The summary's place in the state's list.
        summary: u64,
    },
}

/// The block roots of an era, by which a historical summary was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Era(Vec<Root>);

/// That a block paid out a withdrawal, as a later block remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithdrawalProof {
    slot: Slot,
    fork: ForkName,
    number: u16,
    withdrawal: Withdrawal,
    branch: Branch,
}

/// A withdrawal is not proven.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoWithdrawal {
    /// Its block or the later one lies where nothing can be proven.
    #[error(transparent)]
    Unprovable(#[from] Unprovable),
    /// The block is not before the one that is to remember it.
    #[error(
        "the block of slot {of} cannot remember a withdrawal of slot {slot}: wait for a later one"
    )]
    TooEarly {
        /// The slot of the withdrawal.
        slot: Slot,
        /// The slot of the block whose state is shown.
        of: Slot,
    },
    /// The state was read without what this needs.
    #[error("nothing of the state was kept that remembers the block of slot {0}")]
    NotWanted(Slot),
    /// The block roots of the era are missing.
    #[error("the block of slot {0} is remembered by its era: the era's block roots are missing")]
    NoEra(Slot),
    /// The block roots are not those of the era.
    #[error(
        "the block roots of the era of slot {slot} make {got}, but the chain says {expected}; ask \
         another beacon node"
    )]
    OtherEra {
        /// The slot of the withdrawal.
        slot: Slot,
        /// What the roots make.
        got: Root,
        /// What the summary is.
        expected: Root,
    },
    /// The block is not the one of the chain.
    #[error(
        "the block of slot {slot} is {got}, but the chain has {expected}; ask another beacon node"
    )]
    OtherBlock {
        /// Its slot.
        slot: Slot,
        /// Its root.
        got: Root,
        /// The root that the state remembers.
        expected: Root,
    },
    /// There is no such withdrawal in the block.
    #[error("the block of slot {slot} has {count} withdrawals, so none at {number}")]
    Absent {
        /// The block's slot.
        slot: Slot,
        /// How many it has.
        count: usize,
        /// The place that was asked for.
        number: u16,
    },
    /// The proof leads elsewhere.
    #[error(transparent)]
    Astray(#[from] Unanchored),
}

impl Form {
    /// How the state of the block of slot `of` remembers the block of `slot`.
    ///
    /// # Errors
    /// If it cannot, or nothing can be proven of either.
    pub fn of(spec: &ChainSpec, slot: Slot, of: Slot) -> Result<Self, NoWithdrawal> {
        layout_at(spec, slot)?;
        layout_at(spec, of)?;
        if slot >= of {
            return Err(NoWithdrawal::TooEarly { slot, of });
        }
        let era = slots_per_era(spec.preset());
        if of.0 - slot.0 <= era {
            return Ok(Self::Recent { slot });
        }
        // Summaries began with Capella; eras before it have none. A node whose schedule has it
        // after Electra gets the wrong one, which then is not that of the era.
        let mut forks = spec.forks().iter();
        let capella = forks.find(|fork| fork.name == "capella");
        let first = capella.map_or(0, |fork| spec.first_slot(fork.epoch).0 / era);
        let summary = (slot.0 / era).saturating_sub(first);
        Ok(Self::Historical { slot, summary })
    }

    /// The slot of the block with the withdrawal.
    pub fn slot(&self) -> Slot {
        match self {
            Self::Recent { slot } | Self::Historical { slot, .. } => *slot,
        }
    }

    /// Adds to what is to be proven of the state what this needs.
    pub fn want(&self, wanted: &mut Wanted) {
        match self {
            Self::Recent { slot } => wanted.block_roots.insert(*slot),
            Self::Historical { summary, .. } => wanted.summaries.insert(*summary),
        };
    }

    /// From the state to the block's root.
    fn path(&self, preset: PresetBase) -> Path {
        match self {
            Self::Recent { slot } => Path::block_root(preset, *slot),
            Self::Historical { slot, summary } => {
                Path::summary(*summary).then(Path::in_era(preset, *slot))
            }
        }
    }
}

impl Era {
    /// The slots of the era of `slot`.
    pub fn slots(preset: PresetBase, slot: Slot) -> Range<u64> {
        let slots = slots_per_era(preset);
        let first = slot.0 - slot.0 % slots;
        first..first + slots
    }

    /// The block roots of an era: of each of its slots the root of its block, if it has one, and
    /// before them the root of the last block `before` the era. None if they are not an era's.
    pub fn new(
        preset: PresetBase,
        before: Root,
        blocks: impl IntoIterator<Item = Option<Root>>,
    ) -> Option<Self> {
        let most = slots_per_era(preset) as usize;
        let mut last = before;
        let root = |block: Option<Root>| {
            last = block.unwrap_or(last);
            last
        };
        let roots: Vec<Root> = blocks.into_iter().take(most + 1).map(root).collect();
        (roots.len() == most).then_some(Self(roots))
    }
}

/// The withdrawals of one validator in a block, with their places there.
pub fn withdrawals_of(block: &Block, validator: ValidatorIndex) -> Vec<(u16, Withdrawal)> {
    let all = (0..).zip(block.parts().withdrawals);
    all.filter(|(_, it)| it.validator_index == validator)
        .collect()
}

/// The withdrawal by which a block paid a validator out, with its place: the largest, where a part
/// that its owner asked for stands beside it.
pub fn payout_of(block: &Block, validator: ValidatorIndex) -> Option<(u16, Withdrawal)> {
    let all = withdrawals_of(block, validator);
    all.into_iter().max_by_key(|(_, it)| it.amount)
}

impl BlockProofs {
    /// That `block` paid out its withdrawal `number`, as the state of these proofs remembers it.
    ///
    /// # Errors
    /// If the state does not remember this block, or there is no such withdrawal.
    pub fn withdrawal(
        &self,
        (block, number): (&Block, u16),
        form: Form,
        era: Option<&Era>,
    ) -> Result<WithdrawalProof, NoWithdrawal> {
        let slot = form.slot();
        let (expected, above) = self.remembered(form, era)?;
        if block.root() != expected {
            let got = block.root();
            return Err(NoWithdrawal::OtherBlock {
                slot,
                got,
                expected,
            });
        }
        let parts = block.parts();
        let count = parts.withdrawals.len();
        let Some(withdrawal) = parts.withdrawals.get(usize::from(number)).cloned() else {
            return Err(NoWithdrawal::Absent {
                slot,
                count,
                number,
            });
        };
        let mut tree = Tree::new(depth_of(parts.withdrawals_limit), [number.into()]);
        for it in &parts.withdrawals {
            tree.push(*hash_tree_root(it).as_bytes());
        }
        let mut siblings = tree.finish().siblings.concat();
        siblings.push(leaf(&count.to_le_bytes()));
        let branch = Branch::from(siblings)
            .then(&Branch::among(&parts.payload, 14).0)
            .then(&Branch::among(&parts.body, 9).0)
            .then(&Branch::among(&parts.header, 4).0)
            .then(&above);
        let path = Path::state()
            .then(form.path(self.layout.preset))
            .then(Path::withdrawal(number.into(), parts.withdrawals_limit));
        if branch.root_from(hash_tree_root(&withdrawal), path) != Some(self.root) {
            return Err(Unanchored::Astray("a withdrawal").into());
        }
        Ok(WithdrawalProof {
            slot,
            fork: block.fork(),
            number,
            withdrawal,
            branch,
        })
    }

    /// The root of the block that is remembered, and the siblings from there up to our block.
    fn remembered(&self, form: Form, era: Option<&Era>) -> Result<(Root, Branch), NoWithdrawal> {
        let slot = form.slot();
        let kept = match form {
            Form::Recent { slot } => self.block_roots.get(&slot),
            Form::Historical { summary, .. } => self.summaries.get(&summary),
        };
        let kept = kept.ok_or(NoWithdrawal::NotWanted(slot))?;
        match form {
            Form::Recent { .. } => Ok((kept.value, kept.branch.clone())),
            Form::Historical { .. } => {
                let era = era.ok_or(NoWithdrawal::NoEra(slot))?;
                let place = slot.0 % slots_per_era(self.layout.preset);
                let (branch, got) = Branch::among(&era.0, place);
                let expected = kept.value;
                if got != expected {
                    return Err(NoWithdrawal::OtherEra {
                        slot,
                        got,
                        expected,
                    });
                }
                Ok((era.0[place as usize], branch.then(&kept.branch)))
            }
        }
    }
}

impl WithdrawalProof {
    /// The slot of the block that paid it out.
    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// The fork of that block.
    pub fn fork(&self) -> ForkName {
        self.fork
    }

    /// The withdrawal's place in its block.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The withdrawal.
    pub fn withdrawal(&self) -> &Withdrawal {
        &self.withdrawal
    }

    /// The siblings from the withdrawal up to the root of the block that remembers it.
    pub fn witnesses(&self) -> &[Root] {
        self.branch.witnesses()
    }
}
