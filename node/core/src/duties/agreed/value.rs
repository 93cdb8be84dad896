//! What a duty agrees on, of whatever kind, and what it builds on.
//!
//! A *hard* check holds always. A *soft* check compares with the own beacon node's view and is
//! waived for a forced value, for which f + 1 peers have voted already: otherwise one dead peer and
//! a split head would lose the duty. "Not now" may become "yes" when the beacon node catches up.

use std::sync::Arc;

use proto::eth::block::MAX_BLOCK_BYTES;
use proto::eth::{Block, ChainSpec, Contribution, HeadVote, hash_tree_root};
use proto::{Root, Slot, ValidatorPosition};

use super::aggregate::Aggregates;
use super::blinded::{Blinded, WEI_BYTES};
use super::judge::Want;
use super::objection::Doubt;
use super::{block, contribution, head};
use crate::duties::facts::Owners;
use crate::vault::{Signable, ToSign};

/// A value of any kind. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// What every attester of the slot signs.
    Head(HeadVote),
    /// The block of our proposer of the slot.
    Block(Block),
    /// The same, around a payload that somebody else has built.
    Blinded(Blinded),
    /// What our aggregators of the slot sign, each beside its selection proof.
    Aggregates(Aggregates),
    /// The same of members of a subcommittee of the sync committee.
    Contribution(Arc<Contribution>),
}

const _: () = assert!(block::LAYOUT_BYTES + WEI_BYTES + MAX_BLOCK_BYTES <= proto::vote::MAX_BODY);

impl consensus::Value for Value {
    /// A head vote's is its `hash_tree_root`.
    fn hash(&self) -> Root {
        match self {
            Self::Head(data) => hash_tree_root(data),
            Self::Block(block) => block::hash(block),
            Self::Blinded(blinded) => blinded.hash(),
            Self::Aggregates(aggregates) => aggregates.hash(),
            Self::Contribution(contribution) => contribution::hash(contribution),
        }
    }

    /// A head vote is its SSZ of 128 bytes; all others are longer: a block is its layout and its
    /// SSZ, a blinded one has what it is said to pay between them, aggregates and contributions are
    /// a mark that is no layout, and their SSZ.
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Head(data) => data.to_ssz().to_vec(),
            Self::Block(block) => block::encode(block),
            Self::Blinded(blinded) => blinded.encode(),
            Self::Aggregates(aggregates) => aggregates.encode(),
            Self::Contribution(contribution) => contribution::encode(contribution),
        }
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() == HeadVote::SSZ_LEN {
            return HeadVote::from_ssz(bytes).ok().map(Self::Head);
        }
        let aggregates = Aggregates::decode(bytes).map(Self::Aggregates);
        let contribution = || {
            let contribution = contribution::decode(bytes).map(Arc::new);
            contribution.map(Self::Contribution)
        };
        let block = || block::decode(bytes).map(Self::Block);
        let blinded = || Blinded::decode(bytes).map(Self::Blinded);
        let others = aggregates.or_else(contribution);
        others.or_else(block).or_else(blinded)
    }
}

impl Value {
    /// What the validators of the duty sign. Of a head vote and a block all sign the same, members
    /// of the sync committee its root alone; whom an aggregate is not for signs nothing.
    pub fn to_sign(&self, owners: &Owners, chain: &ChainSpec) -> Vec<ToSign> {
        let signable = match self {
            Self::Head(data) if matches!(owners, Owners::Members { .. }) => {
                Signable::sync_message(chain, data, hash_tree_root(data))
            }
            Self::Head(data) => Signable::attestation(chain, data),
            Self::Block(block) => Signable::block(chain, block.header()),
            Self::Blinded(blinded) => Signable::block(chain, blinded.block().header()),
            Self::Aggregates(aggregates) => return aggregates.to_sign(owners, chain),
            Self::Contribution(contribution) => {
                return contribution::to_sign(contribution, owners, chain);
            }
        };
        let validators = owners.positions();
        vec![ToSign {
            signable,
            validators,
        }]
    }

    /// Who signs something of this value.
    pub fn signers(&self, owners: &Owners) -> Vec<ValidatorPosition> {
        match self {
            Self::Head(_) | Self::Block(_) | Self::Blinded(_) | Self::Contribution(_) => {
                owners.positions()
            }
            Self::Aggregates(aggregates) => aggregates.signers(owners),
        }
    }

    /// The block, whoever has built its payload; none of what is no block.
    pub fn block(&self) -> Option<&Block> {
        match self {
            Self::Block(block) => Some(block),
            Self::Blinded(blinded) => Some(blinded.block()),
            Self::Head(_) | Self::Aggregates(_) | Self::Contribution(_) => None,
        }
    }

    /// The block that must be known to the own beacon node before this value may be signed.
    pub fn builds_on(&self) -> Root {
        match self {
            Self::Head(data) => data.beacon_block_root,
            Self::Block(block) => block.parent_root(),
            Self::Blinded(blinded) => blinded.block().parent_root(),
            Self::Aggregates(aggregates) => aggregates.data().beacon_block_root,
            Self::Contribution(contribution) => contribution.beacon_block_root,
        }
    }

    /// The latest slot that this block may be of: a head vote, and an aggregate of such, may be
    /// for the block of its own slot, a block builds on an earlier one.
    pub(super) fn newest_base(&self) -> Slot {
        match self {
            Self::Head(data) => data.slot,
            Self::Block(block) => Slot(block.slot().0.saturating_sub(1)),
            Self::Blinded(blinded) => Slot(blinded.block().slot().0.saturating_sub(1)),
            Self::Aggregates(aggregates) => aggregates.data().slot,
            Self::Contribution(contribution) => contribution.slot,
        }
    }

    /// What the own beacon node is asked once more when its view leaves this value in doubt.
    pub(super) fn reviewed_by(&self) -> Want {
        match self {
            Self::Head(_) => Want::View,
            Self::Block(_) | Self::Blinded(_) | Self::Aggregates(_) | Self::Contribution(_) => {
                Want::Block(self.builds_on())
            }
        }
    }

    /// The soft check by the own beacon node's view of the slot.
    pub(super) fn compare(&self, view: Option<&HeadVote>) -> Result<(), Doubt> {
        match self {
            Self::Head(data) => {
                view.map_or(Err(Doubt::NoView), |own| head::check_target(data, own))
            }
            Self::Block(_) | Self::Blinded(_) | Self::Aggregates(_) | Self::Contribution(_) => {
                Ok(())
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
