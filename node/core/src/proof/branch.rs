//! A branch: the siblings on the way from a leaf to a root, and how a contract follows it.
//!
//! What is proven is a place in a tree ([`Path`]) and what stands there. The paths are those that
//! `BeaconStateVerifier` of Rocket Pool 1.4 has, and they are written here a second time, not taken
//! from the trees that the siblings come from: a branch that leads to the right root along its path
//! is right.
//!
//! Source: consensus-specs `ssz/merkle-proofs.md`, fields of `BeaconBlockHeader`, `BeaconState`,
//! `BeaconBlockBody` and `ExecutionPayload` of Electra and Fulu.

use proto::eth::{PresetBase, ValidatorIndex};
use proto::{Root, Slot};

use super::layout::{FIELDS_DEPTH, HISTORICAL_LIMIT, REGISTRY_LIMIT, slots_per_era};
use super::tree::{Grown, Node, Tree, depth_of, parent};

/// The way from a root down to a leaf: a turn a level, 0 to the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    turns: u128,
    len: usize,
}

/// Siblings, the leaf's own first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Branch(Vec<Root>);

impl Path {
    /// To the `index`th of `2^depth` leaves.
    const fn to(index: u64, depth: usize) -> Self {
        Self {
            turns: index as u128,
            len: depth,
        }
    }

    /// To the `index`th element of a list, whose length stands to the right of its elements.
    fn into_list(index: u64, limit: u64) -> Self {
        Self::to(index, depth_of(limit) + 1)
    }

    /// This way, and then on along `deeper`.
    pub fn then(self, deeper: Self) -> Self {
        Self {
            turns: self.turns << deeper.len | deeper.turns,
            len: self.len + deeper.len,
        }
    }

    /// How many levels it passes: as many siblings lead back.
    pub fn levels(&self) -> usize {
        self.len
    }

    /// From a block's header to the root of its state.
    pub fn state() -> Self {
        Self::to(3, 3)
    }

    /// From a state to its slot.
    pub fn slot() -> Self {
        Self::to(2, FIELDS_DEPTH)
    }

    /// From a state to a validator.
    pub fn validator(index: ValidatorIndex) -> Self {
        Self::to(11, FIELDS_DEPTH).then(Self::into_list(index.0, REGISTRY_LIMIT))
    }

    /// From a state to the root of the last block at or before a slot.
    pub fn block_root(preset: PresetBase, slot: Slot) -> Self {
        Self::to(5, FIELDS_DEPTH).then(Self::in_era(preset, slot))
    }

    /// From a state to the root over the block roots of an era.
    pub fn summary(number: u64) -> Self {
        let list = Self::to(27, FIELDS_DEPTH).then(Self::into_list(number, HISTORICAL_LIMIT));
        list.then(Self::to(0, 1))
    }

    /// From the root over the block roots of an era to that of a slot.
    pub fn in_era(preset: PresetBase, slot: Slot) -> Self {
        let slots = slots_per_era(preset);
        Self::to(slot.0 % slots, depth_of(slots))
    }

    /// From a block's header to one of its withdrawals, of which there may be `limit`.
    pub fn withdrawal(number: u64, limit: u64) -> Self {
        let payload = Self::to(4, 3).then(Self::to(9, 4));
        let list = payload.then(Self::to(14, 5));
        list.then(Self::into_list(number, limit))
    }
}

impl Branch {
    /// The siblings of the `at`th of these leaves, and the root over all.
    pub fn among(leaves: &[Root], at: u64) -> (Self, Root) {
        let mut tree = Tree::new(depth_of(leaves.len() as u64), [at]);
        leaves.iter().for_each(|leaf| tree.push(*leaf.as_bytes()));
        let Grown { root, siblings } = tree.finish();
        (siblings.concat().into(), root.into())
    }

    /// This way up, and then on along `higher`.
    pub fn then(mut self, higher: &Self) -> Self {
        self.0.extend_from_slice(&higher.0);
        self
    }

    /// The siblings, the leaf's own first: "witnesses" to the contracts.
    pub fn witnesses(&self) -> &[Root] {
        &self.0
    }

    /// The root to which this branch leads from `leaf` along `path`; none if it has another length.
    pub fn root_from(&self, leaf: Root, path: Path) -> Option<Root> {
        if self.0.len() != path.levels() {
            return None;
        }
        let mut node: Node = *leaf.as_bytes();
        for (height, sibling) in self.0.iter().enumerate() {
            node = match path.turns >> height & 1 {
                0 => parent(&node, sibling.as_bytes()),
                _ => parent(sibling.as_bytes(), &node),
            };
        }
        Some(node.into())
    }
}

impl From<Vec<Node>> for Branch {
    fn from(siblings: Vec<Node>) -> Self {
        Self(siblings.into_iter().map(Root::from).collect())
    }
}
