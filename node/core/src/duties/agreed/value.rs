//! What a duty agrees on, of whatever kind, and what it builds on.
//!
//! A *hard* check holds always. A *soft* check compares with the own beacon node's view and is
//! waived for a forced value, for which f + 1 peers have voted already: otherwise one dead peer and
//! a split head would lose the duty. "Not now" may become "yes" when the beacon node catches up.

use proto::Root;
use proto::Slot;
use proto::eth::block::MAX_BLOCK_BYTES;
use proto::eth::{Block, ChainSpec, HeadVote, hash_tree_root};

use super::judge::Want;
use super::objection::Doubt;
use super::{block, head};
use crate::vault::Signable;

/// A value of either kind. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// What every attester of the slot signs.
    Head(HeadVote),
    /// The block of our proposer of the slot.
    Block(Block),
}

const _: () = assert!(block::LAYOUT_BYTES + MAX_BLOCK_BYTES <= proto::vote::MAX_BODY);

impl consensus::Value for Value {
    /// A head vote's is its `hash_tree_root`.
    fn hash(&self) -> Root {
        match self {
            Self::Head(data) => hash_tree_root(data),
            Self::Block(block) => block::hash(block),
        }
    }

    /// A head vote is its SSZ of 128 bytes; a block, which is longer, is its layout and its SSZ.
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Head(data) => data.to_ssz().to_vec(),
            Self::Block(block) => block::encode(block),
        }
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() == HeadVote::SSZ_LEN {
            return HeadVote::from_ssz(bytes).ok().map(Self::Head);
        }
        block::decode(bytes).map(Self::Block)
    }
}

impl Value {
    /// What the validators of the duty sign.
    pub fn signable(&self, chain: &ChainSpec) -> Signable {
        match self {
            Self::Head(data) => Signable::attestation(chain, data),
            Self::Block(block) => Signable::block(chain, block.header()),
        }
    }

    /// The block that must be known to the own beacon node before this value may be signed.
    pub fn builds_on(&self) -> Root {
        match self {
            Self::Head(data) => data.beacon_block_root,
            Self::Block(block) => block.parent_root(),
        }
    }

    /// The latest slot that this block may be of: a head vote may be for the block of its own slot,
    /// a block builds on an earlier one.
    pub(super) fn newest_base(&self) -> Slot {
        match self {
            Self::Head(data) => data.slot,
            Self::Block(block) => Slot(block.slot().0.saturating_sub(1)),
        }
    }

    /// What the own beacon node is asked once more when its view leaves this value in doubt.
    pub(super) fn reviewed_by(&self) -> Want {
        match self {
            Self::Head(_) => Want::View,
            Self::Block(_) => Want::Block(self.builds_on()),
        }
    }

    /// The soft check by the own beacon node's view of the slot.
    pub(super) fn compare(&self, view: Option<&HeadVote>) -> Result<(), Doubt> {
        match self {
            Self::Head(data) => {
                view.map_or(Err(Doubt::NoView), |own| head::check_target(data, own))
            }
            Self::Block(_) => Ok(()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
