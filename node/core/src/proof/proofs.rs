//! Proofs of what stands in a state, anchored in a block: what the contracts take.
//!
//! The contracts know the roots of blocks (EIP-4788), not of states. A header has the state's root
//! as a field, so three more siblings lead from any place in a state to the block's root.
//!
//! A proof is made only here and in [`super::withdrawal`], and only if it leads to the root of the
//! block, along the path that the contracts follow.

use std::collections::BTreeMap;

use proto::eth::{BeaconBlockHeader, ForkName, Layout, Validator, ValidatorIndex, hash_tree_root};
use proto::{Root, Slot};
use thiserror::Error;

use super::branch::{Branch, Path};

/// What stands at a place, and the siblings from there up to the root of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven<T> {
    /// What stands there.
    pub value: T,
    /// The siblings.
    pub branch: Branch,
}

/// What was to be proven of a state, as the bytes have it that came; whether these are of the chain
/// is said by [`StateProofs::anchored`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateProofs {
    pub(super) slot: Slot,
    pub(super) layout: Layout,
    pub(super) root: Root,
    pub(super) bytes: u64,
    pub(super) slot_branch: Branch,
    pub(super) validators: BTreeMap<ValidatorIndex, Proven<Validator>>,
    pub(super) block_roots: BTreeMap<Slot, Proven<Root>>,
    pub(super) summaries: BTreeMap<u64, Proven<Root>>,
}

/// The same, of a block: every branch leads to the block's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockProofs {
    pub(super) root: Root,
    pub(super) layout: Layout,
    state_bytes: u64,
    slot: SlotProof,
    validators: BTreeMap<ValidatorIndex, ValidatorProof>,
    pub(super) block_roots: BTreeMap<Slot, Proven<Root>>,
    pub(super) summaries: BTreeMap<u64, Proven<Root>>,
}

/// That a block's state is that of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotProof {
    slot: Slot,
    fork: ForkName,
    branch: Branch,
}

/// That a validator is in the state after a block, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidatorProof {
    index: ValidatorIndex,
    validator: Validator,
    branch: Branch,
}

/// A proof is not given.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unanchored {
    /// The header is not that of the block.
    #[error(
        "the header of slot {slot} has the root {got}, not {expected}; ask another beacon node"
    )]
    OtherHeader {
        /// The header's slot.
        slot: Slot,
        /// Its root.
        got: Root,
        /// The block's root.
        expected: Root,
    },
    /// The state is not that after the block.
    #[error(
        "the beacon node's state of slot {slot} has the root {got}, but its block says {expected}: \
         it is damaged or another one; ask again, or another beacon node"
    )]
    OtherState {
        /// The state's slot.
        slot: Slot,
        /// Its root.
        got: Root,
        /// The root that the block's header has.
        expected: Root,
    },
    /// A branch leads elsewhere: this must not happen, and nothing is sent that must not be.
    #[error("the proof of {0} does not lead to its block: a fault in gantry, so nothing is sent")]
    Astray(&'static str),
}

impl StateProofs {
    /// The root that the bytes of the state made.
    pub fn root(&self) -> Root {
        self.root
    }

    /// The validators that were to be proven, as the state has them.
    pub fn validators(&self) -> impl Iterator<Item = (ValidatorIndex, &Validator)> {
        let all = self.validators.iter();
        all.map(|(index, proven)| (*index, &proven.value))
    }

    /// The proofs as they follow from the block with this root and header, after which this is the
    /// state.
    ///
    /// # Errors
    /// If header, block and state do not belong together.
    pub fn anchored(
        self,
        header: &BeaconBlockHeader,
        block: Root,
    ) -> Result<BlockProofs, Unanchored> {
        let got = hash_tree_root(header);
        if got != block {
            let slot = header.slot;
            let expected = block;
            return Err(Unanchored::OtherHeader {
                slot,
                got,
                expected,
            });
        }
        if header.state_root != self.root || header.slot != self.slot {
            return Err(Unanchored::OtherState {
                slot: self.slot,
                got: self.root,
                expected: header.state_root,
            });
        }
        let (above, _) = Branch::among(&header.field_roots(), 3);
        let slot = SlotProof {
            slot: self.slot,
            fork: self.layout.fork,
            branch: self.slot_branch.then(&above),
        };
        let validator = |(index, proven): (ValidatorIndex, Proven<Validator>)| {
            let proof = ValidatorProof {
                index,
                validator: proven.value,
                branch: proven.branch.then(&above),
            };
            (index, proof)
        };
        let higher = |proven: Proven<Root>| Proven {
            value: proven.value,
            branch: proven.branch.then(&above),
        };
        let proofs = BlockProofs {
            root: block,
            layout: self.layout,
            state_bytes: self.bytes,
            slot,
            validators: self.validators.into_iter().map(validator).collect(),
            block_roots: self
                .block_roots
                .into_iter()
                .map(|(at, it)| (at, higher(it)))
                .collect(),
            summaries: self
                .summaries
                .into_iter()
                .map(|(at, it)| (at, higher(it)))
                .collect(),
        };
        proofs.check()?;
        Ok(proofs)
    }
}

impl BlockProofs {
    /// The block that all of them lead to.
    pub fn block(&self) -> Root {
        self.root
    }

    /// How many bytes of a state were read for them.
    pub fn state_bytes(&self) -> u64 {
        self.state_bytes
    }

    /// That its state is that of its slot.
    pub fn slot(&self) -> &SlotProof {
        &self.slot
    }

    /// That a validator is in its state, if that was to be proven.
    pub fn validator(&self, index: ValidatorIndex) -> Option<&ValidatorProof> {
        self.validators.get(&index)
    }

    /// Follows every branch as the contracts do.
    fn check(&self) -> Result<(), Unanchored> {
        let leads = |leaf: Root, path: Path, branch: &Branch| {
            branch.root_from(leaf, Path::state().then(path)) == Some(self.root)
        };
        let astray = |what: &'static str, is_right: bool| match is_right {
            true => Ok(()),
            false => Err(Unanchored::Astray(what)),
        };
        let slot = &self.slot;
        let is_right = leads(hash_tree_root(&slot.slot), Path::slot(), &slot.branch);
        astray("a slot", is_right)?;
        for it in self.validators.values() {
            let path = Path::validator(it.index);
            let is_right = leads(hash_tree_root(&it.validator), path, &it.branch);
            astray("a validator", is_right)?;
        }
        for (slot, it) in &self.block_roots {
            let path = Path::block_root(self.layout.preset, *slot);
            astray("a block root", leads(it.value, path, &it.branch))?;
        }
        for (number, it) in &self.summaries {
            let path = Path::summary(*number);
            astray("a historical summary", leads(it.value, path, &it.branch))?;
        }
        Ok(())
    }
}

impl SlotProof {
    /// The slot.
    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// The fork of the slot, whose containers the state has.
    pub fn fork(&self) -> ForkName {
        self.fork
    }

    /// The siblings from the slot up to the block's root.
    pub fn witnesses(&self) -> &[Root] {
        self.branch.witnesses()
    }
}

impl ValidatorProof {
    /// The validator's place in the registry.
    pub fn index(&self) -> ValidatorIndex {
        self.index
    }

    /// The validator as the state has it.
    pub fn validator(&self) -> &Validator {
        &self.validator
    }

    /// The siblings from the validator up to the block's root.
    pub fn witnesses(&self) -> &[Root] {
        self.branch.witnesses()
    }
}
